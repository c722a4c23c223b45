"""Long interchanges: taken whole, divided by a worker into messages, all of them or none."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.entries import Acceptance
from gateway.ledger.statements import statements

_SQL = statements("interchanges")


class LongInterchange(Struct, frozen=True, kw_only=True):
    """One that is due. `owner` and `hash` name its content among the pieces, `credential` is JSON; `attempts` counts
    this one. In state `recording` all parts were judged good, and some may be recorded."""

    message_id: UUID
    owner: str
    hash: bytes
    credential: str
    media_type: str | None
    traceparent: str | None
    state: str
    attempts: int


class LongInterchanges:
    """Of all senders."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take(self, seconds: float) -> LongInterchange | None:
        """One that is due, for this worker alone for so many seconds."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["take_long"], seconds)
        return LongInterchange(**dict(row)) if row is not None else None

    async def renew(self, message_id: UUID, seconds: float) -> None:
        async with connection(self._pool) as held:
            await held.execute(_SQL["renew_long"], message_id, seconds)

    async def begin_recording(self, message_id: UUID) -> None:
        async with connection(self._pool) as held:
            await held.execute(_SQL["begin_recording"], message_id)

    async def add_part(self, message_id: UUID, number: int, part: UUID) -> None:
        async with connection(self._pool) as held:
            await held.execute(_SQL["add_part"], message_id, number, part)

    async def postpone(self, message_id: UUID, after: float, why: str) -> None:
        async with connection(self._pool) as held:
            await held.execute(_SQL["postpone_long"], message_id, after, why)

    async def divided(self, message_id: UUID, leaf: bytes) -> bool:
        """False when it had ended before."""
        return await self._end(message_id, "divided", None, leaf)

    async def refused(self, message_id: UUID, refusal: str, leaf: bytes) -> bool:
        """`refusal` is JSON, as a refused message has it."""
        return await self._end(message_id, "refused", refusal, leaf)

    async def _end(self, message_id: UUID, state: str, refusal: str | None, leaf: bytes) -> bool:
        async with connection(self._pool) as held:
            return bool(await held.fetch(_SQL["end_long"], message_id, state, refusal, leaf))


class LongState(Struct, frozen=True, kw_only=True):
    """What became of a message's content, where it was long, and what it has to do with other messages.

    `open`: deliveries of its parts that have not ended; `parked`: those of them that wait for a person.
    """

    state: str | None = None
    error: str | None = None
    refusal: str | None = None
    attempts: int = 0
    open: int = 0
    parked: int = 0
    parts: tuple[UUID, ...] = ()
    part_of: UUID | None = None


async def long_state(held: Connection, message_id: UUID) -> LongState:
    row = await held.fetchrow(_SQL["long_of_message"], message_id)
    if row is None:
        return LongState(part_of=await held.fetchval(_SQL["whole_of_part"], message_id))
    parts = await held.fetch(_SQL["parts_of_message"], message_id)
    return LongState(**dict(row), parts=tuple(each["part"] for each in parts))


async def keep_long(held: Connection, entries: Sequence[Acceptance]) -> None:
    """In the transaction that records the messages."""
    rows = [
        (one.message_id, one.sender, one.content_hash, one.long.credential, one.long.media_type, one.traceparent)
        for one in entries
        if one.long is not None
    ]
    if rows:
        await held.executemany(_SQL["keep_long"], rows)
