"""Our verdict on each interchange and message of an input, as an acknowledgement will tell it."""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from gateway.answers import CONTROL_ERRORS
from gateway.submissions import Rejection, Suspended
from translators.canonical.ack import AckError, AckPart, AckSubject
from translators.edifact.examinations import Examination, InterchangeExamination, MessageExamination
from translators.edifact.examining import ExamineLimits, examine
from translators.findings import Finding
from translators.formats import Label
from translators.reading import Limits, Reading, x12_limits
from translators.readingeach import EachReading, read_each
from translators.x12.examining import examine as examine_x12

MOST_ERRORS = 99
"""Of one verdict, as they are kept; the bytes that leave are made from the message and hold them all."""


Said = Literal["accepted", "partly_accepted", "rejected"]


class Verdict(Struct, frozen=True, kw_only=True):
    """One answer. `place` says of what: `2` is the second interchange, `2.3` its third message."""

    kind: Literal["contrl", "997", "aperak"]
    place: str
    reference: str
    ours: str
    theirs: str
    interchange: str
    message: str = ""
    says: Said = "accepted"
    errors: tuple[AckError, ...] = ()
    parts: tuple[AckPart, ...] = ()
    is_divided: bool = False
    """Whether `parts` are all that was not taken, and nothing else is wrong with the rest."""
    test: bool = False
    """Of what was refused: whether its header says that it is a test."""


def accepted_verdicts(content: bytes, label: Label, reading: Reading, limits: Limits, kinds: set[str]) -> list[Verdict]:
    """Of an input that was taken as a whole. Nothing is read again where it holds one interchange and is answered as
    such, which is nearly always."""
    if label.format == "x12":
        found = _x12(content, reading, limits)
        return [_control("997", place, *one) for place, one in enumerate(found, 1)]
    header = reading.interchange
    if content.count(b"UNB") == 1 and header is not None and "aperak" not in kinds:
        return [_control("contrl", 1, header.reference, header.recipient, header.sender)]
    return list(_of_each(examine(content, examine_limits(limits)), kinds))


def _of_each(examination: Examination, kinds: set[str]) -> Iterator[Verdict]:
    for place, one in enumerate(examination.interchanges, 1):
        names = _names(one)
        if names is None:
            continue
        if "contrl" in kinds:
            yield _control("contrl", place, *names)
        for message in one.messages if "aperak" in kinds else ():
            yield _of_message(place, message, names, ())


def divided_verdicts(
    content: bytes, suspended: Sequence[Suspended], limits: Limits, kinds: set[str]
) -> Iterator[Verdict]:
    """Of an input of which some messages were taken and others not: each is told of for itself."""
    stays = {one.place: one.rejection for one in suspended}
    for place, one in enumerate(examine(content, examine_limits(limits)).interchanges, 1):
        names = _names(one)
        if names is None:
            continue
        rejected = {each.number: stays.get(f"{place}.{each.number}") for each in one.messages}
        if "contrl" in kinds:
            yield _divided_control(place, one, names, rejected, kinds)
        for message in one.messages if "aperak" in kinds else ():
            rejection = rejected[message.number]
            if rejection is None or not (_is_told_by_contrl(message, rejection, kinds) or one.is_bad):
                yield _of_message(place, message, names, _of_application(rejection) if rejection is not None else ())


def _divided_control(
    place: int, one: InterchangeExamination, names: tuple[str, str, str], rejected: dict[int, Rejection | None],
    kinds: set[str],
) -> Verdict:  # fmt: skip
    parts = []
    for message in one.messages:
        rejection = rejected[message.number]
        if rejection is not None and (one.is_bad or _is_told_by_contrl(message, rejection, kinds)):
            own = _errors(message.findings) or _told(rejection)
            parts.append(replace(_part(message), errors=own))
    if not parts:
        return _control("contrl", place, *names)
    says: Said = "rejected" if len(parts) == len(one.messages) else "partly_accepted"
    errors = _errors(one.findings) or _told(_rejection_of(parts))
    return _control("contrl", place, *names, says=says, errors=errors, parts=tuple(parts), is_divided=True)


def _rejection_of(parts: Sequence[AckPart]) -> Rejection:
    """The first reason stands for the whole."""
    first = parts[0].errors[0]
    return Rejection(code=first.code or "document.refused", text=first.text or "")


def _is_told_by_contrl(message: MessageExamination, rejection: Rejection, kinds: set[str]) -> bool:
    """Its syntax is wrong, or what stands around it; or nothing else would say no."""
    return message.is_bad or rejection.code in CONTROL_ERRORS or "aperak" not in kinds


def _of_application(rejection: Rejection) -> tuple[AckError, ...]:
    return _errors(rejection.findings) or _told(rejection)


def refused_verdicts(content: bytes, kind: str, rejection: Rejection, limits: Limits, kinds: set[str]) -> list[Verdict]:
    """Of an input that was refused as a whole, whatever was wrong in it.

    A CONTRL speaks of the syntax, an APERAK of the rest. Where no APERAK is agreed the CONTRL rejects what was refused
    for other reasons too: no answer of ours says yes to what we do not have.
    """
    if kind == "x12":
        examined = examine_x12(content, x12_limits(limits))
        names = [(one.control, one.receiver, one.sender) for one in examined.interchanges]
        return [
            replace(_control("997", place, *one, says="rejected", errors=_told(rejection)), test=each.is_test)
            for place, (one, each) in enumerate(zip(names, examined.interchanges, strict=True), 1)
            if all(one)
        ]
    return list(_edifact(read_each(content, limits), rejection, kinds))


def _edifact(read: EachReading, rejection: Rejection, kinds: set[str]) -> Iterator[Verdict]:
    application = {id(each.message): each.application_findings for each in read.messages}
    is_of_envelope = rejection.code in CONTROL_ERRORS
    for place, one in enumerate(read.examination.interchanges, 1):
        names = _names(one)
        if names is None or one.header is None:
            continue
        is_test = one.header.is_test
        is_bad = one.is_bad or any(each.is_bad for each in one.messages)
        if "contrl" in kinds:
            is_rejected = is_bad or is_of_envelope or "aperak" not in kinds
            says: Said = "rejected" if is_rejected else "accepted"
            errors = _errors(one.findings) if is_bad else _told(rejection, names[0])
            parts = tuple(_part(each) for each in one.messages if each.is_bad)
            errors = errors if says == "rejected" else ()
            yield replace(_control("contrl", place, *names, says=says, errors=errors, parts=parts), test=is_test)
        if "aperak" in kinds and not is_bad and not is_of_envelope:
            for message in one.messages:
                own = _errors(application.get(id(message), ()))
                yield replace(_of_message(place, message, names, own or _told(rejection)), test=is_test)


def _x12(content: bytes, reading: Reading, limits: Limits) -> list[tuple[str, str, str]]:
    header = reading.interchange
    if header is not None and content.count(b"ISA") == 1:
        return [(header.reference, header.recipient, header.sender)]
    return [(one.control, one.receiver, one.sender) for one in examine_x12(content, x12_limits(limits)).interchanges]


def _control(
    kind: Literal["contrl", "997"],
    place: int,
    reference: str,
    ours: str,
    theirs: str,
    *,
    says: Said = "accepted",
    errors: tuple[AckError, ...] = (),
    parts: tuple[AckPart, ...] = (),
    is_divided: bool = False,
) -> Verdict:
    return Verdict(
        kind=kind, place=str(place), reference=reference, ours=ours, theirs=theirs, interchange=reference, says=says,
        errors=errors, parts=parts, is_divided=is_divided,
    )  # fmt: skip


def _of_message(
    place: int, message: MessageExamination, names: tuple[str, str, str], errors: tuple[AckError, ...]
) -> Verdict:
    reference, ours, theirs = names
    return Verdict(
        kind="aperak", place=f"{place}.{message.number}", reference=f"{reference}/{message.message.reference}",
        ours=ours, theirs=theirs, interchange=reference, message=message.message.reference,
        says="rejected" if errors else "accepted", errors=errors,
    )  # fmt: skip


def _names(one: InterchangeExamination) -> tuple[str, str, str] | None:
    """Reference, recipient, sender; None where the UNB does not say whom to answer, or only the syntax is tried."""
    header = one.header
    if one.unb is None or header is None or not (header.sender and header.recipient and header.reference):
        return None
    if one.messages and all(each.message.type in ("CONTRL", "APERAK") for each in one.messages):
        return None
    return header.reference, header.recipient, header.sender


def _part(message: MessageExamination) -> AckPart:
    subject = AckSubject(message=message.message.reference or str(message.number))
    return AckPart(number=str(message.number), subject=subject, result="rejected", errors=_errors(message.findings))


def _errors(findings: "tuple[Finding, ...] | list[Finding]") -> tuple[AckError, ...]:
    told = [each for each in findings if each.severity == "error"][:MOST_ERRORS]
    return tuple(AckError(code=each.code, text=each.text, path=_path(each)) for each in told)


def _told(rejection: Rejection, interchange: str = "") -> tuple[AckError, ...]:
    """The reason, to the interchange it is about; the others of the input are refused beside it."""
    about = {one.place.interchange for one in rejection.findings if one.place.segment in ("UNB", "ISA")}
    if rejection.code in CONTROL_ERRORS and about and interchange and interchange[:35] not in about:
        return (AckError(code="document.refused", text="another interchange of the same input is refused"),)
    return (AckError(code=rejection.code, text=rejection.text),)


def _path(finding: Finding) -> str | None:
    """`LIN+7/2.1`: the segment with its position in the message, then element and component."""
    place = finding.place
    if place.segment is None:
        return None
    where = f"{place.segment}+{place.segment_position or '?'}"
    if place.element is None:
        return where
    return f"{where}/{place.element}" + (f".{place.component}" if place.component else "")


def examine_limits(limits: Limits) -> ExamineLimits:
    return ExamineLimits(
        max_interchanges=limits.max_interchanges,
        max_messages=limits.max_messages,
        max_segments=limits.max_segments,
        max_segment_bytes=limits.max_segment_bytes,
        max_findings=limits.max_findings,
    )
