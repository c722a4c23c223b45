"""A trading partner: its documents become parcels, which a carrier brings over the channel that was agreed.

What is agreed, and whether the partner is open at all, is asked of the directory in force at every attempt. Whatever
happens to this process: a document that was kept in a parcel leaves in that parcel and no other.
"""

import asyncio
from collections.abc import Callable, Mapping

from gateway.clock import now
from gateway.destinations.carrying import Carrier, CarrierName, Parcel
from gateway.destinations.contract import (
    ANSWER,
    Absent,
    Delivered,
    Delivery,
    Offered,
    Outcome,
    Postponed,
    Refused,
    Unavailable,
    Unknown,
    Verified,
)
from gateway.destinations.partner.answering import Answering
from gateway.destinations.partner.circuits import Circuits
from gateway.destinations.partner.composing import Composer, Leaving, NotComposed
from gateway.identifiers import new_message_id, split_delivery_id
from gateway.ledger.parcels import KeptParcel, NotKept
from gateway.ledger.shipping import Parcels
from partners.agreements import Agreement
from partners.directory import Directory, is_open
from partners.profile import Partner
from translators.edifact.controlnumbers import ControlNumbersUsedUp

Carriers = Mapping[CarrierName, Carrier]


class PartnerDestination:
    """`partner:<id>`."""

    concurrency = 4
    batch = 50
    look_every = 0.5
    """Seconds between looks for work: there are many partners, and each hears from us now and then."""

    def __init__(
        self,
        partner: str,
        directory: Callable[[], Directory],
        parcels: Parcels,
        composer: Composer,
        carriers: Carriers,
        answering: Answering | None = None,
        circuits: Circuits | None = None,
    ) -> None:
        self.name = f"partner:{partner}"
        self._partner = partner
        self._directory = directory
        self._parcels = parcels
        self._composer = composer
        self._carriers = carriers
        self._answering = answering
        self._circuits = circuits or Circuits()

    async def start(self) -> None:
        """Nothing to open: carriers live as long as the worker."""

    async def deliver(self, delivery: Delivery) -> Outcome:
        partner = open_partner(self._directory(), self._partner)
        if isinstance(partner, Unavailable):
            return partner
        if partner.state == "testing" and not delivery.test:
            return Refused("partner.not_live", f"`{partner.id}` is being tested, and this is no test document")
        try:
            parcel = await self._parcel(delivery, partner)
        except NotComposed as refused:
            return Refused(refused.code, refused.why)
        except ControlNumbersUsedUp as used_up:
            return Refused("partner.numbers_used_up", str(used_up))
        except NotKept:
            return Postponed("its parcel was made by another worker at the same moment", after=1.0)
        if parcel is None or len(parcel.members) > 1 or parcel.state == "offered":
            return _waits(parcel)
        if parcel.state == "delivered":
            return Delivered(parcel.reference or "")
        return await carry(self._carriers, self._circuits, self._parcels, parcel, partner, delivery.attempt)

    async def verify(self, delivery: Delivery) -> Verified:
        """Nothing has left that is in no parcel; what is in one may be read back by its carrier."""
        parcel = await self._parcels.of(split_delivery_id(delivery.id))
        if parcel is None:
            return Absent()
        if parcel.state == "delivered":
            return Delivered(parcel.reference or "")
        if parcel.state == "refused":
            return Refused("partner.refused", parcel.last_error or parcel.reference or "the partner refused it")
        if len(parcel.members) > 1 or parcel.state == "offered":
            return Absent()
        partner = open_partner(self._directory(), self._partner)
        if isinstance(partner, Unavailable):
            return partner
        return await look(self._carriers, self._parcels, parcel, partner)

    def writes(self, operation: str) -> frozenset[str] | None:
        """Sending writes nothing of ours: the partner takes it into its own data."""
        return frozenset() if operation in ("partner.send", ANSWER) else None

    async def close(self) -> None:
        """Carriers are closed by who opened them."""

    async def _parcel(self, delivery: Delivery, partner: Partner) -> KeptParcel | None:
        """The parcel it is in, made now if need be; None when it waits for others."""
        message_id, number = split_delivery_id(delivery.id)
        kept = await self._parcels.of((message_id, number))
        if kept is not None:
            return kept
        at = now()
        document = Leaving(
            message_id=message_id, number=number, document_type=delivery.document_type, body=delivery.body,
            test=delivery.test, traceparent=delivery.traceparent,
        )  # fmt: skip
        if delivery.operation == ANSWER and delivery.document_type == "ack" and self._answering is not None:
            return await self._parcels.keep(*await self._answering.parcel(partner, document, new_message_id(), at))
        agreement = self._composer.agreement(partner, delivery.document_type, at, test=delivery.test)
        if agreement.batch is not None:
            await self._gather(partner, agreement, document)
            return None
        new, make = self._composer.parcel(partner, agreement, [document], id=new_message_id(), at=at)
        return await self._parcels.keep(new, make)

    async def _gather(self, partner: Partner, agreement: Agreement, document: Leaving) -> None:
        size = await asyncio.to_thread(self._composer.size_alone, partner, agreement, document, now())
        await self._parcels.gathering.add(
            document.message_id, document.number, partner=partner.id, agreement=agreement.name, test=document.test,
            size=size,
        )  # fmt: skip


def open_partner(directory: Directory, partner_id: str) -> Partner | Unavailable:
    """The partner, unless it is suspended, expired or gone: then what is for it waits, however long."""
    partner = directory.partners.get(partner_id)
    if partner is None:
        return Unavailable(why=f"there is no profile of `{partner_id}`", after=5.0)
    if not is_open(partner, now()):
        return Unavailable(why=f"`{partner_id}` is suspended", after=1.0)
    return partner


def ready_partner(directory: Directory, partner_id: str, *, test: bool) -> Partner | Unavailable:
    """The same for what was made already: real documents wait for a partner that is tested again."""
    partner = open_partner(directory, partner_id)
    if isinstance(partner, Partner) and partner.state == "testing" and not test:
        return Unavailable(why=f"`{partner_id}` is being tested, and this is no test", after=60.0)
    return partner


async def carry(
    carriers: Carriers, circuits: Circuits, parcels: Parcels, parcel: KeptParcel, partner: Partner, attempt: int
) -> Outcome:
    """One attempt, unless its channel is out, and what became of it beside the parcel."""
    carrier = carriers.get(_name(parcel))
    if carrier is None:
        return Unavailable(why=f"no carrier `{parcel.carrier}` runs in this worker", after=5.0)
    if parcel.erased or not parcel.content:
        return Refused("partner.content_erased", "the bytes of the parcel are kept no longer, or do not open")

    async def attempted() -> Outcome:
        return await _told(parcels, parcel, await carrier.carry(carried(parcel, attempt), partner))

    return await circuits.through(partner, carrier.name, attempted)


async def _told(parcels: Parcels, parcel: KeptParcel, outcome: Outcome) -> Outcome:
    """An outage spends no attempt of a parcel, as it spends none of a document."""
    match outcome:
        case Delivered(reference):
            await parcels.tell(parcel.id, "delivered", reference=reference)
        case Offered():
            state, word = await parcels.tell(parcel.id, "offered")
            if state == "delivered":  # the partner was faster than this answer
                return Delivered(word or "")
        case Refused(_, why):
            await parcels.tell(parcel.id, "refused", error=why)
        case Unavailable(why):
            await parcels.tell(parcel.id, "kept", error=why, spent=False)
        case Unknown(why) | Postponed(why):
            await parcels.tell(parcel.id, "kept", error=why, maybe_carried=isinstance(outcome, Unknown))
    return outcome


async def look(carriers: Carriers, parcels: Parcels, parcel: KeptParcel, partner: Partner) -> Verified:
    """Whether it has arrived already."""
    carrier = carriers.get(_name(parcel))
    if carrier is None:
        return Unavailable(why=f"no carrier `{parcel.carrier}` runs in this worker", after=5.0)
    found = await carrier.look(carried(parcel, parcel.attempts + 1), partner)
    if isinstance(found, Delivered):
        await parcels.tell(parcel.id, "delivered", reference=found.reference)
    if isinstance(found, Refused):
        await parcels.tell(parcel.id, "refused", error=found.why)
    return found


def _waits(parcel: KeptParcel | None) -> Outcome:
    """It waits for others, or for the partner's word, with those it left with."""
    if parcel is not None and parcel.state == "delivered":
        return Delivered(parcel.reference or "")
    return Offered()


def _name(parcel: KeptParcel) -> CarrierName:
    return parcel.carrier  # type: ignore[return-value]  # written from a CarrierName


def carried(parcel: KeptParcel, attempt: int) -> Parcel:
    return Parcel(
        id=parcel.id,
        partner=parcel.partner,
        agreement=parcel.agreement,
        document_types=parcel.document_types,
        deliveries=parcel.members,
        content=parcel.content,
        media_type=parcel.media_type,
        file_name=parcel.file_name,
        made_at=parcel.made_at,
        control_number=parcel.control_number,
        test=parcel.test,
        attempt=attempt,
        again=parcel.again,
        traceparent=parcel.traceparent,
    )
