"""Payload rows: sealed on the way in, opened on the way out, with the data keys they need."""

import logging
from collections.abc import Iterable, Sequence
from hashlib import sha256
from uuid import UUID

import asyncpg

from gateway.ledger.bundles import pack, unpack
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

Wanted = tuple[str, bytes, bytes | None]
"""Owner and hash of a content, and the hash of the bundle it lies in, if it lies in one."""

DOES_NOT_OPEN = "the payload does not open: its row was changed, or a payload key is missing; the log says which"
"""Of a delivery that is parked for it. The audit is of events and does not tell: no payload is a leaf."""


class Payloads:
    """Bytes by owner and content hash."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self.masking_key = sealer.masking_key

    def seal_accepted(self, entries: Iterable[Acceptance]) -> tuple[list[PayloadRow], list[bytes | None]]:
        """The rows of all messages: what came and each document that differs from it, together where they are small.

        And for each message the hash of its bundle, None when it has none.
        """
        rows: list[PayloadRow] = []
        bundles: list[bytes | None] = []
        for entry in entries:
            if entry.long is not None:
                bundles.append(None)
                continue
            others = [document for document in entry.documents if document.body_hash != entry.content_hash]
            bundle = pack([entry.content, *(document.body for document in others)])
            if bundle is not None:
                digest = sha256(bundle).digest()
                bundles.append(digest)
                rows.append(self._seal(entry.message_id, entry.sender, bundle, digest))
                continue
            bundles.append(None)
            rows.append(self._seal(entry.message_id, entry.sender, entry.content, entry.content_hash))
            rows += [self._seal(entry.message_id, entry.sender, other.body, other.body_hash) for other in others]
        return rows, bundles

    def seal_refused(self, entries: Iterable[Refusal]) -> list[PayloadRow]:
        return [self._seal(entry.message_id, entry.sender, entry.content, entry.content_hash) for entry in entries]

    def seal_answers(self, entries: Iterable[Refusal]) -> list[PayloadRow]:
        """The bodies of our answers to what was refused."""
        return [
            self._seal(entry.message_id, entry.sender, document.body, document.body_hash)
            for entry in entries
            for document in entry.documents
        ]

    def seal_derived(self, message_id: UUID, sender: str, body: bytes, digest: bytes) -> PayloadRow:
        """The body of a document that joins a message later."""
        return self._seal(message_id, sender, body, digest)

    async def keep_new_keys(self, held: Connection) -> None:
        """Before the first payload that needs them."""
        self.mark_stored(await self.add_new_keys(held))

    async def add_new_keys(self, held: Connection) -> list[DataKey]:
        """The same inside a transaction: after its commit say so with `mark_stored`."""
        new = self._sealer.unstored()
        for key in new:
            await held.execute(_RECORDING["keep_data_key"], key.id, key.owner, key.kek_id, key.wrapped)
        return new

    def mark_stored(self, keys: Sequence[DataKey]) -> None:
        self._sealer.mark_stored(keys)

    def seal_alone(self, content: bytes, owner: str) -> tuple[bytes, tuple[object, ...]]:
        """The hash of a content, and its row of `payloads`."""
        digest = sha256(content).digest()
        sealed = self._sealer.seal(content, owner=owner, digest=digest)
        return digest, (
            owner, digest, sealed.data_key_id, sealed.nonce, sealed.encoding, sealed.size, sealed.ciphertext,
        )  # fmt: skip

    async def fetch(self, held: Connection, wanted: Sequence[Wanted]) -> dict[tuple[str, bytes], bytes]:
        """Contents by owner and hash; what is not there or was changed is left out, and said in the log."""
        if not wanted:
            return {}
        asked = sorted({(owner, bundle or digest) for owner, digest, bundle in wanted})
        rows = await held.fetch(_READING["bodies"], [owner for owner, _ in asked], [digest for _, digest in asked])
        bundles = {bundle for _, _, bundle in wanted}
        contents: dict[tuple[str, bytes], bytes] = {}
        for row in rows:
            owner, digest = row["owner"], row["hash"]
            try:
                content = self.open_row(row)
            except Unopenable as error:
                _log.error("a payload of `%s` is unreadable: %s", owner, error)
                continue
            parts = unpack(content) if digest in bundles else {digest: content}
            contents.update(((owner, part), body) for part, body in parts.items())
        for owner, digest, _ in wanted:
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

    def open_row(self, row: asyncpg.Record) -> bytes:
        """The content of a row with its data key. Raises Unopenable."""
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
