"""The tables as they would be derived today, where the sources are at hand: EDIFACT_DIRECTORIES names their folder."""

import os
import zlib
from pathlib import Path

import pytest

from translators.edifact.directories.build import build
from translators.edifact.directories.packing import HERE, encoded

SOURCES = os.environ.get("EDIFACT_DIRECTORIES", "")


@pytest.mark.skipif(not SOURCES, reason="EDIFACT_DIRECTORIES does not name the folder of the directories")
def test_deriving_the_tables_again_gives_the_same_bytes() -> None:
    """Compared unpacked: builds of zlib differ in how they pack."""
    found = {name: encoded(table) for name, table in build(Path(SOURCES)).items()}
    packaged = {path.name: zlib.decompress(path.read_bytes()) for path in HERE.glob("*.json.z")}
    assert sorted(found) == sorted(packaged)
    assert [name for name in found if found[name] != packaged[name]] == []
