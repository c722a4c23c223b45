"""Cross-references, asked again at the door of a destination: what lacks our number of an item waits for a person, and
is delivered with it once the table has it."""

from collections.abc import Callable

from msgspec.structs import replace

from gateway.destinations.contract import Delivery, Outcome, Refused, Verified
from gateway.destinations.owned import WritingDestination, facts_of
from partners.directory import Directory

CROSSREF_CAUSES: dict[str, str] = {
    "crossref.unknown": "the partner's table of items does not have a number: complete it, then `message replay`",
    "crossref.kept_before": "what a plant fetches was kept before the table had the number: submit the document again, "
    "then `message cancel` this one",
}
"""Every reason for which a delivery is parked here."""


class RecodedDestination:
    """`inner`, with the items of what partners sent looked up once more before each delivery."""

    def __init__(self, inner: WritingDestination, directory: Callable[[], Directory]) -> None:
        self.inner = inner
        self.name = inner.name
        self.concurrency = inner.concurrency
        self.batch = inner.batch
        if hasattr(inner, "look_every"):
            self.look_every = inner.look_every
        self._directory = directory

    async def start(self) -> None:
        await self.inner.start()

    async def deliver(self, delivery: Delivery) -> Outcome:
        ready = self._recoded(delivery)
        return ready if isinstance(ready, Refused) else await self.inner.deliver(ready)

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

    def _recoded(self, delivery: Delivery) -> Delivery | Refused:
        codes = self._directory().codes(delivery.sender)
        if not codes:
            return delivery
        facts = facts_of(delivery)
        if facts is None or facts.request.sender_kind != "partner":
            return delivery
        recoded = codes.recode(delivery.body, "in", items_only=True)
        if recoded.findings:
            return Refused("crossref.unknown", recoded.sentence)
        if recoded.body != delivery.body and self.name.startswith("plant:"):
            return Refused(
                "crossref.kept_before", "the table has the number by now, what was kept for the plant has not"
            )
        return replace(delivery, body=recoded.body)
