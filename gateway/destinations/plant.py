"""A plant behind its firewall: it dials out and fetches, so delivering means laying ready."""

from gateway.destinations.contract import Absent, Delivery, Offered, Outcome, Verified


class PlantDestination:
    """`plant:<id>`: a delivery lies in the plant's inbox until the plant acknowledges it."""

    concurrency = 8
    batch = 200

    def __init__(self, plant: str) -> None:
        self.name = f"plant:{plant}"

    async def start(self) -> None:
        """Nothing to open."""

    async def deliver(self, delivery: Delivery) -> Outcome:  # noqa: ARG002 - laying ready is the ledger's work
        return Offered()

    async def verify(self, delivery: Delivery) -> Verified:  # noqa: ARG002 - nothing leaves before it is settled
        return Absent()

    def writes(self, operation: str) -> frozenset[str] | None:
        """Laying ready writes nothing: the plant takes it into its own data."""
        return frozenset() if operation == "inbox.put" else None

    async def close(self) -> None:
        """Nothing to close."""
