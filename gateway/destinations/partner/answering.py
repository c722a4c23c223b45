"""Our answers to what a partner sent, as the interchange that leaves: CONTRL, 997, APERAK.

The verdict was given, and is on record, when the message came; the bytes are made from the message itself. Should a
later version of the gateway read the message otherwise, nothing leaves that contradicts what is on record.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from msgspec import Struct

from gateway.answers import CONTROL_ERRORS, MISNAMED, ControlError
from gateway.destinations.partner.composing import MESSAGES, Leaving, NotComposed, carrier_of, format_of, text_of
from gateway.ledger.parcels import Made, NewParcel, References, Series
from partners.agreements import Acknowledgement, Agreement, is_in_force
from partners.interchangenames import InterchangeName, of_partner
from partners.profile import Partner
from translators.canonical.ack import Ack, AckError
from translators.canonical.documents import decode
from translators.edifact.acknowledgements import (
    Acknowledgement as Contrl,
)
from translators.edifact.acknowledgements import (
    AcknowledgementTerms,
    ControlReferences,
    NoAcknowledgement,
    acknowledge,
)
from translators.edifact.applicationerrors import (
    ApplicationReferences,
    ApplicationTerms,
    ErrorCodes,
    application_answer,
)
from translators.edifact.controlnumbers import ControlNumbers
from translators.edifact.dispositions import Disposition, InboundMode, Suspended, dispose
from translators.edifact.examinations import InterchangeExamination, MessageExamination
from translators.edifact.examining import examine
from translators.edifact.outgoing import CannotWrite, Party
from translators.findings import Finding, Place
from translators.x12.acknowledgements import AnswerEnvelope
from translators.x12.acknowledgements import acknowledge as acknowledge_x12
from translators.x12.examining import examine as examine_x12
from translators.x12.interchanges import Interchange
from translators.x12.writing import CannotWrite as CannotWriteX12

_CODES = ErrorCodes(otherwise="ZZZ")
"""9321 is agreed between partners; ZZZ is mutually defined, and the text says what is wrong."""


class Answering(Struct, frozen=True):
    """`contents` finds the bytes of a message that came."""

    contents: Callable[[UUID], Awaitable[bytes | None]]

    async def parcel(
        self,
        partner: Partner,
        document: Leaving,
        id: UUID,  # noqa: A002 - the word every row uses
        at: datetime,
    ) -> tuple[NewParcel, Callable[[References], Made]]:
        """What is to be kept, and how its content is made once its references are known. Raises NotComposed."""
        ack = decode(document.body)
        assert isinstance(ack, Ack), "the ledger keeps what was derived"
        said = ack.ext or {}
        agreement = next((one for one in partner.agreements if one.name == said.get("agreement")), None)
        if agreement is None:
            text = f"agreement `{said.get('agreement')}` of `{partner.id}`, by which we answer, is no longer there"
            raise NotComposed("partner.no_agreement", text)
        content = await self.contents(document.message_id)
        if content is None:
            raise NotComposed("partner.content_erased", "the message that is answered is kept no longer")
        found = await asyncio.to_thread(_find, content, said)
        ours, theirs = _between(partner, found, ack)
        numbers = _numbers(partner, agreement, "x12" if said["answer"] == "997" else "edifact", at)
        new = NewParcel(
            id=id,
            partner=partner.id,
            agreement=agreement.name,
            carrier=carrier_of(partner, agreement),
            document_types=("ack",),
            members=((document.message_id, document.number),),
            made_at=at,
            series=Series(
                ours=text_of(ours), theirs=text_of(theirs), numbers=numbers, of_messages=MESSAGES, messages=1
            ),
            not_again_after=at - timedelta(seconds=agreement.duplicate_window.seconds),
            test=document.test,
            traceparent=document.traceparent,
        )
        asked = next((one for one in agreement.acknowledgements if one.kind == said["answer"]), None)
        return new, partial(_make, found, ack, asked, at, (ours, theirs))


class _Found(Struct, frozen=True):
    """What is answered."""

    interchange: InterchangeExamination | Interchange
    message: int

    @property
    def names(self) -> tuple[Party, Party]:
        """Ours and theirs, as the sender wrote them."""
        one = self.interchange
        if isinstance(one, Interchange):
            return (Party(id=one.receiver, qualifier=one.receiver_qualifier),
                    Party(id=one.sender, qualifier=one.sender_qualifier))  # fmt: skip
        assert one.unb is not None
        return Party.of(one.unb, 3), Party.of(one.unb, 2)


def _find(content: bytes, said: dict[str, str]) -> _Found:
    place, _, message = said["place"].partition(".")
    number = int(place) - 1
    found: list[InterchangeExamination] | list[Interchange]
    found = examine_x12(content).interchanges if said["answer"] == "997" else examine(content).interchanges
    one = found[number] if number < len(found) else None
    if one is None or (isinstance(one, InterchangeExamination) and one.unb is None):
        raise _differs()
    return _Found(one, int(message or 0))


def _between(partner: Partner, found: _Found, ack: Ack) -> tuple[Party, Party]:
    """Ours and theirs: as the sender wrote them, but for a name that is why it was refused."""
    ours, theirs = found.names
    code = ack.errors[0].code if ack.errors else None
    if code in MISNAMED:
        agreed = of_partner(partner, "x12" if isinstance(found.interchange, Interchange) else "edifact")
        if agreed is None:
            text = f"the profile of `{partner.id}` no longer says between which names it is answered"
            raise NotComposed("partner.profile_incomplete", text)
        ours = _party(agreed.ours)
        theirs = _party(agreed.theirs[0]) if code == "interchange.sender" else theirs
    return ours, theirs


def _party(name: InterchangeName) -> Party:
    return Party(id=name.id, qualifier=name.qualifier, internal=name.internal)


def _make(
    found: _Found, ack: Ack, asked: Acknowledgement | None, at: datetime, between: tuple[Party, Party],
    references: References,
) -> Made:  # fmt: skip
    one, kind = found.interchange, (ack.ext or {})["answer"]
    detail = asked.detail if asked is not None else "elements"
    try:
        if isinstance(one, Interchange):
            content = _functional(one, ack, references, at, between)
        elif kind == "contrl":
            content = _contrl(one, ack, detail, references, at, between)
        else:
            content = _aperak(one, found.message, ack, detail, references, at)
    except (CannotWrite, CannotWriteX12) as problem:
        raise NotComposed("partner.not_writable", str(problem)) from None
    is_x12 = isinstance(one, Interchange)
    name = f"{kind}-{references.interchange}.{'x12' if is_x12 else 'edi'}"
    return Made(content=content, media_type="application/edi-x12" if is_x12 else "application/edifact", file_name=name)


def _contrl(
    one: InterchangeExamination, ack: Ack, detail: str, references: References, at: datetime,
    between: tuple[Party, Party],
) -> bytes:  # fmt: skip
    terms = AcknowledgementTerms(detail=detail)  # type: ignore[arg-type]  # the same three words
    disposition = dispose(one, InboundMode(suspend_all=True))
    is_bad = one.is_bad or bool(disposition.suspended)
    if "divided" in (ack.ext or {}):
        disposition = _divided(one, ack)
    elif ack.result == "rejected" and not is_bad:  # right, and refused for another reason
        _tell(one, ack.errors[0] if ack.errors else None)
        because = ack.errors[0].text or "" if ack.errors else ""
        disposition = Disposition(
            units=(), suspended=tuple(Suspended(message=each, because=because) for each in one.messages)
        )
    if ack.result == "accepted" and is_bad:
        raise _differs()
    control = ControlReferences(interchange=references.interchange, message=references.messages[0], prepared=at)
    made = acknowledge(one, disposition, terms, control, is_sender_known=True, between=between)
    if isinstance(made, NoAcknowledgement):
        raise NotComposed("partner.not_writable", made.because)
    assert isinstance(made, Contrl)
    return made.content


def _divided(one: InterchangeExamination, ack: Ack) -> Disposition:
    """Some messages were taken and others not; those that are wrong are among the others."""
    parts = {part.number: part for part in ack.parts}
    if any(str(each.message.number) not in parts for each in dispose(one, InboundMode()).suspended):
        raise _differs()
    suspended = []
    for each in one.messages:
        part = parts.get(str(each.number))
        if part is None:
            continue
        error = part.errors[0] if part.errors else None
        told = CONTROL_ERRORS.get(error.code or "") if error is not None else None
        if error is not None and told is not None and told.segment == "UNH" and not each.is_bad:
            _tell_message(each, error, told)
        suspended.append(Suspended(message=each, because=(error.text or "") if error is not None else ""))
    return Disposition(units=(), suspended=tuple(suspended))


def _tell_message(message: MessageExamination, error: AckError, told: ControlError) -> None:
    place = Place(segment=told.segment, element=told.element)
    finding = Finding(error.code or "", error.text or "", place=place, syntax_code=told.code)
    message.findings = (*message.findings, finding)
    message.errors += 1


def _tell(one: InterchangeExamination, error: AckError | None) -> None:
    """What a CONTRL has a code for becomes an error of the envelope it is about."""
    told = CONTROL_ERRORS.get(error.code or "") if error is not None else None
    if error is None or told is None:
        return
    if told.segment == "UNH":
        for each in one.messages:
            _tell_message(each, error, told)
        return
    place = Place(segment=told.segment, element=told.element)
    one.findings.append(Finding(error.code or "", error.text or "", place=place, syntax_code=told.code))
    one.errors += 1


def _aperak(
    one: InterchangeExamination, number: int, ack: Ack, detail: str, references: References, at: datetime
) -> bytes:
    message = next((each for each in one.messages if each.number == number), None)
    if message is None:
        raise _differs()
    terms = ApplicationTerms(detail="errors" if detail == "elements" else "document")
    own = ApplicationReferences(
        interchange=references.interchange, message=references.messages[0], number=references.interchange, prepared=at
    )
    findings = tuple(_finding(each) for each in ack.errors)
    made = application_answer(one, message, findings, _CODES, own, terms)
    if isinstance(made, NoAcknowledgement):
        raise NotComposed("partner.not_writable", made.because)
    return made


def _functional(
    one: Interchange, ack: Ack, references: References, at: datetime, between: tuple[Party, Party]
) -> bytes:
    """A 997 says of each set what its syntax is; what was refused for other reasons is rejected set by set."""
    is_bad = _is_bad(one)
    ours, theirs = between
    one.receiver, one.receiver_qualifier, one.sender, one.sender_qualifier = (
        ours.id, ours.qualifier, theirs.id, theirs.qualifier,
    )  # fmt: skip
    if ack.result == "accepted" and is_bad:
        raise _differs()
    if ack.result == "rejected":
        because = Finding(
            "document.refused", ack.errors[0].text or "it was refused" if ack.errors else "it was refused"
        )
        for own in (each for group in one.groups for each in group.sets):
            if not own.is_bad:
                own.findings = (*own.findings, because)
    envelope = AnswerEnvelope(control=references.interchange, prepared=at, first_set=int(references.messages[0]))
    content = acknowledge_x12(one, envelope)
    if content is None:
        raise NotComposed("partner.not_writable", "the interchange holds nothing that is answered")
    return content


def _is_bad(one: Interchange) -> bool:
    of_groups = (group for group in one.groups)
    found = (*one.findings, *(each for group in of_groups for each in group.findings))
    sets = (own for group in one.groups for own in group.sets)
    return any(each.severity == "error" for each in found) or any(own.is_bad for own in sets)


def _finding(error: AckError) -> Finding:
    place = f" ({error.path})" if error.path else ""
    return Finding(error.code or "document.refused", f"{error.text or error.code}{place}")


def _numbers(partner: Partner, agreement: Agreement, kind: str, at: datetime) -> ControlNumbers:
    """Those of what we send them in this format, so that a partner sees one series; else the usual ones."""
    out = (one for one in partner.agreements if one.direction == "out" and is_in_force(one, at))
    asked = next((one.control_numbers for one in out if format_of(one) == kind), agreement.control_numbers)
    return ControlNumbers(first=asked.first, last=asked.last, digits=asked.digits, prefix=asked.prefix)


def _differs() -> NotComposed:
    return NotComposed(
        "partner.answer_differs",
        "read again, the message says otherwise than the verdict on record; nothing is sent that contradicts it",
    )
