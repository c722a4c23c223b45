"""The functional acknowledgement (997) of what was received: for each group a verdict, and for each set in it.

A set with an error is rejected, one with warnings that have a code accepted with errors. Control numbers, the time and
whether anything is answered at all come from the caller; an acknowledgement is never acknowledged.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from translators.edifact.outgoing import Party
from translators.findings import Finding
from translators.grammar.composing import Elements
from translators.x12.grammar import RELEASES, grammar
from translators.x12.interchanges import Group, Interchange, TransactionSet
from translators.x12.separators import Separators
from translators.x12.writing import OutgoingSet, X12Outgoing, fitting, write_x12

ACKNOWLEDGES = "FA"
"""The group 997 and 999 travel in."""

_MOST_CODES = 5
_MOST_COPY = 99


class AnswerEnvelope(Struct, frozen=True, kw_only=True):
    """`control` counts our interchanges to this partner; `first_set` is ST02 of the first 997 in it."""

    control: str
    prepared: datetime
    first_set: int = 1
    separators: Separators | None = None
    layout: str = ""


def acknowledge(interchange: Interchange, envelope: AnswerEnvelope) -> bytes | None:
    """A 997 for each group of `interchange`, in one interchange back to its sender. None when nothing is answered.

    Raises `translators.x12.writing.CannotWrite` when the envelope does not fit.
    """
    groups = [group for group in interchange.groups if group.functional != ACKNOWLEDGES]
    if not groups or not interchange.sender or not interchange.receiver:
        return None
    sets = tuple(
        OutgoingSet(id="997", control=f"{envelope.first_set + number:04}", segments=tuple(_answer(group)))
        for number, group in enumerate(groups)
    )
    release = groups[0].grammar.release if groups[0].grammar is not None else RELEASES[0]
    tables = grammar(release)
    assert tables is not None
    first = groups[0]
    outgoing = X12Outgoing(
        sender=Party(id=interchange.receiver, qualifier=interchange.receiver_qualifier, internal=_code(first.receiver)),
        recipient=Party(id=interchange.sender, qualifier=interchange.sender_qualifier, internal=_code(first.sender)),
        prepared=envelope.prepared,
        control=envelope.control,
        group_control=envelope.control.lstrip("0") or "0",
        release=release,
        sets=sets,
        test=interchange.is_test,
        separators=envelope.separators or fitting(segment for each in sets for segment in each.segments),
        layout=envelope.layout,
    )
    return write_x12(outgoing, tables)


def _code(name: str) -> str:
    """What GS called a party, if that can be written back."""
    return name if 2 <= len(name) <= 15 and name.isprintable() else ""


def _shown(text: str, shortest: int, longest: int) -> str:
    """What a sender wrote, as an acknowledgement can repeat it."""
    return "".join(each for each in text if each.isprintable())[:longest].ljust(shortest, "?")


def _answer(group: Group) -> Iterator[Elements]:
    yield _segment("AK1", _shown(group.functional, 2, 2), _number(group.control))
    rejected = accepted = 0
    for own in group.sets:
        yield from _set_answer(own)
        is_rejected = _verdict(own) == "R"
        rejected += is_rejected
        accepted += not is_rejected
    codes = _codes(group.findings, "AK905")
    verdict = _group_verdict(group, rejected, accepted, is_bad=_has_error(group.findings))
    declared = (
        group.declared
        if group.declared.isascii() and group.declared.isdigit() and len(group.declared) <= 6
        else str(len(group.sets))
    )
    taken = 0 if verdict == "R" else accepted
    yield _segment("AK9", verdict, declared, str(len(group.sets)), str(taken), codes=codes)


def _group_verdict(group: Group, rejected: int, accepted: int, *, is_bad: bool) -> str:
    if is_bad or not accepted:
        return "R"
    if rejected:
        return "P"
    return "E" if any(_verdict(own) == "E" for own in group.sets) else "A"


def _set_answer(own: TransactionSet) -> Iterator[Elements]:
    yield _segment("AK2", _shown(own.id, 3, 3), _shown(own.control, 4, 9))
    notes: dict[tuple[str, int], list[Finding]] = {}
    for finding in own.findings:
        place = finding.place
        if (finding.syntax_code or "").startswith(("AK304", "AK403")) and place.segment and place.segment_position:
            notes.setdefault((place.segment, place.segment_position), []).append(finding)
    for (tag, position), findings in notes.items():
        yield from _notes(own, tag, position, findings)
    codes = _codes(own.findings, "AK502")
    if notes:
        codes = [*dict.fromkeys([*codes, "5"])]
    yield _segment("AK5", _verdict(own), codes=codes)


def _notes(own: TransactionSet, tag: str, position: int, findings: list[Finding]) -> Iterator[Elements]:
    """AK3 for each code of the segment itself, and one with an AK4 for each element that is wrong."""
    whole = [finding for finding in findings if (finding.syntax_code or "").startswith("AK304")]
    inside = [finding for finding in findings if (finding.syntax_code or "").startswith("AK403")]
    for code in _codes(whole, "AK304"):
        yield _segment("AK3", _shown(tag, 2, 3), str(position), "", code)
    if inside:
        yield _segment("AK3", _shown(tag, 2, 3), str(position), "", "8")
        for finding in inside[:_MOST_COPY]:
            yield _element_note(own, finding)


def _element_note(own: TransactionSet, finding: Finding) -> Elements:
    place = finding.place
    where = [str(min(place.element or 1, 99)), *([str(min(place.component, 99))] if place.component else [])]
    code = (finding.syntax_code or "").rpartition(":")[2]
    segment = own.segments[(place.segment_position or 1) - 1]
    value = segment.get(place.element or 1, place.component or 1)
    copy = "".join(each for each in value if each.isprintable())[:_MOST_COPY]
    marks = segment.separators.all
    copy = "" if set(copy) & set(marks) else copy
    return [[["AK4"]], [where], [[""]], [[code]], [[copy]]]


def _verdict(own: TransactionSet) -> str:
    if own.is_bad or own.group.grammar is None:
        return "R"
    return "E" if any(finding.syntax_code for finding in own.findings) else "A"


def _has_error(findings: tuple[Finding, ...]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _codes(findings: "tuple[Finding, ...] | list[Finding]", element: str) -> list[str]:
    """The codes of an element among the findings, each once and at most as many as there is room for."""
    told = [finding.syntax_code or "" for finding in findings if finding.severity == "error"]
    found = dict.fromkeys(code.rpartition(":")[2] for code in told if code.startswith(element + ":"))
    return list(found)[:_MOST_CODES]


def _number(control: str) -> str:
    digits = "".join(each for each in control if each in "0123456789")[:9]
    return digits or "0"


def _segment(tag: str, *values: str, codes: "list[str] | None" = None) -> Elements:
    elements: Elements = [[[tag]], *([[value]] for value in values)]
    if codes:
        elements.append([[code] for code in codes])
    return elements
