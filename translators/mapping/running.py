"""Runs a compiled map over one message and lets the canonical type have the last word."""

from collections.abc import Callable, Hashable
from typing import Any

import msgspec
from msgspec import Struct

from translators.canonical.documents import KINDS, Kind
from translators.canonical.faults import faults
from translators.canonical.figures import decode_figure
from translators.mapping.compiling import Problems, Run, Trouble, compile_rows
from translators.mapping.sources import Node, Source
from translators.mapping.specs import MapFile


class Map:
    """A map compiled for its source."""

    def __init__(self, file: MapFile, source: Source) -> None:
        """Raises FileProblems with everything that is wrong in the map's file."""
        self.spec = file.spec
        self.source = source
        if self.spec.document not in KINDS:
            text = f"no document `{self.spec.document}`; there are {', '.join(KINDS)}"
            raise file.problems([("$.document", text)])
        self.kind: Kind = KINDS[self.spec.document]
        try:
            self._rows: Callable[[Run], dict[str, Any]] = compile_rows(self.spec, source)
        except Problems as problems:
            raise file.problems(problems.found) from None

    def translate(self, root: Node) -> "Translated":
        """The canonical object of the message under `root`, or what keeps it from becoming one."""
        run = Run(root=root)
        data = self._rows(run)
        try:
            canonical = msgspec.convert(data, self.kind.struct, dec_hook=decode_figure)
        except msgspec.ValidationError:
            return Translated(None, self._explained(root), frozenset(run.used))
        return Translated(canonical if not run.troubles else None, tuple(run.troubles), frozenset(run.used))

    def _explained(self, root: Node) -> tuple[Trouble, ...]:
        """All troubles and faults, each fault at the spot its field came from: the map runs again, with a trace.

        A fault that only follows from a trouble (a value that could not be converted is then missing) is left out.
        """
        trace: dict[str, Hashable] = {}
        run = Run(root=root, trace=trace)
        data = self._rows(run)
        known = [trouble.pointer for trouble in run.troubles]
        found = list(run.troubles)
        for fault in faults(data, self.kind.struct):
            field = f"{fault.pointer}/{fault.text.split('`')[1]}" if fault.code == "missing" else fault.pointer
            if not any(pointer.startswith(field) for pointer in known):
                spot = _nearest(trace, field, self.source.spot_of(root))
                found.append(Trouble(fault.text, spot, fault.pointer, f"document.{fault.code}"))
        return tuple(found)


class Translated(Struct, frozen=True):
    """`canonical` is None when there are troubles; `used` are the spots the map has understood."""

    canonical: Any
    troubles: tuple[Trouble, ...]
    used: frozenset[Hashable]


def _nearest(trace: dict[str, Hashable], pointer: str, otherwise: Hashable) -> Hashable:
    while pointer:
        if pointer in trace:
            return trace[pointer]
        pointer = pointer.rpartition("/")[0]
    return otherwise
