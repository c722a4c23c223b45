"""The verbs of mailboxes: lay a file, list, read, hear that it was fetched, remove."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from gateway.ledger.database import Pool, connection
from gateway.ledger.payloads import Payloads
from gateway.ledger.shipping import Parcels
from gateway.ledger.statements import statements

_SQL = statements("mailbox")

LaidFolder = Literal["out", "ack", "error"]


class NewFile(Struct, frozen=True, kw_only=True):
    """A file for a partner. In /out `id` is the parcel's; elsewhere `message_id` is the message it tells of."""

    id: UUID
    partner: str
    folder: LaidFolder
    name: str
    content: bytes
    message_id: UUID | None = None


class MailboxFile(Struct, frozen=True, kw_only=True):
    """A file that lies there."""

    id: UUID
    name: str
    size: int
    made_at: datetime
    fetched_at: datetime | None
    hash: bytes


class KnownFile(Struct, frozen=True):
    """A file that was laid once."""

    name: str
    fetched: bool
    removed: bool


class SaidFile(Struct, frozen=True):
    """A file about a message that lies there. `fetched`: its partner has read it."""

    name: str
    hash: bytes
    fetched: bool


class Lying(Struct, frozen=True):
    """How many files lie in a folder of all mailboxes, and how many of them nobody has read."""

    folder: str
    files: int
    unread: int


def owner_of(partner: str) -> str:
    """Of the payloads in a partner's mailbox."""
    return f"mailbox:{partner}"


class Mailboxes:
    """Of all partners. Every verb raises LedgerUnavailable when the database does not answer."""

    def __init__(self, pool: Pool, payloads: Payloads, parcels: Parcels) -> None:
        self._pool = pool
        self._payloads = payloads
        self._parcels = parcels

    async def lay(self, files: Sequence[NewFile]) -> list[UUID]:
        """All of them, in one transaction; returns those that lie there now and did not before.

        A file whose id is known is left as it is; so is one whose name is taken: the caller finds it another.
        """
        return await self._lay("lay", files)

    async def lay_again(self, files: Sequence[NewFile]) -> list[UUID]:
        """The same of files that their partner has read, as if it had not; one whose name is taken is left."""
        return await self._lay("lay_again", files)

    async def _lay(self, statement: str, files: Sequence[NewFile]) -> list[UUID]:
        async with connection(self._pool) as held:
            async with held.transaction():
                rows = [(file, *self._payloads.seal_alone(file.content, owner_of(file.partner))) for file in files]
                keys = await self._payloads.add_new_keys(held)
                laid = []
                for file, digest, payload in rows:
                    size = len(file.content)
                    row = (file.id, file.partner, file.folder, file.name, digest, size, file.message_id)
                    if await held.fetchval(_SQL[statement], *row) is not None:
                        await held.execute(_SQL["keep_payload"], *payload)
                        laid.append(file.id)
            self._payloads.mark_stored(keys)
        return laid

    async def known(self, file_id: UUID) -> KnownFile | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["known"], file_id)
        return KnownFile(row["name"], row["fetched_at"] is not None, row["removed_at"] is not None) if row else None

    async def listed(self, partner: str, folder: LaidFolder) -> list[MailboxFile]:
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["list"], partner, folder)
        return [_file(row) for row in rows]

    async def find(self, partner: str, folder: LaidFolder, name: str) -> MailboxFile | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["find"], partner, folder, name)
        return _file(row) if row is not None else None

    async def said_of(self, partner: str, message_id: UUID | None) -> list[SaidFile]:
        """What lies in /ack and /error about a message."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["said_of"], partner, message_id)
        return [SaidFile(*row) for row in rows]

    async def content(self, partner: str, file: MailboxFile) -> bytes | None:
        """None when it is gone, or does not open."""
        owner = owner_of(partner)
        async with connection(self._pool) as held:
            return (await self._payloads.fetch(held, [(owner, file.hash, None)])).get((owner, file.hash))

    async def remove(self, ids: Sequence[UUID]) -> int:
        async with connection(self._pool) as held:
            return int(await held.fetchval(_SQL["remove"], list(ids)))

    async def fetched(self, partner: str, file_id: UUID) -> None:
        """The partner has it: so the parcel is delivered. Harmless to say again."""
        async with connection(self._pool) as held:
            settled = await held.fetchval(_SQL["fetched"], file_id)
        if settled is False:
            await self._settle(partner, file_id)

    async def settle(self, limit: int = 100) -> int:
        """Parcels that were read, but not told because a process ended in between; returns how many."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["unsettled"], limit)
        for row in rows:
            await self._settle(row["partner"], row["id"])
        return len(rows)

    async def clear(self, seconds: float, limit: int = 1000) -> int:
        """Removes files that are older and whose partner needs them no more; returns how many."""
        async with connection(self._pool) as held:
            over = [row["id"] for row in await held.fetch(_SQL["over"], seconds, limit)]
        return await self.remove(over) if over else 0

    async def lying(self) -> list[Lying]:
        async with connection(self._pool) as held:
            return [Lying(row["folder"], row["files"], row["unread"]) for row in await held.fetch(_SQL["lying"])]

    async def _settle(self, partner: str, file_id: UUID) -> None:
        await self._parcels.acknowledge(
            file_id, accepted=True, reference=f"read from the mailbox of {partner}", actor=partner, partner=partner
        )
        async with connection(self._pool) as held:
            await held.execute(_SQL["settled"], file_id)


def _file(row: asyncpg.Record) -> MailboxFile:
    return MailboxFile(**dict(row))
