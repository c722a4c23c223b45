"""One canonical object on its way into a message: what has been written, and why the rest was not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from translators.mapping.sources import Node, Pen


class Writing:
    """One canonical object on its way into a message. `data` is the object as decoded from its JSON."""

    __slots__ = ("_heard", "data", "day", "hits", "pen", "reasons", "root", "written")

    def __init__(self, data: dict[str, Any], root: Node, pen: Pen, day: date | None = None) -> None:
        self.data = data
        self.root = root
        self.day = day
        self.pen = pen
        self.hits = 0
        self.written: set[str] = set()
        """Pointers of values, and of list entries, that have their place in the message."""
        self.reasons: dict[str, str] = {}
        """Pointer -> why the value found no place, as the last row that was offered it said."""
        self._heard: list[str] | None = None

    def took(self, pointer: str) -> None:
        """The value at `pointer` is in the message."""
        self.hits += 1
        self.note(pointer)

    def note(self, pointer: str) -> None:
        """As `took`, for a constant: it says which object this is, and is not by itself a reason to write one."""
        if pointer not in self.written:
            self.written.add(pointer)
            self.pen.note(lambda: self.written.discard(pointer))
        if self._heard is not None:
            self._heard.append(pointer)

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """The pointers that are written meanwhile, in their order."""
        before, self._heard = self._heard, []
        try:
            yield self._heard
        finally:
            self._heard = before

    def back(self, mark: tuple[int, int]) -> None:
        """Take back what was written since `mark`."""
        self.pen.back(mark[0])
        self.hits = mark[1]

    def mark(self) -> tuple[int, int]:
        """A moment to go back to."""
        return self.pen.mark(), self.hits


Action = Callable[[Writing, Node, dict[str, Any], str, int], bool]
"""(writing, node, the object to be written, its pointer, its number) -> whether the object may stand here."""
