"""The verbs of parcels: keep, say what became of an attempt, hear the partner's word, send again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg

from gateway.ledger.controlnumbers import References, Series, next_references, take_references
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.gathering import Gathering
from gateway.ledger.membership import reopen, settle_members, write_leaves
from gateway.ledger.parcelrows import expectations, kept_leaves, parcel_row
from gateway.ledger.parcels import (
    KeptParcel,
    Made,
    Member,
    NewParcel,
    NotKept,
    ParcelState,
    columns,
    kept_parcel,
    members_of,
    owner_of,
)
from gateway.ledger.payloads import Payloads
from gateway.ledger.statements import statements
from gateway.ledger.states import Event
from translators.edifact.controlnumbers import ControlNumbersUsedUp

_SQL = statements("parcels")
_NOTE = statements("recording")["note"]
_ACKNOWLEDGING = statements("acknowledging")
_RECEIPT = {"delivered": "accepted", "refused": "rejected"}
_TRIES = 4
"""To write with the numbers that will come next; after that the numbers are taken first, and others wait for it."""
_LEASE = 120.0
"""Seconds a parcel that carries itself is one worker's: longer than any attempt of a carrier."""

Make = Callable[[References], Made]
Word = Literal["recorded", "repeated", "unknown", "contradicted"]
Resending = Literal["due", "replayed", "under_way", "cancelled", "erased", "unknown"]


class Parcels:
    """Of all partners."""

    def __init__(self, pool: Pool, payloads: Payloads) -> None:
        self._pool = pool
        self._payloads = payloads
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self.gathering = Gathering(pool, payloads)

    # -- keeping ---------------------------------------------------------------------------------------------------

    async def of(self, member: Member) -> KeptParcel | None:
        """The parcel a delivery is in, with its content."""
        return await self._one("parcel_of", *member)

    async def find(self, parcel_id: UUID) -> KeptParcel | None:
        """With its content."""
        return await self._one("parcel", parcel_id)

    async def keep(self, new: NewParcel, make: Make) -> KeptParcel:
        """Make it and keep it under the next control number, all or nothing.

        `make` is called in a thread, with the references to write, perhaps several times: it must depend on nothing
        else. What it raises goes on to the caller, and no number is used up. Raises NotKept when a member is in another
        parcel by now, or gathered no longer; ControlNumbersUsedUp when the next number was used too lately.
        """
        if new.series is None:
            made = await asyncio.to_thread(make, References())
            return await self._keep(new, References(), _made(made), None)
        turn = self._turns.setdefault((new.series.ours, new.series.theirs), asyncio.Lock())
        async with turn:  # within this process; among several the numbers are checked when they are taken
            for _ in range(_TRIES):
                async with connection(self._pool) as held:
                    expected = await next_references(held, new.series)
                made = await asyncio.to_thread(make, expected)
                try:
                    return await self._keep(new, expected, _made(made), new.series)
                except _OthersTookThem:
                    continue
            return await self._keep(new, None, make, new.series)

    async def _keep(self, new: NewParcel, expected: References | None, make: Make, series: Series | None) -> KeptParcel:
        async with connection(self._pool) as held:
            async with held.transaction():
                await self._claim(held, new)
                references = await take_references(held, series) if series is not None else References()
                if expected is not None and references != expected:
                    raise _OthersTookThem
                if series is not None and new.not_again_after is not None:
                    await _check_unused(held, series, references, new)
                made = make(references) if expected is not None else await asyncio.to_thread(make, references)
                digest, row = self._payloads.seal_alone(made.content, owner_of(new.partner))
                keys = await self._payloads.add_new_keys(held)
                await held.execute(_SQL["keep_payload"], *row)
                await held.execute(_SQL["keep_parcel"], *parcel_row(new, made, digest, series, references))
                await held.execute(_NOTE, *kept_leaves(new, references))
                if new.expects:
                    await held.execute(_ACKNOWLEDGING["expect"], *expectations(new, references))
            self._payloads.mark_stored(keys)
        kept = await self.find(new.id)
        assert kept is not None, "it was committed"
        return kept

    async def _claim(self, held: Connection, new: NewParcel) -> None:
        messages, numbers = columns(new.members)
        claimed = await held.fetch(_SQL["claim_members"], new.id, messages, numbers)
        if len(claimed) < len(new.members):
            raise NotKept("a document is in another parcel")
        if new.gathered:
            left = await held.fetch(_SQL["leave_gathering"], messages, numbers)
            if len(left) < len(new.members):
                raise NotKept("a document is no longer waiting")

    # -- carrying --------------------------------------------------------------------------------------------------

    async def tell(
        self, parcel_id: UUID, state: ParcelState, *, reference: str | None = None, error: str | None = None,
        after: float | None = None, maybe_carried: bool = False, spent: bool = True,
    ) -> tuple[ParcelState, str | None]:  # fmt: skip
        """What became of an attempt; returns the state it is in now, which a faster word of the partner may have
        changed already, with the partner's reference. `after`: seconds until one that carries itself is due again;
        `spent`: the attempt counts."""
        async with connection(self._pool) as held, held.transaction():
            row = await held.fetchrow(_SQL["tell"], parcel_id, state, reference, error, after, maybe_carried, spent)
            if state in ("offered", "delivered"):
                await held.execute(_ACKNOWLEDGING["left"], parcel_id)
                await held.execute(_ACKNOWLEDGING["begin"], parcel_id)
            if state in ("delivered", "refused"):
                await held.execute(_ACKNOWLEDGING["end_receipt"], parcel_id, _RECEIPT[state])
        assert row is not None, "parcels are never deleted"
        return row["state"], row["reference"]

    async def acknowledge(
        self, parcel_id: UUID, *, accepted: bool, reference: str, actor: str, partner: str | None = None
    ) -> Word:
        """The partner's word on a parcel, for all deliveries in it. Saying the same twice is harmless.

        `partner`: whose word it is, where the channel only knows that; another's parcel is `unknown` to it.
        """
        async with connection(self._pool) as held, held.transaction():
            row = await held.fetchrow(_SQL["lock_parcel"], parcel_id)
            if row is None or partner not in (None, row["partner"]) or row["state"] == "cancelled":
                return "unknown"
            said: ParcelState = "delivered" if accepted else "refused"
            if row["state"] in ("delivered", "refused"):
                return "repeated" if row["state"] == said else "contradicted"
            await held.execute(_SQL["end_parcel"], parcel_id, said, reference)
            await held.execute(_ACKNOWLEDGING["end_receipt"], parcel_id, _RECEIPT[said])
            await settle_members(held, parcel_id, accepted=accepted, reference=reference, actor=actor)
        return "recorded"

    async def settle(self, parcel_id: UUID, *, accepted: bool, reference: str, actor: str) -> None:
        """The deliveries of a parcel whose end was told: those that lie ready end with it."""
        async with connection(self._pool) as held, held.transaction():
            await held.execute(_SQL["lock_parcel"], parcel_id)
            await settle_members(held, parcel_id, accepted=accepted, reference=reference, actor=actor)

    async def take_due(self, limit: int, under_way: Sequence[UUID] = ()) -> list[KeptParcel]:
        """Parcels that are carried by themselves, this worker's for a while, but none of those that it carries already.
        `maybe_carried`: look first."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["take_due"], limit, _LEASE, under_way)
            contents = await self._contents(held, rows)
        return [
            kept_parcel(row, contents.get(row["content_hash"]), maybe_carried=row["was_maybe_carried"]) for row in rows
        ]

    async def note_carried(self, parcel: KeptParcel, outcome: str, reference: str | None) -> None:
        """On record what became of one that was sent again: its deliveries have ended before."""
        leaf = {"event": Event.PARCEL_CARRIED, "outcome": outcome, "reference": reference, **_named(parcel)}
        await self._note([message for message, _ in members_of(parcel)], leaf)

    async def fetch_outbox(self, partner: str, *, limit: int, seconds: float) -> list[KeptParcel]:
        """What lies ready for a partner, in order, hidden from other fetches for `seconds`."""
        async with connection(self._pool) as held:
            rows = sorted(
                await held.fetch(_SQL["fetch_outbox"], partner, limit, seconds), key=lambda row: int(row["position"])
            )
            contents = await self._contents(held, rows)
        return [kept_parcel(row, contents.get(row["content_hash"])) for row in rows]

    async def reconcile(self) -> None:
        """Members that were settled as lying ready after the partner's word had come; parcels whose members have all
        ended otherwise; deliveries that no longer wait for others."""
        async with connection(self._pool) as held:
            late = await held.fetch(_SQL["unsettled_parcels"])
            await held.execute(_SQL["ended_elsewhere"])
        for row in late:
            accepted, word = row["state"] == "delivered", row["reference"] or row["last_error"] or ""
            await self.settle(row["id"], accepted=accepted, reference=word, actor="gateway")

    # -- operators -------------------------------------------------------------------------------------------------

    async def resend(self, parcel_id: UUID, *, actor: str, reason: str) -> Resending:
        """Once more, the same bytes under the same number. One that was refused goes with its parked deliveries."""
        async with connection(self._pool) as held, held.transaction():
            row = await held.fetchrow(_SQL["lock_parcel"], parcel_id)
            found = await held.fetchrow(_SQL["parcel"], parcel_id)
            if row is None or found is None:
                return "unknown"
            parcel = kept_parcel(found)
            if parcel.erased or parcel.state == "cancelled":
                return "erased" if parcel.erased else "cancelled"
            members = members_of(parcel)
            is_parked = parcel.state in ("refused", "kept")
            replayed = is_parked and await reopen(held, members, actor=actor, reason=reason)
            if not replayed and parcel.state == "kept":
                return "under_way"
            if not replayed:
                await held.execute(_SQL["carry_again"], parcel_id)
            leaf = {"event": Event.PARCEL_RESENT, "actor": actor, "reason": reason, **_named(parcel)}
            await write_leaves(held, [message for message, _ in members], leaf)
        return "replayed" if replayed else "due"

    async def search(
        self, *, partner: str | None = None, state: str | None = None, control_number: str | None = None,
        limit: int = 50,
    ) -> list[KeptParcel]:  # fmt: skip
        """Newest first, without their content."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["parcels"], partner, state, control_number, limit)
        return [kept_parcel(row) for row in rows]

    async def depths(self) -> list[tuple[str, str, int]]:
        """Partner, state, how many parcels have not ended well."""
        async with connection(self._pool) as held:
            return [tuple(row) for row in await held.fetch(_SQL["parcel_depths"])]

    # -- the rest of this class: its words -------------------------------------------------------------------------

    async def _one(self, statement: str, *arguments: object) -> KeptParcel | None:
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL[statement], *arguments)
            if row is None:
                return None
            contents = await self._contents(held, [row])
        return kept_parcel(row, contents.get(row["content_hash"]))

    async def _contents(self, held: Connection, rows: Sequence[asyncpg.Record]) -> dict[bytes, bytes]:
        wanted = [
            (owner_of(row["partner"]), row["content_hash"], None) for row in rows if row["content_erased_at"] is None
        ]
        found = await self._payloads.fetch(held, wanted)
        return {digest: content for (_, digest), content in found.items()}

    async def _note(self, messages: Sequence[UUID], leaf: dict[str, object]) -> None:
        async with connection(self._pool) as held:
            await write_leaves(held, messages, leaf)


def _made(made: Made) -> Make:
    return lambda _: made


class _OthersTookThem(Exception):  # noqa: N818 - a state of the world
    """Another worker was faster: the content must be written with other numbers."""


async def _check_unused(held: Connection, series: Series, references: References, new: NewParcel) -> None:
    used = await held.fetchval(
        _SQL["used_lately"], series.ours, series.theirs, references.interchange, new.not_again_after
    )
    if used is not None:
        raise ControlNumbersUsedUp(
            f"control number {references.interchange} was used inside the duplicate window, by parcel {used}; "
            "give the agreement another range"
        )


def _named(parcel: KeptParcel) -> dict[str, object]:
    return {"parcel": str(parcel.id), "partner": parcel.partner, "control_number": parcel.control_number}
