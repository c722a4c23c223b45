"""`partner-gateway partner check|list|show|diff`: what they print, and that a mistake is never a traceback."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs7, pkcs12
from support.certificates import certificate, key, pem, write_pair
from support.partner_profiles import whole_house

from gateway.cli.main import main
from partners.certificatefiles import read_certificate
from partners.ownkeys import OwnKeys

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


# ---- import --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pem", "der", "p7b"])
def test_a_certificate_is_taken_in_every_form_and_named_by_its_day(
    kind: str, run: Run, folder: Path, tmp_path: Path
) -> None:
    sent = certificate("acme", of=key(2048, "theirs"), begins=datetime(2027, 3, 1, tzinfo=UTC))
    content = {
        "pem": pem(sent),
        "der": sent.public_bytes(Encoding.DER),
        "p7b": pkcs7.serialize_certificates([sent], Encoding.DER),
    }[kind]
    (tmp_path / f"sent.{kind}").write_bytes(content)
    status, out, _ = run("import", str(tmp_path / f"sent.{kind}"), "--partner", "acme")
    assert status == 0
    file = folder / "certificates" / "acme-2027-03-01.pem"
    assert read_certificate(file) == sent
    assert sent.fingerprint(SHA256()).hex() in out
    assert "- {use: [verify, encrypt], file: acme-2027-03-01.pem, from: DATE}" in out
    assert run("import", str(tmp_path / f"sent.{kind}"), "--partner", "acme")[0] == 0
    (tmp_path / "other.pem").write_bytes(pem(certificate("other")))
    status, _, err = run("import", str(tmp_path / "other.pem"), "--partner", "acme", "--as", "acme-2027-03-01")
    assert (status, "is there already with another content" in err) == (2, True)
    assert read_certificate(file) == sent
    assert [one.name for one in file.parent.iterdir() if one.name.startswith(".")] == []


def test_a_profile_may_name_the_file_before_it_is_there(run: Run, folder: Path, tmp_path: Path) -> None:
    edit(folder, "acme-2026.pem", "acme-2028.pem")
    assert run("check")[0] == 1
    (tmp_path / "sent.pem").write_bytes(pem(certificate("acme", of=key(2048, "acme"))))
    _, out, _ = run("import", str(tmp_path / "sent.pem"), "--partner", "acme", "--as", "acme-2028")
    assert "it is named there for verify, encrypt" in out
    assert run("check", "--at", "2026-06-01")[0] == 0


def test_a_key_of_ours_comes_as_p12_with_its_passphrase_from_a_file_or_the_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = certificate("house", of=key(2048, "house-new"))
    locked = BestAvailableEncryption(b"opensesame")
    (tmp_path / "new.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(None, key(2048, "house-new"), ours, None, locked)
    )
    words = ("import", str(tmp_path / "new.p12"), "--partner", "acme", "--as", "house-new")
    status, _, err = run(*words)
    assert (status, err) == (2, f"{tmp_path}/new.p12: it is no P12, or the password is another\n")
    (tmp_path / "passphrase").write_text("opensesame\n")
    status, out, _ = run(*words, "--passphrase-file", str(tmp_path / "passphrase"))
    assert status == 0
    assert "opensesame" not in out
    assert OwnKeys(tmp_path / "keys").pair("house-new").certificate == ours
    assert (tmp_path / "keys" / "house-new.key").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("PARTNER_IMPORT_PASSPHRASE", "opensesame")
    assert run(*words[:-1], "house-again")[0] == 0


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("weak.pem", "its RSA key has 1024 bits; 2048 are needed"),
        ("text.pem", "it is no certificate in PEM, DER or P7B"),
        ("with-key.pem", "it holds a private key; whoever sent it must make a new one and send the certificate only"),
        ("nothing.pem", "no such file or directory"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence(file: str, sentence: str, run: Run, folder: Path) -> None:
    before = sorted(folder.glob("certificates/*"))
    status, out, err = run("import", str(folder / "certificates" / file), "--partner", "acme", "--as", "new")
    assert (status, out, err) == (2, "", f"{folder}/certificates/{file}: {sentence}\n")
    assert sorted(folder.glob("certificates/*")) == before
    status, _, err = run("import", str(folder / "certificates" / "acme.pem"), "--partner", "acme", "--as", "../out")
    assert (status, "is no name for a file here" in err) == (2, True)


# ---- rehearse ------------------------------------------------------------------------------------------------------


def test_a_switch_is_rehearsed_with_the_keys_that_hold_then(run: Run) -> None:
    status, out, _ = run("rehearse", "acme", "--at", "2027-07-01")
    assert status == 0
    for words in (
        "works: we sign and encrypt to them as agreed",
        "works: our signature verifies with our certificate",
        "works: what they encrypt to us is opened",
        "works: a certificate of theirs verifies what they sign",
        "the partner must verify our signatures with `house-2027` (SHA-256 ",
        "the partner must sign with the key of `acme-2027.pem` then; any other signature is refused",
        "the partner must be able to open what is encrypted to `acme-2027.pem` (SHA-256 ",
    ):
        assert words in out
    told = asked(run, "rehearse", "acme", "--at", "2026-12-24")
    assert (told["ok"], told["partner_must"]) == (True, [])


def test_a_switch_that_cannot_work_is_found_before_its_day(run: Run, folder: Path, tmp_path: Path) -> None:
    edit(folder, "file: acme-2027.pem, from: 2027-05-15", "file: acme-2027.pem, from: 2027-08-01")
    write_pair(tmp_path / "keys", "house-2027", ends=datetime(2027, 6, 30, tzinfo=UTC))
    told = asked(run, "rehearse", "acme", "--at", "2027-07-01")
    assert not told["ok"]
    assert [(one["what"], one["outcome"]) for one in told["probes"]] == [
        ("we sign and encrypt to them as agreed", "fails"),
        ("our signature verifies with our certificate", "fails"),
        ("what they encrypt to us is opened", "fails"),
        ("a certificate of theirs verifies what they sign", "works"),
    ]
    assert "nothing holds for `encrypt` then: `acme-2026.pem` has ended and nothing follows" in told["partner_must"]
    assert run("rehearse", "acme", "--at", "2027-07-01")[0] == 1
