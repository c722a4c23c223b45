"""Paths of a map inside an EDIFACT message: groups, segments, composites, elements, resolved against the directory.

From a group: `SG2/NAD/C080.3036`. From a segment: `C080.3036`, `1004`, or `C212` for a composite as a node of its own.
From a composite: `7140`. An element that stands several times gives all its values, in order; `C208.7402#1` is the
first of them in its composite only.
"""

from collections.abc import Callable, Container, Hashable
from typing import Any, cast

from translators.edifact.directory import Component, Directory, ElementRule, Step
from translators.edifact.drafts import (
    Check,
    CompositeNode,
    DraftWay,
    Stretch,
    composite_stretch,
    group_stretch,
    segment_stretch,
)
from translators.edifact.draftslots import DraftSlot, component_slot, element_slot
from translators.edifact.pathvalues import (
    CompositeScope,
    SegmentScope,
    Spot,
    component_text,
    component_values,
    element_text,
    element_values,
    gather,
    holds,
    matching,
    names_below,
    numbers_of,
    quick_component,
    quick_element,
    quick_in_segment,
    walk,
)
from translators.edifact.structure import GroupInstance, Placed
from translators.findings import Place
from translators.mapping.pathwords import Condition, PathStep, steps_of
from translators.mapping.sources import Leaf, Leaves, Nodes, Quick, nothing

_OTHER_LISTS = ("1131", "3055")
"""A code list, and the agency whose code it is."""


class EdifactSource:
    """Finds nodes and values in messages of one type and release."""

    def __init__(self, directory: Directory, message: str) -> None:
        structure = directory.structure(message)
        if structure is None:
            raise ValueError(f"{directory.release} has no message {message}")
        self.directory = directory
        self.root_scope: Any = structure
        self._filled: set[tuple[tuple[Component, ...], int]] = set()
        """(components of an element, number): what the rows of the map that asks can fill."""

    def nodes(self, path: str, scope: Any) -> tuple[Nodes, Any, Leaves]:
        """See `Source.nodes`."""
        from_root, steps = steps_of(path)
        scope = self.root_scope if from_root else scope
        finds: list[Any] = []
        compared: Leaves = nothing
        for step in steps:
            find, scope, compared = self._step(step, scope)
            finds.append(find)
        return walk(tuple(finds), from_root=from_root), scope, compared

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
        return gather(tuple(walked), self._values(last.name, inner), from_root=from_root)

    def quick(self, path: str, scope: Any) -> Quick | None:
        """See `Source.quick`."""
        from_root, steps = steps_of(path)
        if from_root or any(step.conditions for step in steps) or len(steps) > 2:
            return None
        name = steps[-1].name
        if isinstance(scope, CompositeScope):
            numbers = numbers_of(name, scope.components)
            return quick_component(numbers[0]) if len(numbers) == 1 else None
        if isinstance(scope, SegmentScope) and len(steps) == 1:
            places = self.positions(name, scope)
            return quick_element(*places[0]) if len(places) == 1 else None
        if isinstance(scope, Step) and len(steps) == 2:
            _, inner = self.named(steps[0].name, scope)
            if isinstance(inner, SegmentScope):
                places = self.positions(name, inner)
                return quick_in_segment(steps[0].name, quick_element(*places[0])) if len(places) == 1 else None
        return None

    def first(self, path: str, scope: Any) -> str | None:
        """See `Source.first`."""
        from_root, steps = steps_of(path)
        return steps[0].name if isinstance(scope, Step) and not from_root else None

    def present(self, scope: Any) -> Callable[[Any], Container[str]] | None:
        """See `Source.present`."""
        return names_below if isinstance(scope, Step) else None

    def place(self, spot: Hashable, root: Any) -> Place:  # noqa: ARG002 - the protocol's; a spot says it all
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

    def blank(self) -> GroupInstance:
        """See `Source.blank`."""
        return GroupInstance(self.root_scope)

    def way(self, path: str, scope: Any) -> tuple[DraftWay, Any]:
        """See `Source.way`."""
        from_root, steps = steps_of(path)
        return self._way(steps, self.root_scope if from_root else scope, from_root=from_root)

    def slot(self, path: str, scope: Any) -> DraftSlot:
        """See `Source.slot`."""
        from_root, steps = steps_of(path)
        way, inner = self._way(steps[:-1], self.root_scope if from_root else scope, from_root=from_root)
        name = steps[-1].name
        if isinstance(inner, CompositeScope):
            listed = [(n, inner.components[n]) for n in numbers_of(name, inner.components)]
            codes = self._codes(inner.components)
            self._filled.update((inner.components, n) for n, _ in listed)
            return component_slot(tuple((n, each, codes.get(each.id)) for n, each in listed), way)
        rules = self.directory.segment(inner.tag) or ()
        places = self.positions(name, inner)
        where = []
        for at, number in places:
            components = rules[at - 1].components
            where.append((at, number, components[number], self._codes(components).get(components[number].id)))
            self._filled.add((components, number))
        first = (rules[places[0][0] - 1].components, places[0][1]) if places else ((), 0)
        return element_slot(tuple(where), way, lambda: self._gap(*first), in_composite="." in name)

    def _gap(self, components: tuple[Component, ...], number: int) -> str | None:
        """The mandatory component before this one that no row of the map can fill. Known when all rows are compiled."""
        before = enumerate(components[:number])
        return next((each.id for at, each in before if each.mandatory and (components, at) not in self._filled), None)

    def _codes(self, components: tuple[Component, ...]) -> dict[str, frozenset[str]]:
        """The code lists that hold in a composite; where another list can be named beside a code, none does."""
        names = [component.id for component in components]
        is_open = any(name in _OTHER_LISTS for name in names)
        found = {name: self.directory.codes(name) for name in names if not is_open or name == "3055"}
        return {name: codes for name, codes in found.items() if codes}

    def _way(self, steps: tuple[PathStep, ...], scope: Any, *, from_root: bool) -> tuple[DraftWay, Any]:
        stretches = []
        for step in steps:
            stretch, scope = self._stretch(step, scope)
            stretches.append(stretch)
        return DraftWay(tuple(stretches), from_root), scope

    def _stretch(self, step: PathStep, scope: Any) -> tuple[Stretch, Any]:
        _, inner = self.named(step.name, scope)
        checks = tuple(self._check(condition, inner) for condition in step.conditions)
        if isinstance(inner, Step):
            return group_stretch(inner, checks), inner
        if isinstance(inner, SegmentScope):
            most = sum(each.repeats for each in scope.steps if each.group is None and each.tag == inner.tag)
            return segment_stretch(inner.tag, most, checks), inner
        return composite_stretch(self.composite_places(step.name, scope), checks), inner

    def _check(self, condition: Condition, scope: Any) -> Check:
        asks = bool(condition.values) and not condition.negated
        leaves = self.leaves(condition.path, scope)
        return Check(condition, leaves, self.slot(condition.path, scope) if asks else None)

    def composite_places(self, name: str, scope: SegmentScope) -> tuple[tuple[int, ElementRule], ...]:
        rules = self.directory.segment(scope.tag) or ()
        return tuple((index, rule) for index, rule in enumerate(rules, 1) if rule.id == name and rule.is_composite)

    def places(self, tag: str, element: str) -> list[tuple[int, int]]:
        """(element, component from 1) where `element` stands in `tag`; (0, 0) for the whole segment.

        Nowhere, when this release has no such element: a map inherits what the one it extends waives.
        """
        if not element:
            return [(0, 0)]
        return [(index, number + 1) for index, number in self._found(element, SegmentScope(tag))]

    def _step(self, step: PathStep, scope: Any) -> tuple[Any, Any, Leaves]:
        find, inner = self.named(step.name, scope)
        conditions = [(condition, self.leaves(condition.path, inner)) for condition in step.conditions]
        if not conditions:
            return find, inner, nothing
        text = self._text_of(conditions[0][0].path, inner) if len(conditions) == 1 else None
        if text is not None:
            condition, leaves = conditions[0]
            return matching(find, condition, text, leaves), inner, leaves if condition.values else nothing

        def find_matching(node: Any, root: Any) -> list[Any]:
            return [
                each
                for each in find(node, root)
                if all(holds(condition, leaves(each, root)) for condition, leaves in conditions)
            ]

        def compared(node: Any, root: Any) -> list[Leaf]:
            return [leaf for condition, leaves in conditions if condition.values for leaf in leaves(node, root)]

        return find_matching, inner, compared

    def _text_of(self, path: str, scope: Any) -> Callable[[Any], Any] | None:
        """As `quick`, but the text alone, for conditions."""
        quick = self.quick(path, scope)
        if quick is None:
            return None
        _, steps = steps_of(path)
        name = steps[-1].name
        if isinstance(scope, CompositeScope):
            return component_text(numbers_of(name, scope.components)[0])
        if isinstance(scope, SegmentScope):
            return element_text(*self.positions(name, scope)[0])
        _, inner = self.named(steps[0].name, scope)
        return quick_in_segment(steps[0].name, element_text(*self.positions(name, inner)[0]))

    def named(self, name: str, scope: Any) -> tuple[Any, Any]:
        """(what finds the nodes of this name below a node, their scope). Raises ValueError where there are none."""
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
        components = rules[indexes[0] - 1].components

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
            return component_values(name, scope)
        if isinstance(scope, SegmentScope):
            return element_values(self.positions(name, scope))
        raise ValueError(f"`{name}` is a segment or group; name an element in it")

    def positions(self, name: str, scope: SegmentScope) -> list[tuple[int, int]]:
        """(element, component from 0) of every place where the element stands in the segment."""
        found = self._found(name, scope)
        if not found:
            raise ValueError(f"{scope.tag} has no `{name}`")
        return found

    def _found(self, name: str, scope: SegmentScope) -> list[tuple[int, int]]:
        composite, _, element = name.rpartition(".")
        return [
            (index, number)
            for index, rule in enumerate(self.directory.segment(scope.tag) or (), 1)
            if (rule.id == composite if composite else not rule.is_composite)
            for number in numbers_of(element, rule.components)
        ]
