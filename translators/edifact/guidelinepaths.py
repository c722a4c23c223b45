"""Paths of a guideline inside a message, resolved against the directory when the guideline is loaded.

`SG2`, `SG25/PIA`, `SG2[NAD/3035=BY]`, `SG2/NAD/C080.3036`, `DTM[C507.2005=137]`: groups, segments and elements with
conditions, in the grammar of `translators.mapping.pathwords`.
"""

from collections.abc import Callable

from msgspec import Struct

from translators.edifact.directory import Component, Directory, ElementRule, Step
from translators.edifact.structure import GroupInstance, Placed
from translators.mapping.pathwords import Condition, PathStep, steps_of

Node = GroupInstance | Placed
Find = Callable[[Node], list[Node]]


class Value(Struct, frozen=True):
    """A value where it stands: element from 1, repetition from 1, component from 1 (0: the element is simple)."""

    text: str
    placed: Placed
    element: int
    repetition: int
    component: int


class Element(Struct, frozen=True):
    """An element or component of a segment: where it may stand, and what the directory says of it."""

    tag: str
    name: str
    places: tuple[tuple[int, int], ...]
    """(element from 1, component from 0; -1 for a composite as a whole)."""
    rule: ElementRule
    component: Component | None

    def values(self, placed: Placed) -> list[Value]:
        """Every value that is not empty."""
        found = []
        elements = placed.segment.elements
        for element, component in self.places:
            if element < len(elements):
                for repetition, values in enumerate(elements[element], 1):
                    wanted = range(len(values)) if component < 0 else (component,)
                    shown = component + 1 if self.rule.is_composite else 0
                    found += [
                        Value(values[at], placed, element, repetition, shown)
                        for at in wanted
                        if at < len(values) and values[at]
                    ]
        return found


class Target(Struct, frozen=True):
    """What a path means: the nodes around (`parents`), and the group, segment or element below them."""

    parents: Find
    children: Find
    """The nodes of a parent that the rule is about; for an element, the segment itself."""
    step: Step | None
    """The group or segment; None for an element."""
    element: Element | None
    way: tuple[str, ...]
    """The names of the groups and the segment on the way."""
    is_conditioned: bool


def resolve(path: str, directory: Directory, root: Step) -> Target:
    """Raises ValueError with a sentence for what the directory does not have."""
    _, steps = steps_of(path)
    finds: list[Find] = []
    way: list[str] = []
    scope: Step = root
    for number, step in enumerate(steps):
        if scope.group is None:
            element = _element(step, scope.tag, directory, is_last=number == len(steps) - 1)
            return Target(_chain(finds), _itself, None, element, tuple(way), False)
        scope, find = _child(step, scope, directory)
        finds.append(find)
        way.append(step.name)
    return Target(_chain(finds[:-1]), finds[-1], scope, None, tuple(way), bool(steps[-1].conditions))


def _child(step: PathStep, scope: Step, directory: Directory) -> tuple[Step, Find]:
    for each in scope.steps:
        if (each.name == step.name) if each.group is not None else (each.tag == step.name):
            name, is_group = step.name, each.group is not None
            conditions = [_condition(condition, each, directory) for condition in step.conditions]
            return each, _finder(name, conditions, is_group=is_group)
    raise ValueError(f"{scope.name if scope.group else 'the message'} has no `{step.name}`")


def _finder(name: str, conditions: list[Callable[[Node], bool]], *, is_group: bool) -> Find:
    def find(node: Node) -> list[Node]:
        if not isinstance(node, GroupInstance):
            return []
        found: list[Node] = list(node.groups.get(name, ()) if is_group else node.segments.get(name, ()))
        return [each for each in found if all(holds(each) for holds in conditions)] if conditions else found

    return find


def _condition(condition: Condition, scope: Step, directory: Directory) -> Callable[[Node], bool]:
    """Whether a node has (one of) the values at a path inside it."""
    values = _values_below(condition.path, scope, directory)
    wanted, negated = condition.values, condition.negated
    if not wanted:
        return lambda node: bool(values(node)) is not negated
    return lambda node: any(each.text in wanted for each in values(node)) is not negated


def _values_below(path: str, scope: Step, directory: Directory) -> Callable[[Node], list[Value]]:
    _, steps = steps_of(path)
    finds: list[Find] = []
    for number, step in enumerate(steps):
        if scope.group is None:
            element = _element(step, scope.tag, directory, is_last=number == len(steps) - 1)
            segments = _chain(finds)
            return lambda node: [v for each in segments(node) if isinstance(each, Placed) for v in element.values(each)]
        scope, find = _child(step, scope, directory)
        finds.append(find)
    raise ValueError(f"`{path}` is a segment or group; name an element in it")


def _element(step: PathStep, tag: str, directory: Directory, *, is_last: bool) -> Element:
    if step.conditions or not is_last:
        raise ValueError(f"nothing lies below `{step.name}`; a condition belongs to a segment or group")
    composite, _, name = step.name.rpartition(".")
    rules = list(enumerate(directory.segment(tag) or (), 1))
    whole = [(index, -1, rule) for index, rule in rules if rule.is_composite and rule.id == name and not composite]
    parts = [
        (index, number, rule)
        for index, rule in rules
        if (rule.id == composite if composite else not rule.is_composite)
        for number, component in enumerate(rule.components)
        if component.id == name
    ]
    found = whole or parts
    if not found:
        raise ValueError(f"{tag} has no `{step.name}`")
    rule = found[0][2]
    component = None if whole else rule.components[found[0][1]]
    return Element(tag, step.name, tuple((index, number) for index, number, _ in found), rule, component)


def _chain(finds: list[Find]) -> Find:
    steps = tuple(finds)

    def find_all(node: Node) -> list[Node]:
        found = [node]
        for find in steps:
            found = [inner for each in found for inner in find(each)]
        return found

    return find_all


def _itself(node: Node) -> list[Node]:
    return [node]
