"""Canonical documents out: the one way from what the gateway holds to any format a partner reads."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from translators.canonical.documents import decode, encode
from translators.edifact import translating as edifact
from translators.edifact.composing import segments_of
from translators.edifact.outgoing import CannotWrite, OutgoingInterchange, OutgoingMessage, Party
from translators.edifact.paths import EdifactSource
from translators.edifact.separators import DEFAULT, Separators
from translators.edifact.translating import EdifactLimits
from translators.edifact.writing import write_interchange
from translators.findings import Finding, Unreadable
from translators.losses import told_losses, unwritten_finding
from translators.mapping.running import Filled, Map
from translators.targets import Unwritable, map_to, precise, refusal, targets
from translators.vda import translating as vda
from translators.vda.writing import CannotSay, VdaOutgoing, write_vda
from translators.x12 import translating as x12
from translators.x12.grammar import Grammar
from translators.x12.separators import Separators as X12Separators
from translators.x12.writing import CannotWrite as CannotWriteX12
from translators.x12.writing import OutgoingSet, X12Outgoing, fitting, set_segments, write_x12
from translators.xmldoc import translating as xml
from translators.xmldoc.parsing import XmlLimits

__all__ = ["Envelope", "Unwritable", "Written", "targets", "write", "written"]

_LIMITS = EdifactLimits(
    max_interchanges=1, max_messages=10_000, max_segments=200_000, max_segment_bytes=64 * 1024, max_findings=500
)


class Envelope(Struct, frozen=True, kw_only=True):
    """What an interchange needs beside its messages: who, to whom, when, under which reference.

    `prepared` comes from the caller, because nothing here looks at a clock. For EDIFACT `version` is that of the
    syntax, `repertoire` the character set (0001), `association` the code a guideline adds to the message (0057). For
    X12 `reference` is the control number of the interchange and of its group, `association` what an industry adds to
    the release (`VICS`), and `x12_separators` are chosen to fit when they are not given. For VDA the parties' `id` are
    the numbers of customer and supplier, `reference` counts the transmissions, and `previous` is the one before.
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
    x12_separators: X12Separators | None = None
    previous: str = ""


class Written(Struct, frozen=True, kw_only=True):
    """`findings`: `map.unwritten` for what the target has no place for, `map.changed` for what reads back otherwise.

    The path of a finding is the canonical one. What a map leaves out on purpose is information, the rest a warning.
    """

    content: bytes
    findings: tuple[Finding, ...] = ()


def write(
    document: Any,
    target: str,
    *,
    envelope: Envelope | None = None,
    using: Map | None = None,
    prepared: datetime | None = None,
) -> bytes:
    """The bytes of a document, complete or not at all. Raises Unwritable where something would be lost or changed.

    `document` is a canonical object or its JSON, or for EDIFACT, X12 and VDA a list of them; `target` is
    `edifact:ORDERS:D.96A`, `x12:850:004010`, `vda:4905:02`, `ubl:Order:2.1` or `ubl` alone, `xml:` with the
    name of a root element, or `json`. `using` is a map to take instead of the one that ships, `prepared` when the
    document is made: the schemas of B2MML want it, and nothing here looks at a clock.
    """
    done = written(document, target, envelope=envelope, using=using, prepared=prepared)
    lost = [finding for finding in done.findings if finding.severity != "information"]
    if lost:
        raise Unwritable(lost)
    return done.content


def written(
    document: Any,
    target: str,
    *,
    envelope: Envelope | None = None,
    using: Map | None = None,
    prepared: datetime | None = None,
) -> Written:
    """As `write`, but telling what is lost. Raises Unwritable when there is no map, the envelope is wrong, or what
    comes out would be no valid message: it is read again before it is handed out, so nothing changes without a word.
    """
    objects = [_object(each) for each in (document if isinstance(document, list | tuple) else [document])]
    if target == "json":
        return Written(content=b"\n".join(encode(each) for each in objects))
    if not objects:
        raise refusal("map.document", "there is no document to write")
    compiled = using if using is not None else map_to(precise(target, objects[0]))
    if compiled.spec.reads_only:
        raise refusal("map.target", f"{compiled.spec.message} is only read: {compiled.spec.reads_only}")
    for each in objects:
        if not isinstance(each, compiled.kind.struct):
            raise refusal("map.document", f"{target} is written from a {_named(compiled.kind.document_type)}")
    if compiled.spec.format in _ENVELOPED:
        if envelope is None:
            raise refusal("map.envelope", "an interchange needs an envelope: sender, recipient, reference")
        return _ENVELOPED[compiled.spec.format](objects, compiled, envelope)
    if len(objects) != 1:
        raise refusal("map.document", "an XML file holds one document")
    return _xml(objects[0], compiled, prepared)


def _object(document: Any) -> Any:
    if isinstance(document, bytes | str):
        try:
            return decode(document.encode() if isinstance(document, str) else document)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise refusal("map.document", f"this is no canonical document: {error}") from None
    return document


def _edifact(objects: list[Any], compiled: Map, envelope: Envelope) -> Written:
    source = compiled.source
    assert isinstance(source, EdifactSource)
    spec = compiled.spec
    strict = not envelope.association  # as reading: a guideline may have codes of its own
    repeats = envelope.version >= "4"
    filled = [compiled.fill(each, day=_day_of(each), strict_codes=strict, repeats=repeats) for each in objects]
    version, _, release = spec.version.partition(".")
    references = envelope.message_references or tuple(str(number) for number in range(1, len(objects) + 1))
    if len(references) != len(objects):
        raise refusal("map.envelope", f"{len(references)} message references for {len(objects)} messages")
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
    except CannotWrite as problem:
        raise refusal("map.message", str(problem)) from None
    outcome = edifact.translate(content, _LIMITS, compiled)
    again = [canonical for _, canonical, _ in outcome.objects]
    return _read_back(content, objects, filled, outcome.findings, again, compiled)


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


def _x12(objects: list[Any], compiled: Map, envelope: Envelope) -> Written:
    tables: Any = compiled.source.directory if isinstance(compiled.source, EdifactSource) else None
    assert isinstance(tables, Grammar)
    filled = [compiled.fill(each, day=_day_of(each), strict_codes=True) for each in objects]
    controls = envelope.message_references or tuple(f"{number:04}" for number in range(1, len(objects) + 1))
    if len(controls) != len(objects):
        raise refusal("map.envelope", f"{len(controls)} control numbers for {len(objects)} transaction sets")
    sets = tuple(
        OutgoingSet(id=compiled.spec.message, control=control, segments=set_segments(each.root))
        for control, each in zip(controls, filled, strict=True)
    )
    try:
        marks = envelope.x12_separators or fitting(segment for each in sets for segment in each.segments)
        outgoing = X12Outgoing(
            sender=envelope.sender,
            recipient=envelope.recipient,
            prepared=envelope.prepared,
            control=envelope.reference,
            group_control=envelope.reference.lstrip("0") or "0",
            release=tables.release + envelope.association,
            sets=sets,
            wants_acknowledgement=envelope.wants_acknowledgement,
            test=envelope.test,
            separators=marks,
            layout=envelope.layout,
        )
        content = write_x12(outgoing, tables)
    except CannotWriteX12 as problem:
        raise refusal("map.message", str(problem)) from None
    outcome = x12.translate(content, using=compiled)
    return _read_back(
        content, objects, filled, outcome.findings, [each.canonical for each in outcome.translations], compiled
    )


def _vda(objects: list[Any], compiled: Map, envelope: Envelope) -> Written:
    filled = [compiled.fill(each, day=_day_of(each)) for each in objects]
    message = compiled.spec.message
    customer, supplier = envelope.sender.id, envelope.recipient.id
    if message == "4913":  # a delivery note goes the other way
        customer, supplier = supplier, customer
    outgoing = VdaOutgoing(
        message=message,
        customer=customer,
        supplier=supplier,
        number=envelope.reference,
        previous=envelope.previous,
        prepared=envelope.prepared,
        units=tuple(each.root for each in filled),
        layout=envelope.layout,
    )
    try:
        content = write_vda(outgoing)
    except CannotSay as problem:
        raise refusal("map.message", str(problem)) from None
    outcome = vda.translate(content, using=compiled)
    return _read_back(content, objects, filled, outcome.findings, [each for _, each in outcome.objects], compiled)


def _read_back(
    content: bytes,
    objects: list[Any],
    filled: list[Filled],
    findings: tuple[Finding, ...],
    again: list[Any],
    compiled: Map,
) -> Written:
    """What was written, if it reads; with what is lost."""
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:  # mostly because of something that had no place: that is told first
        name = f"{compiled.spec.message} {compiled.spec.version}"
        lost = [unwritten_finding(each, name, compiled) for message in filled for each in message.unwritten]
        raise Unwritable([*(each for each in lost if each.severity != "information"), *errors])
    told: list[Finding] = []
    for each, message, canonical in zip(objects, filled, again, strict=True):
        told += told_losses(each, canonical, message.unwritten, compiled)
    return Written(content=content, findings=tuple(told))


_ENVELOPED: dict[str, Callable[[list[Any], Map, Envelope], Written]] = {
    "edifact": _edifact,
    "x12": _x12,
    "vda": _vda,
}
"""Formats whose messages travel in an interchange."""


def _xml(canonical: Any, compiled: Map, prepared: datetime | None) -> Written:
    filled = compiled.fill(canonical, day=_day_of(canonical))
    content = xml.written(filled.root, compiled, prepared)
    try:
        outcome = xml.translated(content, XmlLimits(), 500, compiled)
    except Unreadable as unreadable:
        name = f"{compiled.spec.message} {compiled.spec.version}"
        lost = [unwritten_finding(each, name, compiled) for each in filled.unwritten]
        told = [*(each for each in lost if each.severity != "information"), *unreadable.findings]
        raise Unwritable(told) from None
    return Written(content=content, findings=told_losses(canonical, outcome.canonical, filled.unwritten, compiled))


def _day_of(canonical: Any) -> date | None:
    """The day that chooses among the entries of dated tables: that of the document."""
    found = getattr(canonical, "issued_on", None)
    return found if isinstance(found, date) else None


def _named(document_type: str) -> str:
    return document_type.replace("_", " ")
