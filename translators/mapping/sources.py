"""What the compiler asks of a format: how to find nodes and values by the paths of a map, and how to put them."""

from collections.abc import Callable, Container, Hashable
from typing import Any, Protocol

from translators.findings import Place

Node = Any
"""Whatever a format's paths walk on: a segment group, a segment, an XML element."""

Leaf = tuple[str, Hashable, tuple[Hashable, ...]]
"""A value, the spot it stands at, and the spots of what the conditions on the way compared, understood with it.

A spot is the format's own and identifies the value in its message.
"""

Nodes = Callable[[Node, Node], list[Node]]
"""(node, root) -> the nodes a path leads to."""
Leaves = Callable[[Node, Node], list[Leaf]]
"""(node, root) -> the values, none of them empty, a path leads to."""


Quick = Callable[[Node], Any]
"""node -> (text, spot) of the one value a path leads to, None for none, `SEVERAL` for more than one."""
SEVERAL = object()


def nothing(_node: Node, _root: Node) -> list[Leaf]:
    """The values of a path without conditions compare nothing."""
    return []


class Source(Protocol):
    """A format and message type; `scope` is what the format must know of a node to understand a path from it."""

    root_scope: Any

    def nodes(self, path: str, scope: Any) -> tuple[Nodes, Any, Leaves]:
        """The nodes of `path`, their scope, and the values its conditions compare. Raises ValueError for a bad path."""
        ...

    def leaves(self, path: str, scope: Any) -> Leaves:
        """The values of `path`. Raises ValueError for a bad path."""
        ...

    def quick(self, path: str, scope: Any) -> Quick | None:
        """A short way to the values of a simple path, or None where only `leaves` will do."""
        ...

    def first(self, path: str, scope: Any) -> str | None:
        """The name without which, among those `present` below a node, the path leads nowhere; None if unknown."""
        ...

    def present(self, scope: Any) -> Callable[[Node], Container[str]] | None:
        """What names there are below a node of this scope; None where it is not worth asking."""
        ...

    def place(self, spot: Hashable, root: Node) -> Place:
        """Where a spot, or a node, lies in the message under `root`."""
        ...

    def spot_of(self, node: Node) -> Hashable:
        """A spot that stands for the whole node."""
        ...

    def way(self, path: str, scope: Any) -> tuple["Way", Any]:
        """The way to the nodes of `path` in a message that is being written, and their scope."""
        ...

    def slot(self, path: str, scope: Any) -> "Slot":
        """The place of the values of `path` in a message that is being written."""
        ...

    def blank(self) -> Node:
        """The root of a message in which nothing is written yet."""
        ...


class Pen:
    """What has been written last, so that it can be taken back when an object turns out not to fit.

    `is_strict`: codes must be in the lists of the directory, because no guideline with lists of its own was named.
    `repeats`: the syntax has repetitions inside an element.
    """

    __slots__ = ("_undo", "is_strict", "repeats")

    def __init__(self, *, is_strict: bool = False, repeats: bool = True) -> None:
        self._undo: list[Callable[[], object]] = []
        self.is_strict = is_strict
        self.repeats = repeats

    def note(self, undo: Callable[[], object]) -> None:
        """`undo` takes back what was just done."""
        self._undo.append(undo)

    def mark(self) -> int:
        """A moment to go back to."""
        return len(self._undo)

    def back(self, mark: int) -> None:
        """Take back everything since `mark`."""
        while len(self._undo) > mark:
            self._undo.pop()()


class Way(Protocol):
    """Leads to nodes of a message that is being written, and makes them where they are missing."""

    def open(self, pen: Pen, node: Node, root: Node, *, fresh: bool) -> Node | None:
        """The node at the end; with `fresh` a new one. What the conditions ask for is written. None: there is no room.

        A condition `[path=a|b]` writes its first value; the others only choose.
        """
        ...

    def holds(self, node: Node, root: Node) -> bool:
        """Whether reading would find `node` here: every condition of the last step holds."""
        ...

    def found(self, node: Node, root: Node) -> list[Node]:
        """The nodes that are there already."""
        ...


class Slot(Protocol):
    """Takes values at the end of a path."""

    def put(self, pen: Pen, node: Node, root: Node, text: str, *, more: bool) -> str | None:
        """Write `text`; with `more` beside what is there. Returns a sentence why not, or None when it is written."""
        ...

    def fill(self, pen: Pen, node: Node, root: Node, text: str) -> bool:
        """Write `text` wherever the part it belongs to is there for another reason and holds nothing yet."""
        ...

    def longest(self) -> int | None:
        """How many characters one value may have, or None."""
        ...
