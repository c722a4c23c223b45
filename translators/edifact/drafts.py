"""A message that is being written: the same tree of groups and segments reading makes, filled by the paths of a map.

Nothing is put where the directory has no room: repeats of groups and segments, places of composites and elements, and
the length and kind of values are kept to here, so that what cannot be said is told while it can still be avoided.
"""

from collections.abc import Callable
from typing import Any, cast

from msgspec import Struct

from translators.edifact.directory import ElementRule, Step
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
            element = element_of(pen, node, index)
            for repetition in range(1, (rule.repeats if pen.repeats else 1) + 1):
                if repetition > len(element):
                    element.append([""])
                    pen.note(element.pop)
                if not any(element[repetition - 1]):
                    return CompositeNode(node, index, repetition, element[repetition - 1])
        return None

    return Stretch(existing, make, checks)


def element_of(pen: Pen, placed: Placed, index: int) -> Element:
    elements = placed.segment.elements
    while len(elements) <= index:
        elements.append([[""]])
        pen.note(elements.pop)
    return elements[index]
