"""What an operator is asked at night: where is order 4711, and what waits."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from gateway.identifiers import delivery_id, earliest_id
from gateway.ledger.database import Pool, connection
from gateway.ledger.statements import statements

_SQL = statements("finding")
_LAST = UUID(int=(1 << 128) - 1)


class Wanted(Struct, frozen=True, kw_only=True):
    """Messages of anybody; what is None selects all. `number` is a document's, `trace` the 32 digits of a trace."""

    number: str | None = None
    trace: str | None = None
    sender: str | None = None
    document_type: str | None = None
    verdict: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class WaitingDelivery(Struct, frozen=True, kw_only=True):
    """`state` is any but parked and the ends; `due_at` says when the next try is (of what was offered: until when
    a fetch hides it), `behind` which delivery holds the lane, with its own state and next try."""

    id: str
    destination: str
    lane: str
    state: str
    cause: str | None
    last_error: str | None
    attempts: int
    due_at: datetime | None
    since: datetime
    behind: str | None
    behind_state: str | None
    behind_due_at: datetime | None
    deadline: datetime | None
    document_type: str
    business_number: str
    sender: str


async def find(pool: Pool, wanted: Wanted, *, contained: bool, limit: int) -> list[UUID]:
    """Ids, newest first. A number is looked up whole, by its index, or `contained` in numbers, by reading through."""
    name = ("containing" if contained else "numbered") if wanted.number is not None else "received"
    since = earliest_id(wanted.since) if wanted.since is not None else UUID(int=0)
    until = earliest_id(wanted.until) if wanted.until is not None else _LAST
    first = wanted.number if wanted.number is not None else wanted.trace
    async with connection(pool) as held:
        rows = await held.fetch(
            _SQL[name], first, since, until, wanted.sender, wanted.document_type, wanted.verdict, limit
        )
    return [UUID(str(row["id"])) for row in rows]


async def waiting(pool: Pool, *, destination: str | None, sender: str | None, limit: int) -> list[WaitingDelivery]:
    """Oldest first."""
    async with connection(pool) as held:
        rows = await held.fetch(_SQL["waiting"], destination, sender, limit)
    return [
        WaitingDelivery(
            id=delivery_id(row["message_id"], row["number"]),
            **{name: row[name] for name in WaitingDelivery.__struct_fields__ if name != "id"},
        )
        for row in rows
    ]
