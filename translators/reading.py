"""Bytes in, canonical documents out: the one way from any format to what the gateway routes."""

from typing import Any

from msgspec import Struct

from translators.canonical.documents import KINDS, Kind, business_key, encode, kind_named, newest
from translators.edifact import translating as edifact
from translators.edifact.ackreading import MESSAGES as ACKNOWLEDGING
from translators.edifact.ackreading import acks_of
from translators.edifact.answerremarks import remarks
from translators.edifact.answers import read_answers
from translators.edifact.examining import ExamineLimits, examine
from translators.edifact.translating import EdifactLimits
from translators.findings import Finding, Place, Unreadable
from translators.formats import Label
from translators.interchanges import Interchange, of_cxml, of_edifact, of_vda, of_x12
from translators.jsondoc.decoding import decode
from translators.mapping.running import Map
from translators.vda import translating as vda
from translators.vda.transmissions import VdaLimits
from translators.x12 import translating as x12
from translators.x12.examining import X12Limits
from translators.xmldoc import translating as xml
from translators.xmldoc.parsing import XmlLimits, XmlTree

_BOM = b"\xef\xbb\xbf"


class Limits(Struct, frozen=True, kw_only=True):
    """What a reader takes; an agreement may set its own. Sizes in bytes, the others are counts."""

    max_bytes: int = 10 * 1024 * 1024
    max_depth: int = 64
    max_interchanges: int = 1_000
    max_messages: int = 10_000
    max_segments: int = 200_000
    max_segment_bytes: int = 64 * 1024
    max_attributes: int = 256
    max_elements_xml: int = 500_000
    max_findings: int = 500


class Document(Struct, frozen=True, kw_only=True):
    """One canonical business object out of a message.

    `body` is `object` as JSON in its one deterministic form: the same order gives the same bytes, whatever format it
    came in. `ship_to` is a GLN. `test` is the sender's test indicator.
    """

    type: str
    version: str
    number: str
    business_key: str
    body: bytes
    object: Any
    lines: int
    ship_to: str | None = None
    site: str | None = None
    test: bool = False
    trace: dict[str, Place] | None = None
    """JSON pointer in the object -> where in the message its value stood, when that was asked for."""


class Reading(Struct, frozen=True, kw_only=True):
    """What was read. `findings` are warnings and information only; errors raise Unreadable.

    A warning `map.code` is a code a cross-reference does not have whose policy is to park: a person has to add it.
    `tree` is what was parsed, for a schema that has to be asked as well; XML only.
    """

    documents: tuple[Document, ...]
    findings: tuple[Finding, ...] = ()
    interchanges: tuple[Interchange, ...] = ()
    """Their headers, in order; formats without envelopes have none."""
    tree: XmlTree | None = None

    @property
    def interchange(self) -> Interchange | None:
        """The first, which is nearly always the only one."""
        return self.interchanges[0] if self.interchanges else None

    @property
    def is_cxml(self) -> bool:
        """Whether it is cXML, also where its header names nobody and there is no interchange."""
        return self.tree is not None and self.tree.root.tag == "cXML"


def read(
    content: bytes,
    label: Label,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    *,
    using: Map | None = None,
    trace: bool = False,
) -> Reading:
    """The documents in `content`. Raises Unreadable with every error and its place; nothing else.

    `using` is a map to take instead of the one that ships. `trace` asks for the place of every field; JSON says it
    itself.
    """
    if len(content) > limits.max_bytes:
        text = f"the document has {len(content)} bytes; at most {limits.max_bytes} are taken"
        raise Unreadable((Finding("document.size", text),))
    if label.format == "edifact" and label.name in ACKNOWLEDGING:
        return _read_answers(content, limits)
    if label.format == "edifact":
        return _read_edifact(content, limits, using, trace=trace)
    if label.format == "x12":
        return _read_x12(content, limits, using, trace=trace)
    if label.format == "vda":
        return _read_vda(content, limits, using, trace=trace)
    if label.format == "xml":
        return _read_xml(content, limits, using, trace=trace)
    return _read_json(content, label, limits)


def _read_edifact(content: bytes, limits: Limits, using: Map | None, *, trace: bool) -> Reading:
    outcome = edifact.translate(
        content,
        EdifactLimits(
            max_interchanges=limits.max_interchanges,
            max_messages=limits.max_messages,
            max_segments=limits.max_segments,
            max_segment_bytes=limits.max_segment_bytes,
            max_findings=limits.max_findings,
        ),
        using,
        trace=trace,
    )
    _refuse_errors(outcome.findings)
    traces = outcome.traces or (None,) * len(outcome.objects)
    return Reading(
        documents=tuple(
            document(kind, canonical, test=test, trace=places)
            for (kind, canonical, test), places in zip(outcome.objects, traces, strict=True)
        ),
        findings=outcome.findings,
        interchanges=tuple(of_edifact(header) for header in outcome.headers),
    )


def _read_answers(content: bytes, limits: Limits) -> Reading:
    """CONTRL and APERAK, as leniently as those write them who answer us."""
    allowed = ExamineLimits(
        max_interchanges=limits.max_interchanges,
        max_messages=limits.max_messages,
        max_segments=limits.max_segments,
        max_segment_bytes=limits.max_segment_bytes,
        max_findings=limits.max_findings,
    )
    answers = read_answers(content, allowed)
    _refuse_errors(answers.findings)
    acks, headers = acks_of(answers)
    if not headers or not acks:
        raise Unreadable((Finding("edifact.answer.empty", "the interchange holds no CONTRL or APERAK that answers"),))
    return Reading(
        documents=tuple(document(KINDS["ack/1"], ack, test=headers[0].is_test) for ack in acks),
        findings=tuple(each for each in remarks(examine(content, allowed), answers) if each.severity != "error"),
        interchanges=tuple(of_edifact(header) for header in headers),
    )


def _read_x12(content: bytes, limits: Limits, using: Map | None, *, trace: bool) -> Reading:
    outcome = x12.translate(content, x12_limits(limits), using, trace=trace)
    _refuse_errors(outcome.findings)
    documents = tuple(
        document(each.kind, each.canonical, test=each.set.group.interchange.is_test, trace=each.trace)
        for each in outcome.translations
        if each.kind is not None
    )
    interchanges = tuple(of_x12(header) for header in outcome.examination.interchanges)
    return Reading(documents=documents, findings=outcome.findings, interchanges=interchanges)


def _read_vda(content: bytes, limits: Limits, using: Map | None, *, trace: bool) -> Reading:
    outcome = vda.translate(content, vda_limits(limits), using, trace=trace)
    _refuse_errors(outcome.findings)
    traces = outcome.traces or (None,) * len(outcome.objects)
    documents = tuple(
        document(kind, canonical, trace=places)
        for (kind, canonical), places in zip(outcome.objects, traces, strict=True)
    )
    interchanges = tuple(of_vda(each) for each in outcome.transmissions)
    return Reading(documents=documents, findings=outcome.findings, interchanges=interchanges)


def vda_limits(limits: Limits) -> VdaLimits:
    """The limits that concern VDA."""
    return VdaLimits(
        max_transmissions=limits.max_interchanges,
        max_messages=limits.max_messages,
        max_records=limits.max_segments,
        max_findings=limits.max_findings,
    )


def x12_limits(limits: Limits) -> X12Limits:
    """The limits that concern X12."""
    return X12Limits(
        max_interchanges=limits.max_interchanges,
        max_messages=limits.max_messages,
        max_segments=limits.max_segments,
        max_segment_bytes=limits.max_segment_bytes,
        max_findings=limits.max_findings,
    )


def _read_xml(content: bytes, limits: Limits, using: Map | None, *, trace: bool) -> Reading:
    taken = XmlLimits(
        max_depth=limits.max_depth, max_attributes=limits.max_attributes, max_elements=limits.max_elements_xml
    )
    outcome = xml.translated(content, taken, limits.max_findings, using, trace=trace)
    header = outcome.header
    is_test = header is not None and header.test
    return Reading(
        documents=(document(outcome.kind, outcome.canonical, test=is_test, trace=outcome.trace),),
        findings=outcome.findings,
        interchanges=(of_cxml(header),) if header is not None else (),
        tree=outcome.tree,
    )


def _refuse_errors(findings: tuple[Finding, ...]) -> None:
    if any(finding.severity == "error" for finding in findings):
        raise Unreadable(tuple(sorted(findings, key=lambda finding: finding.severity != "error")))


def _read_json(content: bytes, label: Label, limits: Limits) -> Reading:
    findings: tuple[Finding, ...] = ()
    if content.startswith(_BOM):
        content = content.removeprefix(_BOM)
        findings = (Finding("json.bom", "a byte order mark was skipped", severity="information"),)
    kind = kind_named(f"{label.name}/{label.version}")
    assert kind is not None, "labels come from identify"
    canonical, body = decode(content, kind, limits.max_depth)
    return Reading(documents=(document(newest(kind), canonical, body),), findings=findings)


def document(
    kind: Kind,
    canonical: Any,
    body: bytes | None = None,
    *,
    test: bool = False,
    trace: dict[str, Place] | None = None,
) -> Document:
    """The document around a canonical object; `body` spares encoding it again."""
    facts = kind.facts(canonical)
    return Document(
        type=kind.document_type,
        version=kind.version,
        number=facts.number,
        business_key=business_key(facts),
        body=encode(canonical) if body is None else body,
        object=canonical,
        lines=facts.lines,
        ship_to=facts.ship_to,
        site=facts.site,
        test=test,
        trace=trace,
    )
