"""Paths of a map inside an XML document: `cac:Party/cbc:Name`, `cbc:Quantity/@unitCode`, `.` for the element itself.

The elements are those of `xml.etree`, whose `findall` for children of one name runs in C: a map asks many times, and
mapping is what costs. They are made by `translators.xmldoc.parsing` and by nobody else.
"""

from collections.abc import Callable, Container, Hashable
from typing import Any, cast

from translators.findings import Place
from translators.mapping.pathwords import Condition, PathStep, steps_of
from translators.mapping.sources import SEVERAL, Leaf, Leaves, Nodes, Quick, nothing
from translators.xmldoc.drafts import Check, XmlSlot, XmlStretch, XmlWay, blank
from translators.xmldoc.order import Order

XmlSpot = Any
"""An element, for its text, or (element, name of an attribute)."""


class XmlSource:
    """Finds elements and values; `namespaces` gives the prefixes their meaning, `order` that of children."""

    root_scope: Any

    def __init__(self, namespaces: dict[str, str], root: str = "", order: Order | None = None) -> None:
        self.namespaces = namespaces
        self.root_scope = root
        self.order = order or Order({})
        self._prefixes = {uri: prefix for prefix, uri in namespaces.items()}

    def nodes(self, path: str, scope: Any) -> tuple[Nodes, Any, Leaves]:  # noqa: ARG002 - the protocol's
        """See `Source.nodes`; a scope is the name of the last element, for the order of its children."""
        from_root, steps = steps_of(path)
        walked = tuple(self._step(step) for step in steps)
        last, compared = walked[-1]
        inner = self.clark(steps[-1].name)
        if len(steps) == 1 and not from_root:
            return last, inner, compared
        if len(steps) == 2 and not from_root:
            before = walked[0][0]

            def find_below(node: Any, root: Any) -> list[Any]:
                outers = before(node, root)
                if len(outers) == 1:
                    found: list[Any] = last(outers[0], root)
                    return found
                return [each for outer in outers for each in last(outer, root)]

            return find_below, inner, compared

        def find_all(node: Any, root: Any) -> list[Any]:
            found = [root if from_root else node]
            for find, _ in walked:
                found = [each for outer in found for each in find(outer, root)]
                if not found:
                    break
            return found

        return find_all, inner, compared

    def leaves(self, path: str, scope: Any) -> Leaves:  # noqa: ARG002 - the protocol's; XML has one scope
        """See `Source.leaves`."""
        if path == ".":
            return _own_text
        from_root, steps = steps_of(path)
        *way, last = steps
        values: Leaves = _own_text
        if last.name.startswith("@"):
            values = _attribute(self.clark(last.name[1:]))
        else:
            way = [*way, last]
        if not way and not from_root:
            return values
        if not from_root and values is _own_text and not any(step.conditions for step in way):
            return _texts_below([self.clark(step.name) for step in way])
        return _gather(tuple(self._step(step) for step in way), values, from_root=from_root)

    def quick(self, path: str, scope: Any) -> Quick | None:  # noqa: ARG002 - the protocol's
        """See `Source.quick`."""
        if path == ".":
            return _quick_own
        from_root, steps = steps_of(path)
        if from_root or any(step.conditions for step in steps):
            return None
        if len(steps) == 1 and steps[0].name.startswith("@"):
            return _quick_attribute(self.clark(steps[0].name[1:]))
        if any(step.name.startswith("@") for step in steps):
            return None
        return _quick_text(tuple(self.clark(step.name) for step in steps))

    def first(self, path: str, scope: Any) -> str | None:  # noqa: ARG002 - the protocol's
        """See `Source.first`."""
        if path == ".":
            return None
        from_root, steps = steps_of(path)
        return None if from_root or steps[0].name.startswith("@") else self.clark(steps[0].name)

    def present(self, scope: Any) -> Callable[[Any], Container[str]] | None:  # noqa: ARG002 - the protocol's
        """See `Source.present`."""
        return _tags_below

    def place(self, spot: Hashable, root: Any) -> Place:
        """The XPath of a spot; line and column are added by who has the bytes."""
        node, attribute = element_of(spot), spot[1] if isinstance(spot, tuple) else None
        return Place(path=self.path_of(node, root) + (f"/@{attribute}" if attribute else ""))

    def spot_of(self, node: Any) -> Hashable:
        """See `Source.spot_of`."""
        return cast(Hashable, node)

    def path_of(self, node: Any, root: Any, above: dict[Any, Any] | None = None) -> str:
        """The XPath of an element under `root`, with the prefixes of the map; `above` spares finding the parents."""
        above = above or {child: outer for outer in root.iter() for child in outer}
        steps = []
        while node in above:
            siblings = above[node].findall(node.tag)
            name = self.name_of(node.tag)
            number = next(at for at, each in enumerate(siblings, 1) if each is node)
            steps.append(name if len(siblings) == 1 else f"{name}[{number}]")
            node = above[node]
        return "/" + "/".join([self.name_of(node.tag), *reversed(steps)])

    def name_of(self, tag: str) -> str:
        """A name in Clark's notation as the map writes it."""
        uri, closed, name = tag.removeprefix("{").rpartition("}")
        prefix = self._prefixes.get(uri) if closed else None
        return f"{prefix}:{name}" if prefix else name

    def blank(self) -> Any:
        """See `Source.blank`."""
        return blank(self.root_scope)

    def way(self, path: str, scope: Any) -> tuple[XmlWay, Any]:
        """See `Source.way`."""
        from_root, steps = steps_of(path)
        return self._way(steps, self.root_scope if from_root else scope, from_root=from_root)

    def slot(self, path: str, scope: Any) -> XmlSlot:
        """See `Source.slot`."""
        if path == ".":
            return XmlSlot(XmlWay((), from_root=False), None, own=True)
        from_root, steps = steps_of(path)
        *way, last = steps
        attribute = self.clark(last.name[1:]) if last.name.startswith("@") else None
        opened, _ = self._way(
            tuple(way if attribute else steps), self.root_scope if from_root else scope, from_root=from_root
        )
        return XmlSlot(opened, attribute, own=attribute is None and not opened.stretches)

    def _way(self, steps: tuple[PathStep, ...], scope: Any, *, from_root: bool) -> tuple[XmlWay, Any]:
        stretches = []
        for number, step in enumerate(steps, 1):
            tag = self.clark(step.name)
            if tag == "*":
                raise ValueError("`*` names no element that could be written; say `direction: read`")
            most = self.order.most(scope, tag)
            if most is None:
                most = 1 if number < len(steps) else 0
            checks = tuple(self._check(condition, tag) for condition in step.conditions)
            stretches.append(XmlStretch(tag, most, checks))
            scope = tag
        return XmlWay(tuple(stretches), from_root), scope

    def _check(self, condition: Condition, scope: str) -> Check:
        asks = bool(condition.values) and not condition.negated
        leaves = self.leaves(condition.path, scope)
        return Check(condition, leaves, self.slot(condition.path, scope) if asks else None)

    def clark(self, name: str) -> str:
        """A name as the map writes it in Clark's notation. Raises ValueError for an unknown prefix."""
        prefix, colon, local = name.partition(":")
        if not colon:
            return name
        if prefix not in self.namespaces:
            raise ValueError(f"the prefix `{prefix}` is not under `namespaces`")
        return f"{{{self.namespaces[prefix]}}}{local}"

    def _tested(self, tag: str, condition: Condition, leaves: Leaves) -> Any:
        """The children of which one condition holds; most ask for an attribute."""
        path, values, negated = condition.path, condition.values, condition.negated
        if values and path.startswith("@"):
            name = self.clark(path[1:])
            return lambda node, _root: [each for each in node.findall(tag) if (each.get(name) in values) is not negated]
        test = self._test(condition, leaves)
        return lambda node, root: [each for each in node.findall(tag) if test(each, root)]

    def _test(self, condition: Condition, leaves: Leaves) -> Callable[[Any, Any], bool]:
        """A condition as one question."""
        path, values, negated = condition.path, condition.values, condition.negated
        quick = self.quick(path, None)
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

    def _step(self, step: PathStep) -> tuple[Any, Leaves]:
        tag = self.clark(step.name)
        conditions = [(condition, self.leaves(condition.path, None)) for condition in step.conditions]
        if not conditions:
            return (lambda node, _root: node.findall(tag)), nothing
        if len(conditions) == 1:
            return self._tested(tag, *conditions[0]), conditions[0][1] if conditions[0][0].values else nothing

        def find(node: Any, root: Any) -> list[Any]:
            return [
                each
                for each in node.findall(tag)
                if all(_holds(condition, leaves(each, root)) for condition, leaves in conditions)
            ]

        def compared(node: Any, root: Any) -> list[Leaf]:
            return [leaf for condition, leaves in conditions if condition.values for leaf in leaves(node, root)]

        return find, compared


def _tags_below(node: Any) -> set[str]:
    return {child.tag for child in node}


def _quick_own(node: Any) -> Any:
    text = node.text
    return (text, node) if text and (text := text.strip()) else None


def _quick_attribute(name: str) -> Quick:
    def find(node: Any) -> Any:
        value = node.get(name)
        return (value, (node, name)) if value else None

    return find


def _quick_text(tags: tuple[str, ...]) -> Quick:
    *way, last = tags

    def find_child(node: Any) -> Any:
        found = node.findall(last)
        if len(found) != 1:
            return SEVERAL if found else None
        element = found[0]
        text = element.text
        return (text, element) if text and (text := text.strip()) else None

    if not way:
        return find_child

    def find(node: Any) -> Any:
        for tag in way:
            found = node.findall(tag)
            if len(found) != 1:
                return SEVERAL if found else None
            node = found[0]
        return find_child(node)

    return find


def element_of(spot: Any) -> Any:
    """The element a spot stands in."""
    return spot[0] if isinstance(spot, tuple) else spot


def _attribute(name: str) -> Leaves:
    def find(node: Any, _root: Any) -> list[Leaf]:
        value = node.get(name)
        return [(value, (node, name), ())] if value else []

    return find


def _own_text(node: Any, _root: Any) -> list[Leaf]:
    text = node.text
    if text:
        text = text.strip()
        if text:
            return [(text, node, ())]
    return []


def _texts_below(tags: list[str]) -> Leaves:
    """The texts of the elements of a path without conditions: the most frequent question by far."""
    *way, last = tags

    def find_children(node: Any, _root: Any) -> list[Leaf]:
        found = node.findall(last)
        if not found:
            return found  # type: ignore[no-any-return]  # an empty list is one of anything
        return [(text, each, ()) for each in found if (text := (each.text or "").strip())]

    if not way:
        return find_children
    if len(way) == 1:
        outer = way[0]

        def find_grandchildren(node: Any, root: Any) -> list[Leaf]:
            found: list[Leaf] = []
            for each in node.findall(outer):
                found += find_children(each, root)
            return found

        return find_grandchildren

    def find_deep(node: Any, root: Any) -> list[Leaf]:
        nodes = [node]
        for tag in way:
            nodes = [inner for each in nodes for inner in each.findall(tag)]
            if not nodes:
                return []
        return [leaf for each in nodes for leaf in find_children(each, root)]

    return find_deep


def _gather(walked: tuple[tuple[Any, Leaves], ...], values: Leaves, *, from_root: bool) -> Leaves:
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


def _holds(condition: Condition, leaves: list[Leaf]) -> bool:
    if not condition.values:
        return bool(leaves) is not condition.negated
    return any(leaf[0] in condition.values for leaf in leaves) is not condition.negated
