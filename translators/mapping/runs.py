"""One message on its way through a map that reads: what it has used, what it could not take, where values stood."""

from collections.abc import Callable, Hashable
from datetime import date
from typing import Any

from msgspec import Struct

from translators.mapping.sources import Leaf, Node
from translators.mapping.specs import Row

LEAVE_OUT = "leave_out"
"""The policy of a field without which its object cannot be, although the document can do without that object."""


class Trouble(Struct, frozen=True):
    """A value that could not be mapped: the sentence, where it stands, the canonical field it was for.

    `policy` is that of the cross-reference which does not have a code: `refuse` stops the document, `park` holds it.
    `leave_out` keeps the object around the field out of it.
    """

    text: str
    spot: Hashable
    pointer: str
    code: str = "map.value"
    policy: str = "refuse"


class Run:
    """One message on its way through a map. `trace` (canonical pointer -> spot) is kept when it is a dict.

    `hits` counts values; an object around which none was found is left out, whatever constants it has. `day` chooses
    among the entries of dated tables. `rows`, when it is a set, gathers which rows were used.
    """

    __slots__ = ("day", "hits", "notes", "root", "rows", "trace", "troubles", "used")

    def __init__(
        self,
        root: Node,
        *,
        trace: dict[str, Hashable] | None = None,
        day: date | None = None,
        rows: set[int] | None = None,
    ) -> None:
        self.root = root
        self.used: set[Hashable] = set()
        self.troubles: list[Trouble] = []
        self.trace = trace
        self.day = day
        self.rows = rows
        self.notes = trace is not None or rows is not None
        self.hits = 0

    def note(self, row: Row, pointer: str, spot: Hashable) -> None:
        """That `row` gave the value at `pointer`, for who asked."""
        if self.trace is not None:
            self.trace[pointer] = spot
        if self.rows is not None:
            self.rows.add(id(row))

    def use(self, leaves: list[Leaf]) -> None:
        """These values have been understood."""
        if leaves:
            self.hits += 1
            add = self.used.add
            for _, spot, also in leaves:
                add(spot)
                if also:
                    self.used.update(also)


Action = Callable[[Run, Node, dict[str, Any], str, int], None]
"""(run, node, the object being filled, its pointer, its number among its siblings from 1)."""
