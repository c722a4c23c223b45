"""EDIFACT bytes to canonical documents: tokens, envelopes, structure, contents, map; all findings of all stages."""

from functools import cache
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from translators.canonical.documents import Kind
from translators.edifact.contents import check_characters
from translators.edifact.directory import Directory, directory
from translators.edifact.faults import Faults
from translators.edifact.interchange import Header, InterchangeReader, Message
from translators.edifact.messagechecks import check_message
from translators.edifact.paths import EdifactSource, Spot
from translators.edifact.structure import GroupInstance, Placed
from translators.edifact.tokens import Agreement, Tokenizer, tokenize
from translators.findings import Finding
from translators.mapping.running import Map, Translated
from translators.mapping.specs import load, shipped

MAPS = {("ORDERS", "D.96A"): "orders-d96a"}
"""(message, directory) -> the map that ships for it."""

_MOST_RESIDUE = 100
_ENVELOPES = (b"UNB", b"UNG", b"UNE", b"UNZ")


class EdifactLimits(Struct, frozen=True, kw_only=True):
    """How much is taken of one input."""

    max_interchanges: int
    max_messages: int
    max_segments: int
    max_segment_bytes: int
    max_findings: int


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of an input. `findings` hold the errors too; with one error `objects` is not to be used."""

    objects: tuple[tuple[Kind, Any, bool], ...]
    """(kind, canonical object, test indicator set)."""
    findings: tuple[Finding, ...]
    header: Header | None


def translate(content: bytes, limits: EdifactLimits) -> Outcome:
    """Everything in `content`, or every reason why not."""
    faults = Faults(limits.max_findings)
    tokenizer = Tokenizer(Agreement(max_segment_bytes=limits.max_segment_bytes, max_findings=limits.max_findings))
    reader = InterchangeReader(faults, limits.max_messages, limits.max_segments)
    objects: list[tuple[Kind, Any, bool]] = []
    header: Header | None = None

    def take(message: Message | None) -> None:
        if message is not None:
            objects.extend(_translate_message(message, faults))

    for segment in tokenize((content,), tokenizer):
        if segment.raw[:3] in _ENVELOPES:
            check_characters(Placed(segment, 0), faults)
        take(reader.take(segment))
        header = header or reader.header
        if reader.interchanges > limits.max_interchanges:
            text = f"the input has more than {limits.max_interchanges} interchanges"
            faults.tell("constituents", "edifact.interchanges", text, segment)
            break
        if reader.stopped:
            break
    else:
        if not tokenizer.dead:
            take(reader.finish())
    findings = (*tokenizer.findings, *faults.findings)
    return Outcome(objects=tuple(objects), findings=findings, header=header)


def _translate_message(message: Message, faults: Faults) -> list[tuple[Kind, Any, bool]]:
    faults.message = message.reference[:35]
    try:
        return _translated(message, faults)
    finally:
        faults.message = None


def _translated(message: Message, faults: Faults) -> list[tuple[Kind, Any, bool]]:
    version = message.header.version if message.header else "3"
    tables = directory(message.directory, version)
    compiled = compiled_map(message.type, message.directory)
    if compiled is None or tables is None:
        text = f"messages {message.type[:6]} {message.directory[:10]} are not supported; known are {_known()}"
        faults.tell("agreement", "edifact.message.unknown", text, message.segments[0], 2, 1, position=1)
        return []
    before = faults.errors
    root = checked(message, tables, faults)
    if root is None or faults.errors > before:
        return []
    translated = compiled.translate(root)
    for trouble in translated.troubles:
        position, element, _, component = cast(Spot, trouble.spot)
        kind = "missing" if trouble.code.endswith("missing") else "value"
        segment = message.segments[position - 1]
        faults.tell(kind, trouble.code, trouble.text, segment, element, component, position=position)
    if translated.canonical is None:
        return []
    _check_line_count(root, translated, faults)
    _tell_residue(message, compiled, translated, faults)
    is_test = message.header is not None and message.header.is_test
    return [(compiled.kind, translated.canonical, is_test)]


def checked(message: Message, tables: Directory, faults: Faults) -> GroupInstance | None:
    """The message as a tree of groups, after characters, structure and contents were checked; None if unreadable."""
    return check_message(message, tables, faults)


@cache
def compiled_map(message: str, release: str) -> Map | None:
    """The shipped map for a message of a release, compiled, or None."""
    name = MAPS.get((message, release))
    return edifact_map(shipped(name)) if name is not None else None


def edifact_map(path: Path) -> Map:
    """The map in a file, compiled. Raises FileProblems with file, line and column."""
    file = load(path)
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
    return Map(file, source)


def _known() -> str:
    return ", ".join(f"{message} {release}" for message, release in MAPS)


def _check_line_count(root: GroupInstance, translated: Translated, faults: Faults) -> None:
    """CNT+2 counts the lines; a difference means that a part of the message is missing."""
    for placed in root.segments.get("CNT", ()):
        said = placed.segment.get(1, 2)
        lines = len(getattr(translated.canonical, "lines", ()))
        if placed.segment.get(1, 1) == "2" and said != str(lines):
            text = f"the control total says `{said[:10]}` lines; there are {lines}"
            faults.tell("count", "edifact.control_total", text, placed.segment, 1, 2, position=placed.position)


def _tell_residue(message: Message, compiled: Map, translated: Translated, faults: Faults) -> None:
    """What the message said and the map did not use, as information."""
    waived = _waived(compiled)
    told = 0
    for position, segment in enumerate(message.segments, 1):
        tag = segment.elements[0][0][0]
        if (tag, 0, 0) in waived:
            continue
        for element, repetitions in enumerate(segment.elements[1:], 1):
            for repetition, components in enumerate(repetitions, 1):
                for component, value in enumerate(components, 1):
                    spot = (position, element, repetition, component)
                    if not value or spot in translated.used or (tag, element, component) in waived:
                        continue
                    told += 1
                    if told > _MOST_RESIDUE:
                        return
                    name = compiled.kind.document_type.replace("_", " ")
                    text = f"{tag} element {element} component {component} has no place in a {name}"
                    faults.tell(
                        "", "edifact.residue", text, segment, element, component,
                        position=position, repetition=repetition, severity="information",
                    )  # fmt: skip


@cache
def _waived(compiled: Map) -> frozenset[tuple[str, int, int]]:
    source = compiled.source
    assert isinstance(source, EdifactSource)
    places: set[tuple[str, int, int]] = set()
    for waiver in compiled.spec.waived:
        tag, _, element = waiver.path.partition("/")
        places.update((tag, index, number) for index, number in source.places(tag, element))
    return frozenset(places)
