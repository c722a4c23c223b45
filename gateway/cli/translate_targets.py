"""`translate targets`: what documents can be written as, and from which kind each is written."""

import argparse

from rich.table import Table

from gateway.cli.translate_files import console, problems_console
from translators.targets import documents_of


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = "List what `--to` takes."
    parser.add_argument("words", nargs="*", metavar="WORD", help="only those with all these words, as in `orders ubl`")
    parser.set_defaults(run=_list)


def _list(chosen: argparse.Namespace) -> int:
    """Exit status: 0 there are some, 1 there is none with these words."""
    table = Table("--to", "written from a", box=None)
    for target, document in documents_of().items():
        if all(word.lower() in f"{target} {document}".lower() for word in chosen.words):
            table.add_row(target, document)
    if not table.row_count:
        text = f"no target has all of `{' '.join(chosen.words)}`; `translate targets` alone lists every one"
        problems_console().print(text, markup=False)
        return 1
    console().print(table)
    return 0
