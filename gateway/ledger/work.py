"""The nouns of the way out: a delivery, the work of making it, and what became of it."""

from collections.abc import Callable
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.ledger.entries import Derived
from gateway.ledger.states import TRANSITIONS, Event, State


class Delivery(Struct, frozen=True, kw_only=True):
    """A document on its way to one destination.

    `body` is the canonical document as JSON; `business_key` identifies the business object (buyer and number);
    `external_id` is `gw.<sender>_<document_type>_<sha1 of business key, 16 hex digits>`; `lane` is the ordering key
    inside the destination; `attempt` counts from 1 and does not grow while the destination is out.
    """

    id: str
    message_id: str
    document_number: int
    document_type: str
    destination: str
    operation: str
    lane: str
    sender: str
    business_key: str
    external_id: str
    body: bytes
    attempt: int = 1
    traceparent: str | None = None
    test: bool = False
    facts: bytes | None = None
    """What the rules looked at when the message came (policies/recordedfacts.py), the same for all its documents."""
    approved: bool = False
    """A person has approved what was taken for a proposal."""


class Work(Struct, frozen=True, kw_only=True):
    """One delivery to be made. `blocked`: its lane waits, so it must be held; `maybe_sent`: read back first.

    `passed`: it was parked by a rule that lets others pass, and replayed, so they still do; `unreadable`: its payload
    does not open, and `delivery.body` is empty.
    """

    delivery: Delivery
    message_id: UUID
    number: int
    state: State
    tick: int
    position: int
    exceptional: bool
    blocked: bool
    maybe_sent: bool
    retries: str
    when_parked: str
    passed: bool = False
    unreadable: bool = False


class Result(Struct, frozen=True, kw_only=True):
    """What became of a Work. `after`: seconds until it is due again; `spent`: whether an attempt was used up."""

    work: Work
    event: Event
    outcome: str
    reference: str | None = None
    cause: str | None = None
    error: str | None = None
    after: float | None = None
    blocks: bool = True
    spent: bool = True
    answer: Callable[[], Derived | None] | None = None
    """Makes our answer to the document that was delivered; asked only where its sender is owed one."""

    @property
    def state(self) -> State:
        """Raises KeyError for a transition that states.py does not know."""
        return TRANSITIONS[self.work.state][self.event]

    @property
    def attempts(self) -> int:
        return self.work.delivery.attempt if self.spent else self.work.delivery.attempt - 1

    @property
    def changes(self) -> bool:
        """Whether it is an event: a follower that waits on is none."""
        return not (self.outcome == "held" and self.state is self.work.state)

    def leaf(self, at: str) -> bytes:
        """Its entry in the audit."""
        delivery = self.work.delivery
        facts = {
            "event": self.event,
            "at": at,
            "message": delivery.message_id,
            "delivery": delivery.id,
            "destination": delivery.destination,
            "external_id": delivery.external_id,
            "attempt": delivery.attempt,
            "reference": self.reference,
            "cause": self.cause,
        }
        return msgspec.json.encode({name: fact for name, fact in facts.items() if fact is not None}, order="sorted")
