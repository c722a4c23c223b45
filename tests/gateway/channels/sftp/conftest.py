"""A partner's mailbox at our server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.mailboxes import SftpWorld, sftp_world

from gateway.ledger.ledger import Ledger


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[SftpWorld]:
    async with sftp_world(ledger, tmp_path) as opened:
        yield opened
