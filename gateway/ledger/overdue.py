"""Deliveries that did not end by their deadline: noticed once, on record, counted until they end."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.clock import as_text, now_text
from gateway.identifiers import delivery_id
from gateway.ledger.database import Pool, connection
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("overdue")
_NOTE = statements("recording")["note"]


class OverdueDelivery(Struct, frozen=True, kw_only=True):
    message_id: UUID
    number: int
    destination: str
    deadline: datetime
    flow: str | None

    @property
    def id(self) -> str:
        return delivery_id(self.message_id, self.number)


class OverdueCount(Struct, frozen=True):
    destination: str
    flow: str | None
    deliveries: int


async def notice_overdue(pool: Pool) -> list[OverdueDelivery]:
    """Those not noticed before, each with its event, in one transaction."""
    async with connection(pool) as held, held.transaction():
        await held.execute(_SQL["end_overdue"])
        late = [OverdueDelivery(**dict(row)) for row in await held.fetch(_SQL["notice_overdue"])]
        if late:
            await held.execute(_NOTE, [one.message_id for one in late], [_leaf(one) for one in late])
    return late


async def overdue_now(pool: Pool) -> list[OverdueCount]:
    async with connection(pool) as held:
        return [OverdueCount(*row) for row in await held.fetch(_SQL["overdue_now"])]


def _leaf(late: OverdueDelivery) -> bytes:
    facts = {
        "event": Event.DOCUMENT_OVERDUE,
        "at": now_text(),
        "message": str(late.message_id),
        "delivery": late.id,
        "destination": late.destination,
        "deadline": as_text(late.deadline),
        "flow": late.flow,
    }
    return msgspec.json.encode(facts, order="sorted")
