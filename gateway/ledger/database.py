"""Connections to PostgreSQL, the only ones the gateway has."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from gateway.ledger.statements import migrations, statements

if TYPE_CHECKING:  # asyncpg's classes are generic in its type stubs only
    Connection = PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection, Pool = PoolConnectionProxy, asyncpg.Pool

_log = logging.getLogger(__name__)

LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError,
        asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError, asyncpg.ReadOnlySQLTransactionError,
        asyncio.TimeoutError)  # fmt: skip
"""What a server raises that is lost, unreachable, stopping, full, or only a standby; the outcome of a statement under
way is then unknown."""


class LedgerUnavailable(Exception):  # noqa: N818 - a state of the world, not a defect
    """The database does not answer; nothing was acknowledged."""


class LedgerRefused(LedgerUnavailable):
    """The database answers and lets nobody in with what GATEWAY_DATABASE_URL says; trying again changes nothing."""


_SAYS_NO = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError,
            asyncpg.InsufficientPrivilegeError)  # fmt: skip
"""No such role, a wrong password, no such database, no right to connect."""


async def open_pool(url: str, *, size: int = 8, patience: float = 0.0) -> Pool:
    """Connect. Statement time-outs keep a stuck server from hanging a request.

    `patience`: seconds to go on trying while nothing answers at that address; then LedgerUnavailable. A server that
    answers and says no (password, name of the database) is heard at once: LedgerRefused.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return await _open_pool(url, size)
        except _SAYS_NO as error:
            raise LedgerRefused(f"the ledger's database says no: {error}; correct GATEWAY_DATABASE_URL") from error
        except LOST as error:
            if time.monotonic() >= deadline:
                raise LedgerUnavailable("the ledger's database does not answer") from error
            _log.warning("the ledger's database does not answer; trying again")
            await asyncio.sleep(0.5)


async def _leave_as_it_is(_: object) -> None:
    """What a connection that is given back is asked for: nothing.

    The pool itself rolls back what is open. Resetting the rest would be a round trip for each verb of the ledger, and
    there is no rest: no statement of ours changes a session, and who holds the one lock of a session lets it go
    (sequencing.py).
    """


async def _open_pool(url: str, size: int) -> Pool:
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=30,
        timeout=5,
        reset=_leave_as_it_is,
        server_settings={
            "application_name": "partner-gateway",
            "idle_in_transaction_session_timeout": "60000",
            "jit": "off",
        },
    )


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """A connection from the pool; a lost server becomes LedgerUnavailable."""
    try:
        async with pool.acquire(timeout=5) as held:
            yield held
    except LOST as error:
        raise LedgerUnavailable("the ledger's database does not answer") from error


class Lent:
    """A connection of the pool that is kept from one use to the next, for who needs one again and again: to ask the
    pool each time costs as much as a statement. One use at a time; after an error the next has another connection.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._held: Connection | None = None

    async def __aenter__(self) -> Connection:
        if self._held is None or _is_lost(self._held):
            await self.give_back()
            self._held = await self._pool.acquire(timeout=2)
        return self._held

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            await self.give_back()

    async def give_back(self) -> None:
        """To the pool, which rolls back what is open and lets go of what is lost."""
        held, self._held = self._held, None
        if held is not None:
            await self._pool.release(held)


def _is_lost(held: Connection) -> bool:
    try:
        return held.is_closed()
    except asyncpg.InterfaceError:  # the pool took it back by itself when the server ended it
        return True


_MIGRATING = 3600.0
"""Seconds: an index over all messages of years takes its time, and given up it would begin anew with each start."""


async def migrate(pool: Pool) -> list[str]:
    """Apply what is missing, one process at a time; returns the names applied."""
    opening = statements("opening")
    async with connection(pool) as held:
        async with held.transaction():
            await held.execute(opening["lock_migrations"], timeout=_MIGRATING)
            await held.execute(opening["prepare_migrations"])
            applied = {row["name"] for row in await held.fetch(opening["applied_migrations"])}
            missing = [(name, text) for name, text in migrations() if name not in applied]
            for name, text in missing:
                await held.execute(text, timeout=_MIGRATING)
                await held.execute(opening["note_migration"], name)
        async with held.transaction():  # one process at a time again
            await held.execute(opening["lock_migrations"], timeout=_MIGRATING)
            await held.execute(opening["lift_clock"], await held.fetchval(opening["highest_tick"]))
    return [name for name, _ in missing]
