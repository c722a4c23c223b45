"""Code tables: policies, files of their own, dates, and the way back."""

from datetime import date
from pathlib import Path

import pytest

from translators.fileproblems import FileProblems
from translators.findings import Unreadable
from translators.identify import identify
from translators.mapping.acceptance import compiled
from translators.mapping.crossrefs import load_table
from translators.reading import Reading, read

BASE = (Path(__file__).parent / "orders-base.yaml").read_text()
SAMPLE = (Path(__file__).parents[2] / "samples" / "order-d96a.in.edi").read_bytes()
TABLE = """table: units of Nordlicht
others: {others}
codes:
  - {{from: PCE, to: C62}}
  - {{from: KGM, to: KGM}}
"""


def read_with_table(text: str, folder: Path) -> Reading:
    (folder / "units-nordlicht.yaml").write_text(text)
    (folder / "orders-base.yaml").write_text(BASE)
    path = folder / "orders-ours.yaml"
    path.write_text("extends: orders-base\ntables: {units: {file: units-nordlicht}}\n")
    return read(
        SAMPLE.replace(b"QTY+21:2000:PCE", b"QTY+21:2000:ZZX"), identify(SAMPLE[:4096], None), using=compiled(path)
    )


def test_a_code_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        read_with_table(TABLE.format(others="refuse"), tmp_path)
    assert [finding.text for finding in refused.value.findings] == [
        "`ZZX` is not in the table `units of Nordlicht`; known are PCE, KGM"
    ]


def test_a_code_that_is_not_there_goes_through(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:  # as far as the document takes it
        read_with_table(TABLE.format(others="pass"), tmp_path)
    assert refused.value.findings[0].text.startswith("unknown unit `ZZX`")


def test_a_code_that_is_not_there_is_parked_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "items.yaml").write_text("table: our items\nothers: park\ncodes: [{from: NL-88231, to: GM-075-25}]\n")
    path = tmp_path / "orders-ours.yaml"
    (tmp_path / "orders-base.yaml").write_text(BASE)
    path.write_text(
        """extends: orders-base
tables: {our items: {file: items}}
changes:
  - replace: lines/product
    path: "PIA/C212[7143=SA|VN]"
    rows:
      - to: "product[]"
        at: "PIA/C212[7143=SA|VN]"
        rows: [{to: scheme, value: supplier_code}, {to: value, from: "7140", table: our items}]
"""
    )
    reading = read(SAMPLE, identify(SAMPLE[:4096], None), using=compiled(path))
    assert [(each.code, each.severity, each.act) for each in reading.findings] == [
        ("map.code", "warning", "operator"),
        ("map.code", "warning", "operator"),
    ]
    assert reading.findings[0].text == "`GM-075-25` is not in the table `our items`; a person has to add it"
    assert len(reading.documents) == 1


def test_entries_hold_between_their_dates(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        """table: t
codes:
  - {from: PK, to: XPK, until: 2026-12-31}
  - {from: PK, to: XBX, since: 2027-01-01}
  - {from: EA, to: C62}
  - {from: PCE, to: C62, write: true}
"""
    )
    table = load_table(path)
    assert table.reading(date(2026, 12, 31))["PK"] == "XPK"
    assert table.reading(date(2027, 1, 1))["PK"] == "XBX"
    assert table.reading(None)["PK"] == "XBX"
    assert table.writing(date(2026, 1, 1)) == {"C62": "PCE", "XPK": "PK"}


@pytest.mark.parametrize(
    ("codes", "problem"),
    [
        ("[{from: A, to: B}, {from: A, to: C}]", "2:27: `A` has two meanings at one time; give them dates"),
        ("[{from: A, to: B, since: 2027-01-01, until: 2026-01-01}]", "2:9: `A` ends before it begins"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(codes: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(f"table: t\ncodes: {codes}\n")
    with pytest.raises(FileProblems) as refused:
        load_table(path)
    assert str(refused.value) == f"{path}:{problem}"


@pytest.mark.parametrize(("until", "unit"), [("2026-12-31", "C62"), ("2026-01-01", "EA")])
def test_the_day_of_the_document_chooses_the_entry(until: str, unit: str, tmp_path: Path) -> None:
    text = f"""table: units
codes:
  - {{from: PCE, to: C62, until: {until}}}
  - {{from: PCE, to: EA, since: {until.replace("-01-01", "-01-02").replace("2026-12-31", "2027-01-01")}}}
  - {{from: KGM, to: KGM}}
  - {{from: ZZX, to: C62}}
"""
    assert read_with_table(text, tmp_path).documents[0].object.lines[0].quantity.unit == unit
