"""`partner-gateway partner check|list|show|diff`: what they print, and that a mistake is never a traceback."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.partner_profiles import whole_house

from gateway.cli.main import main

Ran = tuple[int, str, str]
Run = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = whole_house(tmp_path)
    monkeypatch.setenv("GATEWAY_PARTNERS", str(folder))
    monkeypatch.setenv("GATEWAY_PARTNER_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("COLUMNS", "250")
    return folder


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def running(*words: str) -> Ran:
        try:
            status = main(["partner", *words])
        except SystemExit as ended:
            status = int(str(ended.code))
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return status, told.out, told.err

    return running


def asked(run: Run, *words: str) -> dict[str, Any]:
    return dict(json.loads(run(*words, "--json")[1]))


def edit(folder: Path, was: str, now: str) -> None:
    path = folder / "profiles" / "acme.yaml"
    assert was in path.read_text()
    path.write_text(path.read_text().replace(was, now))


# ---- check ---------------------------------------------------------------------------------------------------------


def test_check_says_how_many_hold(run: Run) -> None:
    status, out, err = run("check", "--at", "2026-06-01")
    assert (status, err) == (0, "")
    assert out.startswith("6 partners and 1 plants ok, revision sha256:")


def test_check_tells_every_mistake_of_every_file_with_its_place(run: Run, folder: Path) -> None:
    edit(folder, "plan: standard", "plan: Standard")
    (folder / "profiles" / "kiesel.yaml").write_text("id: kiesel\nname: [")
    status, out, err = run("check")
    assert (status, out) == (1, "")
    assert f"{folder}/profiles/acme.yaml:5:7: " in err
    assert f"{folder}/profiles/kiesel.yaml:2:" in err
    told = asked(run, "check")
    assert (told["ok"], told["revision"], len(told["problems"])) == (False, None, 2)
    assert told["problems"][0] | {"text": ""} == {
        "file": f"{folder}/profiles/acme.yaml", "line": 5, "column": 7, "text": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at", "kinds"),
    [("2026-06-01", []), ("2027-04-10", []), ("2035-12-20", ["ending"] * 4), ("2036-01-02", ["ended"] * 4)],
)
def test_check_warns_of_ends_that_nothing_follows(run: Run, at: str, kinds: list[str]) -> None:
    told = asked(run, "check", "--at", at)
    assert [one["kind"] for one in told["warnings"] if one["file"].endswith("acme.yaml")] == kinds
    assert told["ok"]
    assert run("check", "--at", at, "--strict")[0] == (1 if told["warnings"] else 0)


def test_check_warns_where_for_a_time_no_certificate_holds(run: Run, folder: Path) -> None:
    edit(folder, "file: acme-2027.pem, from: 2027-05-15", "file: acme-2027.pem, from: 2027-08-01")
    _, out, _ = run("check", "--at", "2027-07-01")
    assert "no certificate with `encrypt` holds now; the next begins 2027-08-01 00:00 UTC [gap]" in out


def test_check_warns_of_a_key_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "keys" / "house-2027.key").unlink()
    _, out, _ = run("check", "--at", "2026-06-01")
    assert f"{tmp_path}/keys/house-2027.key: cannot be read: no such file or directory [key]" in out
    assert asked(run, "check", "--at", "2026-06-01", "--keys", str(tmp_path / "elsewhere"))["warnings"]


# ---- list and show -------------------------------------------------------------------------------------------------


def test_list_has_a_line_for_each(run: Run) -> None:
    status, out, _ = run("list", "--at", "2026-06-01")
    assert status == 0
    line = next(one for one in out.splitlines() if one.startswith("acme"))
    assert [cell.strip() for cell in line.split("│")] == [
        "acme", "Acme Teile AG", "supplier", "open", "standard", "http, as2, sftp", "1", "2027-06-01",
    ]  # fmt: skip
    told = asked(run, "list", "--at", "2028-01-01")
    assert {one["id"]: one["standing"] for one in told["partners"]}["kiesel"] == "ended 2027-06-30"


def test_show_tells_names_agreements_and_certificates(run: Run) -> None:
    _, out, _ = run("show", "acme", "--at", "2026-06-01")
    names = ("ACME → HOUSE", "4098765000010:14", "ssh-ed25519 …AgICAgICAgIC", "acme-2027.pem", "edi@acme.example")
    terms = ("edifact:ORDERS:D.96A", "acknowledgements: mdn 1h always", "from 2027-01-01")
    for words in (*names, *terms):
        assert words in out
    told = asked(run, "show", "acme", "--at", "2027-05-10")
    assert [(one["file"], one["use"], one["when"]) for one in told["certificates"]] == [
        ("acme-2027.pem", ["encrypt"], "from 2027-05-15"),
        ("acme-2027.pem", ["verify"], "holds for 3158 days"),
        ("acme-2026.pem", ["verify", "encrypt"], "holds for 22 days"),
    ]


def test_who_is_not_there_is_answered_with_those_who_are(run: Run) -> None:
    status, out, err = run("show", "acmee")
    assert (status, out) == (2, "")
    assert err == "there is no partner `acmee`; there are: acme, aurora, kiesel, monteverde, nordlicht, stahlhof\n"
    assert asked(run, "show", "acmee")["ok"] is False


# ---- diff ----------------------------------------------------------------------------------------------------------


def test_diff_of_two_folders_says_who_gains_and_loses_what(run: Run, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "next")
    new = tmp_path / "next"
    edit(new, "clients: [acme-orders]", "clients: [acme-edi]")
    edit(new, "within: 1h", "within: 2h")
    edit(new, "plan: standard", "plan: premium")
    (new / "profiles" / "kiesel.yaml").unlink()
    told = asked(run, "diff", str(folder), str(new), "--at", "2026-06-01")
    effects = [(one["who"], one["change"], one["fact"]["topic"], one["fact"]["name"]) for one in told["effects"]]
    assert effects[:4] == [
        ("acme", "changes", "agreement", "orders"),
        ("acme", "gains", "identity", "client acme-edi"),
        ("acme", "loses", "identity", "client acme-orders"),
        ("acme", "changes", "terms", "terms"),
    ]
    assert {who for who, *_ in effects[4:]} == {"kiesel"}
    assert {change for _, change, *_ in effects[4:]} == {"loses"}
    assert told["effects"][3]["fields"] == {"plan": ["standard", "premium"]}
    _, out, _ = run("diff", str(folder), str(new), "--at", "2026-06-01", "--partner", "acme")
    assert "plan: standard → premium" in out
    assert "kiesel" not in out


def test_diff_of_two_days_shows_what_time_alone_will_do(run: Run) -> None:
    told = asked(run, "diff", "2027-05-10", "2027-07-01", "--partner", "acme")
    effects = [(one["change"], one["fact"]["topic"], one["fact"]["name"].partition(" sha256")[0])
               for one in told["effects"]]  # fmt: skip
    assert effects == [
        ("loses", "certificate", "encrypt acme-2026.pem"),
        ("gains", "certificate", "encrypt acme-2027.pem"),
        ("loses", "certificate", "verify acme-2026.pem"),
        ("loses", "key", "decrypt house-2026"),
        ("loses", "key", "sign house-2026"),
    ]


def test_diff_says_when_a_change_has_no_effect_yet(run: Run, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "next")
    edit(tmp_path / "next", "from: 2027-01-01", "from: 2027-02-01")
    status, out, _ = run("diff", str(folder), str(tmp_path / "next"), "--at", "2026-06-01", "--exit-code")
    assert status == 0
    assert "nobody gains or loses anything\nwritten otherwise, without effect at this moment: acme" in out
    assert run("diff", str(folder), str(tmp_path / "next"), "--at", "2027-01-15", "--exit-code")[0] == 1


def test_diff_of_something_else_is_one_sentence(run: Run) -> None:
    status, _, err = run("diff", "yesterday", "2027-01-01")
    assert (status, err) == (2, "`yesterday` is neither a folder nor a moment; write e.g. `2027-03-01`\n")


# ---- certificates --------------------------------------------------------------------------------------------------


def test_certificates_shows_each_use_with_its_overlap(run: Run) -> None:
    status, out, _ = run("certificates", "acme", "--at", "2027-01-01")
    assert status == 0
    assert "verify: 2027-05-01 to 2027-06-01 acme-2027.pem and acme-2026.pem overlap" in out
    assert (
        "encrypt: 2027-05-15 to 2027-06-01 acme-2027.pem and acme-2026.pem overlap; outbound acme-2027.pem is used"
        in (out)
    )
    assert "sign: 2027-05-01 to 2027-06-01 house-2027 and house-2026 overlap; outbound house-2027 is used" in out
    told = asked(run, "certificates", "--at", "2027-01-01")["partners"]
    assert [(one["use"], one["owner"], one["name"]) for one in told["acme"]][:3] == [
        ("sign", "ours", "house-2026"), ("sign", "ours", "house-2027"), ("decrypt", "ours", "house-2026"),
    ]  # fmt: skip
    assert told["kiesel"] == []


def test_certificates_shows_where_nothing_holds_and_what_cannot_be_read(run: Run, folder: Path, tmp_path: Path) -> None:
    edit(folder, "file: acme-2027.pem, from: 2027-05-15", "file: acme-2027.pem, from: 2027-08-01")
    (tmp_path / "keys" / "house-2026.crt").unlink()
    _, out, _ = run("certificates", "acme", "--at", "2027-01-01")
    assert "encrypt: NOTHING holds 2027-06-01 to 2027-08-01" in out
    assert "house-2026.crt: cannot be read" in out
    _, out, _ = run("certificates", "kiesel")
    assert out == "no certificate is named for kiesel\n"
