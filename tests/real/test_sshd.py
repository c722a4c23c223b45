"""OpenSSH's own server as a partner's: the same contract that holds with the stand-in.

vsftpd is no peer here: it speaks FTP and FTPS, not SFTP.
"""

import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from support.pickups import PICKUP_CONTRACT
from support.sftp_ground import CONTRACT, Ground, openssh

from gateway.ledger.ledger import Ledger

pytestmark = pytest.mark.real


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    try:
        with openssh(tmp_path) as opened:
            yield opened
    except FileNotFoundError as missing:
        if os.environ.get("GATEWAY_REAL") == "require":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda one: one.__name__)
async def test_the_contract_holds_with_openssh(ground: Ground, holds: Callable[[Ground], Awaitable[None]]) -> None:
    await holds(ground)


@pytest.mark.parametrize("holds", PICKUP_CONTRACT, ids=lambda one: one.__name__)
async def test_the_contract_of_pickups_holds_with_openssh(
    ledger: Ledger, tmp_path: Path, ground: Ground, holds: Callable[[Ledger, Path, Ground], Awaitable[None]]
) -> None:
    await holds(ledger, tmp_path, ground)
