"""Hierarchical levels of a ship notice that is written: from items, packs and orders as maps put them, to what is sent.

A map fills items (`HL_I`), each with the order it lies in (`in_O`), and packs (`HL_P`), each with the items in it
(`HL_I`, by their HL05) and the pallet around it (`in_T`, by its mark). Here they become shipment, order, tare, pack,
item, or shipment, pack, order, item where a pack holds items of several orders.
"""

from collections.abc import Iterator
from itertools import count

from msgspec import Struct, field

from translators.edifact.drafts import draft_of, new_group
from translators.edifact.structure import GroupInstance
from translators.grammar.composing import Elements, segments_of
from translators.x12.hierarchy import LEVELS

_NUMBER = 5
"""The element of HL that holds the number of an item, and is not sent."""

_LINKS = frozenset({*(f"HL_{code}" for code in LEVELS), *(f"in_{code}" for code in LEVELS)})


class _Node(Struct, eq=False):
    code: str
    group: GroupInstance
    below: "list[_Node]" = field(default_factory=list)
    order: tuple[Elements, ...] = ()
    """Of an item: the segments of the order it lies in."""


class _Numbered(Struct):
    node: _Node
    own: str
    parent: str


def levels_of(root: GroupInstance) -> Iterator[Elements]:
    """The segments of all levels in the order they are sent, numbered. What is not an item's HL01 becomes its LIN01."""
    shipment = _Node("S", next(iter(root.groups.get("HL_S", [])), None) or _new(root, "HL_S"))
    items = [_item(group) for group in root.groups.get("HL_I", ())]
    packs = [_Node("P", group) for group in root.groups.get("HL_P", ())]
    loose = _packed(items, packs)
    outer = _piled(packs)
    turns = {id(item): turn for turn, item in enumerate(items)}
    for node in sorted((*outer, *loose), key=lambda node: _turn(node, turns)):
        _hang(shipment, node)
    numbered = list(_numbered(shipment, "", count(1)))
    is_plain = all(_id(each.node) in ("", each.own) for each in numbered if each.node.code == "I")
    for each in numbered:
        yield from _sent(each, with_lines=not is_plain)


def _turn(node: _Node, turns: dict[int, int]) -> int:
    """When a level comes: with the first of its items, so that lines keep their order; what holds none comes last."""
    if node.code == "I":
        return turns[id(node)]
    node.below.sort(key=lambda each: _turn(each, turns))
    return _turn(node.below[0], turns) if node.below else len(turns)


def _new(root: GroupInstance, name: str) -> GroupInstance:
    return new_group(next(step for step in root.step.steps if step.name == name))


def _item(group: GroupInstance) -> _Node:
    orders = group.groups.get("in_O", ())
    return _Node("I", group, order=tuple(each for order in orders for each in _own(order) if each[0][0][0] != "HL"))


def _own(group: GroupInstance) -> Iterator[Elements]:
    return segments_of(group, _LINKS)


def _id(node: _Node) -> str:
    return _value(node.group, "HL", _NUMBER)


def _value(group: GroupInstance, tag: str, element: int) -> str:
    for placed in group.segments.get(tag, ()):
        elements = draft_of(placed).elements
        if len(elements) > element and elements[element][0][0]:
            return elements[element][0][0]
    return ""


def _packed(items: list[_Node], packs: list[_Node]) -> list[_Node]:
    """Puts each item into the one pack that holds all of it; the others are returned."""
    held: dict[str, list[_Node]] = {}
    for pack in packs:
        for reference in pack.group.groups.get("HL_I", ()):
            held.setdefault(_value(reference, "HL", _NUMBER), []).append(pack)
    loose = []
    for item in items:
        around = held.get(_id(item), [])
        if len(around) == 1:
            around[0].below.append(item)
        else:
            loose.append(item)
    return loose


def _piled(packs: list[_Node]) -> list[_Node]:
    """Puts packs onto their pallets; those without one are returned."""
    marks = {mark: pack for pack in packs if (mark := _value(pack.group, "MAN", 2))}
    outer = []
    for pack in packs:
        around = next((marks.get(_value(each, "MAN", 2)) for each in pack.group.groups.get("in_T", ())), None)
        if around is not None and around is not pack:
            around.code = "T"
            around.below.append(pack)
        else:
            outer.append(pack)
    return outer


def _orders_in(node: _Node) -> list[tuple[Elements, ...]]:
    """The orders of all items below, each once, by their segments."""
    if node.code == "I":
        return [node.order]
    found: list[tuple[Elements, ...]] = []
    for each in node.below:
        found += [order for order in _orders_in(each) if order not in found]
    return found


def _hang(around: _Node, node: _Node) -> None:
    """Below its order, when all in it is of one; else the orders come inside."""
    orders = _orders_in(node)
    if len(orders) == 1 and orders[0]:
        _order_below(around, orders[0], node).below.append(node)
        return
    around.below.append(node)
    inside, node.below = node.below, []
    for each in inside:
        _hang(node, each)


def _order_below(around: _Node, order: tuple[Elements, ...], for_node: _Node) -> _Node:
    for each in around.below:
        if each.code == "O" and each.order == order:
            return each
    level = _Node("O", next(iter(_first_item(for_node).group.groups["in_O"])), order=order)
    around.below.append(level)
    return level


def _first_item(node: _Node) -> _Node:
    return node if node.code == "I" else _first_item(node.below[0])


def _numbered(node: _Node, parent: str, numbers: Iterator[int]) -> Iterator[_Numbered]:
    own = str(next(numbers))
    yield _Numbered(node, own, parent)
    for each in node.below:
        yield from _numbered(each, own, numbers)


def _sent(level: _Numbered, *, with_lines: bool) -> Iterator[Elements]:
    node = level.node
    yield [[["HL"]], [[level.own]], [[level.parent]], [[node.code]], [["1" if node.below else "0"]]]
    for elements in _own(node.group):
        tag = elements[0][0][0]
        if tag == "LIN" and node.code == "I" and with_lines:
            yield [elements[0], [[_id(node)]], *elements[2:]]
        elif tag != "HL":
            yield elements
