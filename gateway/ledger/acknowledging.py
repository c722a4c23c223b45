"""The ledger of acknowledgements: what we owe, what is owed to us, what is late, and what came in answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from gateway.clock import as_text, now_text
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("acknowledging")
_NOTE = statements("recording")["note"]

Side = Literal["ours", "theirs"]
Closing = Literal["closed", "ended", "unknown"]


class AcknowledgementState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer, owed or made. `state` is `open`, `accepted`, `rejected` or `given_up`; `says` what ours will say.
    `id` is what an operator closes it by; `agreement` is empty for a receipt (MDN) that no agreement names.

    `due_at` is unknown until a parcel that is to be answered lies with the partner.
    """

    id: int
    side: Side
    partner: str
    agreement: str
    kind: str
    state: str
    subject: str | None = None
    message_id: UUID | None = None
    delivery: int | None = None
    parcel: UUID | None = None
    says: str | None = None
    since: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    overdue_since: datetime | None = None
    """When it was noticed that it is late; it stays when it came after all."""
    answered_by: UUID | None = None
    repeated: int = 0
    contradicted_at: datetime | None = None


class LateAcknowledgement(Struct, frozen=True, kw_only=True):
    """Noticed just now. `is_warning`: not late yet, but soon."""

    id: int
    side: Side
    partner: str
    agreement: str
    kind: str
    subject: str | None
    parcel: UUID | None
    message_id: UUID | None
    due_at: datetime
    is_warning: bool


class LateCount(Struct, frozen=True):
    partner: str
    side: str
    kind: str
    acknowledgements: int


class Acknowledgements:
    """Of all partners."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def notice_late(self) -> list[LateAcknowledgement]:
        """Those not noticed before, each once among all workers, with its event in the same transaction."""
        async with connection(self._pool) as held, held.transaction():
            rows = [(row, False) for row in await held.fetch(_SQL["notice_late"])]
            rows += [(row, True) for row in await held.fetch(_SQL["notice_soon"])]
            late = [LateAcknowledgement(**dict(row), is_warning=soon) for row, soon in rows]
            for one in late:
                await note(held, one.message_id, one.parcel, _late_leaf(one))
        return late

    async def late_now(self) -> list[LateCount]:
        async with connection(self._pool) as held:
            return [LateCount(*row) for row in await held.fetch(_SQL["late_now"])]

    async def search(
        self, *, side: Side | None = None, partner: str | None = None, overdue: bool = False, open_only: bool = True,
        limit: int = 100,
    ) -> list[AcknowledgementState]:  # fmt: skip
        """The most urgent first."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["acknowledgements"], side, partner, overdue, open_only, limit)
        return [state_of(row) for row in rows]

    async def close(self, id: int, *, actor: str, reason: str) -> Closing:  # noqa: A002 - the word every row uses
        """Nobody waits for it any longer; on record with who said so and why. A word that comes after all counts."""
        async with connection(self._pool) as held, held.transaction():
            row = await held.fetchrow(_SQL["close"], id)
            if row is None:
                known = await held.fetchval(_SQL["is_known"], id)
                return "ended" if known else "unknown"
            leaf: dict[str, object] = {
                "event": Event.ACKNOWLEDGEMENT_CLOSED, "at": now_text(), "actor": actor, "reason": reason,
                "partner": row["partner"], "agreement": row["agreement"], "kind": row["kind"], "owed_by": row["side"],
                "subject": row["subject"], "parcel": str(row["parcel"]) if row["parcel"] is not None else None,
            }  # fmt: skip
            await note(held, row["message_id"], row["parcel"], leaf)
        return "closed"


def state_of(row: asyncpg.Record) -> AcknowledgementState:
    same = set(AcknowledgementState.__struct_fields__) - {"overdue_since"}
    return AcknowledgementState(**{name: row[name] for name in same}, overdue_since=row["overdue_at"])


async def note(held: Connection, message_id: UUID | None, parcel: UUID | None, leaf: dict[str, object]) -> None:
    """The event, in the history of the message that is answered, or of every message in the parcel that is."""
    messages: Sequence[UUID | None] = [message_id]
    if message_id is None and parcel is not None:
        messages = [row["message_id"] for row in await held.fetch(_SQL["messages_of_parcel"], parcel)] or [None]
    bodies = [msgspec.json.encode({**leaf, **_message(one)}, order="sorted") for one in messages]
    await held.execute(_NOTE, list(messages), bodies)


def _message(message_id: UUID | None) -> dict[str, object]:
    return {} if message_id is None else {"message": str(message_id)}


def _late_leaf(late: LateAcknowledgement) -> dict[str, object]:
    return {
        "event": Event.ACKNOWLEDGEMENT_DUE_SOON if late.is_warning else Event.ACKNOWLEDGEMENT_OVERDUE,
        "at": now_text(), "partner": late.partner, "agreement": late.agreement, "kind": late.kind, "owed_by": late.side,
        "subject": late.subject, "parcel": str(late.parcel) if late.parcel is not None else None,
        "due": as_text(late.due_at),
    }  # fmt: skip
