"""Erasing payloads and events whose time is over. What was received, when, from whom and with which hash stays.

Without its payloads a message has all its events, and a repetition is still recognised. Without the text of its events
it keeps their leaves in the tree, so the audit verifies; which messages went by a rule is an event that stays.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.clock import now_text
from gateway.ledger.database import Pool, connection
from gateway.ledger.judging import first_id
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("retention")
_PARCELS = statements("parcels")
_NOTE = statements("recording")["note"]


class KeptMessage(Struct, frozen=True, kw_only=True):
    """A message whose bytes are here. `ended`: nothing of it is under way. `facts`: see policies/recordedfacts.py."""

    id: UUID
    received_at: datetime
    sender_kind: str
    sender: str
    document_type: str | None
    verdict: str
    test: bool
    facts: bytes | None
    flows: tuple[str, ...]
    ended: bool


class Erased(Struct, frozen=True):
    """`size`: bytes that are no longer here, as they were before they were compressed."""

    messages: int
    size: int


async def kept_messages(pool: Pool, after: UUID, before: datetime, limit: int) -> list[KeptMessage]:
    """Oldest first."""
    async with connection(pool) as held:
        rows = await held.fetch(_SQL["kept_messages"], after, first_id(before), limit)
    return [KeptMessage(**{**dict(row), "flows": tuple(row["flows"])}) for row in rows]


async def telling_messages(pool: Pool, after: UUID, before: datetime, limit: int) -> list[KeptMessage]:
    """Those whose payloads are erased and whose events are here, oldest first."""
    async with connection(pool) as held:
        rows = await held.fetch(_SQL["telling_messages"], after, first_id(before), limit)
    return [KeptMessage(**{**dict(row), "flows": tuple(row["flows"])}) for row in rows]


async def erase_events(pool: Pool, ids: Sequence[UUID], *, rule: str, policy: str) -> int:
    """The text of their events, in one transaction with the event that says so; returns of how many messages."""
    async with connection(pool) as held, held.transaction():
        gone = [str(row["id"]) for row in await held.fetch(_SQL["erase_events"], list(ids))]
        if gone:
            leaf = {"event": Event.EVENTS_ERASED, "at": now_text(), "rule": rule, "policy": policy, "messages": gone}
            await held.execute(_NOTE, [None], [msgspec.json.encode(leaf, order="sorted")])
    return len(gone)


async def erase_payloads(pool: Pool, ids: Sequence[UUID], *, rule: str, policy: str) -> Erased:
    """Those of them on which nothing is under way, with one event for all, in one transaction."""
    async with connection(pool) as held, held.transaction():
        row = await held.fetchrow(_SQL["erase"], list(ids))
        assert row is not None
        await held.execute(_PARCELS["erase_parcels"], list(ids))
        erased = Erased(row["messages"], int(row["bytes"]))
        if erased.messages:
            leaf = {
                "event": Event.PAYLOADS_ERASED,
                "at": now_text(),
                "rule": rule,
                "policy": policy,
                "messages": erased.messages,
                "first": str(min(ids)),
                "last": str(max(ids)),
            }
            await held.execute(_NOTE, [None], [msgspec.json.encode(leaf, order="sorted")])
    return erased
