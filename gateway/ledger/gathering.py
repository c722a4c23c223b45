"""Documents that wait for others to leave with in one interchange."""

from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.clock import now_text
from gateway.identifiers import delivery_id
from gateway.ledger.database import Pool, connection
from gateway.ledger.payloads import Payloads
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("parcels")
_OFFERING = statements("offering")
_NOTE = statements("recording")["note"]


class Gathered(Struct, frozen=True, kw_only=True):
    """What waits for one agreement. `waited`: seconds, of the first; `time_left`: until the first deadline."""

    partner: str
    agreement: str
    test: bool
    documents: int
    bytes: int
    waited: float
    time_left: float | None


class GatheredDocument(Struct, frozen=True, kw_only=True):
    """One of them. `body` is the canonical document; None when it does not open any more."""

    message_id: UUID
    number: int
    destination: str
    document_type: str
    traceparent: str | None
    body: bytes | None


class Gathering:
    """Of all agreements."""

    def __init__(self, pool: Pool, payloads: Payloads) -> None:
        self._pool = pool
        self._payloads = payloads

    async def add(self, message_id: UUID, number: int, *, partner: str, agreement: str, test: bool, size: int) -> None:
        """A document begins to wait; saying so again changes nothing."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["gather"], message_id, number, partner, agreement, test, size)

    async def waiting(self) -> list[Gathered]:
        async with connection(self._pool) as held:
            return [Gathered(**dict(row)) for row in await held.fetch(_SQL["gatherings"])]

    async def documents(self, which: Gathered, *, documents: int, size: int) -> list[GatheredDocument]:
        """The next of an agreement in the order in which they came, up to so many and so many bytes; one at least."""
        arguments = (which.partner, which.agreement, which.test, documents, size)
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["gathered_documents"], *arguments)
            bodies = await self._payloads.fetch(held, [(r["sender"], r["body_hash"], r["bundle"]) for r in rows])
        return [
            GatheredDocument(
                message_id=row["message_id"],
                number=row["number"],
                destination=row["destination"],
                document_type=row["document_type"],
                traceparent=row["traceparent"],
                body=bodies.get((row["sender"], row["body_hash"])),
            )
            for row in rows
        ]

    async def park(self, one: GatheredDocument, cause: str, why: str) -> None:
        """It waits no longer for others, but for a person."""
        member = (one.message_id, one.number)
        async with connection(self._pool) as held, held.transaction():
            await held.execute(_SQL["stop_gathering"], *member)
            await held.execute(_OFFERING["park_exception"], *member, cause, why, "gateway")
            leaf = {
                "event": Event.DOCUMENT_PARKED, "at": now_text(), "message": str(one.message_id),
                "delivery": delivery_id(*member), "destination": one.destination, "actor": "gateway", "cause": cause,
            }  # fmt: skip
            await held.execute(_NOTE, [one.message_id], [msgspec.json.encode(leaf, order="sorted")])
