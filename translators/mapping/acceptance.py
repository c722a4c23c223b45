"""Is a map fit for use? Only if what its samples say comes through in both directions, with nothing left over.

Parse → canonical → write → parse must be stable for every sample (of a map that only reads: it must be read), and the
residue empty or waived with a reason in the map. Which rows no sample uses is said as well: what was never tried is
not known to work.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from translators.edifact.outgoing import Party
from translators.edifact.tokens import Tokenizer
from translators.edifact.translating import compiled_edifact
from translators.findings import Finding, Unreadable
from translators.formats import Label
from translators.mapping.files import MapFile, load
from translators.mapping.running import Map
from translators.mapping.specs import Row
from translators.reading import Document, read
from translators.vda.faults import Faults as VdaFaults
from translators.vda.records import records_in
from translators.vda.translating import compiled_vda
from translators.writing import Envelope, Unwritable, written
from translators.x12.examining import examine
from translators.x12.translating import compiled_x12
from translators.xmldoc.translating import compiled_xml

_PREPARED = datetime(2000, 1, 1, 12, 0)  # noqa: DTZ001 - the envelope of a trial; UNB knows no zone


_COMPILERS = {"edifact": compiled_edifact, "vda": compiled_vda, "x12": compiled_x12, "xml": compiled_xml}


class SampleVerdict(Struct, frozen=True, kw_only=True):
    """One sample: how many documents it holds, and everything that keeps the map from being accepted for it."""

    name: str
    documents: int
    problems: tuple[str, ...]


class RowUse(Struct, frozen=True, kw_only=True):
    """A row of the map: where it is written, what it is called, whether a sample uses it."""

    path: Path
    line: int
    name: str
    is_used: bool


class Acceptance(Struct, frozen=True, kw_only=True):
    """The verdict on a map."""

    samples: tuple[SampleVerdict, ...]
    rows: tuple[RowUse, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether there are samples, and all of them come through."""
        return bool(self.samples) and not any(sample.problems for sample in self.samples)

    @property
    def unused(self) -> tuple[RowUse, ...]:
        """The rows no sample uses."""
        return tuple(row for row in self.rows if not row.is_used)


def compiled(path: Path) -> Map:
    """The map in a file, of either format, compiled in both directions. Raises FileProblems."""
    file = load(path)
    made = _COMPILERS[file.spec.format](file)
    made.check_writer()
    return made


def accept(using: Map, samples: Mapping[str, bytes]) -> Acceptance:
    """The verdict on a map after trying its samples, given as name -> content."""
    used: set[int] = set()
    using.watched = used
    try:
        verdicts = tuple(_tried(name, content, using) for name, content in samples.items())
    finally:
        using.watched = None
    return Acceptance(samples=verdicts, rows=tuple(_rows(using.file, used)))


def _tried(name: str, content: bytes, using: Map) -> SampleVerdict:
    spec = using.spec
    label = Label(spec.format, spec.message, spec.version, using.kind.document_type)
    try:
        reading = read(content, label, using=using)
    except Unreadable as unreadable:
        return SampleVerdict(name=name, documents=0, problems=tuple(map(_sentence, unreadable.findings)))
    problems = [_sentence(finding) for finding in reading.findings if finding.code.endswith(".residue")]
    if not reading.documents:
        problems.append("no document was read")
    if spec.reads_only:
        return SampleVerdict(name=name, documents=len(reading.documents), problems=tuple(problems))
    envelope = _ENVELOPES[spec.format](content) if spec.format in _ENVELOPES else None
    for document in reading.documents:
        problems += _written_back(document, label, using, envelope)
    return SampleVerdict(name=name, documents=len(reading.documents), problems=tuple(problems))


def _written_back(document: Document, label: Label, using: Map, envelope: Envelope | None) -> Iterator[str]:
    target = _target(using)
    try:
        first = written(document.object, target, envelope=envelope, using=using)
        again = read(first.content, label, using=using).documents[0]
        second = written(again.object, target, envelope=envelope, using=using)
    except Unwritable as unwritable:
        yield from (f"{document.number}: cannot be written: {_sentence(finding)}" for finding in unwritable.findings)
        return
    for finding in first.findings:
        if finding.severity != "information":
            yield f"{document.number}: {_sentence(finding)}"
    if first.content != second.content:
        yield f"{document.number}: read back and written again, it gives other bytes"


def _target(using: Map) -> str:
    return f"{using.spec.format}:{using.spec.message}:{using.spec.version}"


def _envelope(content: bytes) -> Envelope:
    """The envelope of a trial: syntax, character set and association as in the sample."""
    tokenizer = Tokenizer()
    segments = [*tokenizer.feed(content), *tokenizer.finish()]
    unb = next((each for each in segments if each.raw[:3] == b"UNB"), None)
    unh = next((each for each in segments if each.raw[:3] == b"UNH"), None)
    return Envelope(
        sender=Party(id="SENDER"),
        recipient=Party(id="RECIPIENT"),
        prepared=_PREPARED,
        reference="1",
        association=unh.get(2, 5) if unh else "",
        version=unb.syntax.version if unb else "3",
        repertoire=unb.get(1, 1) if unb else "UNOC",
        encoding=unb.get(1, 4) if unb and unb.syntax.version >= "4" else "",
    )


def _x12_envelope(content: bytes) -> Envelope:
    """The envelope of a trial: parties and moment as in the sample, since an acknowledgement takes them from there."""
    header = examine(content).interchanges[0]
    return Envelope(
        sender=Party(id=header.sender, qualifier=header.sender_qualifier),
        recipient=Party(id=header.receiver, qualifier=header.receiver_qualifier),
        prepared=datetime.strptime(header.date + header.time, "%y%m%d%H%M"),  # noqa: DTZ007 - ISA knows no zone
        reference="1",
    )


def _vda_envelope(content: bytes) -> Envelope:
    """The envelope of a trial: parties, number and day as in the sample."""
    header = next(records_in(content, VdaFaults(), 1))
    customer, supplier = Party(id=header.get(3)), Party(id=header.get(4))
    return Envelope(
        sender=customer if header.tag == "511" else supplier,
        recipient=supplier if header.tag == "511" else customer,
        prepared=datetime.strptime(header.get(7), "%y%m%d"),  # noqa: DTZ007 - a day
        reference=header.get(6),
        previous=header.get(5),
    )


_ENVELOPES = {"edifact": _envelope, "vda": _vda_envelope, "x12": _x12_envelope}


def _sentence(finding: Finding) -> str:
    place = finding.place
    if place.segment is not None:
        where = "/".join(str(each) for each in (place.segment_position, place.element, place.component) if each)
        return f"{place.segment} {where}: {finding.text}"
    if place.line is not None:
        return f"{place.line}:{place.column or 1}: {place.path or ''}: {finding.text}"
    return f"{place.path}: {finding.text}" if place.path else finding.text


def _rows(file: MapFile, used: set[int]) -> Iterator[RowUse]:
    """Rows that can be used: those that read, in the order of the file; constants only go with them."""
    told: set[int] = set()

    def walk(rows: tuple[Row, ...]) -> Iterator[RowUse]:
        for row in rows:
            counts = row.direction != "write" and (row.paths or row.at is not None) and id(row) not in told
            if counts and row.count is None and row.sum is None:
                told.add(id(row))
                problem = file.problem_of(row, "")
                name = row.called or ", ".join(row.paths) or row.at or ""
                yield RowUse(path=problem.path, line=problem.line, name=name, is_used=id(row) in used)
            yield from walk(row.rows)

    yield from walk(file.spec.rows)
    for part in file.spec.parts.values():
        yield from walk(part)
