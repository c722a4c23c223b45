"""What the benchmarks name exists: a stage of an accept that was renamed must not be found out by whoever measures."""

import importlib
import sys
from pathlib import Path

import pytest


@pytest.fixture
def accept_parts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "benchmarks"))
    yield importlib.import_module("accept_parts")
    for name in ("accept_parts", "accept", "load"):
        sys.modules.pop(name, None)


def test_every_stage_of_an_accept_is_there(accept_parts) -> None:
    clock = accept_parts.Clock()
    with clock.running():
        assert set(clock.spent) == set(accept_parts.STAGES)
