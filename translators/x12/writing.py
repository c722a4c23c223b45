"""X12 interchanges that are written: ISA, GS, ST, the segments, SE, GE, IEA, with counts and control numbers."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from translators.edifact.outgoing import Party
from translators.edifact.structure import GroupInstance
from translators.grammar.composing import Elements, segments_of
from translators.x12.derived import resolve
from translators.x12.grammar import Grammar, group_of
from translators.x12.leveling import levels_of
from translators.x12.separators import ISA_WIDTHS, Separators

_ENVELOPE = frozenset({"ISA", "ST", "SE"})
_LEVELS = frozenset({"HL_S", "HL_O", "HL_T", "HL_P", "HL_I", "CTT"})
_UNQUALIFIED = "ZZ"
"""I05: what the parties have agreed between themselves."""


class CannotWrite(Exception):  # noqa: N818 - a refusal, not a defect
    """The envelope does not fit, or a value holds a character the separators leave no way to write."""


class OutgoingSet(Struct, frozen=True, kw_only=True):
    """A transaction set without ST and SE. `convention` is ST03, for 005010 and later."""

    id: str
    control: str
    segments: tuple[Elements, ...]
    convention: str = ""


class X12Outgoing(Struct, frozen=True, kw_only=True):
    """An interchange with one functional group. Control numbers and the time come from the caller.

    The parties' `id` and `qualifier` (I05, `ZZ` when empty) are those of ISA; `internal` is what GS calls them, the
    same as `id` when empty. `release` is GS08, with the letters of an industry if there are any.
    """

    sender: Party
    recipient: Party
    prepared: datetime
    control: str
    group_control: str
    release: str
    sets: tuple[OutgoingSet, ...]
    wants_acknowledgement: bool = False
    test: bool = False
    separators: Separators = Separators()
    layout: str = ""


def set_segments(root: GroupInstance) -> tuple[Elements, ...]:
    """The segments of a filled set; hierarchical levels are put one behind the other and counted."""
    resolve(root)
    if not any(step.name == "HL_S" for step in root.step.steps):
        return tuple(segments_of(root, _ENVELOPE))
    levels = tuple(levels_of(root))
    count = str(sum(each[0][0][0] == "HL" for each in levels))
    return (*segments_of(root, _ENVELOPE | _LEVELS), *levels, [[["CTT"]], [[count]]])


def write_x12(outgoing: X12Outgoing, tables: Grammar) -> bytes:
    """The interchange. Raises CannotWrite with a sentence."""
    return "".join(_written(outgoing, tables)).encode("utf-8")


def _written(outgoing: X12Outgoing, tables: Grammar) -> Iterator[str]:
    marks = outgoing.separators
    end = marks.terminator + outgoing.layout
    sets = [_set(each, tables, marks, end) for each in outgoing.sets]
    groups = {group_of(each.id) for each in outgoing.sets}
    if len(groups) != 1:
        raise CannotWrite("a functional group holds sets of one kind")
    yield _joined(_isa(outgoing), marks.element) + end
    yield _joined(_gs(outgoing, groups.pop()), marks.element) + end
    yield from sets
    yield _joined(("GE", str(len(sets)), outgoing.group_control), marks.element) + end
    yield _joined(("IEA", "1", outgoing.control.zfill(9)), marks.element) + end


def _isa(outgoing: X12Outgoing) -> tuple[str, ...]:
    marks, control = outgoing.separators, outgoing.control
    if not (control.isascii() and control.isdigit() and len(control) <= 9):
        raise CannotWrite(f"the interchange control number `{control[:20]}` is not one of at most nine digits")
    version = outgoing.release[:5]
    repetition = "U" if version < "00402" else (marks.repetition or "^")
    moment = outgoing.prepared
    elements = (
        "00", "", "00", "",
        outgoing.sender.qualifier or _UNQUALIFIED, outgoing.sender.id,
        outgoing.recipient.qualifier or _UNQUALIFIED, outgoing.recipient.id,
        f"{moment:%y%m%d}", f"{moment:%H%M}", repetition, version, control.zfill(9),
        "1" if outgoing.wants_acknowledgement else "0", "T" if outgoing.test else "P", marks.component,
    )  # fmt: skip
    for number, (value, width) in enumerate(zip(elements, ISA_WIDTHS, strict=True), 1):
        if len(value) > width or (number < 16 and set(value) & set(marks.element + marks.component + marks.terminator)):
            raise CannotWrite(f"`{value[:40]}` does not fit into ISA{number:02}: {width} characters, no separators")
    return ("ISA", *(value.ljust(width) for value, width in zip(elements, ISA_WIDTHS, strict=True)))


def _gs(outgoing: X12Outgoing, functional: str) -> tuple[str, ...]:
    sender = outgoing.sender.internal or outgoing.sender.id
    recipient = outgoing.recipient.internal or outgoing.recipient.id
    for value in (sender, recipient):
        if not 2 <= len(value) <= 15 or set(value) & set(outgoing.separators.all):
            raise CannotWrite(f"`{value[:40]}` cannot name a party in GS: 2 to 15 characters, no separators")
    moment = outgoing.prepared
    return (
        "GS", functional, sender, recipient, f"{moment:%Y%m%d}", f"{moment:%H%M}", outgoing.group_control, "X",
        outgoing.release,
    )  # fmt: skip


def _set(own: OutgoingSet, tables: Grammar, marks: Separators, end: str) -> str:
    if not (4 <= len(own.control) <= 9):
        raise CannotWrite(f"the control number `{own.control[:20]}` of a set has not 4 to 9 characters")
    header = ("ST", own.id, own.control, *((own.convention,) if own.convention else ()))
    lines = [_joined(header, marks.element)]
    lines += [_segment(each, tables, marks) for each in own.segments]
    lines.append(_joined(("SE", str(len(lines) + 1), own.control), marks.element))
    return "".join(line + end for line in lines)


def _segment(elements: Elements, tables: Grammar, marks: Separators) -> str:
    tag = elements[0][0][0]
    folds = tables.folds(tag)
    wire = [tag]
    for index, element in enumerate(elements[1:]):
        fold = folds[index] if index < len(folds) else None
        if fold is not None and not fold.width:
            continue
        if fold is not None:
            wire += [""] * (fold.at - len(wire))
        if fold is not None and fold.is_folded:
            for components in element:
                wire += [_checked(value, tag, marks) for value in _padded(components, fold.width)]
        else:
            wire.append(_joined((_composite(components, tag, marks) for components in element), marks.repetition or ""))
    return _joined(wire, marks.element)


def _padded(components: Sequence[str], width: int) -> list[str]:
    return [*components, *[""] * (width - len(components))]


def _composite(components: Sequence[str], tag: str, marks: Separators) -> str:
    return _joined((_checked(value, tag, marks) for value in components), marks.component)


def _joined(values: Iterable[str], mark: str) -> str:
    """With nothing behind the last value that says something."""
    values = list(values)
    while len(values) > 1 and not values[-1]:
        values.pop()
    return mark.join(values)


def _checked(value: str, tag: str, marks: Separators) -> str:
    bad = set(value) & set(marks.all)
    if bad:
        text = f"`{value[:40]}` in {tag} holds `{sorted(bad)[0]}`, which is a separator here; choose other separators"
        raise CannotWrite(text)
    return value


def fitting(segments: Iterable[Elements]) -> Separators:
    """Separators none of which stands in the values: the usual ones, or others where those do. Raises CannotWrite."""
    used: set[str] = set()
    for segment in segments:
        for element in segment:
            used.update(*(value for components in element for value in components))
    chosen: list[str] = []
    for wanted in ("*|\x1d", ">:\x1f<", "^!\x1e", "~\x1c\n"):
        free = next((each for each in wanted if each not in used), None)
        if free is None:
            raise CannotWrite("the values leave no character free to separate them with")
        chosen.append(free)
    return Separators(*chosen)
