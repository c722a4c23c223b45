"""What we owe a partner for what it sent: CONTRL, 997 and APERAK, kept in one transaction with the verdict.

Here is decided that something is answered and what the answer says; the bytes are made from the message itself when the
answer leaves (destinations/partner/answering.py). What an acknowledgement says is never answered, so nothing loops.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal

from msgspec.structs import replace

from gateway.answers import MISNAMED
from gateway.destinations.contract import ANSWER
from gateway.goodsreceived import despatches_of, verdict_of
from gateway.identifiers import external_id
from gateway.ledger.entries import Acceptance, Heard, NewDelivery, NewDocument, Obligation, Refusal, Settled
from gateway.retries import as_schedule
from gateway.submissions import PartOf, Rejection, Suspended
from gateway.verdicts import Verdict, accepted_verdicts, divided_verdicts, refused_verdicts
from partners.agreements import Acknowledgement, Agreement, is_in_force
from partners.inbound import Came, agreement_by_which, is_of_format
from partners.interchangenames import of_partner
from partners.profile import Partner
from translators.canonical.ack import Ack, AckSubject
from translators.canonical.documents import encode
from translators.canonical.identifiers import Identifier
from translators.canonical.order_response import OrderResponse
from translators.canonical.parties import Party
from translators.canonical.receipt import Receipt
from translators.formats import Label
from translators.reading import Limits, Reading

_WAITS = as_schedule((10, 60, 300, 900, 3600, 14400))
_LANE = "answers"
READ_IN_THREAD = 128 * 1024
"""Bytes from which a message is looked at beside the event loop."""
_MADE_HERE = {"edifact": ("contrl", "aperak"), "x12": ("997",)}
_RESULTS = {
    "received": "received", "accepted": "accepted", "accepted_with_errors": "accepted",
    "accepted_with_changes": "accepted", "partly_accepted": "rejected", "rejected": "rejected",
}  # fmt: skip
"""What a part of our documents is refused by is a no that a person must see."""
_LATER = ("order_response", "receipt_advice")
"""Owed from the moment of acceptance, made by what happens to the document."""


def agrees(partner: Partner | None) -> bool:
    """Whether anything that this partner sends is agreed: asked first, so that nobody else pays for it."""
    return partner is not None and any(one.direction == "in" for one in partner.agreements)


async def answered(
    entry: Acceptance,
    partner: Partner,
    label: Label,
    reading: Reading,
    limits: Limits,
    part: PartOf | None = None,
    suspended: Sequence[Suspended] = (),
) -> Acceptance:
    """The acceptance with what we owe for it, and for how long its reference is remembered. Of a long interchange more
    follows in other messages, and a CONTRL answers the whole with the last `part` of it. `suspended` are messages of it
    that were not taken."""
    is_end = part is None or part.last
    agreement = _agreement(partner, entry, label, reading) if label.document_type != "ack" else None
    if agreement is None:
        return entry
    entry = replace(entry, remembered=agreement.duplicate_window.seconds)
    asked = [one for one in agreement.acknowledgements if is_end or one.kind != "contrl"]
    made = _Answers(partner, agreement, entry, len(entry.documents), len(entry.deliveries))
    here = {
        str(one.kind): one
        for one in asked
        if one.kind in _MADE_HERE.get(label.format, ()) and (one.when == "always" or suspended)
    }
    for verdict in await _verdicts(entry, label, reading, limits, set(here), suspended) if here else ():
        if here[verdict.kind].when == "always" or verdict.says != "accepted":
            made.add(here[verdict.kind], verdict)
    for one in asked:
        if one.kind in _LATER and one.when == "always":
            for document in reading.documents:
                made.owe_later(one, document.number)
    return replace(
        entry,
        documents=(*entry.documents, *made.documents),
        deliveries=(*entry.deliveries, *made.deliveries),
        owed=tuple(made.owed),
    )


async def _verdicts(
    entry: Acceptance, label: Label, reading: Reading, limits: Limits, kinds: set[str], suspended: Sequence[Suspended]
) -> Iterable[Verdict]:
    if suspended:
        return await asyncio.to_thread(lambda: list(divided_verdicts(entry.content, suspended, limits, kinds)))
    if len(entry.content) < READ_IN_THREAD:
        return accepted_verdicts(entry.content, label, reading, limits, kinds)
    return await asyncio.to_thread(accepted_verdicts, entry.content, label, reading, limits, kinds)


def with_words(entry: Acceptance, label: Label, reading: Reading) -> Acceptance:
    """The acceptance with what the sender says of something we sent, or answers for us, where it does such a thing."""
    if label.document_type not in ("ack", "order_response", "receipt"):
        return entry
    if entry.sender_kind != "partner":
        return replace(entry, settled=tuple(_settled(entry, reading)))
    heard = [one for document in reading.documents for one in _heard(label, document.object)]
    return replace(entry, heard=tuple(heard))


def _settled(entry: Acceptance, reading: Reading) -> Iterator[Settled]:
    """By the partner that the routes send it to."""
    for one in entry.deliveries:
        kind, _, partner = one.destination.partition(":")
        said = reading.documents[one.document - 1].object if one.document <= len(reading.documents) else None
        if kind == "partner" and isinstance(said, OrderResponse):
            says = "rejected" if said.status == "rejected" else "accepted"
            yield Settled(partner=partner, kind="order_response", subject=said.order.number, says=says)
        if kind == "partner" and isinstance(said, Receipt):
            for number in despatches_of(said):
                yield Settled(partner=partner, kind="receipt_advice", subject=number, says=verdict_of(said))


def _heard(label: Label, said: object) -> Iterator[Heard]:
    if isinstance(said, OrderResponse):
        yield Heard(kind="order_response", result=_RESULTS[said.status], document=said.order.number)
    if isinstance(said, Receipt):
        for number in despatches_of(said):
            yield Heard(kind="receipt_advice", result=verdict_of(said), document=number)
    kind = label.name.lower()
    if not isinstance(said, Ack) or kind not in ("contrl", "aperak", "997", "999"):
        return
    subject = said.subject
    by_document = kind == "aperak"
    if by_document and subject.document is not None:
        yield Heard(kind=kind, result=_RESULTS[said.result], document=subject.document.number)
    control = subject.interchange or subject.group
    if not by_document and control:
        yield Heard(kind=kind, result=_RESULTS[said.result], control_number=control)


async def answered_refusal(
    entry: Refusal, partner: Partner, label: Label | None, rejection: Rejection, limits: Limits
) -> Refusal:
    """The refusal with what we owe for it. One by a limit is not answered: the same may come again and be taken."""
    if rejection.limits or rejection.retry_after is not None or (label is not None and label.document_type == "ack"):
        return entry
    kind = _kind_of(entry.content)
    agreement = _agreement_of_refused(partner, entry, label, kind) if kind is not None else None
    if agreement is None or kind is None:
        return entry
    asked = {one.kind: one for one in agreement.acknowledgements if one.kind in _MADE_HERE[kind]}
    if not asked:
        return entry
    if rejection.code in MISNAMED and of_partner(partner, kind) is None:
        return entry  # who is to be answered in whose name is what it got wrong
    verdicts = await asyncio.to_thread(refused_verdicts, entry.content, kind, rejection, limits, set(asked))
    entry = replace(entry, test=entry.test or (bool(verdicts) and all(one.test for one in verdicts)))
    made = _Answers(partner, agreement, entry, 0, 0)
    for verdict in verdicts:
        one = asked[verdict.kind]
        if one.when == "always" or verdict.says == "rejected":
            made.add(one, verdict)
    return replace(entry, documents=tuple(made.documents), deliveries=tuple(made.deliveries), owed=tuple(made.owed))


class _Answers:
    """Our answers to one message, numbered on from what it holds."""

    def __init__(
        self, partner: Partner, agreement: Agreement, entry: Acceptance | Refusal, documents: int, deliveries: int
    ) -> None:
        self.documents: list[NewDocument] = []
        self.deliveries: list[NewDelivery] = []
        self.owed: list[Obligation] = []
        self._partner = partner
        self._agreement = agreement
        self._entry = entry
        self._first = (documents, deliveries)

    def add(self, asked: Acknowledgement, verdict: Verdict) -> None:
        body = encode(_ack(self._agreement, self._entry.received_at, verdict))
        number = f"{verdict.kind}-{verdict.reference}"[:60]
        key = f"{self._entry.message_id}|{verdict.kind}|{verdict.place}"
        document = NewDocument("ack", number, key, body, sha256(body).digest())
        self.documents.append(document)
        delivery = NewDelivery(
            document=self._first[0] + len(self.documents),
            destination=f"partner:{self._partner.id}",
            operation=ANSWER,
            lane=_LANE,
            external_id=external_id(self._partner.id, "ack", key),
            retries=_WAITS,
            when_parked="pass",
        )
        self.deliveries.append(delivery)
        self._owe(asked, verdict.reference, self._first[1] + len(self.deliveries), verdict)

    def owe_later(self, asked: Acknowledgement, reference: str) -> None:
        self._owe(asked, reference, None, None)

    def _owe(self, asked: Acknowledgement, reference: str, delivery: int | None, verdict: Verdict | None) -> None:
        repetition = None
        if isinstance(self._entry, Refusal) and verdict is not None and not self._entry.test:
            repetition = sha256(self._entry.content_hash + f"{verdict.place}|{verdict.says}".encode()).digest()
        self.owed.append(
            Obligation(
                partner=self._partner.id,
                agreement=self._agreement.name,
                kind=asked.kind,
                subject=reference[:60],
                within=asked.within.seconds,
                warn=asked.warn.seconds if asked.warn is not None else None,
                delivery=delivery,
                says=_as_kept(verdict) if verdict is not None else None,
                repetition=repetition,
            )
        )


def _agreement(partner: Partner, entry: Acceptance, label: Label, reading: Reading) -> Agreement | None:
    """The one by which this came."""
    came = Came(
        document=label.document_type,
        channel=entry.channel,
        at=entry.received_at,
        format=label.format,
        label=label,
        syntax=reading.interchange.syntax if reading.interchange is not None else "",
        test=entry.test if reading.interchanges and label.format != "vda" else None,
    )
    found = agreement_by_which(partner, came, tests_anyway=True)
    return found if isinstance(found, Agreement) else None


def _agreement_of_refused(partner: Partner, entry: Refusal, label: Label | None, kind: str) -> Agreement | None:
    """The one about this document; for what was not understood, or is not agreed, the first by which anything of its
    format is answered on its channel."""
    here = [
        one
        for one in partner.agreements
        if (one.direction, one.channel) == ("in", entry.channel) and is_in_force(one, entry.received_at)
    ]
    about = (one for one in here if label is not None and one.document == label.document_type)
    answered = (one for one in here if any(each.kind in _MADE_HERE[kind] for each in one.acknowledgements))
    return next((one for one in (*about, *answered) if is_of_format(one, kind)), None)


def _kind_of(content: bytes) -> Literal["edifact", "x12"] | None:
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:3] in (b"UNA", b"UNB"):
        return "edifact"
    return "x12" if start.startswith(b"ISA") else None


def _as_kept(verdict: Verdict) -> str:
    """A no to a part is a no that somebody must see."""
    return "accepted" if verdict.says == "accepted" else "rejected"


def _ack(agreement: Agreement, at: datetime, verdict: Verdict) -> Ack:
    """The canonical document; `ext` is what the way out needs to make the bytes from the message."""
    return Ack(
        number=f"{verdict.kind}-{verdict.reference}-{verdict.place}"[:200],
        level="application" if verdict.kind == "aperak" else "syntax",
        issued_on=at.date(),
        sender=_party(verdict.ours),
        receiver=_party(verdict.theirs),
        subject=AckSubject(interchange=verdict.interchange or None, message=verdict.message or None),
        result=verdict.says,
        errors=verdict.errors,
        parts=verdict.parts,
        ext={
            "answer": verdict.kind,
            "agreement": agreement.name,
            "place": verdict.place,
            **({"divided": "yes"} if verdict.is_divided else {}),
        },
    )


def _party(name: str) -> Party:
    return Party(identifiers=(Identifier(scheme="other", value=name or "?"),))
