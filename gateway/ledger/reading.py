"""What is known of a message: its state, its timeline, and lists of messages."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.identifiers import delivery_id
from gateway.ledger.acknowledging import AcknowledgementState, state_of
from gateway.ledger.database import Pool, connection
from gateway.ledger.interchanges import LongState, long_state
from gateway.ledger.payloads import Payloads
from gateway.ledger.statements import statements

_SQL = statements("reading")
_ACKNOWLEDGING = statements("acknowledging")
_FILES = statements("files")

MessageState = Literal["refused", "delivered", "under way", "needs attention"]


class DeliveryState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`state` is one of states.py; `due_at` says when the next try is, `deadline` by when it should have ended,
    `reference` is the destination's own name."""

    id: str
    document: int
    destination: str
    operation: str
    state: str
    external_id: str
    reference: str | None = None
    ended_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int | None = None
    cause: str | None = None
    last_error: str | None = None
    deadline: datetime | None = None
    overdue_since: datetime | None = None
    """When it was noticed that the deadline had passed; it stays when it ended after all."""


class DocumentHead(Struct, frozen=True, kw_only=True):
    number: int
    document_type: str
    business_number: str
    business_key: str


class KeptDocument(Struct, frozen=True, kw_only=True):
    """A canonical document as the ledger holds it. `format` is the one it came in, e.g. `edifact ORDERS D.96A`; empty
    when its events were erased."""

    number: int
    document_type: str
    business_number: str
    sender: str
    format: str
    body_hash: str
    body: msgspec.Raw | None
    """None when it was erased."""


class FileHead(Struct, frozen=True, kw_only=True):
    """A file as its sender named it."""

    number: int
    file_name: str | None
    media_type: str
    size: int


class MessageHistory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything but the payload. `timeline` holds the audit events in order, `refusal` why it was not taken."""

    id: UUID
    state: MessageState
    received_at: datetime
    sender_kind: str
    sender: str
    channel: str
    content_hash: str
    size: int
    verdict: Literal["accepted", "refused"]
    policy_revision: str
    document_type: str | None = None
    test: bool = False
    refusal: dict[str, Any] | None = None
    payload_erased_at: datetime | None = None
    """When a rule of retention let go of its bytes; what is said here stays."""
    events_erased_at: datetime | None = None
    """The same of its events: from then on there is no receipt, and what happened later alone is in the timeline."""
    documents: list[DocumentHead] = []
    deliveries: list[DeliveryState] = []
    acknowledgements: list[AcknowledgementState] = []
    """What we owe for it, or are owed for the parcels it left in."""
    parts: list[UUID] = []
    """The messages that were made of a long interchange; of one that was refused the part that was."""
    files: list[FileHead] = []
    """Of a message that came with others in one: 0 is what came, the others accompany it."""
    part_of: UUID | None = None
    """The long interchange that it was made of."""
    waits: str | None = None
    """Why a long interchange is not divided yet, after the first try."""
    timeline: list[dict[str, Any]] = []


class MessageHead(Struct, frozen=True, kw_only=True):
    id: UUID
    received_at: datetime
    document_type: str | None
    verdict: str
    size: int


class MessageFilter(Struct, frozen=True, kw_only=True):
    """A sender's own messages; `before` is the id of the last one seen."""

    sender: str
    sender_kind: str
    before: UUID | None = None
    document_type: str | None = None
    verdict: str | None = None
    business_number: str | None = None


async def history(pool: Pool, message_id: UUID) -> MessageHistory | None:
    async with connection(pool) as held, held.transaction(isolation="repeatable_read", readonly=True):
        row = await held.fetchrow(_SQL["message"], message_id)
        if row is None:
            return None
        documents = await held.fetch(_SQL["documents"], message_id)
        deliveries = await held.fetch(_SQL["deliveries"], message_id)
        timeline = await held.fetch(_SQL["timeline"], message_id)
        answers = await held.fetch(_ACKNOWLEDGING["acknowledgements_of_message"], message_id)
        long = await long_state(held, message_id)
        files = await held.fetch(_FILES["files"], message_id)
    head = dict(row)
    head["content_hash"] = "sha256:" + row["content_hash"].hex()
    refusal = row["refusal"] or long.refusal
    head["refusal"] = msgspec.json.decode(refusal) if refusal else None
    acknowledgements = [state_of(answer) for answer in answers]
    states = [_delivery(message_id, dict(delivery)) for delivery in deliveries]
    return MessageHistory(
        **head,
        state=_state(row["verdict"], [delivery.state for delivery in states], acknowledgements, long),
        documents=[DocumentHead(**dict(document)) for document in documents],
        deliveries=states,
        acknowledgements=acknowledgements,
        files=[FileHead(**{name: row[name] for name in FileHead.__struct_fields__}) for row in files],
        parts=list(long.parts),
        part_of=long.part_of,
        waits=long.error,
        timeline=[msgspec.json.decode(event["body"]) for event in timeline],
    )


async def documents(pool: Pool, payloads: Payloads, message_id: UUID) -> list[KeptDocument]:
    """Raises Unopenable when a body was changed since it was recorded."""
    async with connection(pool) as held:
        rows = await held.fetch(_SQL["kept_documents"], message_id)
        here = [row for row in rows if row["payload_erased_at"] is None]
        bodies = await payloads.fetch(held, [(row["sender"], row["body_hash"], row["bundle"]) for row in here])
    return [
        KeptDocument(
            number=row["number"],
            document_type=row["document_type"],
            business_number=row["business_number"],
            sender=row["sender"],
            format=msgspec.json.decode(row["statement"])["format"] if row["statement"] else "",
            body_hash="sha256:" + row["body_hash"].hex(),
            body=_raw(bodies.get((row["sender"], row["body_hash"]))),
        )
        for row in rows
    ]


def _raw(body: bytes | None) -> msgspec.Raw | None:
    return msgspec.Raw(body) if body is not None else None


async def content(pool: Pool, payloads: Payloads, message_id: UUID) -> bytes | None:
    async with connection(pool) as held:
        row = await held.fetchrow(_SQL["content"], message_id)
        if row is None:
            return None
        found = await payloads.fetch(held, [(row["sender"], row["hash"], row["bundle"])])
    return found.get((row["sender"], row["hash"]))


async def list_messages(pool: Pool, which: MessageFilter, limit: int) -> list[MessageHead]:
    """Newest first, at most `limit`."""
    async with connection(pool) as held:
        rows = await held.fetch(
            _SQL["messages"],
            which.sender,
            which.sender_kind,
            which.before,
            which.document_type,
            which.verdict,
            which.business_number,
            limit,
        )
    return [MessageHead(**dict(row)) for row in rows]


def _delivery(message_id: UUID, row: dict[str, Any]) -> DeliveryState:
    number = row.pop("number")
    row.pop("lane")
    return DeliveryState(id=delivery_id(message_id, number), **row)


def _state(verdict: str, deliveries: list[str], answers: list[AcknowledgementState], long: LongState) -> MessageState:
    """A partner that says no, or says both, is waited for by nobody but a person. A long interchange is where its parts
    are."""
    if verdict == "refused" or long.state == "refused":
        return "refused"
    if long.parked or (long.state == "recording" and long.error):
        return "needs attention"
    if long.state in ("waiting", "recording") or long.open:
        return "under way"
    if any(one.side == "theirs" and (one.state == "rejected" or one.contradicted_at) for one in answers):
        return "needs attention"
    if all(state in ("delivered", "cancelled") for state in deliveries):
        return "delivered"
    return "needs attention" if "parked" in deliveries else "under way"
