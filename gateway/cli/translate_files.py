"""The files of a command: patterns and folders, a bar when there are many, consoles that respect NO_COLOR."""

import glob
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_MANY = 20
MOST_BYTES = 1024 * 1024 * 1024


def each_file(words: Sequence[str]) -> Iterator[Path]:
    """The files that are meant, in order and each once, with a bar on a terminal's stderr when they are many."""
    found = list(dict.fromkeys(path for word in words for path in _meant(word)))
    if len(found) < _MANY or not sys.stderr.isatty():
        yield from found
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("files", total=len(found))
        for path in found:
            yield path
            progress.advance(task)


def _meant(word: str) -> list[Path]:
    path = Path(word)
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
    if path.exists() or not glob.has_magic(word):
        return [path]
    found = sorted(Path(each) for each in glob.glob(word, recursive=True))  # noqa: PTH207 - the word may be absolute
    return [each for each in found if each.is_file()] or [path]


def content_of(path: Path) -> bytes:
    """The bytes of a file; `-` is the standard input. Raises OSError."""
    return sys.stdin.buffer.read(MOST_BYTES) if str(path) == "-" else path.read_bytes()


def console() -> Console:
    """For answers; wide where nobody looks at a terminal, so that a pipe gets whole lines."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 160, soft_wrap=False)


def problems_console() -> Console:
    """For what goes wrong."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def plain(text: str) -> str:
    """A partner's text as it may be shown on a terminal: without anything that would steer it."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "␤" if character == "\n" else "·" for character in text)
