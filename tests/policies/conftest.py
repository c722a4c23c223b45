"""Rules to try things on: the ones we ship, copied so that a test may change them."""

import shutil
from pathlib import Path

import pytest

import policies
from policies.loading import PolicySet, load

RULES = Path(policies.__file__).parent / "rules"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the shipped rules."""
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


@pytest.fixture(scope="session")
def shipped() -> PolicySet:
    """The rules as they ship, which no test changes: a set is frozen."""
    return load(RULES)
