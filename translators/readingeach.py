"""EDIFACT read message by message: the good ones become documents, the bad ones keep their findings.

`translators.reading.read` takes an input as a whole or not at all; this is for agreements that let the good messages of
an interchange go on. What may go on is said by `translators.edifact.dispositions.dispose`.
"""

from collections.abc import Sequence

from msgspec import Struct

from translators.edifact.examinations import Examination, InterchangeExamination, MessageExamination
from translators.edifact.examining import ExamineLimits, examine
from translators.edifact.faults import Faults
from translators.edifact.guidelines import Guideline
from translators.edifact.translating import translate_arranged
from translators.findings import Finding
from translators.mapping.running import Map
from translators.reading import Document, Limits, document


class MessageReading(Struct, frozen=True, kw_only=True):
    """One message with what became of it. `findings` are those of the syntax, then those of the map.

    `documents` is empty when one of them is an error.
    """

    interchange: InterchangeExamination
    message: MessageExamination
    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]

    @property
    def is_bad(self) -> bool:
        """Whether there is an error, of the syntax or of the application."""
        return any(finding.severity == "error" for finding in self.findings) or self.message.is_bad

    @property
    def application_findings(self) -> tuple[Finding, ...]:
        """What an APERAK answers: told by the map, about a message whose syntax is right."""
        return self.findings[len(self.message.findings) :]


class EachReading(Struct, frozen=True, kw_only=True):
    """An input read message by message; `examination` is what acknowledgements are made from."""

    examination: Examination
    messages: tuple[MessageReading, ...]


def read_each(
    content: bytes,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    *,
    guidelines: Sequence[Guideline] = (),
    using: Map | None = None,
) -> EachReading:
    """Every message of an EDIFACT input, good or bad. Raises nothing, whatever the input."""
    if len(content) > limits.max_bytes:
        text = f"the document has {len(content)} bytes; at most {limits.max_bytes} are taken"
        return EachReading(
            examination=Examination(interchanges=[], findings=(Finding("document.size", text),)), messages=()
        )
    examination = examine(content, _examine_limits(limits), guidelines=guidelines)
    read = [
        _read(interchange, message, limits, using)
        for interchange in examination.interchanges
        for message in interchange.messages
    ]
    return EachReading(examination=examination, messages=tuple(read))


def _read(
    interchange: InterchangeExamination, message: MessageExamination, limits: Limits, using: Map | None
) -> MessageReading:
    if message.is_bad or message.root is None:
        return MessageReading(interchange=interchange, message=message, documents=(), findings=message.findings)
    own = message.message
    faults = Faults(limits.max_findings)
    faults.open(own.header.reference if own.header else "", own.header.version if own.header else "3")
    faults.message = own.reference[:35]
    faults.group = own.group.reference[:35] if own.group else None
    made = translate_arranged(own, message.root, faults, using)
    documents = () if faults.errors else tuple(document(kind, found, test=test) for kind, found, test in made)
    findings = (*message.findings, *faults.findings)
    return MessageReading(interchange=interchange, message=message, documents=documents, findings=findings)


def _examine_limits(limits: Limits) -> ExamineLimits:
    return ExamineLimits(
        max_interchanges=limits.max_interchanges,
        max_messages=limits.max_messages,
        max_segments=limits.max_segments,
        max_segment_bytes=limits.max_segment_bytes,
        max_findings=limits.max_findings,
    )
