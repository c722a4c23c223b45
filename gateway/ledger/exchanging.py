"""Exchanges over AS2: what partners sent and what we answered, what we sent and what they answered."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from gateway.ledger.database import Pool, connection
from gateway.ledger.exchanges import Claim, ExchangeKey, Received, ReceivedAnswer, Reply, Sent
from gateway.ledger.lookups import Lookups
from gateway.ledger.statements import statements

_SQL = statements("exchanging")


class Exchanges:
    """Of all partners."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lookups: Lookups[ExchangeKey, Received | None] = Lookups(self._received)

    # -- in --------------------------------------------------------------------------------------------------------

    async def received(self, key: ExchangeKey) -> Received | None:
        return await self._lookups.ask(key)

    async def _received(self, keys: list[ExchangeKey]) -> list[Received | None]:
        columns = [list(column) for column in zip(*map(_columns, keys), strict=True)]
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["received_of"], *columns)
        found = {_key(row): _received(row) for row in rows}
        return [found.get(key) for key in keys]

    async def claim(self, claim: Claim) -> Received:
        """Use up the Message-ID for these digests; what was there before is returned and stands."""
        key, digests = _columns(claim.key), (claim.raw_digest, claim.content_digest)
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["claim"], *key, *digests, claim.signer, claim.file_name)
            row = row or await held.fetchrow(_SQL["received"], *key)
        assert row is not None, "exchanges are never deleted"
        return _received(row)

    async def answer(self, key: ExchangeKey, given: ReceivedAnswer) -> Received:
        """Keep the answer before it leaves. Returns the one that stands: another one's, if it was faster."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(
                _SQL["answer"], *_columns(key), given.message, given.code, given.disposition, given.mic, given.receipt,
                given.reply_url, given.leaf,
            )  # fmt: skip
            row = row or await held.fetchrow(_SQL["received"], *_columns(key))
        assert row is not None, "only what was claimed is answered"
        return _received(row)

    async def owe(self, key: ExchangeKey, url: str, receipt: bytes) -> None:
        """An asynchronous receipt, unless one for this message is on its way already."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["owe"], *_columns(key), url, receipt)

    async def take_replies(self, limit: int, seconds: float, but: Sequence[str] = ()) -> list[Reply]:
        """Asynchronous receipts that are due, `but` those to these partners, for this worker alone for a while."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["take_replies"], limit, seconds, but)
        same = set(Reply.__struct_fields__) - {"key"}
        return [Reply(key=_key(row), **{name: row[name] for name in same}) for row in rows]

    async def replied(self, reply: Reply) -> None:
        async with connection(self._pool) as held:
            await held.execute(_SQL["replied"], reply.id)

    async def reply_failed(self, reply: Reply, why: str, *, after: float | None) -> None:
        """`after`: seconds until the next try; None gives it up."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["reply_failed"], reply.id, after, why)

    # -- out -------------------------------------------------------------------------------------------------------

    async def intend(self, key: ExchangeKey, parcel: UUID, mics: Mapping[str, bytes], *, receipt_signed: bool) -> Sent:
        """Write down what will be sent, before each attempt. Digests of earlier ones stay: receipts may name them."""
        written = msgspec.json.encode({name: b64encode(digest).decode() for name, digest in mics.items()}).decode()
        async with connection(self._pool) as held:
            await held.execute(_SQL["intend"], *_columns(key), parcel, written, receipt_signed)
            row = await held.fetchrow(_SQL["sent"], *_columns(key))
        assert row is not None, "exchanges are never deleted"
        return _sent(row)

    async def sent(self, key: ExchangeKey) -> Sent | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["sent"], *_columns(key))
        return _sent(row) if row is not None else None

    async def of_parcel(self, parcel: UUID) -> Sent | None:
        """The exchange that carries it, once it was tried over AS2."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["sent_of_parcel"], parcel)
        return _sent(row) if row is not None else None

    async def gone_out(self, key: ExchangeKey) -> None:
        """The partner's server has taken it."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["gone_out"], *_columns(key))

    async def hear(
        self, key: ExchangeKey, state: Literal["receipted", "refused"], *, disposition: str, receipt: bytes, leaf: bytes
    ) -> bool:
        """Keep the partner's word. False when it had been heard before."""
        async with connection(self._pool) as held:
            return bool(await held.fetch(_SQL["hear"], *_columns(key), state, disposition, receipt, leaf))

    async def give_up_waiting(self, key: ExchangeKey, leaf: bytes) -> bool:
        """No receipt after all attempts: said once; a late one is still heard."""
        async with connection(self._pool) as held:
            return bool(await held.fetch(_SQL["give_up_waiting"], *_columns(key), leaf))

    async def overdue(self, within: Mapping[str, int]) -> list[Sent]:
        """What the partners' servers took longer ago than the seconds agreed with each, and has no receipt."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["overdue"], list(within), [float(one) for one in within.values()])
        return [_sent(row) for row in rows]


def _columns(key: ExchangeKey) -> tuple[str, str, str]:
    return key.partner, key.ours, key.message_id


def _key(row: asyncpg.Record) -> ExchangeKey:
    return ExchangeKey(row["partner"], row["ours"], row["message_id"])


def _received(row: asyncpg.Record) -> Received:
    return Received(**{name: row[name] for name in Received.__struct_fields__})


def _sent(row: asyncpg.Record) -> Sent:
    return Sent(
        key=_key(row),
        parcel=row["parcel"],
        mics={name: b64decode(text) for name, text in msgspec.json.decode(row["mics"], type=dict[str, str]).items()},
        receipt_signed=row["receipt_signed"],
        attempts=row["attempts"],
        sent_at=row["sent_at"],
        state=row["state"],
        disposition=row["disposition"],
    )
