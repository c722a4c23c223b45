"""Payload rows: sealed on the way in, opened on the way out, with the data keys they need."""

import logging
from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg

from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.entries import Acceptance, Refusal
from gateway.ledger.sealing import DataKey, Sealed, Sealer, Unopenable
from gateway.ledger.statements import statements

_log = logging.getLogger(__name__)
_RECORDING = statements("recording")
_READING = statements("reading")
_ROTATING = statements("rotating")

PayloadRow = tuple[UUID, str, bytes, UUID, bytes, str, int, bytes]
"""message, owner, hash, data key, nonce, encoding, size, sealed: the type `new_payload` of the schema."""


class Payloads:
    """Bytes by owner and content hash."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal_accepted(self, entries: Iterable[Acceptance]) -> list[PayloadRow]:
        """The rows of each message: its content, and each document that differs from it."""
        rows = []
        for entry in entries:
            rows.append(self._seal(entry.message_id, entry.sender, entry.content, entry.content_hash))
            for document in entry.documents:
                if document.body_hash != entry.content_hash:
                    rows.append(self._seal(entry.message_id, entry.sender, document.body, document.body_hash))
        return rows

    def seal_refused(self, entries: Iterable[Refusal]) -> list[PayloadRow]:
        return [self._seal(entry.message_id, entry.sender, entry.content, entry.content_hash) for entry in entries]

    async def keep_new_keys(self, held: Connection) -> None:
        """Before the first payload that needs them."""
        for key in (new := self._sealer.unstored()):
            await held.execute(_RECORDING["keep_data_key"], key.id, key.owner, key.kek_id, key.wrapped)
        self._sealer.mark_stored(new)

    async def fetch(self, held: Connection, wanted: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], bytes]:
        """Contents by owner and hash; what is not there or was changed is left out, and said in the log."""
        if not wanted:
            return {}
        asked = sorted(set(wanted))
        rows = await held.fetch(_READING["bodies"], [owner for owner, _ in asked], [digest for _, digest in asked])
        contents = {}
        for row in rows:
            try:
                contents[row["owner"], row["hash"]] = self._open(row)
            except Unopenable as error:
                _log.error("a payload of `%s` is unreadable: %s", row["owner"], error)
        for owner, digest in asked:
            if (owner, digest) not in contents:
                _log.error("no readable payload %s of `%s`", digest.hex(), owner)
        return contents

    async def rotate(self, pool: Pool, limit: int = 1000) -> int:
        """Rewrap up to `limit` data keys with the newest payload key; returns how many, 0 when all are done."""
        async with connection(pool) as held, held.transaction():
            rows = await held.fetch(_ROTATING["outdated_keys"], self._sealer.newest_key_id, limit)
            for row in rows:
                key = self._sealer.rewrap(DataKey(**dict(row)))
                await held.execute(_ROTATING["rewrap_key"], key.id, key.kek_id, key.wrapped)
        return len(rows)

    def _seal(self, message: UUID, owner: str, content: bytes, digest: bytes) -> PayloadRow:
        sealed = self._sealer.seal(content, owner=owner, digest=digest)
        return (
            message, owner, digest, sealed.data_key_id, sealed.nonce, sealed.encoding, sealed.size, sealed.ciphertext,
        )  # fmt: skip

    def _open(self, row: asyncpg.Record) -> bytes:
        key = DataKey(id=row["data_key"], owner=row["key_owner"], kek_id=row["kek_id"], wrapped=row["wrapped"])
        sealed = Sealed(
            data_key_id=row["data_key"],
            nonce=row["nonce"],
            ciphertext=row["sealed"],
            encoding=row["encoding"],
            size=row["size"],
            digest=row["hash"],
        )
        return self._sealer.open(sealed, key)
