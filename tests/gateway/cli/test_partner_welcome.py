"""`partner welcome`: on the screen, as an object, as a folder; what is missing is for us and not in what is sent."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli.demo.partner_files import PartnerFiles
from gateway.cli.main import main
from gateway.ledger.keyfiles import create_if_absent

Ran = tuple[int, str, str]
Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    PartnerFiles(tmp_path / "partners", tmp_path / "partner-keys", tmp_path / "theirs").write("https://werra.example")
    create_if_absent(tmp_path / "keys")
    for name in ("PARTNERS", "PARTNER_KEYS", "KEYS"):
        monkeypatch.setenv(f"GATEWAY_{name}", str(tmp_path / name.lower().replace("_", "-")))
    monkeypatch.setenv("GATEWAY_PARTNER_ISSUERS", "https://id.example/realms/partners")

    def running(*words: str) -> Ran:
        status = main(["partner", "welcome", *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return running


def test_the_page_is_printed(run: Run) -> None:
    status, out, err = run("aurora")
    assert (status, err) == (0, "")
    assert out.startswith("# Aurora Industrie Supply B.V.: how we exchange documents\n\nWritten ")


def test_a_folder_holds_the_page_and_what_it_names(run: Run, tmp_path: Path) -> None:
    assert run("werra", "--to", "sent") == (0, "3 files in sent; send it whole, its page is README.md\n", "")
    found = sorted(path.relative_to(tmp_path / "sent").as_posix() for path in (tmp_path / "sent").rglob("*.*"))
    assert found == ["README.md", "certificates/bergmann.pem", "samples/orders.edi"]
    told = (tmp_path / "sent" / "README.md").read_text()
    assert all(f"`{name}`" in told for name in found[1:])


def test_what_is_missing_is_told_to_us_alone_and_the_answer_is_no(run: Run) -> None:
    missing = ".gateway/sftp-host-keys: there is no host key; a `.pub` file of one is enough here; the kit shows no " \
        "fingerprint of our SFTP server"  # fmt: skip
    status, out, err = run("tannhaus")
    assert (status, err) == (1, f"before you send it: {missing}\n")
    assert "fingerprint of our" not in out
    status, out, err = run("tannhaus", "--json")
    told = json.loads(out)
    assert (status, err, told["ok"], told["kit"]["missing"]) == (1, "", False, [missing])


def test_one_object_holds_all_of_it(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("werra", "--json", "--to", str(tmp_path / "sent"))
    told = json.loads(out)
    assert (status, told["ok"], len(told["written"])) == (0, True, 3)
    assert told["kit"]["as2"]["ours"] == "BERGMANN"


def test_who_is_not_there_is_told_with_those_who_are(run: Run) -> None:
    text = "there is no partner `werrra`; there are: aurora, kiesel, monteverde, nordlicht, stahlhof, tannhaus, werra"
    assert run("werrra") == (2, "", f"{text}\n")
    status, out, err = run("werrra", "--json")
    assert (status, json.loads(out), err) == (
        2, {"ok": False, "problems": [{"file": ".", "line": 0, "column": 0, "text": text}]}, "",
    )  # fmt: skip


def test_a_folder_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run("aurora", "--to", "file") == (2, "", "file: file exists\n")


def test_settings_that_are_wrong_are_an_object_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_SFTP_ADDRESS", "sftp.example:port")
    monkeypatch.setenv("GATEWAY_PROT", "80")
    status, out, err = run("aurora", "--json")
    assert (status, err) == (2, "")
    assert [one["text"] for one in json.loads(out)["problems"]] == [
        "`GATEWAY_PROT` is no setting; docs/reference/settings.md lists them",
        "GATEWAY_SFTP_ADDRESS: `sftp.example:port` is no host, and no host with a port; write sftp.example.com:22",
    ]
