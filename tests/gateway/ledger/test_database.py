"""Connecting: a server that is away is waited for, one that says no is heard."""

import asyncio
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded import database_url
from gateway.ledger.database import LOST, LedgerRefused, LedgerUnavailable, Lent, connection, migrate, open_pool
from gateway.ledger.ledger import Ledger


async def test_a_server_that_does_not_answer_is_said_to_be_away(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="the ledger's database does not answer"):
        await open_pool(f"postgresql://postgres:@/postgres?host={tmp_path}")


async def test_a_process_that_starts_waits_for_a_server_that_is_restarting(database: str, tmp_path: Path) -> None:
    folder = Path(database.partition("host=")[2].replace("%2F", "/"))
    away = tmp_path / "away"
    opening = asyncio.create_task(open_pool(database.replace(str(folder), str(away)), patience=20))
    await asyncio.sleep(0.2)
    assert not opening.done()
    away.symlink_to(folder)
    pool = await opening
    assert await pool.fetchval("select 1") == 1
    await pool.close()


async def test_a_server_that_says_no_is_heard_at_once(postgresql_server: str) -> None:
    told = 'the ledger\'s database says no: database "nowhere" does not exist; correct GATEWAY_DATABASE_URL'
    with pytest.raises(LedgerRefused, match=told):
        await open_pool(database_url(postgresql_server, "nowhere"), patience=60)


async def test_a_role_that_is_not_let_in_is_told_in_a_sentence(postgresql_server: str) -> None:
    """Operators saw a traceback, and exit status 1."""
    stranger = database_url(postgresql_server, "postgres").replace("postgresql://postgres", "postgresql://stranger")
    with pytest.raises(LedgerRefused, match='says no: role "stranger" does not exist; correct GATEWAY_DATABASE_URL'):
        await open_pool(stranger)


async def test_what_a_lost_server_raises_becomes_one_error(ledger: Ledger) -> None:
    for lost in (ConnectionResetError(), asyncpg.AdminShutdownError("x"), asyncpg.TooManyConnectionsError("x")):
        with pytest.raises(LedgerUnavailable):
            async with connection(ledger._pool):
                raise lost


async def test_a_lent_connection_is_kept_until_it_is_given_back_or_fails(ledger: Ledger) -> None:
    pool, lent = ledger._pool, Lent(ledger._pool)

    async def serving() -> int:
        async with lent as held:
            return int(await held.fetchval("select pg_backend_pid()"))

    first, idle = await serving(), pool.get_idle_size()
    assert await serving() == first
    assert pool.get_idle_size() == idle
    with pytest.raises(asyncpg.PostgresError):
        async with lent as held:
            await held.execute("no such statement")
    assert pool.get_idle_size() == idle + 1
    again = await serving()
    await pool.execute("select pg_terminate_backend($1)", again)
    with suppress(*LOST):
        await serving()
    assert await serving() != again
    await lent.give_back()
    await lent.give_back()
    assert pool.get_idle_size() == pool.get_size()


async def test_who_records_gives_its_connection_back_when_nothing_waits(ledger: Ledger) -> None:
    await asyncio.gather(*(ledger.note(b'{"event":"x"}') for _ in range(20)))
    async with asyncio.timeout(5):
        while ledger._pool.get_idle_size() < ledger._pool.get_size():
            await asyncio.sleep(0.01)


async def test_after_a_restore_into_a_younger_cluster_the_clock_is_lifted_once(ledger: Ledger) -> None:
    """The rows of a dump carry ticks far above what the new cluster counts."""
    pool = ledger._pool
    await pool.execute("insert into events (tick, body) values (9000000000, '{}')")
    assert await pool.fetchval("select ledger_tick()") < 9_000_000_000
    await asyncio.gather(*(migrate(pool) for _ in range(3)))
    lifted = await pool.fetchval("select offset_ticks from ledger_clock")
    assert await pool.fetchval("select ledger_tick()") > 9_000_000_000
    assert await pool.fetchval("select ledger_tick() < 9000001000")
    await migrate(pool)
    assert await pool.fetchval("select offset_ticks from ledger_clock") == lifted


async def test_a_migration_may_take_longer_than_any_other_statement(
    ledger: Ledger, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index over a large table was given up after 30 seconds, at each start anew."""
    monkeypatch.setattr("gateway.ledger.database.migrations", lambda: [("9999_slow.sql", "select pg_sleep(0.6)")])
    async with asyncpg.create_pool(database, min_size=1, max_size=2, command_timeout=0.3) as pool:
        assert sorted(await asyncio.gather(migrate(pool), migrate(pool))) == [[], ["9999_slow.sql"]]


async def test_an_untouched_clock_is_not_lifted_under_load(ledger: Ledger) -> None:
    async def write() -> None:
        for _ in range(30):
            await ledger.note(b'{"event":"x"}')

    await asyncio.gather(write(), write(), *(migrate(ledger._pool) for _ in range(10)))
    assert await ledger._pool.fetchval("select offset_ticks from ledger_clock") == 0
