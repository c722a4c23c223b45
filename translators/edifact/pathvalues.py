"""Values at the ends of a map's paths, and the ways to them: one small function for each shape of path."""

from collections.abc import Callable, Hashable
from typing import Any

from msgspec import Struct

from translators.edifact.directory import Component
from translators.edifact.drafts import CompositeNode
from translators.edifact.structure import GroupInstance, Placed
from translators.mapping.pathwords import Condition
from translators.mapping.sources import SEVERAL, Leaf, Leaves, Nodes, Quick, nothing


class SegmentScope(Struct, frozen=True):
    """Paths start at a segment with this tag."""

    tag: str


class CompositeScope(Struct, frozen=True):
    """Paths start at a composite of this name."""

    name: str
    components: tuple[Component, ...]


Spot = tuple[int, int, int, int]
"""(position of the segment in the message, element, repetition, component)."""


def numbers_of(name: str, components: tuple[Component, ...]) -> list[int]:
    """Where, from 0, an element stands in a composite; `7402#2` is only the second of its places."""
    element, _, chosen = name.partition("#")
    numbers = [number for number, component in enumerate(components) if component.id == element]
    return [each for at, each in enumerate(numbers, 1) if str(at) == chosen] if chosen else numbers


def matching(find: Any, condition: Condition, text: Callable[[Any], Any], leaves: Leaves) -> Any:
    """The nodes of which one condition holds."""
    values, negated = condition.values, condition.negated

    def find_matching(node: Any, root: Any) -> list[Any]:
        found = []
        for each in find(node, root):
            value = text(each)
            if value is SEVERAL:
                is_so = holds(condition, leaves(each, root))
            elif values:
                is_so = (value in values) is not negated
            else:
                is_so = (value is not None) is not negated
            if is_so:
                found.append(each)
        return found

    return find_matching


def component_text(number: int) -> Callable[[Any], Any]:
    """The text of one component of a composite, None when it is empty."""

    def find(node: CompositeNode) -> Any:
        values = node.components
        return (values[number] or None) if number < len(values) else None

    return find


def element_text(element: int, number: int) -> Callable[[Any], Any]:
    """The text of one element of a segment; `SEVERAL` when it is repeated."""

    def find(node: Placed) -> Any:
        elements = node.segment.elements
        if element >= len(elements):
            return None
        repetitions = elements[element]
        if len(repetitions) > 1:
            return SEVERAL
        values = repetitions[0]
        return (values[number] or None) if number < len(values) else None

    return find


def names_below(group: GroupInstance) -> dict[str, Any]:
    """The segments and groups there are in a group."""
    return {**group.segments, **group.groups}


def quick_component(number: int) -> Quick:
    """As `component_text`, with the spot."""

    def find(node: CompositeNode) -> Any:
        values = node.components
        if number < len(values) and (value := values[number]):
            return value, (node.placed.position, node.element, node.repetition, number + 1)
        return None

    return find


def quick_element(element: int, number: int) -> Quick:
    """As `element_text`, with the spot."""

    def find(node: Placed) -> Any:
        elements = node.segment.elements
        if element >= len(elements):
            return None
        repetitions = elements[element]
        if len(repetitions) > 1:
            return SEVERAL
        values = repetitions[0]
        if number < len(values) and (value := values[number]):
            return value, (node.position, element, 1, number + 1)
        return None

    return find


def quick_in_segment(tag: str, find_value: Quick) -> Quick:
    """A value of the only segment with a tag in a group."""

    def find(node: GroupInstance) -> Any:
        placed = node.segments.get(tag)
        if not placed:
            return None
        return find_value(placed[0]) if len(placed) == 1 else SEVERAL

    return find


def component_values(name: str, scope: CompositeScope) -> Leaves:
    """All values of an element in a composite. Raises ValueError when it has no such element."""
    numbers = numbers_of(name, scope.components)
    if not numbers:
        raise ValueError(f"{scope.name} has no `{name}`")

    def find(node: CompositeNode, _: Any) -> list[Leaf]:
        values = node.components
        return [
            (values[number], (node.placed.position, node.element, node.repetition, number + 1), ())
            for number in numbers
            if number < len(values) and values[number]
        ]

    return find


def element_values(positions: list[tuple[int, int]]) -> Leaves:
    """All values at these places of a segment, repetitions after one another."""

    def find(node: Placed, _: Any) -> list[Leaf]:
        elements = node.segment.elements
        found: list[Leaf] = []
        for element, number in positions:
            if element < len(elements):
                for repetition, values in enumerate(elements[element], 1):
                    if number < len(values) and values[number]:
                        found.append((values[number], (node.position, element, repetition, number + 1), ()))
        return found

    return find


def walk(finds: tuple[Any, ...], *, from_root: bool) -> Nodes:
    """One step of a path after the other."""

    def find_all(node: Any, root: Any) -> list[Any]:
        found = [root if from_root else node]
        for find in finds:
            found = [inner for each in found for inner in find(each, root)]
        return found

    return find_all


def gather(walked: tuple[tuple[Any, Leaves], ...], values: Leaves, *, from_root: bool) -> Leaves:
    """The values below every node of a path, each with what the conditions on its way compared."""

    def find_all(node: Any, root: Any) -> list[Leaf]:
        found: list[tuple[Any, tuple[Hashable, ...]]] = [(root if from_root else node, ())]
        for find, compared in walked:
            found = [
                (inner, also if compared is nothing else (*also, *(leaf[1] for leaf in compared(inner, root))))
                for each, also in found
                for inner in find(each, root)
            ]
        return [(leaf[0], leaf[1], also) if also else leaf for each, also in found for leaf in values(each, root)]

    return find_all


def holds(condition: Condition, leaves: list[Leaf]) -> bool:
    """Whether a condition holds of the values it looks at."""
    if not condition.values:
        return bool(leaves) is not condition.negated
    return any(leaf[0] in condition.values for leaf in leaves) is not condition.negated
