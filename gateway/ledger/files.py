"""Files of a message that came in several parts: the document under its sender's name, and what accompanies it."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from msgspec import Struct

from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.payloads import Payloads
from gateway.ledger.pieces import Pieces
from gateway.ledger.reading import content
from gateway.ledger.statements import statements

_SQL = statements("files")


class NewFile(Struct, frozen=True, kw_only=True):
    """`of` is the place of its document among those recorded together; `number` 0 is that document itself."""

    of: int
    number: int
    file_name: str | None
    media_type: str
    size: int
    hash: bytes


class Files:
    """Of all messages."""

    def __init__(self, pool: Pool, payloads: Payloads, pieces: Pieces) -> None:
        self._pool = pool
        self._payloads = payloads
        self._pieces = pieces

    async def content(self, message_id: UUID, number: int) -> AsyncIterator[bytes]:
        """The bytes of one; none when they are kept no longer, or never were. Raises Unopenable."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["files"], message_id)
        row = next((one for one in rows if one["number"] == number and one["payload_erased_at"] is None), None)
        if row is None:
            return
        if number == 0:
            whole = await content(self._pool, self._payloads, message_id)
            if whole is not None:
                yield whole
            return
        async for piece in self._pieces.read(row["owner"], row["hash"]):
            yield piece


async def keep_files(held: Connection, owner: str, messages: Sequence[UUID], files: Sequence[NewFile]) -> None:
    """In the transaction that records the `messages`."""
    rows = [
        (messages[one.of], one.number, one.file_name, one.media_type, one.size, owner, one.hash)
        for one in files
    ]  # fmt: skip
    if rows:
        await held.execute(_SQL["keep_files"], *(list(column) for column in zip(*rows, strict=True)))
