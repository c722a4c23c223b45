"""Which worker works on which part of a destination: leases with a fence, rebalanced between the workers alive."""

from collections.abc import Collection

from msgspec import Struct

from gateway.ledger.database import Pool, connection
from gateway.ledger.recording import SHARDS
from gateway.ledger.statements import statements

LEASE_SECONDS = 20.0
"""How long a worker may be silent before its shards go to another."""

_SQL = statements("delivering")


class Lease(Struct, frozen=True):
    """A shard of a destination owned by a worker; `epoch` fences whoever owned it before."""

    destination: str
    shard: int
    epoch: int


class Leases:
    """The shards one worker owns."""

    def __init__(self, pool: Pool, worker: str) -> None:
        self._pool = pool
        self._worker = worker
        self.held: dict[tuple[str, int], Lease] = {}

    async def seat(self, destinations: Collection[str]) -> None:
        """Make sure every destination has its shards."""
        async with connection(self._pool) as held:
            for destination in destinations:
                await held.execute(_SQL["seat_destination"], destination, SHARDS)

    async def rebalance(self, destinations: Collection[str]) -> None:
        """Renew what is ours, take our fair share of what is free, give up what is above it."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["report_worker"], self._worker)
            workers = max(1, await held.fetchval(_SQL["live_workers"], LEASE_SECONDS))
            renewed = await held.fetch(_SQL["renew"], self._worker, LEASE_SECONDS)
            owned = {(row["destination"], row["shard"]): Lease(*row) for row in renewed}
            share = -(-SHARDS // workers)
            for destination in destinations:
                mine = sorted(shard for name, shard in owned if name == destination)
                if len(mine) > share:
                    surplus = mine[share:]
                    await held.execute(_SQL["give_up"], self._worker, destination, surplus)
                    for shard in surplus:
                        del owned[destination, shard]
                elif len(mine) < share:
                    taken = await held.fetch(_SQL["lease"], self._worker, LEASE_SECONDS, destination, share - len(mine))
                    owned.update({(row["destination"], row["shard"]): Lease(*row) for row in taken})
        self.held = owned

    def of(self, destination: str) -> list[Lease]:
        return [lease for (name, _), lease in self.held.items() if name == destination]

    async def release(self) -> None:
        """At a clean stop, so that others need not wait for the leases to end."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["release"], self._worker)
            await held.execute(_SQL["forget_workers"], self._worker)
        self.held = {}
