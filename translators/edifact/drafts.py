"""A message that is being written: the same tree of groups and segments reading makes, filled by the paths of a map.

Nothing is put where the directory has no room: repeats of groups and segments, places of composites and elements, and
the length and kind of values are kept to here, so that what cannot be said is told while it can still be avoided.
"""

from collections.abc import Callable, Iterator
from typing import Any, cast

from msgspec import Struct

from translators.edifact.directory import Component, ElementRule, Step
from translators.edifact.segments import Element, Segment
from translators.edifact.structure import GroupInstance, Placed
from translators.mapping.pathwords import Condition
from translators.mapping.sources import Leaves, Pen


class DraftSegment:
    """As much of a segment as reading looks at; it has bytes only when it is composed."""

    __slots__ = ("elements",)

    def __init__(self, tag: str) -> None:
        self.elements: list[Element] = [[[tag]]]

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it but its tag."""
        return len(self.elements) == 1


class CompositeNode(Struct, frozen=True):
    """A composite where it stands; `components` is the list in the segment itself, so that what is put there stays."""

    placed: Placed
    element: int
    repetition: int
    components: list[str]


def new_segment(tag: str) -> Placed:
    """A segment without elements, to be placed."""
    return Placed(cast(Segment, DraftSegment(tag)), 0)


def new_group(step: Step) -> GroupInstance:
    """A group with its trigger, without which it does not exist."""
    trigger = step.steps[0].tag
    return GroupInstance(step, {trigger: [new_segment(trigger)]})


def draft_of(placed: Placed) -> DraftSegment:
    """The segment as it is while it is being written."""
    return cast(DraftSegment, placed.segment)


class Check(Struct, frozen=True):
    """A condition with how its values are read and, when it asks for a value, where that is put."""

    condition: Condition
    leaves: Leaves
    slot: Any = None

    def holds(self, node: Any, root: Any) -> bool:
        """As reading would see it."""
        found = self.leaves(node, root)
        if not self.condition.values:
            return bool(found) is not self.condition.negated
        return any(leaf[0] in self.condition.values for leaf in found) is not self.condition.negated

    def allows(self, pen: Pen, node: Any, root: Any, *, fresh: bool) -> bool:
        """Whether `node` may be used: the condition holds, or can be made to hold, or on a fresh node may hold yet."""
        if self.holds(node, root):
            return True
        if self.condition.values and not self.condition.negated and not self.leaves(node, root):
            return self.slot.put(pen, node, root, self.condition.first, more=False) is None
        return fresh


Existing = Callable[[Any], list[Any]]
Make = Callable[[Pen, Any], Any]


class Stretch(Struct, frozen=True):
    """One step of a way: which nodes are there, how another one is made (None: no room), what must hold."""

    existing: Existing
    make: Make
    checks: tuple[Check, ...]


class DraftWay(Struct, frozen=True):
    """See `translators.mapping.sources.Way`."""

    stretches: tuple[Stretch, ...]
    from_root: bool

    def open(self, pen: Pen, node: Any, root: Any, *, fresh: bool) -> Any:
        return self._open(pen, root if self.from_root else node, root, 0, fresh=fresh)

    def _open(self, pen: Pen, node: Any, root: Any, at: int, *, fresh: bool) -> Any:
        if at == len(self.stretches):
            return node
        stretch = self.stretches[at]
        mark = pen.mark()
        if not (fresh and at == len(self.stretches) - 1):
            for each in reversed(stretch.existing(node)):
                if all(check.allows(pen, each, root, fresh=False) for check in stretch.checks):
                    found = self._open(pen, each, root, at + 1, fresh=fresh)
                    if found is not None:
                        return found
                pen.back(mark)
        made = stretch.make(pen, node)
        if made is not None and all(check.allows(pen, made, root, fresh=True) for check in stretch.checks):
            found = self._open(pen, made, root, at + 1, fresh=fresh)
            if found is not None:
                return found
        pen.back(mark)
        return None

    def holds(self, node: Any, root: Any) -> bool:
        return all(check.holds(node, root) for check in self.stretches[-1].checks) if self.stretches else True

    def found(self, node: Any, root: Any) -> list[Any]:
        nodes = [root if self.from_root else node]
        for stretch in self.stretches:
            nodes = [
                inner
                for each in nodes
                for inner in stretch.existing(each)
                if all(check.holds(inner, root) for check in stretch.checks)
            ]
        return nodes


class DraftSlot(Struct, frozen=True):
    """See `translators.mapping.sources.Slot`: a way and, at its end, places that are tried in turn."""

    way: DraftWay
    put_into: Callable[[Pen, Any, str, bool], str | None]
    most: int | None
    inside: int | None = None
    """The number of the composite the values stand in; completing it needs something in it."""

    def put(self, pen: Pen, node: Any, root: Any, text: str, *, more: bool) -> str | None:
        mark = pen.mark()
        reason: str | None = "there is no room for it"
        for fresh in (False, True) if more and self.way.stretches else (False,):
            target = self.way.open(pen, node, root, fresh=fresh)
            if target is not None:
                reason = self.put_into(pen, target, text, more)
                if reason is None:
                    return None
            pen.back(mark)
        return reason

    def fill(self, pen: Pen, node: Any, root: Any, text: str) -> bool:
        nodes = [each for each in self.way.found(node, root) if self.inside is None or _has(each, self.inside)]
        done = [self.put_into(pen, each, text, False) is None for each in nodes]
        return any(done)

    def longest(self) -> int | None:
        return self.most


def group_stretch(step: Step, checks: tuple[Check, ...]) -> Stretch:
    """Repetitions of a segment group."""
    name = step.name

    def existing(node: GroupInstance) -> list[GroupInstance]:
        return node.groups.get(name, [])

    def make(pen: Pen, node: GroupInstance) -> GroupInstance | None:
        groups = node.groups.setdefault(name, [])
        if len(groups) >= step.repeats:
            return None
        groups.append(new_group(step))
        pen.note(groups.pop)
        return groups[-1]

    return Stretch(existing, make, checks)


def segment_stretch(tag: str, repeats: int, checks: tuple[Check, ...]) -> Stretch:
    """Repetitions of a segment in its group; one in which nothing stands yet is taken before another is made."""

    def existing(node: GroupInstance) -> list[Placed]:
        return node.segments.get(tag, [])

    def make(pen: Pen, node: GroupInstance) -> Placed | None:
        segments = node.segments.setdefault(tag, [])
        blank = next((each for each in segments if draft_of(each).is_blank), None)
        if blank is not None:
            return blank
        if len(segments) >= repeats:
            return None
        segments.append(new_segment(tag))
        pen.note(segments.pop)
        return segments[-1]

    return Stretch(existing, make, checks)


def composite_stretch(places: tuple[tuple[int, ElementRule], ...], checks: tuple[Check, ...]) -> Stretch:
    """The composites of one name in a segment, and their repetitions in syntax version 4."""

    def existing(node: Placed) -> list[CompositeNode]:
        elements = node.segment.elements
        return [
            CompositeNode(node, index, repetition, values)
            for index, _ in places
            if index < len(elements)
            for repetition, values in enumerate(elements[index], 1)
            if any(values)
        ]

    def make(pen: Pen, node: Placed) -> CompositeNode | None:
        for index, rule in places:
            element = _element(pen, node, index)
            for repetition in range(1, (rule.repeats if pen.repeats else 1) + 1):
                if repetition > len(element):
                    element.append([""])
                    pen.note(element.pop)
                if not any(element[repetition - 1]):
                    return CompositeNode(node, index, repetition, element[repetition - 1])
        return None

    return Stretch(existing, make, checks)


def _element(pen: Pen, placed: Placed, index: int) -> Element:
    elements = placed.segment.elements
    while len(elements) <= index:
        elements.append([[""]])
        pen.note(elements.pop)
    return elements[index]


Codes = frozenset[str] | None
Where = tuple[int, int, Component, Codes]
"""(element, component from 0, what may stand there, its code list if it has one)."""


def _has(placed: Placed, index: int) -> bool:
    elements = placed.segment.elements
    return index < len(elements) and any(value for components in elements[index] for value in components)


def element_slot(places: tuple[Where, ...], way: DraftWay, *, in_composite: bool) -> DraftSlot:
    """An element of a segment, wherever it stands in it."""

    def put(pen: Pen, placed: Placed, text: str, more: bool) -> str | None:
        tried = ((_element(pen, placed, at)[0], number, rule, codes) for at, number, rule, codes in places)
        return _put_first(pen, tried, text, more)

    inside = places[0][0] if in_composite and places else None
    return DraftSlot(way, put, _longest(tuple(rule for _, _, rule, _ in places)), inside)


def component_slot(numbers: tuple[tuple[int, Component, Codes], ...], way: DraftWay) -> DraftSlot:
    """An element of a composite."""

    def put(pen: Pen, node: CompositeNode, text: str, more: bool) -> str | None:
        tried = ((node.components, number, rule, codes) for number, rule, codes in numbers)
        return _put_first(pen, tried, text, more)

    return DraftSlot(way, put, _longest(tuple(rule for _, rule, _ in numbers)))


def _longest(rules: tuple[Component, ...]) -> int | None:
    return min((rule.longest for rule in rules), default=None)


def _put_first(
    pen: Pen, places: Iterator[tuple[list[str], int, Component, Codes]], text: str, more: bool
) -> str | None:
    """Into the first place that is free; without `more` only into the very first, or where the same text stands."""
    for components, number, rule, codes in places:
        reason = misfit(text, rule)
        if reason is None and codes is not None and pen.is_strict and text not in codes:
            reason = f"`{text[:20]}` is not a code of {rule.id} in this release"
        if reason is not None:
            return reason
        held = components[number] if number < len(components) else ""
        if not held:
            _set(pen, components, number, text)
            return None
        if not more:
            return None if held == text else f"`{held[:20]}` stands there already"
    return "there is no room for another one"


def _set(pen: Pen, components: list[str], number: int, text: str) -> None:
    before = list(components)

    def undo() -> None:
        components[:] = before

    pen.note(undo)
    components.extend([""] * (number + 1 - len(components)))
    components[number] = text


def misfit(text: str, rule: Component) -> str | None:
    """Why a text cannot be a value of an element, or None."""
    length = len(text)
    if not text:
        return "an empty value is not written"
    if not text.isprintable() and any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "a line break or control character cannot stand in a message"
    if rule.kind == "n":
        length = sum(character.isdigit() for character in text)
        if not text.replace(".", "", 1).removeprefix("-").isdigit():
            return f"{rule.id} takes numbers, not `{text[:20]}`"
    elif rule.kind == "a" and any(character.isdigit() for character in text):
        return f"{rule.id} takes letters, not `{text[:20]}`"
    if length > rule.longest:
        return f"it has {length} characters; {rule.id} takes at most {rule.longest}"
    if length < rule.shortest:
        return f"it has {length} characters; {rule.id} takes {rule.shortest}"
    return None
