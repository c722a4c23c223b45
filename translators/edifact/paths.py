"""Paths of a map inside an EDIFACT message: groups, segments, composites, elements, resolved against the directory.

From a group: `SG2/NAD/C080.3036`. From a segment: `C080.3036`, `1004`, or `C212` for a composite as a node of its own.
From a composite: `7140`. An element that stands several times gives all its values, in order.
"""

from collections.abc import Hashable
from typing import Any, cast

from msgspec import Struct

from translators.edifact.directory import Directory, Step
from translators.edifact.structure import GroupInstance, Placed
from translators.findings import Place
from translators.mapping.pathwords import Condition, PathStep, steps_of
from translators.mapping.sources import Leaf, Leaves, Nodes


class SegmentScope(Struct, frozen=True):
    """Paths start at a segment with this tag."""

    tag: str


class CompositeScope(Struct, frozen=True):
    """Paths start at a composite of this name."""

    name: str
    components: tuple[str, ...]


class CompositeNode(Struct, frozen=True):
    """A composite where it stands; `components` is never all empty."""

    placed: Placed
    element: int
    repetition: int
    components: list[str]


Spot = tuple[int, int, int, int]
"""(position of the segment in the message, element, repetition, component)."""


class EdifactSource:
    """Finds nodes and values in messages of one type and release."""

    def __init__(self, directory: Directory, message: str) -> None:
        structure = directory.structure(message)
        if structure is None:
            raise ValueError(f"{directory.release} has no message {message}")
        self.directory = directory
        self.root_scope: Any = structure

    def nodes(self, path: str, scope: Any) -> tuple[Nodes, Any, Leaves]:
        """See `Source.nodes`."""
        from_root, steps = steps_of(path)
        scope = self.root_scope if from_root else scope
        finds: list[Any] = []
        compared: Leaves = _nothing
        for step in steps:
            find, scope, compared = self._step(step, scope)
            finds.append(find)
        return _walk(tuple(finds), from_root=from_root), scope, compared

    def leaves(self, path: str, scope: Any) -> Leaves:
        """See `Source.leaves`."""
        from_root, steps = steps_of(path)
        if steps[-1].conditions:
            raise ValueError(f"`{path}` ends in a condition; a condition belongs to a segment, group or composite")
        *way, last = steps
        if not way and not from_root:
            return self._values(last.name, scope)
        walked = []
        inner = self.root_scope if from_root else scope
        for step in way:
            find, inner, compared = self._step(step, inner)
            walked.append((find, compared))
        return _gather(tuple(walked), self._values(last.name, inner), from_root=from_root)

    def place(self, spot: Hashable) -> Place:
        """Where a spot lies; `segment` and `offset` are added by who has the segments."""
        position, element, _, component = cast(Spot, spot)
        return Place(segment_position=position, element=element or None, component=component or None)

    def spot_of(self, node: Any) -> Hashable:
        """See `Source.spot_of`: a group stands where its trigger does."""
        if isinstance(node, CompositeNode):
            return (node.placed.position, node.element, node.repetition, 0)
        if isinstance(node, GroupInstance):
            node = next(iter(node.segments.values()))[0]
        return (node.position, 0, 0, 0)

    def places(self, tag: str, element: str) -> list[tuple[int, int]]:
        """(element, component from 1) where `element` stands in `tag`; (0, 0) for the whole segment."""
        if not element:
            return [(0, 0)]
        return [(index, number + 1) for index, number in self._positions(element, SegmentScope(tag))]

    def _step(self, step: PathStep, scope: Any) -> tuple[Any, Any, Leaves]:
        find, inner = self._named(step.name, scope)
        conditions = [(condition, self.leaves(condition.path, inner)) for condition in step.conditions]
        if not conditions:
            return find, inner, _nothing

        def find_matching(node: Any, root: Any) -> list[Any]:
            return [
                each
                for each in find(node, root)
                if all(_holds(condition, leaves(each, root)) for condition, leaves in conditions)
            ]

        def compared(node: Any, root: Any) -> list[Leaf]:
            return [leaf for condition, leaves in conditions if condition.values for leaf in leaves(node, root)]

        return find_matching, inner, compared

    def _named(self, name: str, scope: Any) -> tuple[Any, Any]:
        if isinstance(scope, Step):
            for step in scope.steps:
                if step.group is not None and step.name == name:
                    return (lambda node, _=None: node.groups.get(name, ())), step
                if step.group is None and step.tag == name:
                    return (lambda node, _=None: node.segments.get(name, ())), SegmentScope(name)
            raise ValueError(f"{scope.name if scope.group else 'the message'} has no `{name}`")
        if isinstance(scope, SegmentScope):
            return self._composites(name, scope)
        raise ValueError(f"nothing lies below `{scope.name}` that could be a node")

    def _composites(self, name: str, scope: SegmentScope) -> tuple[Any, Any]:
        rules = self.directory.segment(scope.tag) or ()
        indexes = [index for index, rule in enumerate(rules, 1) if rule.id == name and rule.is_composite]
        if not indexes:
            raise ValueError(f"{scope.tag} has no composite `{name}`")
        components = tuple(component.id for component in rules[indexes[0] - 1].components)

        def find(node: Placed, _: Any = None) -> list[CompositeNode]:
            elements = node.segment.elements
            return [
                CompositeNode(node, index, repetition, values)
                for index in indexes
                if index < len(elements)
                for repetition, values in enumerate(elements[index], 1)
                if any(values)
            ]

        return find, CompositeScope(name, components)

    def _values(self, name: str, scope: Any) -> Leaves:
        if isinstance(scope, CompositeScope):
            return _component_values(name, scope)
        if isinstance(scope, SegmentScope):
            return _element_values(self._positions(name, scope))
        raise ValueError(f"`{name}` is a segment or group; name an element in it")

    def _positions(self, name: str, scope: SegmentScope) -> list[tuple[int, int]]:
        """(element, component from 0) of every place where the element stands in the segment."""
        composite, _, element = name.rpartition(".")
        found = [
            (index, number)
            for index, rule in enumerate(self.directory.segment(scope.tag) or (), 1)
            if (rule.id == composite if composite else not rule.is_composite)
            for number, component in enumerate(rule.components)
            if component.id == element
        ]
        if not found:
            raise ValueError(f"{scope.tag} has no `{name}`")
        return found


def _component_values(name: str, scope: CompositeScope) -> Leaves:
    numbers = [number for number, component in enumerate(scope.components) if component == name]
    if not numbers:
        raise ValueError(f"{scope.name} has no `{name}`")

    def find(node: CompositeNode, _: Any) -> list[Leaf]:
        values = node.components
        return [
            Leaf(values[number], (node.placed.position, node.element, node.repetition, number + 1))
            for number in numbers
            if number < len(values) and values[number]
        ]

    return find


def _element_values(positions: list[tuple[int, int]]) -> Leaves:
    def find(node: Placed, _: Any) -> list[Leaf]:
        elements = node.segment.elements
        found = []
        for element, number in positions:
            if element < len(elements):
                for repetition, values in enumerate(elements[element], 1):
                    if number < len(values) and values[number]:
                        found.append(Leaf(values[number], (node.position, element, repetition, number + 1)))
        return found

    return find


def _walk(finds: tuple[Any, ...], *, from_root: bool) -> Nodes:
    def find_all(node: Any, root: Any) -> list[Any]:
        found = [root if from_root else node]
        for find in finds:
            found = [inner for each in found for inner in find(each, root)]
        return found

    return find_all


def _gather(walked: tuple[tuple[Any, Leaves], ...], values: Leaves, *, from_root: bool) -> Leaves:
    """The values below every node of a path, each with what the conditions on its way compared."""

    def find_all(node: Any, root: Any) -> list[Leaf]:
        found: list[tuple[Any, tuple[Hashable, ...]]] = [(root if from_root else node, ())]
        for find, compared in walked:
            found = [
                (inner, also if compared is _nothing else (*also, *(leaf.spot for leaf in compared(inner, root))))
                for each, also in found
                for inner in find(each, root)
            ]
        return [
            Leaf(leaf.text, leaf.spot, also) if also else leaf for each, also in found for leaf in values(each, root)
        ]

    return find_all


def _holds(condition: Condition, leaves: list[Leaf]) -> bool:
    if not condition.values:
        return bool(leaves) is not condition.negated
    return any(leaf.text in condition.values for leaf in leaves) is not condition.negated


def _nothing(_node: Any, _root: Any) -> list[Leaf]:
    return []
