"""Some messages of an interchange as an interchange of their own, and the echo of a test."""

from collections.abc import Sequence

from translators.edifact.examinations import GroupExamination, InterchangeExamination, MessageExamination
from translators.edifact.segments import Element, Segment
from translators.edifact.writing import compose, trimmed, write

_TEST_INDICATOR = 11


def excerpt(interchange: InterchangeExamination, messages: Sequence[MessageExamination]) -> bytes:
    """An interchange with these messages only, in the order given; every byte of them as it came, the counts right.

    Raises ValueError where there is no UNB or no message.
    """
    unb = interchange.unb
    if unb is None or not messages:
        raise ValueError("an excerpt needs the UNB and at least one message")
    parts = [interchange.una] if interchange.una else []
    parts.append(unb)
    runs = _runs(messages)
    for group, of_group in runs:
        if group is not None:
            parts.append(group.ung)
        parts.extend(segment for each in of_group for segment in each.message.segments)
        if group is not None:
            parts.append(_trailer("UNE", len(of_group), group.ung.get(5), group.ung, of_group[-1]))
    groups = sum(group is not None for group, _ in runs)
    parts.append(_trailer("UNZ", groups or len(messages), unb.get(5), unb, messages[-1]))
    return write(parts)


def echo(interchange: InterchangeExamination) -> bytes:
    """What answers an echo request: the interchange as it came, with 0035 = 4 (echo response).

    Raises ValueError when the UNB is missing or the interchange does not ask for an echo.
    """
    unb = interchange.unb
    if unb is None or unb.get(_TEST_INDICATOR) != "3" or unb.syntax.version < "4":
        raise ValueError("the interchange does not ask for an echo")
    elements: list[Element] = [list(element) for element in unb.elements]
    elements[_TEST_INDICATOR] = [["4"]]
    header = Segment(compose(elements, unb.syntax), unb.offset, unb.syntax, unb.before)
    inner = [segment for each in _runs(interchange.messages) for segment in _run_segments(each)]
    una = [interchange.una] if interchange.una else []
    trailer = [interchange.unz] if interchange.unz else []
    return write([*una, header, *inner, *trailer])


_Run = tuple[GroupExamination | None, list[MessageExamination]]


def _run_segments(run: _Run) -> list[Segment]:
    group, messages = run
    inner = [segment for each in messages for segment in each.message.segments]
    if group is None:
        return inner
    return [group.ung, *inner, *([group.une] if group.une else [])]


def _runs(messages: Sequence[MessageExamination]) -> list[_Run]:
    """Messages side by side that stand in the same group; those outside of groups one after the other."""
    runs: list[_Run] = []
    for each in messages:
        if runs and runs[-1][0] is each.group:
            runs[-1][1].append(each)
        else:
            runs.append((each.group, [each]))
    return runs


def _trailer(tag: str, count: int, reference: str, header: Segment, last: MessageExamination) -> Segment:
    """A trailer like its header, laid out like the segments before it."""
    elements = trimmed([[[tag]], [[str(count)]], [[reference]]])
    before = last.message.segments[-1].before
    return Segment(compose(elements, header.syntax), 0, header.syntax, before)
