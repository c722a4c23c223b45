"""CONTRL and APERAK as canonical acknowledgements: what a partner says of what it got from us."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from translators.canonical.ack import Ack, AckError, AckPart, AckSubject, Result
from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.references import Ref
from translators.edifact.answers import Answers, ApplicationAnswer, ControlAnswer, ReportedError
from translators.edifact.headers import Header

MESSAGES = ("CONTRL", "APERAK")
_REFUSED = ("4", "6")
_ACCEPTED = ("28", "29", "30", "34", "44", "45")
"""1225: accepted without or with amendments or reserves; what is reported beside it is a remark."""
_NOT_ACCEPTED = "27"
_MESSAGE_REFERENCE = "ACW"


def acks_of(answers: Answers) -> tuple[list[Ack], tuple[Header, ...]]:
    """In the order in which they stand, and the headers of the interchanges they came in, each once."""
    found = [*(one.header for one in answers.controls), *(one.header for one in answers.applications)]
    headers = tuple(dict.fromkeys(one for one in found if one is not None))
    acks = [_control(one) for one in answers.controls if one.header is not None and one.reference]
    return [*acks, *(_application(one) for one in answers.applications if one.header is not None)], headers


def _control(answer: ControlAnswer) -> Ack:
    """A UCM or UCF with action 4 below a UCI with 7: a part of the interchange was taken."""
    parts = tuple(
        AckPart(
            number=str(number),
            subject=AckSubject(message=each.reference or "?", group=each.group, type=each.type or None),
            result="rejected" if each.action in _REFUSED else "accepted",
            errors=_errors(each.errors) if each.action in _REFUSED else (),
        )
        for number, each in enumerate(answer.messages, 1)
    )
    refused = any(each.action in _REFUSED for each in answer.messages)
    refused = refused or any(each.action in _REFUSED for each in answer.groups)
    result: Result = "partly_accepted" if refused else "accepted"
    if answer.action == "8":
        result, parts = "received", ()
    if answer.action in _REFUSED:
        result, parts = "rejected", tuple(each for each in parts if each.result == "rejected")
    errors = _errors(answer.errors) if result in ("rejected", "partly_accepted") else ()
    return _ack(
        answer.header, answer.message, "syntax", AckSubject(interchange=answer.reference), result, errors, parts
    )


def _application(answer: ApplicationAnswer) -> Ack:
    message = next((number for kind, number in answer.references if kind == _MESSAGE_REFERENCE), None)
    document = next((number for kind, number in answer.references if kind != _MESSAGE_REFERENCE and number), None)
    subject = AckSubject(
        message=message or (None if document else "?"),
        document=Ref(kind="other", number=document) if document else None,
    )
    accepted = answer.response in _ACCEPTED or (answer.response != _NOT_ACCEPTED and not answer.errors)
    errors = _errors(answer.errors, "warning" if accepted else "error")
    return _ack(answer.header, answer.message, "application", subject, "accepted" if accepted else "rejected", errors)


def _ack(
    header: Header | None,
    message: str,
    level: str,
    subject: AckSubject,
    result: Result,
    errors: tuple[AckError, ...],
    parts: tuple[AckPart, ...] = (),
) -> Ack:
    assert header is not None, "answers without an envelope are left out"
    return Ack(
        number=f"{header.reference}-{message}",
        level=level,  # type: ignore[arg-type]  # one of its two words
        issued_on=_day(header.date),
        sender=_party(header.sender, header.sender_qualifier),
        receiver=_party(header.recipient, header.recipient_qualifier),
        subject=subject,
        result=result,
        errors=errors,
        parts=parts,
    )


def _errors(told: Iterable[ReportedError], severity: Literal["error", "warning"] = "error") -> tuple[AckError, ...]:
    return tuple(
        AckError(code=each.code or "18", text=each.text or None, path=_path(each), severity=severity) for each in told
    )


def _path(error: ReportedError) -> str | None:
    """`7/2.1`: the segment by its position, then element and component."""
    where = error.segment or (str(error.position) if error.position else "")
    if not where:
        return None
    element = f"/{error.element}" if error.element else ""
    return where + element + (f".{error.component}" if element and error.component else "")


def _party(name: str, qualifier: str) -> Party:
    return Party(identifiers=(Identifier(scheme="other", value=name or "?", agency=qualifier or None),))


def _day(text: str) -> date:
    """Of a UNB: two digits of the year mean 1980 to 2079."""
    digits = text if len(text) == len("YYYYMMDD") else ("19" if text[:2] >= "80" else "20") + text
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return date(1980, 1, 1)
