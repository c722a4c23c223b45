"""Paths of a map inside an XML document: `cac:Party/cbc:Name`, `cbc:Quantity/@unitCode`, `.` for the element itself.

The elements are lxml's, made by `translators.xmldoc.parsing`, or for a document that is written by `drafts`.
"""

from collections.abc import Callable, Container, Hashable
from typing import Any, cast

from translators.findings import Place
from translators.mapping.pathwords import Condition, PathStep, steps_of
from translators.mapping.sources import Leaves, Nodes, Quick
from translators.xmldoc.drafts import Check, XmlSlot, XmlStretch, XmlWay, blank
from translators.xmldoc.looking import (
    Test,
    attribute_test,
    attribute_value,
    children,
    comparing,
    gathered,
    own_text,
    presence_test,
    quick_attribute,
    quick_own,
    quick_text,
    test_of,
    texts_below,
)
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
            return own_text
        from_root, steps = steps_of(path)
        *way, last = steps
        values: Leaves = own_text
        if last.name.startswith("@"):
            values = attribute_value(self.clark(last.name[1:]))
        else:
            way = [*way, last]
        if not way and not from_root:
            return values
        if not from_root and values is own_text and not any(step.conditions for step in way):
            return texts_below([self.clark(step.name) for step in way])
        return gathered(tuple(self._step(step) for step in way), values, from_root=from_root)

    def quick(self, path: str, scope: Any) -> Quick | None:  # noqa: ARG002 - the protocol's
        """See `Source.quick`."""
        if path == ".":
            return quick_own
        from_root, steps = steps_of(path)
        if from_root or any(step.conditions or step.name == "*" for step in steps):
            return None
        if len(steps) == 1 and steps[0].name.startswith("@"):
            return quick_attribute(self.clark(steps[0].name[1:]))
        if any(step.name.startswith("@") for step in steps):
            return None
        return quick_text(tuple(self.clark(step.name) for step in steps))

    def first(self, path: str, scope: Any) -> str | None:  # noqa: ARG002 - the protocol's
        """See `Source.first`."""
        if path == ".":
            return None
        from_root, steps = steps_of(path)
        return None if from_root or steps[0].name[0] in ".@*" else self.clark(steps[0].name)

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

    def path_of(self, node: Any, root: Any) -> str:
        """The XPath of an element under `root`, with the prefixes of the map."""
        steps = []
        while node is not root:
            name = self.name_of(node.tag)
            before = sum(1 for _ in node.itersiblings(node.tag, preceding=True))
            is_alone = not before and next(node.itersiblings(node.tag), None) is None
            steps.append(name if is_alone else f"{name}[{before + 1}]")
            node = node.getparent()
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
                most = 1 if number < len(steps) and not step.conditions else 0
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

    def step(self, step: PathStep) -> tuple[str, tuple[Test, ...], Leaves]:
        """A step's name, what must hold of the elements it leads to, and what that compares."""
        asked = [(condition, self.leaves(condition.path, None)) for condition in step.conditions]
        tests = tuple(self._test(condition, leaves) for condition, leaves in asked)
        return self.clark(step.name), tests, comparing(tuple(leaves for condition, leaves in asked if condition.values))

    def _test(self, condition: Condition, leaves: Leaves) -> Test:
        path = condition.path
        if condition.values and path.startswith("@"):
            return attribute_test(self.clark(path[1:]), condition.values, negated=condition.negated)
        if not condition.values and (steps := steps_of(path)[1]) == (PathStep(path),) and path[0] not in "/.@*":
            return presence_test(self.clark(steps[0].name), negated=condition.negated)
        return test_of(condition, leaves, self.quick(path, None))

    def _step(self, step: PathStep) -> tuple[Any, Leaves]:
        tag, tests, compared = self.step(step)
        return children(tag, tests), compared


def _tags_below(node: Any) -> set[str]:
    return {child.tag for child in node}


def element_of(spot: Any) -> Any:
    """The element a spot stands in."""
    return spot[0] if isinstance(spot, tuple) else spot
