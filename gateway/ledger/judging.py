"""What was judged, with the facts it was judged by: for trying other rules on past traffic."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.ledger.database import Pool, connection
from gateway.ledger.statements import statements

_SQL = statements("judging")
_PAGE = 2000


class JudgedMessage(Struct, frozen=True, kw_only=True):
    """As it was judged. `facts` as policies/recordedfacts.py reads them, `routes` say destination and operation,
    `code` and `rule` of the refusal when it was refused."""

    id: UUID
    received_at: datetime
    sender_kind: str
    sender: str
    size: int
    content_hash: bytes
    policy_revision: str
    facts: bytes
    routes: tuple[str, ...] = ()
    code: str | None = None
    rule: str | None = None


class RefusedSum(Struct, frozen=True, kw_only=True):
    """Requests refused before their body was read: how many, by which rule, and what one of them looked like."""

    at: datetime
    sender: str
    sender_kind: str = "partner"
    rule: str
    code: str = "limit.exceeded"
    policy: str
    requests: int
    example: dict[str, Any] | None = None


def first_id(since: datetime) -> UUID:
    """Below every id (UUIDv7) of a message received from that moment on."""
    return UUID(int=int(since.timestamp() * 1000) << 80)


async def judged_since(pool: Pool, since: datetime) -> AsyncIterator[JudgedMessage]:
    """In the order in which they came; read in pages, each from its own snapshot."""
    after = first_id(since)
    while True:
        async with connection(pool) as held:
            rows = await held.fetch(_SQL["judged_since"], after, _PAGE)
        for row in rows:
            yield _message(row)
        if len(rows) < _PAGE:
            return
        after = rows[-1]["id"]


async def judged_one(pool: Pool, message_id: UUID) -> JudgedMessage | None:
    async with connection(pool) as held:
        row = await held.fetchrow(_SQL["judged_one"], message_id)
    return _message(row) if row is not None else None


async def without_facts(pool: Pool, since: datetime) -> int:
    """How many messages of that time cannot be judged again."""
    async with connection(pool) as held:
        return int(await held.fetchval(_SQL["judged_before_facts"], first_id(since)))


async def refused_requests(pool: Pool, since: datetime) -> list[RefusedSum]:
    async with connection(pool) as held:
        rows = await held.fetch(_SQL["refused_requests"])
    sums = [msgspec.json.decode(row["body"], type=RefusedSum) for row in rows]
    return [one for one in sums if one.at >= since]


def _message(row: Any) -> JudgedMessage:
    refusal = msgspec.json.decode(row["refusal"]) if row["refusal"] else {}
    return JudgedMessage(
        id=row["id"],
        received_at=row["received_at"],
        sender_kind=row["sender_kind"],
        sender=row["sender"],
        size=row["size"],
        content_hash=row["content_hash"],
        policy_revision=row["policy_revision"],
        facts=row["facts"],
        routes=tuple(row["routes"]),
        code=refusal.get("code"),
        rule=refusal.get("rule"),
    )
