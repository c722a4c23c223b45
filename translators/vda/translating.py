"""VDA bytes to canonical documents: records, order, counters, maps; all findings of all stages."""

from functools import cache
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from translators.canonical.documents import Kind
from translators.edifact.collecting import uncollected
from translators.edifact.directory import Directory
from translators.edifact.paths import EdifactSource
from translators.edifact.pathvalues import Spot
from translators.findings import Finding, Place
from translators.grammar.mapped import Told, mapped
from translators.mapping.catalogue import entries
from translators.mapping.files import MapFile, load
from translators.mapping.running import Map, Translated
from translators.vda.faults import Faults
from translators.vda.layout import LAYOUT, messages
from translators.vda.transmissions import Transmission, Unit, VdaLimits, transmissions_in

_UNIT_OF = {"512": 13, "714": 7}
"""Where the unit of all quantities of an article stands."""


class VdaOutcome(Struct, kw_only=True):
    """What became of an input. `findings` hold the errors too; with one error the documents are not to be used."""

    transmissions: tuple[Transmission, ...]
    objects: tuple[tuple[Kind, Any], ...]
    findings: tuple[Finding, ...]
    traces: tuple[dict[str, Place], ...] = ()


def translate(
    content: bytes, limits: VdaLimits = VdaLimits(), using: Map | None = None, *, trace: bool = False  # noqa: B008
) -> VdaOutcome:  # fmt: skip
    """Everything in `content`. Raises nothing, whatever the input. `using`: the map for messages of its number."""
    with uncollected(len(content)):
        faults = Faults(limits.max_findings)
        found = transmissions_in(content, faults, limits)
        objects: list[tuple[Kind, Any]] = []
        traces: list[dict[str, Place]] = []
        for transmission in found:
            faults.transmission = transmission.number or None
            for unit in transmission.units:
                compiled = using if using is not None and using.spec.message == unit.message else None
                compiled = compiled or compiled_map(unit.message)
                assert compiled is not None, "both messages have a map"
                made = _mapped(compiled, unit, faults, trace=trace)
                if made is not None:
                    objects.append((compiled.kind, made.canonical))
                    if trace:
                        traces.append(_places(made, unit, transmission))
        return VdaOutcome(
            transmissions=tuple(found), objects=tuple(objects), findings=tuple(faults.findings), traces=tuple(traces)
        )


def _mapped(compiled: Map, unit: Unit, faults: Faults, *, trace: bool) -> Translated | None:
    seen: set[str] = set()
    return mapped(
        compiled,
        unit.root,
        unit.records,
        lambda told: _tell(told, unit, faults, seen),
        lambda spot: _named(spot, unit),
        trace=trace,
    )


def _tell(told: Told, unit: Unit, faults: Faults, seen: set[str]) -> None:
    """Once in a unit: what is worked out, as the unit of every quantity, would be told for each of them."""
    if told.text in seen:
        return
    seen.add(told.text)
    position, element, repetition, component = told.spot
    record = unit.records[max(position, 1) - 1]
    column = record.column_of(element, component or 1, repetition or 1)
    if element and not column:  # worked out: it stands in the record all others belong to
        record = next((each for each in unit.records if each.tag in _UNIT_OF), record)
        element = _UNIT_OF.get(record.tag, element)
        column = record.column_of(element)
    faults.tell(
        told.code, told.text, tag=record.tag, line=record.line, column=column, element=element,
        severity=told.severity, act=told.act,
    )  # fmt: skip


def _named(spot: Spot, unit: Unit) -> str:
    position, element, repetition, component = spot
    record = unit.records[max(position, 1) - 1]
    rule = record.known.rules[element - 1] if record.known is not None else None
    if rule is None or record.known is None:
        return record.tag
    if not rule.is_composite:
        return rule.id
    parts = len(record.known.places[element - 1].parts)
    number = int(rule.id.partition("-")[2]) + (repetition - 1) * parts + component - 1
    return f"{record.tag}-{number:02}"


def _places(made: Translated, unit: Unit, transmission: Transmission) -> dict[str, Place]:
    """Canonical pointer -> record and column."""
    found = {}
    for pointer, spot in (made.trace or {}).items():
        position, element, repetition, component = cast(Spot, spot)
        record = unit.records[max(position, 1) - 1]
        found[pointer] = Place(
            line=record.line,
            column=record.column_of(element, component or 1, repetition or 1) or None,
            interchange=transmission.number or None,
            segment=record.tag,
            segment_position=record.line,
            element=element or None,
        )
    return found


@cache
def compiled_map(message: str) -> Map | None:
    """The shipped map for a message, compiled, or None."""
    entry = next((each for each in entries() if (each.format, each.message) == ("vda", message)), None)
    return vda_map(entry.path) if entry is not None else None


def vda_map(path: Path) -> Map:
    """The map in a file, compiled. Raises FileProblems with file, line and column."""
    return compiled_vda(load(path))


def compiled_vda(file: MapFile) -> Map:
    """A loaded map, compiled. Raises FileProblems with file, line and column."""
    if file.spec.format != "vda":
        raise file.problems([("$.format", "this is no VDA map")])
    if file.spec.message not in messages():
        text = f"there is no table of {file.spec.message}; there are {', '.join(messages())}"
        raise file.problems([("$.message", text)])
    return Map(file, EdifactSource(cast(Directory, LAYOUT), file.spec.message))
