"""A destination in front of another: all goes on to it as it is, but for what a subclass asks before."""

from typing import Protocol

from gateway.destinations.contract import Delivery, Destination, Outcome, Verified


class WritingDestination(Destination, Protocol):
    """A destination that says of each operation what it writes in whose data."""

    def writes(self, operation: str) -> frozenset[str] | None:
        """Each as `create sales_order.order`; empty for what only lays ready, None for what it does not know."""


class PassingOn:
    """`inner` keeps its name, its pace and its concurrency."""

    def __init__(self, inner: WritingDestination) -> None:
        self.inner = inner
        self.name = inner.name
        self.concurrency = inner.concurrency
        self.batch = inner.batch
        if hasattr(inner, "look_every"):
            self.look_every = inner.look_every

    async def start(self) -> None:
        await self.inner.start()

    async def deliver(self, delivery: Delivery) -> Outcome:
        return await self.inner.deliver(delivery)

    async def verify(self, delivery: Delivery) -> Verified:
        return await self.inner.verify(delivery)

    def writes(self, operation: str) -> frozenset[str] | None:
        return self.inner.writes(operation)

    async def close(self) -> None:
        await self.inner.close()

    def set_share(self, fraction: float) -> None:
        """Of a paced destination: this worker's part."""
        if hasattr(self.inner, "set_share"):
            self.inner.set_share(fraction)
