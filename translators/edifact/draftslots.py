"""Places for values in a message under construction: where an element or a component may take a text, and why not."""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from translators.edifact.directory import Component
from translators.edifact.drafts import CompositeNode, DraftWay, element_of
from translators.edifact.structure import Placed
from translators.mapping.sources import Pen


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


Codes = frozenset[str] | None
Where = tuple[int, int, Component, Codes]
"""(element, component from 0, what may stand there, its code list if it has one)."""


def _has(placed: Placed, index: int) -> bool:
    elements = placed.segment.elements
    return index < len(elements) and any(value for components in elements[index] for value in components)


def element_slot(
    places: tuple[Where, ...], way: DraftWay, gap: Callable[[], str | None], *, in_composite: bool
) -> DraftSlot:
    """An element of a segment, wherever it stands in it. `gap` names a mandatory one before it that nobody fills."""

    def put(pen: Pen, placed: Placed, text: str, more: bool) -> str | None:
        lacking = gap()
        if lacking is not None:
            return f"{lacking} before it is mandatory, and the document does not say it"
        tried = ((element_of(pen, placed, at)[0], number, rule, codes) for at, number, rule, codes in places)
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
