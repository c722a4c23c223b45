"""What intake hands the ledger to keep, and what it hears back."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from gateway.ledger.exchanges import AnsweredExchange

INTERCHANGE = "interchange:"
"""How keys begin that are made of the reference of an interchange."""


class NewDocument(Struct, frozen=True):
    document_type: str
    business_number: str
    business_key: str
    body: bytes
    body_hash: bytes


class NewDelivery(Struct, frozen=True):
    """`document` counts from 1 inside the message; `priority` 0 goes first; `deadline` is in seconds after receipt."""

    document: int
    destination: str
    operation: str
    lane: str
    external_id: str
    retries: str
    when_parked: str
    priority: int = 5
    deadline: int | None = None
    flow: str | None = None
    """The class of flows.yaml that its route names."""


class Obligation(Struct, frozen=True, kw_only=True):
    """An answer we owe for a message. `delivery` is the one of the message that brings it; None where it is made later.

    `within` and `warn` are seconds after receipt. `repetition`: of what was refused, what makes the same bytes known
    again; they are answered once.
    """

    partner: str
    agreement: str
    kind: str
    subject: str | None
    within: float
    warn: float | None = None
    delivery: int | None = None
    says: str | None = None
    repetition: bytes | None = None


class Heard(Struct, frozen=True, kw_only=True):
    """What a partner says of something we sent: of the interchange with this control number, or of the document with
    this number. `result` is `received` (only that it came), `accepted` or `rejected`."""

    kind: str
    result: str
    control_number: str | None = None
    document: str | None = None


class Derived(Struct, frozen=True, kw_only=True):
    """Our answer to a document, made when its delivery ended: it joins the message it answers.

    Numbers are given when it is recorded, so `delivery.document` says nothing. `subject` is the number of the document
    that is answered.
    """

    kind: str
    subject: str
    says: str
    document: NewDocument
    delivery: NewDelivery


class Settled(Struct, frozen=True, kw_only=True):
    """An answer that we owe a partner and one of our own systems gives: `subject` is the number of what it answers."""

    partner: str
    kind: str
    subject: str
    says: str


class LongContent(Struct, frozen=True, kw_only=True):
    """A content that lies in pieces and is divided by a worker. `credential`: JSON, as whom its sender was admitted."""

    size: int
    credential: str
    media_type: str | None


class Acceptance(Struct, frozen=True, kw_only=True):
    """A submission we take. `key` is what makes a repetition recognisable; `statement` is the audit leaf.

    Among the documents and deliveries are those of our own answers, last.
    """

    message_id: UUID
    received_at: datetime
    sender_kind: str
    sender: str
    channel: str
    document_type: str
    content: bytes
    content_hash: bytes
    key: str
    policy_revision: str
    statement: bytes
    documents: tuple[NewDocument, ...]
    deliveries: tuple[NewDelivery, ...]
    traceparent: str | None = None
    test: bool = False
    facts: bytes | None = None
    """What the rules looked at, as policies/recordedfacts.py writes it."""
    owed: tuple[Obligation, ...] = ()
    heard: tuple[Heard, ...] = ()
    settled: tuple[Settled, ...] = ()
    exchange: AnsweredExchange | None = None
    """Over AS2, the answer that goes out once this is committed."""
    long: LongContent | None = None
    """Where it is, `content` is empty: the pieces were kept before."""
    remembered: float | None = None
    """Seconds for which the agreement remembers `key`: later it is a new one. None: for ever."""

    @property
    def is_interchange(self) -> bool:
        """Whether the reference of an interchange tells a repetition."""
        return self.key.startswith(INTERCHANGE)


class Refusal(Struct, frozen=True, kw_only=True):
    """A submission we do not take; `refusal` is JSON with code, rule and findings. Its documents and deliveries are our
    own answers, nothing else: one `owed` for each delivery."""

    message_id: UUID
    received_at: datetime
    sender_kind: str
    sender: str
    channel: str
    document_type: str | None
    content: bytes
    content_hash: bytes
    refusal: str
    policy_revision: str
    statement: bytes
    traceparent: str | None = None
    test: bool = False
    facts: bytes | None = None
    documents: tuple[NewDocument, ...] = ()
    deliveries: tuple[NewDelivery, ...] = ()
    owed: tuple[Obligation, ...] = ()


class Recorded(Struct, frozen=True):
    """`statement` is the stored one when the submission had been recorded before (`duplicate`)."""

    message_id: UUID
    statement: bytes
    duplicate: bool


class Conflicting(Struct, frozen=True):
    """The same sender used the same key for other bytes; `message_id` is the message that has them."""

    message_id: UUID


class Records(Protocol):
    """Where verdicts are put on record: the ledger, or what stands in its place in the sandbox."""

    async def record(self, entry: Acceptance) -> Recorded | Conflicting: ...

    async def refuse(self, entry: Refusal) -> None: ...

    async def note(self, body: bytes, message_id: UUID | None = None) -> None: ...
