"""What operators do to parked deliveries, and the figures they look at. Every act is an event with its actor."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.clock import now_text
from gateway.identifiers import delivery_id
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.delivering import free_lanes
from gateway.ledger.membership import reopen, withdraw
from gateway.ledger.statements import statements
from gateway.ledger.states import Event, State

_SQL = statements("operating")
_OFFERING = statements("offering")
_NOTE = statements("recording")["note"]


class Selection(Struct, frozen=True, kw_only=True):
    """Which parked deliveries; what is None selects all."""

    message_id: UUID | None = None
    number: int | None = None
    destination: str | None = None
    cause: str | None = None


class ParkedDelivery(Struct, frozen=True, kw_only=True):
    id: str
    destination: str
    lane: str
    cause: str | None
    last_error: str | None
    attempts: int
    since: datetime
    document_type: str
    business_number: str
    sender: str


class Balance(Struct, frozen=True, kw_only=True):
    """The conservation law in figures: every delivery accepted is somewhere."""

    accepted: int
    refused: int
    deliveries: int
    delivered: int
    cancelled: int
    waiting: int
    parked: int
    pending: int
    without_delivery: int

    @property
    def imbalance(self) -> int:
        """Must be 0; anything else is a defect of the ledger."""
        somewhere = self.delivered + self.cancelled + self.waiting + self.parked + self.pending
        return abs(self.deliveries - somewhere) + self.without_delivery


class Depth(Struct, frozen=True):
    """How many deliveries of a destination are in a state, and the age of the oldest in seconds."""

    destination: str
    state: str
    depth: int
    oldest: float


async def replay(
    pool: Pool, selection: Selection, *, actor: str, reason: str, per_second: float = 1.0, limit: int = 1000
) -> list[str]:
    """Make parked deliveries due again, spread so that no more than `per_second` start; returns their ids."""
    async with connection(pool) as held, held.transaction():
        rows = await held.fetch(
            _SQL["replay"],
            selection.message_id,
            selection.number,
            selection.destination,
            selection.cause,
            1.0 / per_second,
            limit,
        )
        await _note(held, Event.DOCUMENT_REPLAYED, [dict(row) for row in rows], actor, reason)
        await reopen(held, [(row["message_id"], row["number"]) for row in rows], actor=actor, reason=reason)
    return [delivery_id(row["message_id"], row["number"]) for row in rows]


async def cancel(pool: Pool, message_id: UUID, number: int, *, actor: str, reason: str) -> bool:
    """Give a delivery up for good; its followers go on. False when it is not in a state to be cancelled."""
    async with connection(pool) as held, held.transaction():
        await held.execute(_SQL["lock_shard"], message_id, number)
        row = await held.fetchrow(_SQL["cancellable"], message_id, number)
        if row is None:
            return False
        await held.execute(_OFFERING["end_exception"], message_id, number, str(State.CANCELLED), None, reason, actor)
        await withdraw(held, (message_id, number))
        await free_lanes(held, row["destination"], row["shard"], [row["lane"]])
        facts = {"message_id": message_id, "number": number, "destination": row["destination"]}
        await _note(held, Event.DOCUMENT_CANCELLED, [facts], actor, reason)
    return True


async def parked(pool: Pool, *, destination: str | None, cause: str | None, limit: int) -> list[ParkedDelivery]:
    async with connection(pool) as held:
        rows = await held.fetch(_SQL["parked"], destination, cause, limit)
    return [
        ParkedDelivery(
            id=delivery_id(row["message_id"], row["number"]),
            **{name: row[name] for name in ParkedDelivery.__struct_fields__ if name != "id"},
        )
        for row in rows
    ]


async def balance(pool: Pool) -> Balance:
    """Counted in one snapshot, so it holds at any moment under load."""
    async with connection(pool) as held:
        row = await held.fetchrow(_SQL["imbalance"])
    assert row is not None
    return Balance(**dict(row))


async def depths(pool: Pool) -> list[Depth]:
    async with connection(pool) as held:
        return [Depth(r[0], r[1], r[2], float(r[3] or 0)) for r in await held.fetch(_SQL["depths"])]


async def _note(held: Connection, event: Event, rows: list[dict[str, Any]], actor: str, reason: str) -> None:
    at = now_text()
    leaves = [
        msgspec.json.encode(
            {
                "event": event,
                "at": at,
                "message": str(row["message_id"]),
                "delivery": delivery_id(row["message_id"], row["number"]),
                "destination": row["destination"],
                "actor": actor,
                "reason": reason,
            },
            order="sorted",
        )
        for row in rows
    ]
    await held.execute(_NOTE, [row["message_id"] for row in rows], leaves)
