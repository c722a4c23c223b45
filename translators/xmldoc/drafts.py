"""An XML document that is being written: elements as reading finds them, filled by the paths of a map."""

from typing import Any

from lxml import etree
from msgspec import Struct

from translators.mapping.pathwords import Condition
from translators.mapping.sources import Leaves, Pen


def blank(tag: str) -> Any:
    """An element in which nothing stands yet."""
    return etree.Element(tag)


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


class XmlStretch(Struct, frozen=True):
    """One step of a way: an element of this name, of which there may be `most` side by side (0: any number)."""

    tag: str
    most: int
    checks: tuple[Check, ...]

    def make(self, pen: Pen, node: Any) -> Any:
        """Another element, or None where the schema has no room for one."""
        if self.most and len(node.findall(self.tag)) >= self.most:
            return None
        made = etree.SubElement(node, self.tag)
        pen.note(lambda: node.remove(made))
        return made


class XmlWay(Struct, frozen=True):
    """See `translators.mapping.sources.Way`."""

    stretches: tuple[XmlStretch, ...]
    from_root: bool

    def open(self, pen: Pen, node: Any, root: Any, *, fresh: bool) -> Any:
        return self._open(pen, root if self.from_root else node, root, 0, fresh=fresh)

    def _open(self, pen: Pen, node: Any, root: Any, at: int, *, fresh: bool) -> Any:
        if at == len(self.stretches):
            return node
        stretch = self.stretches[at]
        mark = pen.mark()
        if stretch.tag == ".":
            allowed = all(check.allows(pen, node, root, fresh=fresh) for check in stretch.checks)
            return self._open(pen, node, root, at + 1, fresh=fresh) if allowed else None
        if not (fresh and at == len(self.stretches) - 1):
            for each in reversed(node.findall(stretch.tag)):
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
                for inner in each.findall(stretch.tag)
                if all(check.holds(inner, root) for check in stretch.checks)
            ]
        return nodes


class XmlSlot(Struct, frozen=True):
    """See `translators.mapping.sources.Slot`: the text of an element, or an attribute of one.

    `own`: the text of the very element the block stands for.
    """

    way: XmlWay
    attribute: str | None
    own: bool

    def put(self, pen: Pen, node: Any, root: Any, text: str, *, more: bool) -> str | None:
        if not _is_xml(text):
            return "a control character cannot stand in XML"
        mark = pen.mark()
        for fresh in (False, True) if more and self.way.stretches else (False,):
            target = self.way.open(pen, node, root, fresh=fresh)
            if target is not None:
                held = target.get(self.attribute) if self.attribute else target.text
                if not held:
                    self._set(pen, target, text)
                    return None
                if held == text and not more:
                    return None
                reason = f"`{held[:20]}` stands there already"
            else:
                reason = "there is no room for another one"
            pen.back(mark)
        return reason

    def fill(self, pen: Pen, node: Any, root: Any, text: str) -> bool:
        if self.attribute is not None or self.own:
            targets = self.way.found(node, root)
        else:
            outer = XmlWay(self.way.stretches[:-1], self.way.from_root)
            last = XmlWay(self.way.stretches[-1:], from_root=False)
            targets = [last.open(pen, each, root, fresh=False) for each in outer.found(node, root)]
        done = False
        for target in targets:
            if target is not None and not (target.get(self.attribute) if self.attribute else target.text):
                self._set(pen, target, text)
                done = True
        return done

    def longest(self) -> int | None:
        return None

    def _set(self, pen: Pen, target: Any, text: str) -> None:
        if self.attribute is not None:
            name = self.attribute
            target.set(name, text)
            pen.note(lambda: target.attrib.pop(name, None))
        else:
            target.text = text
            pen.note(lambda: setattr(target, "text", None))


def _is_xml(text: str) -> bool:
    return text.isprintable() or not any(
        (ord(each) < 32 and each not in "\t\n\r") or 0xD800 <= ord(each) <= 0xDFFF or ord(each) in (0xFFFE, 0xFFFF)
        for each in text
    )
