"""A worker that is stopped in the middle of a batch, sleeps past its lease, and wakes when the work is another's."""

import asyncio
import signal
from contextlib import suppress

import asyncpg
from faults.ground import Ground, Process

_UNDER_WAY = """select count(*) from shards
where owner like '%:' || $1 and (taken_tick, taken_position) > (tick, position)"""
_INSIDE = """select count(*) from pg_stat_activity
where state like 'idle in transaction%' and state_change < clock_timestamp() - interval '40 milliseconds'"""
_OWNED = "select count(*) from shards where owner like '%:' || $1"
_OWNERS = "select count(distinct owner) from shards where expires_at > now()"


async def _count(place: Ground, statement: str, *arguments: str) -> int | None:
    """None while the database is away."""
    with suppress(OSError, asyncpg.PostgresError):
        connection = await asyncpg.connect(place.database_url, timeout=5)
        try:
            return int(await connection.fetchval(statement, *arguments))
        finally:
            connection.terminate()
    return None


async def all_at_work(place: Ground) -> None:
    """Until every worker has its share."""
    while await _count(place, _OWNERS) != len(place.workers):
        await asyncio.sleep(0.05)


async def freeze(place: Ground, worker: Process, *, patience: float = 15) -> bool:
    """SIGSTOP while a batch is taken and not settled, SIGCONT when nothing belongs to it any more.

    Returns whether a batch was under way; without one it is frozen all the same when `patience` ends.
    """
    pid = str(worker.pid)
    with suppress(ProcessLookupError):  # killed meanwhile
        caught = await _catch(place, worker, pid, patience)
        while await _count(place, _OWNED, pid) != 0:
            await asyncio.sleep(0.2)
        if str(worker.pid) == pid:
            worker.send(signal.SIGCONT)
        return caught
    return False


async def _catch(place: Ground, worker: Process, pid: str, patience: float) -> bool:
    ends = asyncio.get_running_loop().time() + patience
    while asyncio.get_running_loop().time() < ends:
        if await _count(place, _UNDER_WAY, pid):
            worker.send(signal.SIGSTOP)
            await asyncio.sleep(0.1)  # a statement on its way is still carried out
            # Caught inside a transaction it would keep its locks, and on waking find its connection ended instead.
            if await _count(place, _UNDER_WAY, pid) and await _count(place, _INSIDE) == 0:
                return True
            worker.send(signal.SIGCONT)
        await asyncio.sleep(0.002)
    worker.send(signal.SIGSTOP)
    return False


async def shown_fenced(place: Ground) -> None:
    """Until one that woke has found it: it wakes with much to do."""
    while not fenced(place):
        await asyncio.sleep(0.05)


def fenced(place: Ground) -> int:
    """How often a worker found that its lease had ended and recorded nothing."""
    return place.logs().count("has another owner") + place.logs().count("has ended")
