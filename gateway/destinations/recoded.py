"""Cross-references, asked again at the door of a destination: what lacks our number of an item waits for a person, and
is delivered with it once the table has it."""

from collections.abc import Callable

from msgspec.structs import replace

from gateway.destinations.contract import Delivery, Outcome, Refused
from gateway.destinations.owned import facts_of
from gateway.destinations.passing import PassingOn, WritingDestination
from partners.directory import Directory

CROSSREF_CAUSES: dict[str, str] = {
    "crossref.unknown": "the partner's table of items does not have a number: complete it, then `message replay`",
    "crossref.kept_before": "what a plant fetches was kept before the table had the number: submit the document again, "
    "then `message cancel` this one",
}
"""Every reason for which a delivery is parked here."""


class RecodedDestination(PassingOn):
    """`inner`, with the items of what partners sent looked up once more before each delivery."""

    def __init__(self, inner: WritingDestination, directory: Callable[[], Directory]) -> None:
        super().__init__(inner)
        self._directory = directory

    async def deliver(self, delivery: Delivery) -> Outcome:
        ready = self._recoded(delivery)
        return ready if isinstance(ready, Refused) else await self.inner.deliver(ready)

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
