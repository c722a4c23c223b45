"""Answers to what we sent: CONTRL and APERAK read leniently, and laid beside the interchange they answer.

Whoever answers us is seldom strict, so nothing is checked against a directory here: what can be understood is, and what
cannot is told as a finding.
"""

from collections.abc import Iterator

from msgspec import Struct, field

from translators.edifact.examining import ExamineLimits
from translators.edifact.faults import Faults
from translators.edifact.headers import Header
from translators.edifact.interchange import InterchangeReader, Message
from translators.edifact.segments import Segment
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Agreement, Tokenizer
from translators.findings import Finding


class ReportedError(Struct, frozen=True, kw_only=True):
    """An error as our partner tells it. `element` counts without the tag, so the first element is 1, as everywhere."""

    code: str
    segment: str = ""
    position: int | None = None
    element: int | None = None
    component: int | None = None
    repetition: int | None = None
    text: str = ""


class MessageAnswer(Struct, kw_only=True):
    """What a UCM says; `group` is the reference of its UCF."""

    reference: str
    type: str
    action: str
    group: str | None = None
    errors: list[ReportedError] = field(default_factory=list)


class GroupAnswer(Struct, kw_only=True):
    """What a UCF says."""

    reference: str
    action: str
    errors: list[ReportedError] = field(default_factory=list)


class ControlAnswer(Struct, kw_only=True):
    """One CONTRL. `sender` and `recipient` are those of the interchange it answers, as UCI repeats them."""

    header: Header | None
    message: str
    reference: str
    sender: str
    recipient: str
    action: str
    errors: list[ReportedError] = field(default_factory=list)
    groups: list[GroupAnswer] = field(default_factory=list)
    messages: list[MessageAnswer] = field(default_factory=list)


class ApplicationAnswer(Struct, kw_only=True):
    """One APERAK. `references` are its RFF before the errors: (qualifier, number), in order."""

    header: Header | None
    message: str
    document: str
    number: str
    response: str
    references: tuple[tuple[str, str], ...]
    errors: tuple[ReportedError, ...]


class Answers(Struct, frozen=True, kw_only=True):
    """All answers in an input, and what was wrong with it: an error in an answer is for a person to see."""

    controls: tuple[ControlAnswer, ...]
    applications: tuple[ApplicationAnswer, ...]
    findings: tuple[Finding, ...]


def read_answers(content: bytes, limits: ExamineLimits = ExamineLimits()) -> Answers:  # noqa: B008 - frozen
    """Every CONTRL and APERAK in `content`. Raises nothing, whatever the input."""
    faults = Faults(limits.max_findings)
    agreement = Agreement(max_segment_bytes=limits.max_segment_bytes, max_findings=limits.max_findings)
    tokenizer = Tokenizer(agreement)
    controls: list[ControlAnswer] = []
    applications: list[ApplicationAnswer] = []
    for message in _messages(content, tokenizer, InterchangeReader(faults, limits.max_messages, limits.max_segments)):
        if message.type == "CONTRL":
            control = _control(message, faults)
            if control is not None:
                controls.append(control)
        elif message.type == "APERAK":
            applications.append(_application(message))
    findings = (*tokenizer.findings, *faults.findings)
    return Answers(controls=tuple(controls), applications=tuple(applications), findings=findings)


def _messages(content: bytes, tokenizer: Tokenizer, reader: InterchangeReader) -> Iterator[Message]:
    for segment in tokenize((content,), tokenizer):
        message = reader.take(segment)
        if message is not None:
            yield message
        if reader.stopped:
            return
    last = reader.finish()
    if last is not None:
        yield last


def _control(message: Message, faults: Faults) -> ControlAnswer | None:
    uci = next((segment for segment in message.segments if segment.tag == "UCI"), None)
    if uci is None:
        text = f"the CONTRL `{message.reference[:14]}` has no UCI, so it answers nothing"
        faults.tell("missing", "edifact.answer.uci", text, message.segments[0], position=1)
        return None
    answer = ControlAnswer(
        header=message.header,
        message=message.reference,
        reference=uci.get(1),
        sender=uci.get(2, 1),
        recipient=uci.get(3, 1),
        action=uci.get(4),
        errors=_service_errors(uci, 5),
    )
    _read_below(message, answer, faults)
    return answer


def _read_below(message: Message, answer: ControlAnswer, faults: Faults) -> None:
    """UCF, UCM, UCS and UCD in the order they come; what stands below nothing is told."""
    group: GroupAnswer | None = None
    current: MessageAnswer | None = None
    position: int | None = None
    for at, segment in enumerate(message.segments, 1):
        tag = segment.tag
        if tag == "UCF":
            group = GroupAnswer(reference=segment.get(1), action=segment.get(4), errors=_service_errors(segment, 5))
            answer.groups.append(group)
            current = None
        elif tag == "UCM":
            current = _message_answer(segment, group)
            answer.messages.append(current)
            position = None
        elif tag in ("UCS", "UCD"):
            if current is None or (tag == "UCD" and position is None):
                text = f"the {tag} belongs to no {'UCM' if current is None else 'UCS'}"
                faults.tell("position", "edifact.answer.order", text, segment, position=at)
            elif tag == "UCS":
                position = _number(segment.get(1))
                if segment.get(2):
                    current.errors.append(ReportedError(code=segment.get(2), position=position))
            else:
                current.errors.append(_at_element(segment, 1, 2, position))


def _message_answer(ucm: Segment, group: GroupAnswer | None) -> MessageAnswer:
    return MessageAnswer(
        reference=ucm.get(1),
        type=ucm.get(2, 1),
        action=ucm.get(3),
        group=group.reference if group is not None else None,
        errors=_service_errors(ucm, 4),
    )


def _service_errors(segment: Segment, at: int) -> list[ReportedError]:
    """0085, the service segment in error and S011, which end UCI, UCF and UCM."""
    if not segment.get(at):
        return []
    return [_at_element(segment, at, at + 2, None, segment.get(at + 1))]


def _at_element(segment: Segment, code: int, place: int, position: int | None, tag: str = "") -> ReportedError:
    element = _number(segment.get(place, 1))
    return ReportedError(
        code=segment.get(code),
        segment=tag,
        position=position,
        element=element - 1 if element is not None and element > 1 else None,
        component=_number(segment.get(place, 2)),
        repetition=_number(segment.get(place, 3)),
    )


def _application(message: Message) -> ApplicationAnswer:
    """BGM says whether, RFF to what, every ERC with the FTX and RFF after it why."""
    references: list[tuple[str, str]] = []
    errors: list[dict[str, str]] = []
    bgm = next((segment for segment in message.segments if segment.tag == "BGM"), message.segments[0])
    for segment in message.segments:
        tag = segment.tag
        if tag == "RFF" and not errors:
            references.append((segment.get(1, 1), segment.get(1, 2)))
        elif tag == "ERC":
            errors.append({"code": segment.get(1), "text": ""})
        elif tag == "FTX" and errors:
            lines = segment.elements[4][0] if len(segment.elements) > 4 else []
            errors[-1]["text"] = " ".join([errors[-1]["text"], *filter(None, lines)]).strip()
    return ApplicationAnswer(
        header=message.header,
        message=message.reference,
        document=bgm.get(1),
        number=bgm.get(2),
        response=bgm.get(3),
        references=tuple(references),
        errors=tuple(ReportedError(code=each["code"], text=each["text"]) for each in errors),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) else None
