"""Profiles to try things on: the ones we ship, copied so that a test may change them."""

import shutil
from pathlib import Path

import pytest
from support.certificates import write_mixture

import partners


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped profiles and plants, beside certificates of all kinds."""
    here = Path(partners.__file__).parent
    for name in ("profiles", "plants"):
        shutil.copytree(here / name, tmp_path / "partners" / name)
    write_mixture(tmp_path / "partners" / "certificates")
    return tmp_path / "partners"
