"""What the command says when it cannot begin; that it begins and ends is shown by the journeys."""

from pathlib import Path

import pytest

from plant_bridge.cli import main


def arguments(folder: Path, secret: Path) -> list[str]:
    return [
        "run", "--gateway", "http://127.0.0.1:1", "--plant", "salzungen", "--token-url", "http://127.0.0.1:1/token",
        "--client", "salzungen-mes", "--secret-file", str(secret), "--inbox", str(folder / "inbox"),
    ]  # fmt: skip


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "secret"
    assert main(arguments(tmp_path, missing)) == 2
    assert capsys.readouterr().err == f"plant-bridge: [Errno 2] No such file or directory: '{missing}'\n"


def test_an_empty_secret_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret"
    secret.write_text("\n")
    assert main(arguments(tmp_path, secret)) == 2
    assert capsys.readouterr().err == f"plant-bridge: {secret} is empty\n"


def test_a_secret_is_never_an_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*arguments(tmp_path, tmp_path / "secret"), "--secret", "hunter2"])
    assert "unrecognized arguments: --secret" in capsys.readouterr().err
