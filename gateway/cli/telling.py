"""What the commands print: objects for programs, lines and tables for people."""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.listing import Listing, indented
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.keyfiles import BadKeyFile
from gateway.settings import PACKAGED, BadSettings
from translators.fileproblems import FileProblem, FileProblems
from translators.moments import Moment

_SPAN = re.compile(r"(\d{1,5})\s*(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_ESCAPES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Run = Callable[[argparse.Namespace], int]


class Impossible(Exception):  # noqa: N818 - an answer to whoever typed the command
    """The command cannot be carried out, for the reason given; exit status 2."""


def carefully(run: Run) -> Run:
    """Whatever cannot be done is one sentence (or one JSON object) and exit status 2, never a traceback."""

    def running(chosen: argparse.Namespace) -> int:
        try:
            return run(chosen)
        except FileProblems as found:
            problems = list(found.problems)
        except (Impossible, BadKeyFile, LedgerUnavailable) as reason:
            problems = [FileProblem(Path(), 0, 0, str(reason))]
        except BadSettings as found_here:
            problems = [FileProblem(Path(), 0, 0, one) for one in found_here.problems]
        except BrokenPipeError:
            raise  # nobody is left to be told
        except OSError as error:
            problems = [FileProblem(Path(error.filename or "."), 0, 0, (error.strerror or str(error)).lower())]
        if getattr(chosen, "json", False):
            tell_json({"ok": False, "problems": [place_of(one) for one in problems]})
        else:
            tell_problems(problems)
        return 2

    return running


def partners_option(parser: argparse.ArgumentParser) -> None:
    live = Path(os.environ.get("GATEWAY_PARTNERS", PACKAGED / "partners"))
    parser.add_argument("--partners", type=Path, default=live, help="the folder of profiles; default: the live ones")


def json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def span(text: str) -> timedelta:
    """`7d`, for argparse."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"`{text}` is not a length of time; write e.g. `12h`, `7d` or `2w`")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def moment(text: str) -> datetime:
    """`2027-03-01`, for argparse."""
    try:
        return Moment.from_text(text).at
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def moment_or_span(text: str) -> datetime:
    """A moment, or a time from now."""
    return datetime.now(UTC) + span(text) if _SPAN.fullmatch(text.strip()) else moment(text)


# ---- printing ------------------------------------------------------------------------------------------------------


def console() -> Console:
    """As wide as the terminal; without one as COLUMNS says, or wide enough that hardly a sentence is broken."""
    said = os.environ.get("COLUMNS", "")  # some shells export it empty, or as 0
    width = int(said) if said.isascii() and said.isdigit() and int(said) else 200
    return Console(width=None if sys.stdout.isatty() else width, highlight=False)


def table(title: str, *columns: str) -> Table:
    return Listing(*columns, title=Text(title, style="bold"), title_justify="left", show_edge=False, pad_edge=False)


def blocks(title: str, told: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Of each, an id on a line of its own, so that it can be copied whole on any terminal, and lines below it."""
    width = console().width
    print(safe(title))
    for head, lines in told:
        print(safe(head))
        for line in lines:
            print(indented(safe(line), width))


def safe(text: object) -> str:
    """Without what a terminal would take for a command."""
    return _ESCAPES.sub("\N{REPLACEMENT CHARACTER}", str(text))


def row(into: Table, *cells: object) -> None:
    """A row of plain text: nothing in it is markup."""
    into.add_row(*(Text(safe(cell)) for cell in cells))


def tell_problems(problems: Iterable[FileProblem]) -> None:
    for one in problems:
        print(safe(one if one.path != Path() else one.text), file=sys.stderr)


def place_of(problem: FileProblem) -> dict[str, Any]:
    return {"file": str(problem.path), "line": problem.line, "column": problem.column, "text": problem.text}


def tell_json(value: Any) -> None:
    print(json.dumps(msgspec.to_builtins(value, enc_hook=_plain, str_keys=True), ensure_ascii=False))


def _plain(value: Any) -> Any:
    return str(value)
