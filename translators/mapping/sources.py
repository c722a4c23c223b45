"""What the compiler asks of a format: how to find nodes and values by the paths of a map."""

from collections.abc import Callable, Hashable
from typing import Any, Protocol

from msgspec import Struct

from translators.findings import Place

Node = Any
"""Whatever a format's paths walk on: a segment group, a segment, an XML element."""


class Leaf(Struct, frozen=True):
    """A value with the spot it stands at. `spot` is the format's own and identifies the value in its message.

    `also`: the spots of what the conditions on the way compared, which are understood with it.
    """

    text: str
    spot: Hashable
    also: tuple[Hashable, ...] = ()


Nodes = Callable[[Node, Node], list[Node]]
"""(node, root) -> the nodes a path leads to."""
Leaves = Callable[[Node, Node], list[Leaf]]
"""(node, root) -> the values, none of them empty, a path leads to."""


class Source(Protocol):
    """A format and message type; `scope` is what the format must know of a node to understand a path from it."""

    root_scope: Any

    def nodes(self, path: str, scope: Any) -> tuple[Nodes, Any, Leaves]:
        """The nodes of `path`, their scope, and the values its conditions compare. Raises ValueError for a bad path."""
        ...

    def leaves(self, path: str, scope: Any) -> Leaves:
        """The values of `path`. Raises ValueError for a bad path."""
        ...

    def place(self, spot: Hashable) -> Place:
        """Where a spot, or a node, lies."""
        ...

    def spot_of(self, node: Node) -> Hashable:
        """A spot that stands for the whole node."""
        ...
