"""Ownership, asked again at the door of a destination: nothing is written there that the rules in force do not give to
whoever sent the document, and a proposal waits for a person."""

from collections.abc import Callable
from functools import lru_cache

from msgspec.structs import replace

from gateway.destinations.contract import ANSWER, Delivery, Outcome, Refused
from gateway.destinations.passing import PassingOn, WritingDestination
from policies.facts import DocumentFacts
from policies.ownership import Ownership
from policies.recordedfacts import decode_facts
from policies.verdicts import Refused as RuleRefused

OWNERSHIP_CAUSES: dict[str, str] = {
    "ownership.proposed": "the document proposes what another system owns; `message replay` with this cause or this "
    "delivery approves it, `message cancel` declines",
    "ownership.not_owned": "by the rules now in force the sender's system may not write this; change "
    "the rules or cancel",
    "ownership.undeclared": "the destination does not say what this operation writes, or the facts of the message were "
    "not kept",
}
"""Every reason for which a delivery is parked here."""


class OwnedDestination(PassingOn):
    """`inner`, with the question of ownership before each delivery. What was sent before is read back unasked."""

    def __init__(self, inner: WritingDestination, ownership: Callable[[], Ownership]) -> None:
        super().__init__(inner)
        self._ownership = ownership

    async def deliver(self, delivery: Delivery) -> Outcome:
        return self._refusal(delivery) or await self.inner.deliver(delivery)

    def _refusal(self, delivery: Delivery) -> Refused | None:
        if delivery.operation == ANSWER:
            return None
        writes = self.inner.writes(delivery.operation)
        if writes is None:
            return Refused("ownership.undeclared", f"nobody says what `{delivery.operation}` writes")
        document = facts_of(delivery)
        if document is None:
            return Refused("ownership.undeclared", "the facts of the message were not kept")
        owned = self._ownership().judge(document, document.writes | writes)
        if isinstance(owned, RuleRefused):
            return Refused("ownership.not_owned", f"{owned.text} ({owned.rule})")
        if owned.proposed_by and not delivery.approved:
            return Refused("ownership.proposed", f"a person must approve it ({owned.proposed_by[0]})")
        return None


def facts_of(delivery: Delivery) -> DocumentFacts | None:
    """What was recorded about the document; None when it came before facts were kept."""
    if delivery.facts is None:
        return None
    documents = _decoded(delivery.facts)
    if 0 < delivery.document_number <= len(documents):
        return documents[delivery.document_number - 1]
    # A part that was made of one of them: whatever any of them writes must be its sender's.
    everything = frozenset(write for document in documents for write in document.writes)
    return replace(documents[0], writes=everything) if documents else None


@lru_cache(maxsize=64)
def _decoded(facts: bytes) -> tuple[DocumentFacts, ...]:
    """The documents of one message come one after the other, all with the same facts."""
    return decode_facts(facts)[1]
