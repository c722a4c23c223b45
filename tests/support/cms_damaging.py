"""CMS damaged on purpose: elements gone, doubled, swapped, retagged, re-encoded, with lengths that lie."""

import random
from collections.abc import Iterator
from copy import deepcopy

from gateway.channels.as2.cms import der

_TAGS = (0x00, 0x02, 0x04, 0x05, 0x06, 0x17, 0x1F, 0x24, 0x30, 0x31, 0x80, 0xA0, 0xA1, 0xA2, 0xFF)
_CONTENTS = (b"", b"\x00", b"\x01", b"\x7f" * 9, b"\xff" * 40, b"\x30\x80" * 60, b"\x04\x00" * 400)


class Node:
    """An element of definite length, or what could not be read as one: then all of it is `content`."""

    def __init__(self, tag: int, content: bytes) -> None:
        self.tag = tag
        self.content = content
        self.children = children_of(content) if tag & 0x20 else None
        self.form = "definite"

    def encoded(self) -> bytes:
        content = self.content if self.children is None else b"".join(child.encoded() for child in self.children)
        match self.form:
            case "indefinite":
                return bytes((self.tag, 0x80)) + content + bytes(2)
            case "open":
                return bytes((self.tag, 0x80)) + content
            case "long":
                return bytes((self.tag, 0x88)) + len(content).to_bytes(8) + content
            case "short":
                return der.header(self.tag, max(0, len(content) - 1)) + content
            case "huge":
                return bytes((self.tag, 0x88)) + b"\x7f" * 8 + content
            case _:
                return der.header(self.tag, len(content)) + content

    def all(self) -> Iterator["Node"]:
        yield self
        for child in self.children or ():
            yield from child.all()


def children_of(content: bytes) -> list[Node]:
    nodes, at = [], 0
    while at + 2 <= len(content):
        length, size = content[at + 1], 2
        if length > 0x80:
            size += length & 0x7F
            length = int.from_bytes(content[at + 2 : at + size])
        nodes.append(Node(content[at], content[at + size : at + size + length]))
        at += size + length
    return nodes


def damaged_structure(blob: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """`blob`, which is DER, with one to three damages of its structure; lengths around them are put right again."""
    (root,) = children_of(blob)
    donors = [node for other in (blob, chance.choice(others)) for node in children_of(other)[0].all()]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        nodes = list(root.all())
        _damage(chance.choice(nodes), [node for node in nodes if node.children], donors, chance)
    return root.encoded()


def _damage(node: Node, holders: list[Node], donors: list[Node], chance: random.Random) -> None:
    match chance.randrange(7):
        case 0:
            node.tag = chance.choice(_TAGS)
        case 1:
            node.form = chance.choice(("indefinite", "indefinite", "open", "long", "short", "huge"))
        case 2 if node.children is None and node.content:
            content = bytearray(node.content)
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            node.content = bytes(content)
        case 3:
            node.children, node.content = None, chance.choice(_CONTENTS)
        case _:
            if holders:
                _rearrange(chance.choice(holders), donors, chance)


def _rearrange(holder: Node, donors: list[Node], chance: random.Random) -> None:
    """What comes from a donor is a copy: a donor damaged twice might else come to lie inside itself."""
    children = holder.children
    if not children:
        return
    at = chance.randrange(len(children))
    match chance.randrange(5):
        case 0:
            del children[at]
        case 1:
            children[at:at] = [children[at]] * chance.choice((1, 1, 2, 20))
        case 2:
            chance.shuffle(children)
        case 3:
            children[at] = deepcopy(chance.choice(donors))
        case _:
            children.insert(at, deepcopy(chance.choice(donors)))
