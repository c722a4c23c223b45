"""What a worker does for parcels beside delivering: closes batches in time, carries what is carried by itself, and
settles what the partner's word found unsettled."""

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

from gateway.beside import Beside
from gateway.clock import now
from gateway.destinations.contract import (
    Absent,
    Delivered,
    Offered,
    Outcome,
    Postponed,
    Refused,
    Unavailable,
    Unknown,
    Verified,
)
from gateway.destinations.partner.circuits import Circuits
from gateway.destinations.partner.composing import Composer, Leaving, NotComposed
from gateway.destinations.partner.destination import Carriers, carry, look, ready_partner
from gateway.identifiers import new_message_id
from gateway.ledger.gathering import Gathered, GatheredDocument
from gateway.ledger.parcels import KeptParcel, NotKept
from gateway.ledger.payloads import DOES_NOT_OPEN
from gateway.ledger.shipping import Parcels
from gateway.observing import PARCELS, log_change
from gateway.retries import as_schedule, wait_before_next, wait_before_reading_back
from partners.agreements import Agreement
from partners.directory import Directory
from partners.profile import Partner
from translators.edifact.controlnumbers import ControlNumbersUsedUp

_log = logging.getLogger(__name__)

BEFORE_DEADLINE = 60.0
"""Seconds before the first deadline of its documents a batch is closed, whatever it lacks."""
_AT_ONCE = 32
_WAITS = as_schedule((10, 60, 300, 900, 3600, 14400))
"""Between attempts at a parcel that its partner puts off: carried by itself, it has no route that says how often. Then
it is parked, so that it does not hold up for ever what comes after it."""


class Forwarding:
    """One duty of every worker; any number may look at the same moment."""

    every = 0.5

    def __init__(
        self,
        directory: Callable[[], Directory],
        parcels: Parcels,
        composer: Composer,
        carriers: Carriers,
        circuits: Circuits | None = None,
        beside: Beside | None = None,
    ) -> None:
        self._directory = directory
        self._parcels = parcels
        self._composer = composer
        self._carriers = carriers
        self._circuits = circuits or Circuits()
        self._beside = beside or Beside()
        self._under_way: set[UUID] = set()

    async def look(self) -> None:
        for gathered in await self._parcels.gathering.waiting():
            await self._close_if_due(gathered)
        room = _AT_ONCE - len(self._under_way)
        for parcel in await self._parcels.take_due(room, list(self._under_way)) if room else ():
            self._under_way.add(parcel.id)
            self._beside.start(parcel.partner, self._forward(parcel))
        await self._beside.settle()
        await self._parcels.reconcile()

    async def close(self) -> None:
        await self._beside.close()

    async def measure(self) -> None:
        """Parcels that have not ended well, as a figure."""
        PARCELS.clear()
        for partner, state, parcels in await self._parcels.depths():
            PARCELS.labels(partner, state).set(parcels)

    # -- batches ---------------------------------------------------------------------------------------------------

    async def _close_if_due(self, gathered: Gathered) -> None:
        """A suspended partner's documents go on waiting, and so do real ones of one that is tested again; those of an
        agreement that batches no more leave at once."""
        partner = ready_partner(self._directory(), gathered.partner, test=gathered.test)
        if isinstance(partner, Unavailable):
            return
        agreement = next((one for one in partner.agreements if one.name == gathered.agreement), None)
        if agreement is None:
            _log.error("documents wait for agreement `%s` of `%s`, which the profile no longer has",
                       gathered.agreement, gathered.partner)  # fmt: skip
            return
        if _is_due(gathered, agreement):
            await self._close(gathered, partner, agreement)

    async def _close(self, gathered: Gathered, partner: Partner, agreement: Agreement) -> None:
        batch = agreement.batch
        most, size = (batch.documents, batch.bytes.bytes) if batch is not None else (1000, 1 << 20)
        found = await self._parcels.gathering.documents(gathered, documents=most, size=size)
        for one in found:
            if one.body is None:
                await self._parcels.gathering.park(one, "ledger.payload_unreadable", DOES_NOT_OPEN)
        found = [one for one in found if one.body is not None]
        if not found:
            return
        try:
            new, make = self._composer.parcel(
                partner, agreement, [_leaving(one, gathered) for one in found], id=new_message_id(), at=now(),
                gathered=True,
            )  # fmt: skip
            parcel = await self._parcels.keep(new, make)
        except NotKept:
            return  # another worker closes it, or one of them was given up: the next look knows
        except NotComposed as refused:
            await self._park(found, gathered, partner, agreement, refused)
            return
        except ControlNumbersUsedUp as used_up:
            for one in found:
                await self._parcels.gathering.park(one, "partner.numbers_used_up", str(used_up))
            return
        log_change(
            "parcel.closed", parcel=str(parcel.id), partner=partner.id, agreement=agreement.name,
            control_number=parcel.control_number, documents=len(found),
        )  # fmt: skip

    async def _park(
        self, found: list[GatheredDocument], gathered: Gathered, partner: Partner, agreement: Agreement,
        refused: NotComposed,
    ) -> None:  # fmt: skip
        """A batch that cannot be written: those at fault, or all of them when each could be written alone."""
        faults: list[tuple[GatheredDocument, NotComposed]] = []
        for one in found:
            try:
                document = _leaving(one, gathered)
                await asyncio.to_thread(self._composer.size_alone, partner, agreement, document, now())
            except NotComposed as own:
                faults.append((one, own))
        for one, why in faults or [(one, refused) for one in found]:
            await self._parcels.gathering.park(one, why.code, why.why)

    # -- parcels that are carried by themselves ------------------------------------------------------------------------

    async def _forward(self, parcel: KeptParcel) -> None:
        try:
            partner = ready_partner(self._directory(), parcel.partner, test=parcel.test)
            outcome = partner if isinstance(partner, Unavailable) else await self._attempt(parcel, partner)
            await self._settle(parcel, await self._in_the_end(parcel, outcome))
        finally:
            self._under_way.discard(parcel.id)

    async def _settle(self, parcel: KeptParcel, outcome: Outcome | Verified) -> None:
        match outcome:
            case Delivered(reference):
                await self._parcels.settle(parcel.id, accepted=True, reference=reference, actor="gateway")
            case Refused(_, why):
                await self._parcels.settle(parcel.id, accepted=False, reference=why, actor="gateway")
            case Offered():
                pass
            case _:
                await self._put_off(parcel, outcome)
                return
        name = type(outcome).__name__.lower()
        if parcel.again:
            await self._parcels.note_carried(parcel, name, getattr(outcome, "reference", None))
        log_change("parcel.carried", parcel=str(parcel.id), partner=parcel.partner, outcome=name)

    async def _in_the_end(self, parcel: KeptParcel, outcome: Outcome | Verified) -> Outcome | Verified:
        """What is put off more often than its schedule says is refused."""
        if not isinstance(outcome, Postponed):
            return outcome
        wait = wait_before_next(_WAITS, parcel.attempts + 1)
        if wait is not None:
            return Postponed(outcome.why, after=max(outcome.after or 0.0, wait))
        await self._parcels.tell(parcel.id, "refused", error=outcome.why, spent=False)
        return Refused("delivery.attempts_used_up", outcome.why)

    async def _put_off(self, parcel: KeptParcel, outcome: Outcome | Verified) -> None:
        """However long a partner is out: the parcel waits. What may have arrived is looked for first."""
        after = max(getattr(outcome, "after", None) or 0.0, wait_before_reading_back(min(parcel.attempts + 1, 10)))
        why = str(getattr(outcome, "why", ""))
        await self._parcels.tell(
            parcel.id, "kept", error=why, after=after, spent=False,
            maybe_carried=isinstance(outcome, Unknown) or (parcel.maybe_carried and isinstance(outcome, Unavailable)),
        )  # fmt: skip

    async def _attempt(self, parcel: KeptParcel, partner: Partner) -> Outcome | Verified:
        if parcel.maybe_carried:
            found = await look(self._carriers, self._parcels, parcel, partner)
            if not isinstance(found, Absent):
                return found
        return await carry(self._carriers, self._circuits, self._parcels, parcel, partner, parcel.attempts + 1)


def _is_due(gathered: Gathered, agreement: Agreement) -> bool:
    batch = agreement.batch
    return (
        batch is None
        or gathered.documents >= batch.documents
        or gathered.bytes >= batch.bytes.bytes
        or gathered.waited >= batch.every.seconds
        or (gathered.time_left is not None and gathered.time_left <= BEFORE_DEADLINE)
    )


def _leaving(one: GatheredDocument, gathered: Gathered) -> Leaving:
    assert one.body is not None
    return Leaving(
        message_id=one.message_id, number=one.number, document_type=one.document_type, body=one.body,
        test=gathered.test, traceparent=one.traceparent,
    )  # fmt: skip
