"""How the paths of a map look into an element of lxml: values, nodes, and whether conditions hold.

Where few children are looked through, asking each for its name costs less than `iterchildren`, which first makes a
matcher of the name it is given; and a slice is made faster than its elements one after the other.
"""

from collections.abc import Callable, Hashable
from typing import Any

from translators.mapping.pathwords import Condition
from translators.mapping.sources import SEVERAL, Leaf, Leaves, Quick, nothing

Test = Callable[[Any, Any], bool]
"""(element, root) -> whether a condition holds."""


def attribute_value(name: str) -> Leaves:
    """The value of an attribute."""

    def find(node: Any, _root: Any) -> list[Leaf]:
        value = node.get(name)
        return [(value, (node, name), ())] if value else []

    return find


def own_text(node: Any, _root: Any) -> list[Leaf]:
    """The text of the element itself."""
    text = node.text
    if text:
        text = text.strip()
        if text:
            return [(text, node, ())]
    return []


def texts_below(tags: list[str]) -> Leaves:
    """The texts of the elements of a path without conditions."""
    *way, last = tags

    def find(node: Any, _root: Any) -> list[Leaf]:
        nodes = [node]
        for tag in way:
            nodes = [inner for each in nodes for inner in each.iterchildren(tag)]
            if not nodes:
                return []
        return [
            (text, inner, ())
            for each in nodes
            for inner in each.iterchildren(last)
            if (text := (inner.text or "").strip())
        ]

    return find


def gathered(walked: tuple[tuple[Any, Leaves], ...], values: Leaves, *, from_root: bool) -> Leaves:
    """The values at the end of steps, each with the spots of what the conditions on its way compared."""

    def find_all(node: Any, root: Any) -> list[Leaf]:
        found: list[tuple[Any, tuple[Hashable, ...]]] = [(root if from_root else node, ())]
        for find, compared in walked:
            found = [
                (inner, also if compared is nothing else (*also, *(leaf[1] for leaf in compared(inner, root))))
                for each, also in found
                for inner in find(each, root)
            ]
            if not found:
                return []
        return [(leaf[0], leaf[1], also) if also else leaf for each, also in found for leaf in values(each, root)]

    return find_all


def quick_own(node: Any) -> Any:
    """See `Quick`: the text of the element itself."""
    text = node.text
    return (text, node) if text and (text := text.strip()) else None


def quick_attribute(name: str) -> Quick:
    """See `Quick`: an attribute."""

    def find(node: Any) -> Any:
        value = node.get(name)
        return (value, (node, name)) if value else None

    return find


def quick_text(tags: tuple[str, ...]) -> Quick:
    """See `Quick`: the text of an element below; none of the names is `*`."""

    def find(node: Any) -> Any:
        for tag in tags:
            found = None
            for each in node[:]:
                if each.tag == tag:
                    if found is not None:
                        return SEVERAL
                    found = each
            if found is None:
                return None
            node = found
        return quick_own(node)

    return find


def attribute_test(name: str, values: frozenset[str], *, negated: bool) -> Test:
    """A condition that compares an attribute: nearly all do."""
    if negated:
        return lambda node, _root: node.get(name) not in values
    return lambda node, _root: node.get(name) in values


def presence_test(tag: str, *, negated: bool) -> Test:
    """A condition that asks whether a child of this name says anything."""

    def holds(node: Any, _root: Any) -> bool:
        for each in node[:]:
            if each.tag == tag and (text := each.text) and not text.isspace():
                return not negated
        return negated

    return holds


def test_of(condition: Condition, leaves: Leaves, quick: Quick | None) -> Test:
    """A condition as one question."""
    values, negated = condition.values, condition.negated
    if quick is None:
        return lambda node, root: _holds(condition, leaves(node, root))

    def holds(node: Any, root: Any) -> bool:
        found = quick(node)
        if found is SEVERAL:
            return _holds(condition, leaves(node, root))
        if values:
            return (found is not None and found[0] in values) is not negated
        return (found is not None) is not negated

    return holds


def _holds(condition: Condition, leaves: list[Leaf]) -> bool:
    if not condition.values:
        return bool(leaves) is not condition.negated
    return any(leaf[0] in condition.values for leaf in leaves) is not condition.negated


def children(tag: str, tests: tuple[Test, ...]) -> Callable[[Any, Any], list[Any]]:
    """The children of this name of which all tests hold; `.` is the element itself."""

    def find_all(node: Any, _root: Any) -> list[Any]:
        return [node] if tag == "." else list(node.iterchildren(tag))

    if not tests:
        return find_all
    return lambda node, root: [each for each in find_all(node, root) if all(test(each, root) for test in tests)]


def comparing(leaves: tuple[Leaves, ...]) -> Leaves:
    """What conditions that ask for a value have compared."""
    if not leaves:
        return nothing
    if len(leaves) == 1:
        return leaves[0]
    return lambda node, root: [leaf for each in leaves for leaf in each(node, root)]
