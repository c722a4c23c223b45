"""`translate explain FILE…`: what stands where and what it is called, for who has to read a message."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.translate_explain_x12 import show_x12
from gateway.cli.translate_files import console, content_of, each_file, plain, problems_console
from gateway.cli.translate_findings import place_words, show_findings
from translators.edifact.directory import Directory, directory
from translators.edifact.examining import Examination, MessageExamination, examine
from translators.edifact.segments import Segment
from translators.edifact.structure import GroupInstance
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read
from translators.x12.examining import examine as examine_x12


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show every segment with its elements, their names and what their codes mean."
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders or patterns")
    parser.set_defaults(run=_explain)


def _explain(chosen: argparse.Namespace) -> int:
    out, problems = console(), problems_console()
    status = 0
    for path in each_file(chosen.files):
        try:
            content = content_of(path)
            start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
            if start[:3] in (b"UNA", b"UNB", b"UNH"):
                examination = examine(content)
                _show_edifact(out, path, examination)
                show_findings(problems, path, [each for each in examination.all_findings if each.severity == "error"])
                status = status if examination.is_good else max(status, 1)
            elif start.startswith(b"ISA"):
                read_x12 = examine_x12(content)
                show_x12(out, path, read_x12)
                errors = [each for each in read_x12.findings if each.severity == "error"]
                show_findings(problems, path, errors)
                status = max(status, 1) if errors else status
            else:
                _show_document(out, path, content)
        except Unreadable as unreadable:
            show_findings(problems, path, unreadable.findings)
            status = max(status, 1)
        except OSError as error:
            problems.print(f"{path}: {(error.strerror or 'cannot be read').lower()}", markup=False)
            status = 2
    return status


def _show_edifact(out: Console, path: Path, examination: Examination) -> None:
    for interchange in examination.interchanges:
        version = interchange.header.version if interchange.header else "3"
        service = directory("D.96A", version)
        envelope = [each for each in (interchange.unb, interchange.unz) if each is not None]
        table = _table(f"{path}: interchange")
        for segment in envelope:
            _add_segment(table, segment, None, "", service)
        out.print(table)
        for examined in interchange.messages:
            out.print(_message_table(examined, version))


def _message_table(examined: MessageExamination, version: str) -> Table:
    message = examined.message
    tables = directory(message.directory, version)
    name = tables.name(message.type) if tables is not None else ""
    kind = f"{message.type} {message.directory} {message.association}".strip()
    table = _table(plain(f"message {message.reference}: {kind}" + (f", {name}" if name else "")))
    groups = dict(_groups(examined.root, "")) if examined.root is not None else {}
    for position, segment in enumerate(message.segments, 1):
        _add_segment(table, segment, position, groups.get(position, ""), tables)
    return table


def _table(title: str) -> Table:
    table = Table(title=Text(title), title_justify="left", show_lines=False, pad_edge=False)
    table.add_column("no.", justify="right", style="dim")
    table.add_column("group", style="dim")
    table.add_column("segment", style="bold")
    table.add_column("element", style="dim")
    table.add_column("name", overflow="fold")
    table.add_column("value", overflow="fold", style="green")
    table.add_column("means", overflow="fold", style="cyan")
    return table


def _groups(group: GroupInstance, name: str) -> Iterator[tuple[int, str]]:
    """(position of a segment, the groups it stands in)."""
    for placed in group.segments.values():
        yield from ((each.position, name) for each in placed)
    for inner in group.groups.values():
        for each in inner:
            yield from _groups(each, f"{name}/{each.step.name}".removeprefix("/"))


def _add_segment(table: Table, segment: Segment, position: int | None, group: str, tables: Directory | None) -> None:
    tag = segment.tag
    name = tables.name(tag) if tables is not None else ""
    table.add_row(str(position or ""), group, Text(plain(tag)), "", Text(name, style="bold"), "", "")
    rules = (tables.segment(tag) if tables is not None else None) or ()
    for number, repetitions in enumerate(segment.elements[1:], 1):
        rule = rules[number - 1] if number <= len(rules) else None
        for components in repetitions:
            for at, value in enumerate(components, 1):
                if not value:
                    continue
                part = rule.components[at - 1] if rule is not None and at <= len(rule.components) else None
                place = f"{number}.{at}" if rule is None or rule.is_composite else str(number)
                code = part.id if part is not None else ""
                means = tables.code_names(code).get(value, "") if tables is not None and code else ""
                shown = part.name if part is not None else "(the directory has no such element)"
                table.add_row("", "", "", f"{place} {code}", Text(shown), Text(plain(value)), Text(means))


def _show_document(out: Console, path: Path, content: bytes) -> None:
    """XML and JSON: the canonical fields, and where each stood."""
    label = identify(content, None)
    reading = read(content, label, trace=True)
    for document in reading.documents:
        title = plain(f"{path}: {label.name} {label.version}, {document.type.replace('_', ' ')} {document.number}")
        table = Table(title=Text(title), title_justify="left", pad_edge=False)
        table.add_column("field", overflow="fold")
        table.add_column("value", overflow="fold", style="green")
        table.add_column("stands at", overflow="fold", style="dim")
        places = document.trace or {}
        for pointer, value in _values(msgspec.json.decode(document.body), ""):
            place = places.get(pointer)
            where = (place.path or place_words(place)) if place is not None else ""
            table.add_row(Text(pointer), Text(plain(value)), Text(plain(where)))
        out.print(table)


def _values(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _values(each, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _values(each, f"{pointer}/{index}")
    else:
        yield pointer, str(value)
