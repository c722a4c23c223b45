"""Tests that partners send over a real channel: checked and answered like the real thing, and delivered to nobody.

A trial is what a partner marks as a test (0035 of UNB, ISA15 `T`), acknowledgements aside: those answer what we sent.
It meets every rule and is on record. No document of it leaves for the ERP or a plant, unless a route is for tests
alone (`test: true`); what answers the bytes (MDN, CONTRL, 997, APERAK, the files of a mailbox) leaves as ever; what
would answer the business is not owed; and it is never a repetition, so it may be sent again at any time.
"""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from msgspec.structs import replace

from gateway.ledger.entries import Acceptance
from gateway.submissions import Sender, Submission


class Marked(Protocol):
    """A document, or the facts about it."""

    @property
    def test(self) -> bool: ...


def only_tests(sender: Sender, document_type: str, documents: Iterable[Marked]) -> bool:
    """Whether everything in it is a test of a partner. Our own systems send tests so that partners get them."""
    marks = [one.test for one in documents]
    return sender.kind == "partner" and document_type != "ack" and bool(marks) and all(marks)


def key_of_trial(submission: Submission, message_id: UUID) -> str:
    """What makes a repetition recognisable: nothing but a key of the sender's own, which no real document shares."""
    key = submission.idempotency_key
    return f"test-key:{key}" if key is not None else f"test:{message_id}"


def without_effect(entry: Acceptance) -> Acceptance:
    """What is owed once a delivery has ended, of which there is none, is not owed."""
    return replace(entry, owed=tuple(one for one in entry.owed if one.delivery is not None))
