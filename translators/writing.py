"""Canonical documents out: the one way from what the gateway holds to any format a partner reads."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from translators.canonical.documents import KINDS, decode, encode
from translators.differences import differences
from translators.edifact import translating as edifact
from translators.edifact.composing import segments_of
from translators.edifact.outgoing import CannotWrite, OutgoingInterchange, OutgoingMessage, Party
from translators.edifact.paths import EdifactSource
from translators.edifact.separators import DEFAULT, Separators
from translators.edifact.translating import EdifactLimits
from translators.edifact.writing import write_interchange
from translators.findings import Finding, Place, Unreadable
from translators.mapping.catalogue import entries
from translators.mapping.running import Map
from translators.mapping.unwritten import Unwritten
from translators.xmldoc import translating as xml
from translators.xmldoc.parsing import XmlLimits

_LIMITS = EdifactLimits(
    max_interchanges=1, max_messages=10_000, max_segments=200_000, max_segment_bytes=64 * 1024, max_findings=500
)


class Envelope(Struct, frozen=True, kw_only=True):
    """What an EDIFACT interchange needs beside its messages: who, to whom, when, under which reference.

    `version` is that of the syntax, `repertoire` the character set (0001), `association` the code a guideline adds to
    the message (0057). `prepared` comes from the caller, because nothing here looks at a clock.
    """

    sender: Party
    recipient: Party
    prepared: datetime
    reference: str
    message_references: tuple[str, ...] = ()
    association: str = ""
    version: str = "3"
    repertoire: str = "UNOC"
    encoding: str = ""
    application_reference: str = ""
    wants_acknowledgement: bool = False
    agreement: str = ""
    test: bool = False
    separators: Separators = DEFAULT
    layout: str = ""
    transliteration: Mapping[str, str] = {}


class Written(Struct, frozen=True, kw_only=True):
    """`findings`: `map.unwritten` for what the target has no place for, `map.changed` for what reads back otherwise.

    The path of a finding is the canonical one. What a map leaves out on purpose is information, the rest a warning.
    """

    content: bytes
    findings: tuple[Finding, ...] = ()


class Unwritable(Exception):  # noqa: N818 - a refusal, not a defect
    """The document cannot be written as asked; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(finding.text for finding in findings[:3]))
        self.findings = tuple(findings)


def write(document: Any, target: str, *, envelope: Envelope | None = None, using: Map | None = None) -> bytes:
    """The bytes of a document, complete or not at all. Raises Unwritable where something would be lost or changed.

    `document` is a canonical object or its JSON, or for EDIFACT a list of them; `target` is `edifact:ORDERS:D.96A`,
    `ubl:Order:2.1` or `ubl` alone, `xml:` with the name of a root element, or `json`. `using` is a map to take instead
    of the one that ships.
    """
    done = written(document, target, envelope=envelope, using=using)
    lost = [finding for finding in done.findings if finding.severity != "information"]
    if lost:
        raise Unwritable(lost)
    return done.content


def written(document: Any, target: str, *, envelope: Envelope | None = None, using: Map | None = None) -> Written:
    """As `write`, but telling what is lost instead of refusing.

    Raises Unwritable when there is no map, the envelope is wrong, or what comes out would be no valid message. What
    is written is read again before it is handed out, so nothing changes on the way without a word.
    """
    objects = [_object(each) for each in (document if isinstance(document, list | tuple) else [document])]
    if target == "json":
        return Written(content=b"\n".join(encode(each) for each in objects))
    if not objects:
        raise _refusal("map.document", "there is no document to write")
    compiled = using if using is not None else map_to(_precise(target, objects[0]))
    if compiled.spec.reads_only:
        raise _refusal("map.target", f"{compiled.spec.message} is only read: {compiled.spec.reads_only}")
    for each in objects:
        if not isinstance(each, compiled.kind.struct):
            raise _refusal("map.document", f"{target} is written from a {_named(compiled.kind.document_type)}")
    if compiled.spec.format == "edifact":
        if envelope is None:
            raise _refusal("map.envelope", "an EDIFACT interchange needs an envelope: sender, recipient, reference")
        return _edifact(objects, compiled, envelope)
    if len(objects) != 1:
        raise _refusal("map.document", "an XML file holds one document")
    return _xml(objects[0], compiled)


def targets() -> tuple[str, ...]:
    """Everything `write` knows how to write."""
    return (
        "json",
        *sorted(
            _target(each.format, each.message, each.version, each.root) for each in entries() if not each.reads_only
        ),
    )


def map_to(target: str) -> Map:
    """The shipped map that writes `target`. Raises Unwritable for one there is none for."""
    for entry in entries():
        known = _target(entry.format, entry.message, entry.version, entry.root)
        if target == known or target == known.rpartition(":")[0] or _loosely(target) == _loosely(known):
            found = (
                edifact.compiled_map(entry.message, entry.version)
                if entry.format == "edifact"
                else xml.map_for(entry.root)
            )
            assert found is not None, "the catalogue names maps that are there"
            return found
    raise _refusal("map.target", f"`{target[:60]}` cannot be written; known are {', '.join(targets())}")


def _target(kind: str, message: str, version: str, root: str) -> str:
    if kind == "edifact":
        return f"edifact:{message}:{version}"
    return f"{'ubl' if 'oasis:names:specification:ubl' in root else 'xml'}:{message}:{version}"


def _precise(target: str, document: Any) -> str:
    """`ubl` alone means the one UBL document this canonical document becomes."""
    if target != "ubl":
        return target
    found = [
        _target(each.format, each.message, each.version, each.root)
        for each in entries()
        if not each.reads_only and KINDS[each.document].struct is type(document)
    ]
    found = [each for each in found if each.startswith("ubl:")]
    if len(found) != 1:
        raise _refusal("map.target", f"say which: {', '.join(found)}" if found else "no UBL document is made of this")
    return found[0]


def _loosely(target: str) -> str:
    """`D96A` for `D.96A`, whatever the case."""
    return target.replace(".", "").lower()


def _object(document: Any) -> Any:
    if isinstance(document, bytes | str):
        try:
            return decode(document.encode() if isinstance(document, str) else document)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise _refusal("map.document", f"this is no canonical document: {error}") from None
    return document


def _edifact(objects: list[Any], compiled: Map, envelope: Envelope) -> Written:
    source = compiled.source
    assert isinstance(source, EdifactSource)
    spec = compiled.spec
    strict = not envelope.association  # as reading: a guideline may have codes of its own
    filled = [compiled.fill(each, day=_day_of(each), strict_codes=strict) for each in objects]
    version, _, release = spec.version.partition(".")
    references = envelope.message_references or tuple(str(number) for number in range(1, len(objects) + 1))
    if len(references) != len(objects):
        raise _refusal("map.envelope", f"{len(references)} message references for {len(objects)} messages")
    messages = tuple(
        OutgoingMessage(
            reference=reference,
            type=spec.message,
            version=version,
            release=release,
            association=envelope.association,
            segments=segments_of(each.root, source.directory, envelope.separators.decimal),
        )
        for reference, each in zip(references, filled, strict=True)
    )
    try:
        content = write_interchange(_outgoing(envelope, messages)).content
    except CannotWrite as refusal:
        raise _refusal("map.message", str(refusal)) from None
    outcome = edifact.translate(content, _LIMITS, compiled)
    errors = [finding for finding in outcome.findings if finding.severity == "error"]
    if errors:  # mostly because of something that had no place: that is told first
        name = f"{spec.message} {spec.version}"
        lost = [_unwritten(each, name, compiled) for message in filled for each in message.unwritten]
        raise Unwritable([*(each for each in lost if each.severity != "information"), *errors])
    findings: list[Finding] = []
    for each, message, (_, canonical, _test) in zip(objects, filled, outcome.objects, strict=True):
        findings += _told(each, canonical, message.unwritten, compiled)
    return Written(content=content, findings=tuple(findings))


def _outgoing(envelope: Envelope, messages: tuple[OutgoingMessage, ...]) -> OutgoingInterchange:
    return OutgoingInterchange(
        sender=envelope.sender,
        recipient=envelope.recipient,
        prepared=envelope.prepared,
        reference=envelope.reference,
        contents=messages,
        version=envelope.version,
        repertoire=envelope.repertoire,
        encoding=envelope.encoding,
        application_reference=envelope.application_reference,
        wants_acknowledgement=envelope.wants_acknowledgement,
        agreement=envelope.agreement,
        test="1" if envelope.test else "",
        separators=envelope.separators,
        layout=envelope.layout,
        transliteration=envelope.transliteration,
    )


def _xml(canonical: Any, compiled: Map) -> Written:
    filled = compiled.fill(canonical, day=_day_of(canonical))
    content = xml.written(filled.root, compiled)
    try:
        outcome = xml.translated(content, XmlLimits(), 500, compiled)
    except Unreadable as unreadable:
        name = f"{compiled.spec.message} {compiled.spec.version}"
        lost = [_unwritten(each, name, compiled) for each in filled.unwritten]
        told = [*(each for each in lost if each.severity != "information"), *unreadable.findings]
        raise Unwritable(told) from None
    return Written(content=content, findings=_told(canonical, outcome.canonical, filled.unwritten, compiled))


def _day_of(canonical: Any) -> date | None:
    """The day that chooses among the entries of dated tables: that of the document."""
    found = getattr(canonical, "issued_on", None)
    return found if isinstance(found, date) else None


def _told(before: Any, after: Any, unwritten: tuple[Unwritten, ...], compiled: Map) -> tuple[Finding, ...]:
    name = f"{compiled.spec.message} {compiled.spec.version}"
    findings = [_unwritten(each, name, compiled) for each in unwritten]
    lost = [each.pointer for each in unwritten]
    for pointer, now in differences(msgspec.json.decode(encode(before)), msgspec.json.decode(encode(after))):
        if not any(_is_below(pointer, other) or _is_below(other, pointer) for other in lost):
            text = f"in {name} this reads `{now[:60]}`" if now else f"{name} does not say this"
            findings.append(Finding("map.changed", text, Place(path=pointer), "warning", act="operator"))
    return tuple(findings)


def _unwritten(each: Unwritten, name: str, compiled: Map) -> Finding:
    field = _field(each.pointer)
    for waiver in compiled.spec.waived:
        if waiver.to is not None and (field == waiver.to or field.startswith((waiver.to + ".", waiver.to + "["))):
            text = f"left out of {name}: {waiver.reason}"
            return Finding("map.unwritten", text, Place(path=each.pointer), "information", act="operator")
    text = f"{name} has no place for this" + (f": {each.reason}" if each.reason else "")
    return Finding("map.unwritten", text, Place(path=each.pointer), "warning", act="operator")


def _field(pointer: str) -> str:
    """`lines[].quantity` for `/lines/0/quantity`."""
    steps = [("[]" if step.isdigit() else f".{step}") for step in pointer.split("/")[1:]]
    return "".join(steps).removeprefix(".")


def _is_below(pointer: str, other: str) -> bool:
    return pointer == other or pointer.startswith(other + "/")


def _named(document_type: str) -> str:
    return document_type.replace("_", " ")


def _refusal(code: str, text: str) -> Unwritable:
    return Unwritable((Finding(code, text, act="operator"),))
