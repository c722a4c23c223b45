from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.serving import Served, serving

from gateway.ledger.ledger import Ledger


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    """The API with counters of its own process."""
    async with serving(ledger, tmp_path) as api:
        yield api
