"""Which worker works on which part of a destination: leases with a fence, rebalanced between the workers alive."""

import asyncio
import time
from collections.abc import Callable, Collection

from msgspec import Struct

from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.sharding import SHARDS, evenly
from gateway.ledger.statements import statements

LEASE_SECONDS = 20.0
"""How long a worker may be silent before its shards go to another."""

_SQL = statements("delivering")


class Lease(Struct, frozen=True):
    """A shard of a destination owned by a worker; `epoch` fences whoever owned it before."""

    destination: str
    shard: int
    epoch: int

    @property
    def place(self) -> tuple[str, int]:
        return self.destination, self.shard


class Leases:
    """The shards one worker owns. `clock` is monotonic."""

    def __init__(self, pool: Pool, worker: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._worker = worker
        self._clock = clock
        self._owned: dict[tuple[str, int], Lease] = {}
        self._leaving: set[tuple[str, int]] = set()
        self._until = 0.0
        self._released = False
        self._changing = asyncio.Lock()

    async def seat(self, destinations: Collection[str]) -> None:
        """Make sure every destination has its shards."""
        async with connection(self._pool) as held:
            for destination in destinations:
                await held.execute(_SQL["seat_destination"], destination, SHARDS)

    async def seated(self) -> list[str]:
        """Every destination that a worker has ever served: work for it may be left."""
        async with connection(self._pool) as held:
            return [row["destination"] for row in await held.fetch(_SQL["seated_destinations"])]

    async def live_workers(self) -> int:
        """How many were seen within the length of a lease."""
        async with connection(self._pool) as held:
            return int(await held.fetchval(_SQL["live_workers"], LEASE_SECONDS))

    async def rebalance(self, destinations: Collection[str], busy: Collection[tuple[str, int]] = ()) -> None:
        """Renew what is ours, take our fair share of what is free, give up what is above it.

        A shard in `busy` is given up after it has come to rest: until then `keeps` says that it takes nothing new.
        """
        async with self._changing, connection(self._pool) as held:
            if self._released:
                return
            asked = self._clock()
            await held.execute(_SQL["report_worker"], self._worker)
            workers = max(1, await held.fetchval(_SQL["live_workers"], LEASE_SECONDS))
            renewed = await held.fetch(_SQL["renew"], self._worker, LEASE_SECONDS)
            owned = {(row["destination"], row["shard"]): Lease(*row) for row in renewed}
            leaving: set[tuple[str, int]] = set()
            for destination in destinations:
                leaving |= await self._level(held, destination, -(-SHARDS // workers), owned, busy)
            self._owned, self._leaving, self._until = owned, leaving, asked + LEASE_SECONDS

    async def _level(
        self,
        held: Connection,
        destination: str,
        share: int,
        owned: dict[tuple[str, int], Lease],
        busy: Collection[tuple[str, int]],
    ) -> set[tuple[str, int]]:
        """Bring `owned` to the fair share of one destination; returns what is too much and cannot be given up yet."""
        mine = sorted((place for place in owned if place[0] == destination), key=lambda place: evenly(place[1]))
        surplus = mine[share:]
        idle = [place for place in surplus if place not in busy]
        if idle:
            await held.execute(_SQL["give_up"], self._worker, destination, [shard for _, shard in idle])
            for place in idle:
                del owned[place]
        if len(mine) < share:
            taken = await held.fetch(_SQL["lease"], self._worker, LEASE_SECONDS, destination, share - len(mine))
            owned.update({(row["destination"], row["shard"]): Lease(*row) for row in taken})
        return set(surplus) - set(idle)

    def of(self, destination: str) -> list[Lease]:
        """Where we may take work."""
        return [lease for lease in self._owned.values() if lease.destination == destination and self.keeps(lease)]

    def owns(self, lease: Lease) -> bool:
        """Whether it is surely still ours: a worker that slept past its leases must not send on."""
        return self._owned.get(lease.place) == lease and self._clock() < self._until

    def keeps(self, lease: Lease) -> bool:
        """Whether more may be taken under it."""
        return self.owns(lease) and lease.place not in self._leaving

    async def release(self) -> None:
        """At a clean stop, so that others need not wait for the leases to end. Nothing is leased after it."""
        async with self._changing, connection(self._pool) as held:
            self._released = True
            self._owned = {}
            await held.execute(_SQL["release"], self._worker)
            await held.execute(_SQL["forget_workers"], self._worker)
