"""Files of partners' own servers: the contract, with a server that stands in for theirs."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from support.pickups import PICKUP_CONTRACT
from support.sftp_ground import Ground, stand_in

from gateway.ledger.ledger import Ledger


@pytest.mark.parametrize("holds", PICKUP_CONTRACT, ids=lambda one: one.__name__)
async def test_the_contract_holds_with_the_stand_in(
    ledger: Ledger, tmp_path: Path, holds: Callable[[Ledger, Path, Ground], Awaitable[None]]
) -> None:
    async with stand_in(tmp_path) as ground:
        await holds(ledger, tmp_path, ground)
