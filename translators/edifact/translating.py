"""EDIFACT bytes to canonical documents: tokens, envelopes, structure, contents, map; all findings of all stages."""

from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from msgspec import Struct, structs

from translators.canonical.documents import Kind
from translators.edifact.carrying import carried
from translators.edifact.collecting import uncollected
from translators.edifact.contents import check_characters
from translators.edifact.directory import directory, nearest_of
from translators.edifact.faults import Faults
from translators.edifact.headers import Header
from translators.edifact.interchange import InterchangeReader, Message
from translators.edifact.messagechecks import Memory, check_message
from translators.edifact.paths import EdifactSource
from translators.edifact.pathvalues import Spot
from translators.edifact.residue import tell_residue
from translators.edifact.shortways import ShortWay
from translators.edifact.streams import runs
from translators.edifact.structure import MessageTree, Placed
from translators.edifact.substitutes import MAPS, release_for, tell_substitute
from translators.edifact.tokens import Agreement, Tokenizer
from translators.edifact.unmapped import unmapped
from translators.findings import Finding, Place
from translators.mapping.files import MapFile, load, shipped
from translators.mapping.running import Map, Translated
from translators.mapping.runs import Trouble

_ENVELOPES = (b"UNB", b"UNG", b"UNE", b"UNZ")


class EdifactLimits(Struct, frozen=True, kw_only=True):
    """How much is taken of one input."""

    max_interchanges: int
    max_messages: int
    max_segments: int
    max_segment_bytes: int
    max_findings: int


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of an input. `findings` hold the errors too; with one error `objects` is not to be used.

    `traces`: for each object, canonical pointer -> place, when that was asked for.
    """

    objects: tuple[tuple[Kind, Any, bool], ...]
    """(kind, canonical object, test indicator set)."""
    findings: tuple[Finding, ...]
    headers: tuple[Header, ...]
    """Of each interchange, in order."""
    traces: tuple[dict[str, Place], ...] = ()


def translate(content: bytes, limits: EdifactLimits, using: Map | None = None, *, trace: bool = False) -> Outcome:
    """Everything in `content`, or every reason why not. `using`: the map for messages of its type and release."""
    with uncollected(len(content)):
        return _translate(content, limits, using, trace=trace)


def _translate(content: bytes, limits: EdifactLimits, using: Map | None, *, trace: bool) -> Outcome:
    faults = Faults(limits.max_findings)
    tokenizer = Tokenizer(Agreement(max_segment_bytes=limits.max_segment_bytes, max_findings=limits.max_findings))
    reader = InterchangeReader(faults, limits.max_messages, limits.max_segments)
    objects: list[tuple[Kind, Any, bool]] = []
    traces: list[dict[str, Place]] | None = [] if trace else None
    headers: list[Header] = []
    memory: Memory = {}

    def take(message: Message | None) -> None:
        if message is not None:
            objects.extend(_translate_message(message, faults, using, traces, memory))

    for run in runs((content,), tokenizer):
        if isinstance(run, list):
            reader.take_inner(run)
        else:
            if run.raw[:3] in _ENVELOPES:
                check_characters(Placed(run, 0), faults)
            take(reader.take(run))
            if run.raw[:3] == b"UNB" and reader.header is not None:
                headers.append(reader.header)
            if reader.interchanges > limits.max_interchanges:
                text = f"the input has more than {limits.max_interchanges} interchanges"
                faults.tell("constituents", "edifact.interchanges", text, run)
                break
        if reader.stopped:
            break
    else:
        if not tokenizer.dead:
            take(reader.finish())
    findings = (*tokenizer.findings, *faults.findings)
    return Outcome(objects=tuple(objects), findings=findings, headers=tuple(headers), traces=tuple(traces or ()))


def _translate_message(
    message: Message, faults: Faults, using: Map | None, traces: list[dict[str, Place]] | None, memory: Memory
) -> list[tuple[Kind, Any, bool]]:
    faults.message = message.reference[:35]
    try:
        return _translated(message, faults, using, traces, memory)
    finally:
        faults.message = None


def _translated(
    message: Message, faults: Faults, using: Map | None, traces: list[dict[str, Place]] | None, memory: Memory
) -> list[tuple[Kind, Any, bool]]:
    version = message.header.version if message.header else "3"
    release = release_for(message.type, message.directory)
    tables = directory(release, version) if release is not None else None
    compiled = _chosen(message, using)
    if compiled is None or tables is None or release is None:
        finding = unmapped(message.type, message.directory, MAPS)
        faults.tell("agreement", finding.code, finding.text, message.segments[0], 2, 1, position=1)
        return []
    tell_substitute(message, release, faults)
    _tell_carried(message, compiled, faults)
    before = faults.errors
    root = check_message(message, tables, faults, memory=memory)
    if root is None or faults.errors > before:
        return []
    return _mapped(message, root, compiled, faults, traces)


def translate_arranged(
    message: Message, root: MessageTree, faults: Faults, using: Map | None = None
) -> list[tuple[Kind, Any, bool]]:
    """A message that was examined and found good, mapped: (kind, canonical object, test) or nothing and why not."""
    compiled = _chosen(message, using)
    if compiled is None:
        finding = unmapped(message.type, message.directory, MAPS)
        faults.tell("agreement", finding.code, finding.text, message.segments[0], 2, 1, position=1)
        return []
    _tell_carried(message, compiled, faults)
    return _mapped(message, root, compiled, faults, None)


def _mapped(
    message: Message, root: MessageTree, compiled: Map, faults: Faults, traces: list[dict[str, Place]] | None
) -> list[tuple[Kind, Any, bool]]:
    translated = compiled.translate(root, trace=traces is not None)
    for trouble in translated.troubles:
        _tell_trouble(trouble, message, faults, is_held=translated.canonical is not None)
    if translated.canonical is None:
        return []
    if traces is not None:
        traces.append(_places(translated, message))
    _check_line_count(root, translated, faults)
    tell_residue(root, compiled, translated.used, faults)
    is_test = message.header is not None and message.header.is_test
    return [(compiled.kind, translated.canonical, is_test)]


def _chosen(message: Message, using: Map | None) -> Map | None:
    """The map for a message: the one that was handed over when it is of its type and release, else the shipped one."""
    release = release_for(message.type, message.directory)
    if using is not None and (using.spec.message, using.spec.version) == (message.type, release):
        return using
    return compiled_map(message.type, release) if release is not None else None


def _tell_trouble(trouble: Trouble, message: Message, faults: Faults, *, is_held: bool) -> None:
    position, element, _, component = cast(Spot, trouble.spot)
    kind = "missing" if trouble.code.endswith("missing") else "value"
    segment = message.segments[position - 1]
    severity: Literal["error", "warning"] = "warning" if is_held else "error"
    told = len(faults.findings)
    faults.tell(kind, trouble.code, trouble.text, segment, element, component, position=position, severity=severity)
    if trouble.policy == "park" and len(faults.findings) > told:  # our own table lacks something; the sender is right
        faults.findings[-1] = structs.replace(faults.findings[-1], act="operator")


def _places(translated: Translated, message: Message) -> dict[str, Place]:
    """Canonical pointer -> segment, element, component and byte."""
    found = {}
    for pointer, spot in (translated.trace or {}).items():
        position, element, repetition, component = cast(Spot, spot)
        segment = message.segments[position - 1]
        found[pointer] = Place(
            interchange=message.header.reference if message.header else None,
            message=message.reference,
            segment=segment.tag,
            segment_position=position,
            element=element or None,
            component=component or None,
            offset=segment.offset_of(element, component or 1, repetition) if element else segment.offset,
        )
    return found


def _tell_carried(message: Message, compiled: Map, faults: Faults) -> None:
    """A warning where no map was written for the release the message is read by."""
    wanted = (compiled.spec.message, compiled.spec.version)
    found = _carried_map(*wanted) if wanted not in MAPS else None
    if found is not None and found[0] is compiled:
        text = f"there is no map of {' '.join(wanted)}; that of {found[1]} is taken, with the places this release has"
        faults.tell("", "edifact.map.carried", text, message.segments[0], 2, 3, position=1, severity="warning")


@cache
def compiled_map(message: str, release: str) -> Map | None:
    """The map for a message of a release, compiled: the one that ships, or that of another release carried over.

    None where there is no map of the message, or no table of it in that release.
    """
    if (message, release) in MAPS:
        return edifact_map(shipped(MAPS[message, release]))
    found = _carried_map(message, release)
    return found[0] if found is not None else None


@cache
def _carried_map(message: str, release: str) -> tuple[Map, str] | None:
    """(the map, the release it was written for): of all that ship the one that loses least, then the nearest."""
    tables = directory(release)
    if tables is None or tables.structure(message) is None:
        return None
    found = []
    for (name, version), called in MAPS.items():
        written_for = directory(version)
        if name == message and written_for is not None:
            found.append((carried(load(shipped(called)), written_for, tables), version))
    if not found:
        return None
    least = min(each.lost for each, _ in found)
    near = nearest_of(release, [version for each, version in found if each.lost == least])
    chosen = next(each for each, version in found if version == near)
    return compiled_edifact(chosen.file), cast(str, near)


def edifact_map(path: Path) -> Map:
    """The map in a file, compiled. Raises FileProblems with file, line and column."""
    return compiled_edifact(load(path))


def compiled_edifact(file: MapFile) -> Map:
    """A loaded map, compiled. Raises FileProblems with file, line and column."""
    tables = directory(file.spec.version)
    if file.spec.format != "edifact" or tables is None:
        problem = (
            ("$.format", "this is no EDIFACT map") if tables else ("$.version", "there is no table of this release")
        )
        raise file.problems([problem])
    try:
        source = EdifactSource(tables, file.spec.message)
    except ValueError as error:
        raise file.problems([("$.message", str(error))]) from None
    return Map(file, source, lambda: ShortWay(file, source))


def _check_line_count(root: MessageTree, translated: Translated, faults: Faults) -> None:
    """CNT+2 counts the lines; a difference means that a part of the message is missing."""
    for placed in root.segments.get("CNT", ()):
        said = placed.segment.get(1, 2)
        lines = len(getattr(translated.canonical, "lines", ()))
        if placed.segment.get(1, 1) == "2" and said != str(lines):
            text = f"the control total says `{said[:10]}` lines; there are {lines}"
            faults.tell("count", "edifact.control_total", text, placed.segment, 1, 2, position=placed.position)
