"""`audit verify-receipt` before it can judge anything: what is not there is named."""

from pathlib import Path

import pytest

from gateway.cli.main import main


@pytest.mark.parametrize("missing", ["receipt", "key", "document"])
def test_a_missing_file_is_named(missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: tmp_path / name for name in ("receipt", "key", "document")}
    for name, file in files.items():
        if name != missing:
            file.write_text("something\n")
    words = [str(files["receipt"]), "--key", str(files["key"]), "--content", str(files["document"])]
    assert main(["audit", "verify-receipt", *words]) == 1
    assert capsys.readouterr().err == f"not ok: {files[missing]}: no such file or directory\n"
