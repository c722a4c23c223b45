"""Runs a compiled map over one message and lets the canonical type have the last word; and back again."""

from collections.abc import Callable, Hashable
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from translators.canonical.documents import KINDS, Kind, encode
from translators.canonical.faults import faults
from translators.canonical.figures import decode_figure
from translators.findings import Place
from translators.mapping.compiling import compile_rows
from translators.mapping.composing import compile_writer
from translators.mapping.files import MapFile
from translators.mapping.gs1keys import relieved
from translators.mapping.runs import Run, Trouble
from translators.mapping.sources import Node, Pen, Source
from translators.mapping.unwritten import Unwritten
from translators.mapping.whence import whence
from translators.mapping.writings import Writing

ShortWay = Callable[[Run], dict[str, Any]]


class Map:
    """A map compiled for its source, in both directions; the way back is compiled when it is first asked for."""

    def __init__(self, file: MapFile, source: Source, shorten: Callable[[], ShortWay | None] | None = None) -> None:
        """Raises FileProblems with everything that is wrong in the map's file.

        `shorten` may make a way that reads messages in which nothing is wrong, as the rows would, and raises
        ValueError for others.
        """
        self.file = file
        self.spec = file.spec
        self.source = source
        if self.spec.document not in KINDS:
            text = f"no document `{self.spec.document}`; there are {', '.join(KINDS)}"
            raise file.problems([("$.document", text)])
        self.kind: Kind = KINDS[self.spec.document]
        self._rows: Callable[[Run], dict[str, Any]] = compile_rows(file, source)
        self._short_way = shorten() if shorten is not None else None
        self._write: Callable[[Writing], tuple[Unwritten, ...]] | None = None
        self._is_dated = any(table.is_dated for table in file.tables.values())
        self.watched: set[int] | None = None
        """When it is a set, it gathers the rows that were used in reading, by `id()`: for maps under examination."""

    def translate(self, root: Node, *, trace: bool = False, day: date | None = None) -> "Translated":
        """The canonical object of the message under `root`, or what keeps it from becoming one.

        `trace` asks for the place of every canonical field. `day` is that of dated cross-references; without one it is
        the day the document was issued.
        """
        done = None if trace or self.watched is not None else self.quickly(root)
        return done if done is not None else self._searched(root, {} if trace else None, day)

    def quickly(self, root: Node) -> "Translated | None":
        """By the short way, or None where there is none or anything is out of the ordinary."""
        if self._short_way is None:
            return None
        run = Run(root)
        try:
            canonical = msgspec.convert(self._short_way(run), self.kind.struct, dec_hook=decode_figure)
        except (ValueError, msgspec.ValidationError):
            return None
        return None if run.troubles else Translated(canonical, (), run.used)

    def _searched(self, root: Node, trace: dict[str, Hashable] | None, day: date | None) -> "Translated":
        if day is None and self._is_dated:
            day = _day_of(self._rows(Run(root)))
        run = Run(root, trace=trace, day=day, rows=self.watched)
        data = self._rows(run)
        try:
            canonical = msgspec.convert(data, self.kind.struct, dec_hook=decode_figure)
        except msgspec.ValidationError:
            return self._with_other_keys(root, day) or Translated(None, self._explained(root, day), run.used)
        refused = any(trouble.policy == "refuse" for trouble in run.troubles)
        return Translated(None if refused else canonical, tuple(run.troubles), run.used, run.trace)

    def _with_other_keys(self, root: Node, day: date | None) -> "Translated | None":
        """Where the map takes numbers that are no GS1 keys: the document with them, if nothing else is wrong in it."""
        if self.spec.gs1_keys == "refuse":
            return None
        trace: dict[str, Hashable] = {}
        run = Run(root, trace=trace, day=day)
        data, wrong = relieved(self._rows(run))
        if any(trouble.policy == "refuse" for trouble in run.troubles):
            return None
        try:
            canonical = msgspec.convert(data, self.kind.struct, dec_hook=decode_figure)
        except msgspec.ValidationError:
            return None
        start = self.source.spot_of(root)
        told = [
            Trouble(each.text, _nearest(trace, each.pointer, start), each.pointer, "map.gs1_key", "pass")
            for each in wrong
        ]
        return Translated(canonical, (*run.troubles, *told), run.used, trace)

    def fill(
        self, canonical: Any, *, day: date | None = None, strict_codes: bool = False, repeats: bool = True
    ) -> "Filled":
        """The message that says what `canonical` says, and what it cannot say. Raises FileProblems for a bad map.

        `strict_codes`: only codes of the directory's own lists are written. `repeats`: whether elements may repeat,
        as from syntax version 4 on; otherwise the segment does.
        """
        if self._write is None:
            self._write = compile_writer(self.file, self.source)
        pen = Pen(is_strict=strict_codes, repeats=repeats)
        writing = Writing(msgspec.json.decode(encode(canonical)), self.source.blank(), pen, day)
        return Filled(writing.root, self._write(writing))

    def check_writer(self) -> None:
        """Raises FileProblems when the rows of a map that writes cannot be turned round."""
        if self._write is None and not self.spec.reads_only:
            self._write = compile_writer(self.file, self.source)

    def places(self, trace: dict[str, Hashable], root: Node) -> dict[str, Place]:
        """Canonical pointer -> where its value stands."""
        return {pointer: self.source.place(spot, root) for pointer, spot in trace.items()}

    def _explained(self, root: Node, day: date | None) -> tuple[Trouble, ...]:
        """All troubles and faults, each fault at the spot its field came from: the map runs again, with a trace.

        A fault that only follows from a trouble (a value that could not be converted is then missing) is left out.
        """
        trace: dict[str, Hashable] = {}
        run = Run(root, trace=trace, day=day)
        data = self._rows(run)
        known = [trouble.pointer for trouble in run.troubles]
        found = list(run.troubles)
        for fault in faults(data, self.kind.struct):
            field = f"{fault.pointer}/{fault.text.split('`')[1]}" if fault.code == "missing" else fault.pointer
            if not any(pointer.startswith(field) for pointer in known):
                spot = _nearest(trace, field, self.source.spot_of(root))
                read_from = whence(self.spec, field) if fault.code == "missing" else ""
                text = f"{fault.text}; the map reads it from {read_from}" if read_from else fault.text
                found.append(Trouble(text, spot, fault.pointer, f"document.{fault.code}"))
        return tuple(found)


class Translated(Struct, frozen=True):
    """`canonical` is None when there are troubles that refuse it; `used` are the spots the map has understood."""

    canonical: Any
    troubles: tuple[Trouble, ...]
    used: set[Hashable]
    trace: dict[str, Hashable] | None = None


class Filled(Struct, frozen=True):
    """A message as the format's tree, and what of the object is not in it."""

    root: Node
    unwritten: tuple[Unwritten, ...]


def _day_of(data: dict[str, Any]) -> date | None:
    try:
        return date.fromisoformat(data.get("issued_on", ""))
    except ValueError:
        return None


def _nearest(trace: dict[str, Hashable], pointer: str, otherwise: Hashable) -> Hashable:
    while pointer:
        if pointer in trace:
            return trace[pointer]
        pointer = pointer.rpartition("/")[0]
    return otherwise
