"""Paths of a map inside an XML document: `cac:Party/cbc:Name`, `cbc:Quantity/@unitCode`, `.` for the element itself.

The tree is indexed once, children by name, because a map asks many times and mapping is what costs.
"""

from collections.abc import Hashable
from typing import Any, cast

from translators.findings import Place
from translators.mapping.pathwords import Condition, PathStep, steps_of
from translators.mapping.sources import Leaf, Leaves, Nodes


class XmlNode:
    """An element with its children by name, in the order of the document."""

    __slots__ = ("attributes", "children", "element", "parent", "text")

    def __init__(self, element: Any, parent: "XmlNode | None") -> None:
        self.element = element
        self.parent = parent
        self.text = (element.text or "").strip()
        self.attributes: dict[str, str] = dict(element.attrib) if element.attrib else {}
        self.children: dict[str, list[XmlNode]] = {}
        for child in element:
            inner = XmlNode(child, self)
            found = self.children.get(child.tag)
            if found is None:
                self.children[child.tag] = [inner]
            else:
                found.append(inner)


XmlSpot = tuple[XmlNode, str | None]
"""An element, or an attribute of it."""


class XmlSource:
    """Finds elements and values; `namespaces` gives the prefixes their meaning."""

    root_scope: Any = None

    def __init__(self, namespaces: dict[str, str]) -> None:
        self.namespaces = namespaces
        self._prefixes = {uri: prefix for prefix, uri in namespaces.items()}

    def nodes(self, path: str, scope: Any) -> tuple[Nodes, Any, Leaves]:
        """See `Source.nodes`; there is one scope only, any element may hold any other."""
        from_root, steps = steps_of(path)
        walked = tuple(self._step(step) for step in steps)
        _, last_compared = walked[-1]

        def find_all(node: XmlNode, root: XmlNode) -> list[XmlNode]:
            found = [root if from_root else node]
            for find, _ in walked:
                found = [inner for each in found for inner in find(each, root)]
            return found

        return find_all, scope, last_compared

    def leaves(self, path: str, scope: Any) -> Leaves:  # noqa: ARG002 - the protocol's; XML has one scope
        """See `Source.leaves`."""
        if path == ".":
            return _own_text
        from_root, steps = steps_of(path)
        *way, last = steps
        values: Leaves = _own_text
        if last.name.startswith("@"):
            values = self._attribute(last.name[1:])
        else:
            way = [*way, last]
        if not way and not from_root:
            return values
        return _gather(tuple(self._step(step) for step in way), values, from_root=from_root)

    def place(self, spot: Hashable) -> Place:
        """The XPath of a spot; line and column are added by who has the bytes."""
        node, attribute = cast(XmlSpot, spot)
        return Place(path=self.path_of(node) + (f"/@{attribute}" if attribute else ""))

    def spot_of(self, node: Any) -> Hashable:
        """See `Source.spot_of`."""
        return (node, None)

    def path_of(self, node: XmlNode) -> str:
        """The XPath of an element, with the prefixes of the map."""
        steps = []
        current: XmlNode | None = node
        while current is not None:
            tag = current.element.tag
            name = self.name_of(tag)
            siblings = current.parent.children[tag] if current.parent else [current]
            steps.append(name if len(siblings) == 1 else f"{name}[{siblings.index(current) + 1}]")
            current = current.parent
        return "/" + "/".join(reversed(steps))

    def name_of(self, tag: str) -> str:
        """A name in Clark's notation as the map writes it."""
        uri, closed, name = tag.removeprefix("{").rpartition("}")
        prefix = self._prefixes.get(uri) if closed else None
        return f"{prefix}:{name}" if prefix else name

    def _clark(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        if not colon:
            return name
        if prefix not in self.namespaces:
            raise ValueError(f"the prefix `{prefix}` is not under `namespaces`")
        return f"{{{self.namespaces[prefix]}}}{local}"

    def _step(self, step: PathStep) -> tuple[Any, Leaves]:
        tag = self._clark(step.name)
        conditions = [(condition, self.leaves(condition.path, None)) for condition in step.conditions]
        if not conditions:
            return (lambda node, _root: node.children.get(tag, ())), _nothing

        def find(node: XmlNode, root: XmlNode) -> list[XmlNode]:
            return [
                each
                for each in node.children.get(tag, ())
                if all(_holds(condition, leaves(each, root)) for condition, leaves in conditions)
            ]

        def compared(node: XmlNode, root: XmlNode) -> list[Leaf]:
            return [leaf for condition, leaves in conditions if condition.values for leaf in leaves(node, root)]

        return find, compared

    def _attribute(self, name: str) -> Leaves:
        clark = self._clark(name)

        def find(node: XmlNode, _root: Any) -> list[Leaf]:
            value = node.attributes.get(clark)
            return [Leaf(value, (node, clark))] if value else []

        return find


def _own_text(node: XmlNode, _root: Any) -> list[Leaf]:
    return [Leaf(node.text, (node, None))] if node.text else []


def _gather(walked: tuple[tuple[Any, Leaves], ...], values: Leaves, *, from_root: bool) -> Leaves:
    if len(walked) == 1 and walked[0][1] is _nothing and values is _own_text and not from_root:
        find_children = walked[0][0]

        def find_texts(node: XmlNode, root: XmlNode) -> list[Leaf]:
            return [Leaf(each.text, (each, None)) for each in find_children(node, root) if each.text]

        return find_texts

    def find_all(node: XmlNode, root: XmlNode) -> list[Leaf]:
        found: list[tuple[XmlNode, tuple[Hashable, ...]]] = [(root if from_root else node, ())]
        for find, compared in walked:
            found = [
                (inner, also if compared is _nothing else (*also, *(leaf.spot for leaf in compared(inner, root))))
                for each, also in found
                for inner in find(each, root)
            ]
            if not found:
                return []
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
