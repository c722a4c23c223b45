"""A table that loses nothing on a narrow terminal: where its words do not fit beside each other, each row is told as a
block below its first cell. Cells that are cut off, or cut in two, cannot be read or copied."""

import textwrap
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_BETWEEN = 3
"""Characters between two columns: a line, and a blank on each side."""
_NARROWEST = 10
"""Characters of a line; nothing is read on less."""
_UNTOLD = ("", "-")
WRAPPING: Any = {"break_on_hyphens": False, "break_long_words": False}


class Listing(Table):
    """As rich's, but for its widths."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - _BETWEEN * (len(self.columns) - 1)
        words = [max(map(_longest_word, lines)) for lines in self._lines()]
        if sum(words) > room or not self.row_count:
            yield from self._blocks(options.max_width)
            return
        wanted = [max(map(cell_len, lines)) for lines in self._lines()]
        for column, width in zip(self.columns, _shared(words, wanted, room), strict=True):
            column.width = width
        yield from super().__rich_console__(console, options)

    def _lines(self) -> Iterator[list[str]]:
        """Of each column, header and cells, line by line."""
        for column in self.columns:
            yield [line for cell in (column.header, *column.cells) for line in _plain(cell).split("\n")]

    def _blocks(self, width: int) -> Iterator[Text]:
        if self.title:
            yield self.title if isinstance(self.title, Text) else Text.from_markup(self.title)
        names = [_plain(column.header).replace("\n", " ") for column in self.columns]
        for cells in zip(*(column.cells for column in self.columns), strict=True):
            head, *others = (" ".join(_plain(cell).split()) for cell in cells)
            yield Text(head)
            told = (
                f"{name} {cell}".strip() for name, cell in zip(names[1:], others, strict=True) if cell not in _UNTOLD
            )
            yield Text(indented("; ".join(told), width))


def indented(text: str, width: int) -> str:
    """Wrapped at words, below what it belongs to."""
    room = max(width - 2, _NARROWEST)
    return textwrap.indent(textwrap.fill(text, room, subsequent_indent="  ", **WRAPPING), "  ")


def _plain(cell: Any) -> str:
    return cell.plain if isinstance(cell, Text) else Text.from_markup(str(cell)).plain


def _longest_word(line: str) -> int:
    return max(map(cell_len, line.split()), default=0)


def _shared(least: list[int], wanted: list[int], room: int) -> list[int]:
    """What is left over goes to those that want little first."""
    widths = list(least)
    left = room - sum(least)
    order = sorted(range(len(least)), key=lambda one: wanted[one] - least[one])
    for place, one in enumerate(order):
        more = min(wanted[one] - least[one], left // (len(order) - place))
        widths[one] += more
        left -= more
    return widths
