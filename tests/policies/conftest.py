"""Rules to try things on: the ones we ship, copied so that a test may change them."""

import shutil
from pathlib import Path

import pytest

import policies

RULES = Path(policies.__file__).parent / "rules"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the shipped rules."""
    return Path(shutil.copytree(RULES, tmp_path / "rules"))
