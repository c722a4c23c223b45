"""`translate explain` for X12: every segment of every set, with the names of its elements."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.translate_files import plain
from translators.x12.grammar import Grammar, grammar, messages
from translators.x12.interchanges import TransactionSet, X12Examination
from translators.x12.segments import Segment


def show_x12(out: Console, path: Path, examination: X12Examination) -> None:
    """A table for each interchange header and each set."""
    for interchange in examination.interchanges:
        table = _table(f"{path}: interchange {interchange.control}")
        _add(table, interchange.segment, None, grammar("004010"))
        out.print(table)
        for group in interchange.groups:
            for own in group.sets:
                out.print(_set_table(own, group.grammar))


def _set_table(own: TransactionSet, tables: Grammar | None) -> Table:
    name = tables.name(own.id) if tables is not None and own.id in messages() else ""
    table = _table(f"set {own.control}: {own.id} {own.group.version}" + (f", {name}" if name else ""))
    for position, segment in enumerate(own.segments, 1):
        _add(table, segment, position, tables)
    return table


def _table(title: str) -> Table:
    table = Table(title=Text(plain(title)), title_justify="left", show_lines=False, pad_edge=False)
    table.add_column("no.", justify="right", style="dim")
    table.add_column("segment", style="bold")
    table.add_column("element", style="dim")
    table.add_column("name", overflow="fold")
    table.add_column("value", overflow="fold", style="green")
    return table


def _add(table: Table, segment: Segment, position: int | None, tables: Grammar | None) -> None:
    name = tables.name(segment.tag) if tables is not None else ""
    table.add_row(str(position or ""), Text(plain(segment.tag)), "", Text(name, style="bold"), "")
    for number, repetitions in enumerate(segment.wire[1:], 1):
        place = f"{segment.tag}{number:02}"
        for components in repetitions:
            for at, value in enumerate(components, 1):
                if value.strip():
                    shown = place if len(components) == 1 else f"{place}-{at}"
                    meaning = tables.place_name(segment.tag, number, at) if tables is not None else ""
                    table.add_row("", "", plain(shown), Text(meaning), Text(plain(value)))
