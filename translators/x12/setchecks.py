"""One transaction set against its table: contents, structure, levels, and what is worked out for the maps."""

import re
from typing import Any, cast

from translators.edifact.structure import GroupInstance, Placed
from translators.grammar.arranging import Misplaced, arrange
from translators.x12.checking import check_segment
from translators.x12.derived import derive
from translators.x12.faults import Faults, segment_of
from translators.x12.grammar import messages
from translators.x12.hierarchy import nest
from translators.x12.interchanges import TransactionSet

_MOST_OPENERS = 4
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}\Z")


def checked(own: TransactionSet, faults: Faults) -> GroupInstance | None:
    """The set against its table: contents, structure, levels. None for one there is no table of."""
    tables = own.group.grammar
    flat, levelled = (tables.flat(own.id), tables.structure(own.id)) if tables is not None else (None, None)
    if tables is None or flat is None or levelled is None:
        text = f"there is no table of the transaction set `{own.id[:3]}`; known are {', '.join(messages())}"
        faults.tell("AK502:1", "x12.set.unknown", text, own.segments[0], 1, position=1)
        return None
    placed = [(Placed(cast(Any, segment), position), segment.tag) for position, segment in enumerate(own.segments, 1)]
    for each, _ in placed:
        check_segment(each, tables, faults)
    root = arrange(placed, flat, lambda misplaced: _tell_misplaced(misplaced, faults))
    nested = nest(root, levelled, faults)
    derive(nested)
    return nested


def _tell_misplaced(what: Misplaced, faults: Faults) -> None:
    placed, step = what.placed, what.step
    if what.kind == "missing" and step is not None:
        at = placed or what.last
        before = f" before {segment_of(placed).tag[:3]}" if placed is not None else ""
        kind = "loop of" if step.group is not None else "segment"
        text = f"the mandatory {kind} {step.tag} is missing{before}"
        code, syntax_code = "x12.segment.missing", "AK304:3"
    elif what.kind == "elsewhere" or what.kind == "foreign":
        at = placed
        text = f"the segment {what.tag[:3]} {_no_place(what)}" if what.tag else _without_tag(what)
        code, syntax_code = "x12.segment.unexpected", "AK304:7" if what.kind == "elsewhere" else "AK304:6"
        if what.kind == "foreign" and not _TAG.match(what.tag):
            syntax_code = "AK304:1"
    else:
        at = placed
        assert step is not None
        what_kind, syntax_code = ("segment", "AK304:5") if what.kind == "segment_repeats" else ("loop of", "AK304:4")
        times = "once" if step.repeats == 1 else f"{step.repeats} times"
        text, code = f"the {what_kind} {step.tag} may stand {times} at most", "x12.repeats"
    segment = segment_of(at) if at is not None else None
    faults.tell(syntax_code, code, text, segment, position=at.position if at is not None else 0)


def _no_place(what: Misplaced) -> str:
    if what.kind == "foreign":
        return "has no place in this transaction set"
    if what.too_late_for:
        within = f"in the loop of {what.within}" if what.within else "in the transaction set"
        return f"has no place here; {within} it stands before {what.too_late_for}"
    if what.openers:
        return f"has no place here; it stands in the loop of {' or '.join(what.openers[:_MOST_OPENERS])}"
    return "has no place here"


def _without_tag(what: Misplaced) -> str:
    placed = what.placed
    assert placed is not None
    after = f"after {segment_of(what.last).tag[:3]} " if what.last is not None else ""
    if not segment_of(placed).raw.strip():
        return f"an empty segment stands {after}at byte {segment_of(placed).offset}: one terminator follows another"
    return f"the segment {after}at byte {segment_of(placed).offset} has no tag"
