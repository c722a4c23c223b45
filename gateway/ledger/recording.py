"""The group-commit writer: concurrent accepts share a transaction, each waits for its own commit."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import asyncpg
from msgspec import Struct

from gateway.ledger.database import LOST, Connection, LedgerUnavailable, Lent, Pool, connection
from gateway.ledger.entries import Acceptance, Conflicting, Recorded, Refusal
from gateway.ledger.exchanges import Overtaken
from gateway.ledger.files import NewFile, keep_files
from gateway.ledger.hearing import hear
from gateway.ledger.interchanges import keep_long
from gateway.ledger.owing import answer_again, owe, owe_for_refused, settle
from gateway.ledger.payloads import PayloadRow, Payloads
from gateway.ledger.rows import delivery_row, document_row, exchange_row
from gateway.ledger.statements import statements

_SQL = statements("recording")
_log = logging.getLogger(__name__)


class Note(Struct, frozen=True):
    """An event that belongs to no new message."""

    message_id: UUID | None
    body: bytes


Entry = Acceptance | Refusal | Note


class Recorder:
    """Takes entries from any number of tasks; `writers` connections commit them in batches of up to `batch`."""

    def __init__(
        self, pool: Pool, payloads: Payloads, *, writers: int = 1, batch: int = 256, patience: float = 8.0
    ) -> None:
        """`patience`: seconds an entry may wait for a lost database before its sender is told to come again."""
        self._pool = pool
        self._payloads = payloads
        self._batch = batch
        self._patience = patience
        self._queue: list[tuple[Entry, asyncio.Future[Recorded | Conflicting | None]]] = []
        self._arrived = asyncio.Event()
        self._closing = False
        self._loop = asyncio.get_running_loop()  # asked once: each time is a system call, for the process's id
        self._writers = [asyncio.create_task(self._write()) for _ in range(writers)]

    async def record(self, entry: Acceptance) -> Recorded | Conflicting:
        """Returns after the commit. Raises LedgerUnavailable when there was none that we know of; Overtaken when the
        answer that it brings is not the first."""
        result = await self._enqueue(entry)
        assert result is not None
        return result

    async def keep(self, entry: Refusal | Note) -> None:
        """The same for what needs no duplicate check."""
        await self._enqueue(entry)

    async def close(self) -> None:
        """Commit what is queued, then stop."""
        self._closing = True
        self._arrived.set()
        await asyncio.gather(*self._writers)

    def _enqueue(self, entry: Entry) -> "asyncio.Future[Recorded | Conflicting | None]":
        future: asyncio.Future[Recorded | Conflicting | None] = self._loop.create_future()
        self._queue.append((entry, future))
        self._arrived.set()
        return future

    async def _write(self) -> None:
        lent = Lent(self._pool)
        while self._queue or not self._closing:
            await self._arrived.wait()
            batch = self._queue[: self._batch]
            del self._queue[: self._batch]
            if not self._queue and not self._closing:
                self._arrived.clear()
            if batch:
                await self._commit(batch, lent)
            if not self._queue:
                await lent.give_back()

    async def _commit(
        self, batch: list[tuple[Entry, "asyncio.Future[Recorded | Conflicting | None]"]], lent: Lent
    ) -> None:
        try:
            async with asyncio.timeout(self._patience):
                results = await self._repeat_while_lost([entry for entry, _ in batch], lent)
        except Exception as error:  # noqa: BLE001 - every waiter must hear of it
            if len(batch) > 1 and not isinstance(error, TimeoutError):
                for one in batch:  # one of them cannot be kept: the others must not fail with it
                    await self._commit([one], lent)
                return
            if _is_overtaken(error):
                batch[0][1].set_exception(Overtaken())
                return
            if not isinstance(error, TimeoutError):
                _log.error("a batch of %d entries was not recorded: %s", len(batch), type(error).__name__)
            for _, future in batch:
                if not future.done():
                    future.set_exception(LedgerUnavailable("the ledger's database does not answer"))
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _repeat_while_lost(self, entries: list[Entry], lent: Lent) -> list[Recorded | Conflicting | None]:
        """A batch whose outcome is unknown is repeated: its message ids make the repetition harmless."""
        pause = 0.05
        while True:
            with suppress(*LOST, asyncpg.DeadlockDetectedError):
                async with lent as held:
                    return await self._record_once(entries, held)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def _record_once(self, entries: list[Entry], held: Connection) -> list[Recorded | Conflicting | None]:
        accepted = [entry for entry in entries if isinstance(entry, Acceptance)]
        refused = [entry for entry in entries if isinstance(entry, Refusal)]
        notes = [entry for entry in entries if isinstance(entry, Note)]
        verdicts: dict[UUID, Recorded | Conflicting] = {}
        if accepted:
            rows, bundles = self._payloads.seal_accepted(accepted)
            await self._payloads.keep_new_keys(held)
            known = await _accept(held, accepted, rows, bundles)
            known = await self._accept_aged(held, accepted, known) if known else known
            verdicts = await _verdicts(held, accepted, known)
        if refused:
            refused_rows = self._payloads.seal_refused(refused)
            answers = self._payloads.seal_answers(refused)
            await self._payloads.keep_new_keys(held)
            await _refuse(held, refused, refused_rows, answers)
        if notes:
            await held.execute(_SQL["note"], [n.message_id for n in notes], [n.body for n in notes])
        return [verdicts[entry.message_id] if isinstance(entry, Acceptance) else None for entry in entries]

    async def _accept_aged(self, held: Connection, accepted: list[Acceptance], known: set[UUID]) -> set[UUID]:
        """Those whose key is known from a time that their agreement remembers no longer are accepted after all."""
        asked = [entry for entry in accepted if entry.message_id in known and entry.remembered is not None]
        if not asked:
            return known
        async with held.transaction():
            found = await held.fetch(
                _SQL["forget"], [e.sender for e in asked], [e.key for e in asked], [_oldest(e) for e in asked]
            )
            forgotten = {(row["sender"], row["key"]) for row in found}
            aged = [entry for entry in asked if (entry.sender, entry.key) in forgotten]
            if not aged:
                return known
            rows, bundles = self._payloads.seal_accepted(aged)
            await self._payloads.keep_new_keys(held)
            return known - {entry.message_id for entry in aged} | await _accept(held, aged, rows, bundles)


def _oldest(entry: Acceptance) -> UUID:
    """Below every id (UUIDv7) of a message that came within the time in which its key is remembered."""
    assert entry.remembered is not None
    return UUID(int=max(0, int((entry.received_at.timestamp() - entry.remembered) * 1000)) << 80)


async def record_together(
    pool: Pool, payloads: Payloads, entries: list[Acceptance], files: Sequence[NewFile]
) -> list[Recorded | Conflicting]:
    """All of them in one transaction, with their files; none where one is in conflict with what came before."""
    async with connection(pool) as held:
        transaction = held.transaction()
        await transaction.start()
        try:
            rows, bundles = payloads.seal_accepted(entries)
            keys = await payloads.add_new_keys(held)
            found = await _verdicts(held, entries, await _accept(held, entries, rows, bundles))
            verdicts = [found[entry.message_id] for entry in entries]
            await keep_files(held, entries[0].sender, [one.message_id for one in verdicts], files)
        except BaseException:
            await transaction.rollback()
            raise
        if any(isinstance(one, Conflicting) for one in verdicts):
            await transaction.rollback()
            return verdicts
        await transaction.commit()
    payloads.mark_stored(keys)
    return verdicts


async def _accept(
    held: Connection, accepted: list[Acceptance], rows: list[PayloadRow], bundles: list[bytes | None]
) -> set[UUID]:
    """The ids of those that had come before. What we owe for the others is recorded with them or not at all."""
    exchanges = [exchange_row(entry) for entry in accepted if entry.exchange is not None]
    messages, documents, deliveries = _acceptance_rows(accepted, bundles)
    written = (rows, messages, rows, documents, deliveries, exchanges)
    owing = [entry for entry in accepted if entry.owed or entry.heard or entry.settled or entry.long]
    if not owing:
        return {row["id"] for row in await _insert(held, "record", *written)}
    async with held.transaction():
        known = {row["id"] for row in await _insert(held, "record", *written)}
        new = [entry for entry in owing if entry.message_id not in known]
        await owe(held, new)
        await keep_long(held, new)
        for entry in new:
            await hear(held, entry)
            await settle(held, entry)
    return known


async def _refuse(held: Connection, refused: list[Refusal], rows: list[PayloadRow], answers: list[PayloadRow]) -> None:
    messages = [_message_row(entry, None, entry.refusal) for entry in refused]
    owing = [entry for entry in refused if entry.owed]
    if not owing:
        await _insert(held, "refuse", rows, messages, rows)
        return
    async with held.transaction():
        await _insert(held, "refuse", rows, messages, rows)
        await owe_for_refused(held, owing, answers)


def _is_overtaken(error: Exception) -> bool:
    """Of one entry that was tried alone: its Message-ID has a row."""
    return isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == "as2_received_pkey"


async def _insert(
    held: Connection, statement: str, payloads: Sequence[PayloadRow], *arguments: object
) -> list[asyncpg.Record]:
    """Bytes that come twice in one batch are marked as shared in the same transaction (ledger/retention.py)."""
    places = [row[1:3] for row in payloads]
    twice = [place for place, times in Counter(places).items() if times > 1] if len({*places}) < len(places) else []
    if not twice:
        return list(await held.fetch(_SQL[statement], *arguments))
    async with held.transaction():
        rows = list(await held.fetch(_SQL[statement], *arguments))
        await held.execute(_SQL["share"], [owner for owner, _ in twice], [digest for _, digest in twice])
    return rows


async def _verdicts(
    held: Connection, accepted: list[Acceptance], known: set[UUID]
) -> dict[UUID, Recorded | Conflicting]:
    """New entries are recorded; for those with a key that is `known`, what was said when they first came."""
    verdicts: dict[UUID, Recorded | Conflicting] = {
        entry.message_id: Recorded(entry.message_id, entry.statement, duplicate=False) for entry in accepted
    }
    if not known:
        return verdicts
    repeated = [entry for entry in accepted if entry.message_id in known]
    rows = await held.fetch(_SQL["seen"], [entry.sender for entry in repeated], [entry.key for entry in repeated])
    seen = {(row["sender"], row["key"]): row for row in rows}
    again = []
    for entry in repeated:
        row = seen[entry.sender, entry.key]
        if row["message_id"] == entry.message_id:  # our own, committed before its answer was lost
            verdicts[entry.message_id] = Recorded(entry.message_id, row["statement"], duplicate=False)
        elif row["content_hash"] == entry.content_hash:
            verdicts[entry.message_id] = Recorded(row["message_id"], row["statement"], duplicate=True)
            again += [row["message_id"]] if entry.is_interchange else []
        else:
            verdicts[entry.message_id] = Conflicting(row["message_id"])
    if again:
        await answer_again(held, again)
    return verdicts


def _acceptance_rows(entries: list[Acceptance], bundles: list[bytes | None]) -> list[list[tuple[object, ...]]]:
    """The messages, documents and deliveries of `record`."""
    documents: list[tuple[object, ...]] = []
    deliveries: list[tuple[object, ...]] = []
    for e, bundle in zip(entries, bundles, strict=True):
        documents += [document_row(e.message_id, number, d, bundle) for number, d in enumerate(e.documents, 1)]
        deliveries += [delivery_row(e.message_id, number, o, e.received_at) for number, o in enumerate(e.deliveries, 1)]
    return [[_message_row(e, e.key, None) for e in entries], documents, deliveries]


def _message_row(e: Acceptance | Refusal, key: str | None, refusal: str | None) -> tuple[object, ...]:
    return (
        e.message_id, e.received_at, e.sender_kind, e.sender, e.channel, e.document_type, e.content_hash,
        _size(e), e.policy_revision, e.traceparent, e.test, key, refusal, e.statement,
        e.facts,
    )  # fmt: skip


def _size(e: Acceptance | Refusal) -> int:
    return e.long.size if isinstance(e, Acceptance) and e.long is not None else len(e.content)
