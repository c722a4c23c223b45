"""Deliveries that a receiver fetches: the plant's inbox."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from gateway.clock import now_text
from gateway.identifiers import delivery_id
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.payloads import DOES_NOT_OPEN, Payloads
from gateway.ledger.statements import statements
from gateway.ledger.states import TRANSITIONS, Event, State

_SQL = statements("offering")
_NOTE = statements("recording")["note"]


class OfferedDelivery(Struct, frozen=True, kw_only=True):
    """A document lying ready. `fetched` counts how often it was handed out; it is hidden until `hidden_until`."""

    id: str
    lane: str
    fetched: int
    hidden_until: datetime
    document_type: str
    business_key: str
    business_number: str
    sender: str
    accepted_at: datetime
    traceparent: str | None
    test: bool
    body: bytes


Acknowledged = Literal["recorded", "repeated", "unknown", "contradicted"]


async def fetch_offered(
    pool: Pool, payloads: Payloads, destination: str, *, limit: int, seconds: float
) -> list[OfferedDelivery]:
    """What is ready for the destination, in order, hidden from other fetches for `seconds`.

    What cannot be read any more is parked instead of being handed out.
    """
    async with connection(pool) as held, held.transaction():
        await held.execute(_SQL["lock_inbox"], destination)
        rows = await held.fetch(_SQL["fetch_offered"], destination, limit, seconds)
        bodies = await payloads.fetch(held, [(row["sender"], row["body_hash"], row["bundle"]) for row in rows])
        for row in rows:
            if (row["sender"], row["body_hash"]) not in bodies:
                end = (row["message_id"], row["number"], "ledger.payload_unreadable", DOES_NOT_OPEN)
                await held.execute(_SQL["park_exception"], *end, "gateway")
                await _note(held, Event.DOCUMENT_PARKED, row, destination, "gateway")
    return [
        OfferedDelivery(
            id=delivery_id(row["message_id"], row["number"]),
            lane=row["lane"],
            fetched=row["attempts"],
            hidden_until=row["due_at"],
            document_type=row["document_type"],
            business_key=row["business_key"],
            business_number=row["business_number"],
            sender=row["sender"],
            accepted_at=row["received_at"],
            traceparent=row["traceparent"],
            test=row["test"],
            body=bodies[row["sender"], row["body_hash"]],
        )
        for row in rows
        if (row["sender"], row["body_hash"]) in bodies
    ]


async def acknowledge(
    pool: Pool, destination: str, message_id: UUID, number: int, *, accepted: bool, reference: str, actor: str
) -> Acknowledged:
    """The receiver's word on a delivery. Saying the same twice is harmless, saying the opposite is `contradicted`."""
    async with connection(pool) as held, held.transaction():
        row = await held.fetchrow(_SQL["offered"], message_id, number, destination)
        if row is None or row["state"] != State.OFFERED:
            end = await held.fetchrow(_SQL["ended"], message_id, number, destination)
            if end is None:
                return "unknown"
            parked = row is not None and row["state"] == State.PARKED
            agrees = (end["outcome"] == "delivered") if accepted else parked
            return "repeated" if agrees else "contradicted" if end["outcome"] or parked else "unknown"
        event = Event.DOCUMENT_DELIVERED if accepted else Event.DOCUMENT_PARKED
        if accepted:
            outcome = str(TRANSITIONS[State.OFFERED][event])
            await held.execute(_SQL["end_exception"], message_id, number, outcome, reference, None, actor)
        else:
            await held.execute(_SQL["park_exception"], message_id, number, "plant.refused", reference, actor)
        await _note(held, event, row, destination, actor)
    return "recorded"


async def _note(held: Connection, event: Event, row: asyncpg.Record, destination: str, actor: str) -> None:
    leaf = {
        "event": event,
        "at": now_text(),
        "message": str(row["message_id"]),
        "delivery": delivery_id(row["message_id"], row["number"]),
        "destination": destination,
        "actor": actor,
        "attempt": row["attempts"],
    }
    await held.execute(_NOTE, [row["message_id"]], [msgspec.json.encode(leaf, order="sorted")])
