"""Exchanges of certificates: what was announced by whom, what was answered, and our letters on their way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from gateway.clock import as_text, now_text
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("certificates")
_NOTE = statements("recording")["note"]

Who = Literal["them", "us"]
ExchangeState = Literal["pending", "accepted", "rejected"]


class ExchangedCertificate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`der` and what it is to be used for, in the words of profiles. `against` is why it cannot be taken whoever
    decides; `accepted` and `reason` are the answer."""

    der: bytes
    uses: tuple[str, ...]
    sha256: str
    serial: str
    issuer: str
    against: str | None = None
    accepted: bool | None = None
    reason: str | None = None


class CertificateExchange(Struct, frozen=True, kw_only=True):
    id: UUID
    partner: str
    announced_by: Who
    request_id: str
    at: datetime
    respond_by: datetime | None
    certificates: tuple[ExchangedCertificate, ...]
    state: ExchangeState
    decided_at: datetime | None


class NewLetter(Struct, frozen=True, kw_only=True):
    """The content of an AS2 message."""

    id: UUID
    media_type: str
    content: bytes


class Letter(Struct, frozen=True, kw_only=True):
    """`attempts` counts this one. `sent`: their server took it, and its receipt is awaited."""

    id: UUID
    exchange: UUID
    partner: str
    media_type: str
    content: bytes
    attempts: int
    state: Literal["waiting", "sent"]


class CertificateExchanges:
    """Of all partners. Every change is an event in the same transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def announce(
        self, new: CertificateExchange, event: Event, letter: NewLetter | None = None, **facts: str
    ) -> CertificateExchange:
        """Kept once; one under the same id of its request that was there before is returned and stands. The letter is
        ours: the request itself, or a response that needs no person."""
        async with connection(self._pool) as held, held.transaction():
            made = await held.fetchval(
                _SQL["announce"], new.id, new.partner, new.announced_by, new.request_id, new.respond_by,
                _encoded(new.certificates), new.state,
            )  # fmt: skip
            if made is None:
                row = await held.fetchrow(_SQL["announced"], new.partner, new.announced_by, new.request_id)
                assert row is not None, "exchanges are never deleted"
                return _exchange(row)
            if letter is not None:
                await _write(held, new, letter)
            await _note(held, event, new, **facts)
        return new

    async def decide(
        self, id: UUID, certificates: Sequence[ExchangedCertificate], state: ExchangeState, event: Event,  # noqa: A002
        letter: NewLetter | None = None, **facts: str,
    ) -> bool:  # fmt: skip
        """False when it was decided before."""
        async with connection(self._pool) as held, held.transaction():
            row = await held.fetchrow(_SQL["exchange"], id)
            if row is None or await held.fetchval(_SQL["decide"], id, state, _encoded(certificates)) is None:
                return False
            one = _exchange(row)
            if letter is not None:
                await _write(held, one, letter)
            await _note(held, event, one, **facts)
        return True

    async def find(self, id: UUID) -> CertificateExchange | None:  # noqa: A002 - the word every row uses
        async with connection(self._pool) as held, held.transaction():
            row = await held.fetchrow(_SQL["exchange"], id)
        return _exchange(row) if row is not None else None

    async def of_request(self, partner: str, by: Who, request_id: str) -> CertificateExchange | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["announced"], partner, by, request_id)
        return _exchange(row) if row is not None else None

    async def all(self, partner: str | None = None, *, pending: bool = False) -> list[CertificateExchange]:
        """The newest first, at most 200."""
        async with connection(self._pool) as held:
            return [_exchange(row) for row in await held.fetch(_SQL["exchanges"], partner, pending)]

    async def take_letters(self, seconds: float) -> list[Letter]:
        """Those that are due, for this worker alone for so many seconds."""
        async with connection(self._pool) as held:
            return [Letter(**dict(row)) for row in await held.fetch(_SQL["take_letters"], seconds)]

    async def keep_letter(
        self, letter: Letter, state: Literal["waiting", "sent", "arrived", "failed"], why: str | None = None,
        *, after: float | None = None,
    ) -> None:  # fmt: skip
        """`after`: seconds until it is looked at again; None ends it."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["letter"], letter.id, state, why, after)

    async def letter_of(self, exchange: UUID) -> tuple[str, str | None] | None:
        """State and error of the last letter about it."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["letters_of"], exchange)
        return (row["state"], row["error"]) if row is not None else None

    async def remind(self) -> list[tuple[UUID, str, Who]]:
        """Those that nobody answered by the moment asked for, each told once, with its event."""
        async with connection(self._pool) as held, held.transaction():
            rows = await held.fetch(_SQL["remind"])
            for row in rows:
                leaf = _leaf(Event.CERTIFICATE_UNANSWERED, row["partner"], row["id"], row["request_id"],
                             announced_by=row["announced_by"], respond_by=as_text(row["respond_by"]))  # fmt: skip
                await held.execute(_NOTE, [None], [leaf])
        return [(row["id"], row["partner"], row["announced_by"]) for row in rows]


async def _write(held: Connection, one: CertificateExchange, letter: NewLetter) -> None:
    await held.execute(_SQL["write_letter"], letter.id, one.id, one.partner, letter.media_type, letter.content)


async def _note(held: Connection, event: Event, one: CertificateExchange, **facts: str) -> None:
    digests = [each.sha256 for each in one.certificates]
    leaf = _leaf(event, one.partner, one.id, one.request_id, certificates=digests, **facts)
    await held.execute(_NOTE, [None], [leaf])


def _leaf(event: Event, partner: str, exchange: UUID, request_id: str, **facts: Any) -> bytes:
    told = {"event": event, "at": now_text(), "partner": partner, "exchange": str(exchange), "request": request_id}
    return msgspec.json.encode({**told, **facts}, order="sorted")


def _encoded(certificates: Sequence[ExchangedCertificate]) -> str:
    return msgspec.json.encode(certificates).decode()


def _exchange(row: asyncpg.Record) -> CertificateExchange:
    found = dict(row)
    found["certificates"] = msgspec.json.decode(row["certificates"], type=tuple[ExchangedCertificate, ...])
    return CertificateExchange(**found)
