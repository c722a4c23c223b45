"""The text of a program that is put together: lines in blocks, names for what it uses, and its functions."""

from collections.abc import Callable, Iterator
from typing import Any


class Unsupported(Exception):  # noqa: N818 - nobody sees it: the map is then read as ever
    """A map says something that programs do not know; it is read by its closures alone."""


class Unusual(ValueError):  # noqa: N818 - not an error: the careful way knows what it is
    """Raised by a program over a message that is not for the short way."""


class Block:
    """Lines of one indentation. `first` are lines that are asked for later and yet must stand at its beginning."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self._parts: list[str | Block] = []

    def add(self, line: str) -> None:
        """One more line."""
        self._parts.append(line)

    def below(self, line: str) -> "Block":
        """A line that opens a block, and that block."""
        inner = Block()
        self._parts += (line, inner)
        return inner

    def lines(self, depth: int = 0) -> Iterator[str]:
        """All of it, indented; an empty block passes."""
        indent = "    " * depth
        for part in (*self.first, *self._parts):
            if isinstance(part, Block):
                yield from part.lines(depth + 1)
            else:
                yield indent + part
        if not self.first and not self._parts:
            yield indent + "pass"


class ProgramText:
    """A module in the making. Functions take `c`, the cells of a run: the root of the message, then what is kept."""

    def __init__(self) -> None:
        self.cells = 1
        self._known: dict[str, Any] = {"Unusual": Unusual}
        self._names: dict[Any, str] = {}
        self._functions: list[Block] = []
        self._numbers = 0

    def fresh(self, letter: str) -> str:
        """A variable no other line uses."""
        self._numbers += 1
        return f"{letter}{self._numbers}"

    def constant(self, value: Any, key: Any = None) -> str:
        """The name of a value the program uses: a set of codes, a table, a conversion. Equal keys share one."""
        key = value if key is None else key
        if key not in self._names:
            self._names[key] = self.fresh("K")
            self._known[self._names[key]] = value
        return self._names[key]

    def cell(self) -> int:
        """The number of a new cell, None at the beginning of each message."""
        self.cells += 1
        return self.cells - 1

    def function(self, parameters: str) -> tuple[str, Block]:
        """A new function by its name, and its body."""
        name, text = self.fresh("do"), Block()
        self._functions.append(text)
        return name, text.below(f"def {name}({parameters}):")

    @property
    def source(self) -> str:
        """The whole module."""
        return "\n".join("\n".join(function.lines()) for function in self._functions) + "\n"

    def compiled(self, name: str, label: str) -> Callable[..., Any]:
        """The function `name`. Everything in the text comes from a map that was loaded and a directory that ships."""
        known = dict(self._known)
        exec(compile(self.source, label, "exec"), known)  # noqa: S102 - our own text, see the docstring
        found: Callable[..., Any] = known[name]
        return found
