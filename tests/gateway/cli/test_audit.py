"""`audit verify-receipt` before it can judge anything: what is not there is named."""

from pathlib import Path

import pytest

from gateway.cli import audit
from gateway.cli.main import main
from gateway.ledger.verifying import Verdict


@pytest.mark.parametrize("missing", ["receipt", "key", "document"])
def test_a_missing_file_is_named(missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: tmp_path / name for name in ("receipt", "key", "document")}
    for name, file in files.items():
        if name != missing:
            file.write_text("something\n")
    words = [str(files["receipt"]), "--key", str(files["key"]), "--content", str(files["document"])]
    assert main(["audit", "verify-receipt", *words]) == 1
    assert capsys.readouterr().err == f"not ok: {files[missing]}: no such file or directory\n"


def test_a_file_of_checkpoints_that_is_not_there_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    """An anchor whose name was mistyped, or that was taken away, would have been as good as one that agrees."""
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database)
    monkeypatch.setenv("GATEWAY_COUNTERS_URL", "redis://127.0.0.1:1")
    gone = tmp_path / "checkpoints"
    assert main(["audit", "verify", "--anchor", str(gone)]) == 2
    assert capsys.readouterr().err == f"{gone}: no such file of checkpoints; nothing was verified\n"


async def _verified(*_: object) -> tuple[Verdict, int]:
    return Verdict(events=7, checkpoints=2), 1


def test_an_anchor_that_the_settings_name_and_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    gone = tmp_path / "checkpoints"
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database)
    monkeypatch.setenv("GATEWAY_COUNTERS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("GATEWAY_CHECKPOINT_FILE", str(gone))
    monkeypatch.setattr(audit, "_hold_against_checkpoints", _verified)
    assert main(["audit", "verify"]) == 1
    told = f"not ok, after 7 good events: {gone} (GATEWAY_CHECKPOINT_FILE) is gone, where every signed checkpoint was"
    act = "what to do: hold the ledger against a copy: --anchor FILE"
    assert capsys.readouterr().err == f"{told} written\n{act}\n"


def test_a_file_that_holds_no_checkpoint_is_no_anchor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    """A mistyped name of a file that is there."""
    other = tmp_path / "other"
    other.write_text("something\n")
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database)
    monkeypatch.setenv("GATEWAY_COUNTERS_URL", "redis://127.0.0.1:1")

    async def verified(*_: object) -> tuple[Verdict, int]:
        return Verdict(events=7, checkpoints=2, anchored=0), 1

    monkeypatch.setattr(audit, "_hold_against_checkpoints", verified)
    assert main(["audit", "verify", "--anchor", str(other)]) == 1
    told = f"not ok, after 7 good events: {other} holds no checkpoint, where every signed checkpoint was written"
    assert capsys.readouterr().err.startswith(told)


def test_a_folder_is_no_anchor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    """It was told as a database that does not answer."""
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database)
    monkeypatch.setenv("GATEWAY_COUNTERS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("GATEWAY_KEYS", str(tmp_path / "keys"))
    assert main(["audit", "verify", "--anchor", str(tmp_path)]) == 2
    assert "is a directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("verdict", "workers", "told"),
    [
        (
            Verdict(events=7, checkpoints=2, messages=3, anchored=7),
            1,
            ["    3 messages are as the verdicts on them say", "    kept agrees, up to the newest"],
        ),
        (
            Verdict(events=7, checkpoints=2, messages=3, anchored=4, not_in_tree=2),
            0,
            [
                "    3 messages are as the verdicts on them say",
                "    2 events were recorded since, and are under no checkpoint yet",
                "    no worker was seen of late, and workers sign: start one (`partner-gateway worker`)",
                "    kept ends at 4 events: the later ones are signed in the database alone",
            ],
        ),
        (
            Verdict(events=7, checkpoints=2, messages=3, not_in_tree=1),
            1,
            [
                "    3 messages are as the verdicts on them say",
                "    1 events were recorded since, and are under no checkpoint yet",
                "    no file of checkpoints outside the database was asked: GATEWAY_CHECKPOINT_FILE, or --anchor FILE",
            ],
        ),
    ],
)
def test_what_holds_is_told_with_what_it_covers(verdict: Verdict, workers: int, told: list[str]) -> None:
    first, *others = audit._holds(verdict, Path("kept"), workers)
    assert first == "ok: 7 events under 2 signed checkpoints; the newest covers them all"
    assert others == told
