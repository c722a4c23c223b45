"""An answer laid beside what we sent: which of our messages were taken, and where in them the errors lie."""

from typing import Literal

from msgspec import Struct, structs

from translators.edifact.answers import ControlAnswer, MessageAnswer, ReportedError
from translators.edifact.examinations import InterchangeExamination, MessageExamination
from translators.edifact.segments import Segment
from translators.findings import Finding, Place

Outcome = Literal["received", "accepted", "rejected"]

_REFUSED = ("4", "6")
_TEXTS = {
    "2": "the syntax version or level is not supported",
    "7": "the recipient of the interchange is not who received it",
    "12": "the value is not valid",
    "13": "something mandatory is missing",
    "14": "the value is not supported in this position",
    "15": "it is not supported in this position",
    "16": "there are too many constituents",
    "17": "there is no agreement for it",
    "18": "there is an error that the partner does not name",
    "19": "the decimal notation is not valid",
    "20": "a character is not valid as service character",
    "21": "a character is not valid",
    "22": "a service character is not valid",
    "23": "the sender of the interchange is not known",
    "24": "it is too old",
    "25": "the test indicator is not supported",
    "26": "it was received before",
    "28": "control references do not match",
    "29": "a control count does not match",
    "30": "groups and messages are mixed",
    "31": "a group holds more than one message type",
    "32": "there is nothing below it",
    "33": "something stands outside of a message or group",
    "35": "a segment occurs too often",
    "36": "a group of segments occurs too often",
    "37": "the type of a character is not valid",
    "38": "a digit is missing before the decimal mark",
    "39": "the value is too long",
    "40": "the value is too short",
    "43": "the recipient of the interchange is not known",
    "45": "a separator separates nothing",
    "46": "the character set is not supported",
}
"""0085 in sentences of ours."""


class MessageOutcome(Struct, frozen=True, kw_only=True):
    """What became of one of our messages; `errors` lie in the bytes we sent."""

    number: int
    reference: str
    outcome: Outcome
    errors: tuple[Finding, ...]


class Reconciliation(Struct, frozen=True, kw_only=True):
    """An answer matched to an interchange. `errors` are those of its envelope, `unmatched` what the answer names and we
    never sent."""

    outcome: Outcome
    messages: tuple[MessageOutcome, ...]
    errors: tuple[Finding, ...]
    unmatched: tuple[str, ...]


def answers_to(answer: ControlAnswer, sent: InterchangeExamination) -> bool:
    """Whether the CONTRL answers this interchange: its reference, and the parties as we wrote them."""
    header = sent.header
    if header is None:
        return False
    same_parties = answer.sender in ("", header.sender) and answer.recipient in ("", header.recipient)
    return answer.reference == header.reference and same_parties


def reconcile(answer: ControlAnswer, sent: InterchangeExamination) -> Reconciliation:
    """What the answer says of every message we sent. Raises ValueError when it answers another interchange.

    Codes of 0083: 8 received; 4 and 6 rejected; 1, 2, 5 and 7 acknowledged, where messages may be rejected one by one;
    3 the same. A message nobody names shares the fate of its interchange.
    """
    if not answers_to(answer, sent):
        raise ValueError(f"the answer is to interchange `{answer.reference[:14]}`")
    outcome: Outcome = "received" if answer.action == "8" else "accepted"
    if answer.action in _REFUSED:
        outcome = "rejected"
    named = {(each.group, each.reference): each for each in answer.messages}
    refused = {each.reference for each in answer.groups if each.action in _REFUSED}
    outcomes = []
    for message in sent.messages:
        group = message.group.group.reference if message.group is not None else None
        told = named.pop((group, message.message.reference), None)
        outcomes.append(_message_outcome(message, told, "rejected" if group in refused else outcome))
    groups = {each.group.reference for each in sent.groups}
    unmatched = [each.reference for each in named.values()]
    unmatched += [each.reference for each in answer.groups if each.reference not in groups]
    return Reconciliation(
        outcome=outcome,
        messages=tuple(outcomes),
        errors=_envelope_errors(answer, sent),
        unmatched=tuple(unmatched),
    )


def _message_outcome(message: MessageExamination, told: MessageAnswer | None, above: Outcome) -> MessageOutcome:
    outcome = above
    errors: tuple[Finding, ...] = ()
    if told is not None:
        outcome = "rejected" if told.action in _REFUSED or above == "rejected" else above
        errors = tuple(_finding(each, message) for each in told.errors)
    return MessageOutcome(number=message.number, reference=message.message.reference, outcome=outcome, errors=errors)


def _envelope_errors(answer: ControlAnswer, sent: InterchangeExamination) -> tuple[Finding, ...]:
    segments = {"UNA": sent.una, "UNB": sent.unb, "UNZ": sent.unz}
    findings = [_at(error, segments.get(error.segment), Place()) for error in answer.errors]
    groups = {each.group.reference: each for each in sent.groups}
    for told in answer.groups:
        group = groups.get(told.reference)
        found = {"UNG": group.ung, "UNE": group.une} if group is not None else {}
        place = Place(group=told.reference)
        findings += [_at(error, found.get(error.segment), place) for error in told.errors]
    return tuple(findings)


def _finding(error: ReportedError, message: MessageExamination) -> Finding:
    segments = message.message.segments
    position = error.position or {"UNH": 1, "UNT": len(segments)}.get(error.segment)
    segment = segments[position - 1] if position and position <= len(segments) else None
    return _at(error, segment, Place(message=message.message.reference, segment_position=position))


def _at(error: ReportedError, segment: Segment | None, place: Place) -> Finding:
    """The error as a finding of ours, with the byte it means in what we sent."""
    offset = None
    if segment is not None:
        offset = segment.offset
        if error.element:
            offset = segment.offset_of(error.element, error.component or 1, error.repetition or 1)
    place = structs.replace(
        place,
        segment=segment.tag if segment is not None else error.segment or None,
        element=error.element,
        component=error.component,
        repetition=error.repetition,
        offset=offset,
    )
    text = _TEXTS.get(error.code, f"the partner tells code {error.code[:3]}")
    return Finding("edifact.reported", f"our partner says: {text}", place, act="operator", syntax_code=error.code[:3])
