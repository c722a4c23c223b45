"""X12 bytes to canonical documents: envelopes, sets against their tables, maps; all findings of all stages."""

from functools import cache
from pathlib import Path
from typing import Any, cast

from msgspec import Struct, structs

from translators.canonical.documents import Kind
from translators.edifact.directory import Directory
from translators.edifact.paths import EdifactSource
from translators.edifact.pathvalues import Spot
from translators.edifact.structure import Placed
from translators.findings import Finding, Place
from translators.grammar.mapped import Told, mapped
from translators.mapping.catalogue import entries
from translators.mapping.files import MapFile, load
from translators.mapping.running import Map, Translated
from translators.x12.examining import X12Limits, examine
from translators.x12.faults import Faults
from translators.x12.grammar import RELEASES, grammar, messages
from translators.x12.interchanges import Interchange, TransactionSet, X12Examination
from translators.x12.segments import Segment

_COUNTED = {"850": "PO1", "855": "PO1", "860": "POC", "856": "HL", "810": "IT1", "830": "LIN", "862": "LIN"}
"""What CTT01 counts."""


class Translation(Struct, kw_only=True):
    """One transaction set with what became of it; `canonical` is None when there is an error in `findings`."""

    set: TransactionSet
    kind: Kind | None
    canonical: Any
    findings: tuple[Finding, ...]
    trace: dict[str, Place] | None = None


class X12Outcome(Struct, kw_only=True):
    """What became of an input. `findings` hold the errors too; with one error the documents are not to be used."""

    examination: X12Examination
    translations: tuple[Translation, ...]
    findings: tuple[Finding, ...]

    @property
    def interchange(self) -> Interchange | None:
        """The first one."""
        return next(iter(self.examination.interchanges), None)


def translate(
    content: bytes, limits: X12Limits = X12Limits(), using: Map | None = None, *, trace: bool = False  # noqa: B008
) -> X12Outcome:  # fmt: skip
    """Everything in `content`. Raises nothing, whatever the input. `using`: the map for sets of its number."""
    examination = examine(content, limits)
    translations = tuple(
        _translated(own, limits, using, trace=trace)
        for interchange in examination.interchanges
        for group in interchange.groups
        for own in group.sets
    )
    findings = list(examination.findings)
    for each in translations:
        findings += each.findings[len(each.set.findings) :]
    return X12Outcome(examination=examination, translations=translations, findings=tuple(findings))


def _translated(own: TransactionSet, limits: X12Limits, using: Map | None, *, trace: bool) -> Translation:
    compiled = using if using is not None and using.spec.message == own.id else None
    if own.root is None or own.group.grammar is None:
        return Translation(set=own, kind=None, canonical=None, findings=own.findings)
    compiled = compiled or compiled_map(own.id, own.group.grammar.release)
    faults = Faults(limits.max_findings)
    faults.interchange = own.group.interchange.control[:9]
    faults.group, faults.message = own.group.control[:9], own.control[:9]
    if compiled is None:
        finding = unmapped(own.id, own.group.grammar.release)
        faults.tell("AK502:1", finding.code, finding.text, own.segments[0], 1, position=1)
        return Translation(set=own, kind=None, canonical=None, findings=(*own.findings, *faults.findings))
    own.root.segments["ISA"] = [Placed(cast(Any, _unpadded(own.group.interchange.segment)), 0)]
    found = mapped(
        compiled, own.root, own.segments, lambda told: _tell(told, own, faults), lambda spot: _named(spot, own),
        trace=trace,
    )  # fmt: skip
    _check_count(own, faults)
    return Translation(
        set=own,
        kind=compiled.kind if found is not None else None,
        canonical=found.canonical if found is not None else None,
        findings=(*own.findings, *faults.findings),
        trace=_places(found, own) if found is not None and trace else None,
    )


def _unpadded(isa: Segment) -> Segment:
    """The header without the blanks that fill its elements up."""
    plain = Segment(isa.raw, isa.offset, isa.separators, "latin-1")
    plain.elements = [[[value[0][0].strip()]] for value in isa.wire]
    return plain


def _segment_at(own: TransactionSet, position: int) -> Segment:
    """The segment a spot lies in; the header of the interchange stands at 0."""
    return own.segments[position - 1] if position else own.group.interchange.segment


def _tell(told: Told, own: TransactionSet, faults: Faults) -> None:
    position, element, repetition, component = told.spot
    segment = _segment_at(own, position)
    at, component, repetition = segment.place_of(element, component, repetition)
    if not _is_composite(own, segment.tag, element):
        component = 0
    syntax_code = "AK403:7" if told.severity == "error" and at else ""
    count = len(faults.findings)
    faults.tell(
        syntax_code, told.code, told.text, segment, at, component,
        position=position, repetition=repetition, severity=told.severity,
    )  # fmt: skip
    if told.act == "operator" and len(faults.findings) > count:
        faults.findings[-1] = structs.replace(faults.findings[-1], act="operator")


def _is_composite(own: TransactionSet, tag: str, element: int) -> bool:
    rules = own.group.grammar.segment(tag) if own.group.grammar is not None else None
    return rules is not None and 0 < element <= len(rules) and rules[element - 1].is_composite


def _named(spot: Spot, own: TransactionSet) -> str:
    position, element, repetition, component = spot
    segment = _segment_at(own, position)
    at, component, _ = segment.place_of(element, component, repetition)
    part = f"-{component}" if component and _is_composite(own, segment.tag, element) else ""
    return f"{segment.tag}{at:02}{part}"


def _places(found: Translated, own: TransactionSet) -> dict[str, Place]:
    """Canonical pointer -> segment, element, component and byte."""
    places = {}
    for pointer, spot in (found.trace or {}).items():
        position, element, repetition, component = cast(Spot, spot)
        segment = _segment_at(own, position)
        at, component, repetition = segment.place_of(element, component, repetition)
        component = component if _is_composite(own, segment.tag, element) else 0
        places[pointer] = Place(
            interchange=own.group.interchange.control,
            group=own.group.control,
            message=own.control,
            segment=segment.tag,
            segment_position=position or None,
            element=at or None,
            component=component or None,
            offset=segment.offset_of(at, component, repetition) if at else segment.offset,
        )
    return places


def _check_count(own: TransactionSet, faults: Faults) -> None:
    """CTT01 counts lines; SE01 has shown that nothing is missing, so a wrong one is only remarkable."""
    position, total = next(((at, each) for at, each in enumerate(own.segments, 1) if each.tag == "CTT"), (0, None))
    counted = _COUNTED.get(own.id)
    if total is None or counted is None:
        return
    there = sum(each.tag == counted for each in own.segments)
    if total.get(1).lstrip("0") != str(there):
        text = f"the control total says `{total.get(1)[:10]}` {counted}; there are {there}"
        faults.tell("", "x12.control_total", text, total, 1, position=position, severity="warning")


def unmapped(message: str, release: str) -> Finding:
    """The finding for a transaction set no map reads, or a release that is not taken."""
    if release not in RELEASES:
        text = f"the release `{release[:12]}` is not taken; known are {RELEASES[0]} to {RELEASES[-1]}"
        return Finding("x12.version", text)
    known = ", ".join(each.message for each in entries() if each.format == "x12")
    return Finding("x12.set.unmapped", f"no map reads the transaction set `{message[:3]}`; known are {known}")


@cache
def compiled_map(message: str, release: str) -> Map | None:
    """The shipped map for a transaction set, compiled for a release, or None."""
    entry = next((each for each in entries() if (each.format, each.message) == ("x12", message)), None)
    if entry is None or release[:6] not in RELEASES:
        return None
    return compiled_x12(load(entry.path), release)


def x12_map(path: Path) -> Map:
    """The map in a file, compiled for the release it names. Raises FileProblems with file, line and column."""
    return compiled_x12(load(path))


def compiled_x12(file: MapFile, release: str = "") -> Map:
    """A loaded map, compiled for a release, or the one it names. Raises FileProblems with file, line and column."""
    tables = grammar((release or file.spec.version)[:6])
    if file.spec.format != "x12" or tables is None:
        problem = ("$.format", "this is no X12 map") if tables else ("$.version", "this release is not known")
        raise file.problems([problem])
    if file.spec.message not in messages():
        text = f"there is no table of {file.spec.message}; there are {', '.join(messages())}"
        raise file.problems([("$.message", text)])
    return Map(file, EdifactSource(cast(Directory, tables), file.spec.message))
