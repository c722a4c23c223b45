"""The servers the tests talk to: a real PostgreSQL and a real Valkey, started once for each test process."""

import asyncio
import itertools
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from gateway.embedded import database_url, embedded_postgresql, embedded_valkey
from gateway.ledger.database import migrate, open_pool
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import PayloadKey, Sealer

_numbers = itertools.count()

# How long an example takes says how busy the machine is, nothing else; speed is measured in tests/benchmarks.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a PostgreSQL of this test process.

    Not below pytest's own temporary folders: under root the server is another user, and each pytest that starts closes
    their parent to others.
    """
    with tempfile.TemporaryDirectory(prefix="gateway-postgresql-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with embedded_postgresql(folder / "data", environment="development") as url:
            asyncio.run(_make_template(url))
            yield url


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a Valkey of this test process; give keys names of your own."""
    with embedded_valkey(tmp_path_factory.mktemp("valkey"), environment="development") as url:
        yield url


@pytest.fixture
async def database(postgresql_server: str) -> AsyncIterator[str]:
    """URL of a fresh, migrated database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    await _on_server(postgresql_server, f"create database {name} template ledger")
    yield database_url(postgresql_server, name)
    await _on_server(postgresql_server, f"drop database {name} with (force)")


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([PayloadKey("test", secrets.token_bytes(32))])


@pytest.fixture
async def ledger(database: str, sealer: Sealer) -> AsyncIterator[Ledger]:
    """A ledger on a fresh database, worker `tester`."""
    opened = Ledger(await open_pool(database), Payloads(sealer), "tester")
    yield opened
    await opened.close()


async def _make_template(url: str) -> None:
    await _on_server(url, "create database ledger")
    pool = await open_pool(database_url(url, "ledger"))
    await migrate(pool)
    await pool.close()


async def _on_server(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def repository() -> Path:
    return Path(__file__).resolve().parent.parent
