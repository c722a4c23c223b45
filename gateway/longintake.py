"""The way in of what is too long to be read while its sender waits: kept piece by piece, then divided by a worker.

Only an EDIFACT interchange can be divided; anything else of that length is refused with the bound that holds for it.
"""

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from gateway.clock import as_text, now
from gateway.identifiers import new_message_id
from gateway.intake import Answer
from gateway.ledger.entries import Acceptance, Conflicting, LongContent
from gateway.ledger.ledger import Ledger
from gateway.rejections import by_rule, conflict
from gateway.statements import AcceptedStatement, Admission, conflict_leaf
from gateway.submissions import Credential, Receipt, Rejection
from policies.verdicts import Refused
from translators.edifact.dividing import header_in
from translators.edifact.headers import Header
from translators.findings import Unreadable
from translators.formats import Format, Label
from translators.identify import identify

_CALLED: dict[Format, str] = {"edifact": "EDIFACT", "x12": "X12", "vda": "VDA", "xml": "XML", "json": "JSON"}


class LongSubmission(Struct, frozen=True, kw_only=True):
    """A content at a channel that is not in memory. `head` is its first bytes (translators.identify.HEAD), `digest`
    the SHA-256 of it all; `chunks` begins anew each time, and is read beside the event loop."""

    head: bytes
    size: int
    digest: bytes
    chunks: Callable[[], Iterator[bytes]]
    media_type: str | None
    traceparent: str | None = None


class Divisible(Struct, frozen=True):
    """What a long submission is."""

    label: Label
    header: Header


class AdmittedAs(Struct, frozen=True, kw_only=True):
    """As whom a sender was admitted: the worker admits it again under the rules in force then."""

    credential: Credential
    api_version: str


class LongIntake:
    """`most_bytes` is what may be read at once: up to there a submission goes the way of all."""

    def __init__(self, ledger: Ledger, most_bytes: int) -> None:
        self._ledger = ledger
        self._most_bytes = most_bytes

    def judge(self, submission: LongSubmission, admission: Admission) -> Divisible | Rejection:
        """By its first bytes and its length; nothing is kept with a Rejection."""
        try:
            label = identify(submission.head, submission.media_type)
        except Unreadable as error:
            return self._indivisible(submission, f"none: {error.findings[0].text}")
        header = header_in(submission.head)
        if label.document_type == "ack":
            return self._indivisible(submission, f"an acknowledgement ({label.name})")
        if label.format != "edifact" or header is None:
            return self._indivisible(submission, f"{_CALLED[label.format]} ({label.name})")
        caps = admission.rules.schemas.caps
        bounds = caps.of(admission.facts, label.format, label.document_type, submission.size)
        if isinstance(bounds, Refused):
            return by_rule(bounds)
        return Divisible(label, header)

    async def accept(
        self, submission: LongSubmission, admission: Admission, what: Divisible, answer: Answer | None = None
    ) -> Receipt | Rejection:
        """A Receipt means that all of it is committed, and what `answer` writes with it. Raises LedgerUnavailable;
        Overtaken where there is an answer already."""
        await self._ledger.pieces.keep(admission.sender.id, submission.digest, submission.chunks())
        entry = _acceptance(submission, admission, what)
        if answer is not None:
            entry = msgspec.structs.replace(entry, exchange=answer(entry.message_id))
        recorded = await self._ledger.record(entry)
        if isinstance(recorded, Conflicting):
            await self._ledger.note(conflict_leaf(entry, recorded.message_id), recorded.message_id)
            first = recorded.message_id
            return msgspec.structs.replace(conflict(first, entry), message_id=str(first))
        return Receipt(
            message_id=str(recorded.message_id),
            statement=recorded.statement,
            duplicate=recorded.duplicate,
            fields=admission.fields,
        )

    def _indivisible(self, submission: LongSubmission, what: str) -> Rejection:
        text = (
            f"the content has {submission.size} bytes; what is longer than {self._most_bytes} must be an EDIFACT "
            f"interchange, and this is {what}"
        )
        return Rejection(code="request.too_large", text=text, act="send it as several documents")


def _acceptance(submission: LongSubmission, admission: Admission, what: Divisible) -> Acceptance:
    label, header = what.label, what.header
    message_id, received_at, sender = new_message_id(), now(), admission.sender
    key = f"interchange:{header.sender}:{header.recipient}:{header.reference}"
    statement = AcceptedStatement(
        at=as_text(received_at),
        channel=sender.credential.channel,
        client=sender.credential.client,
        content=f"sha256:{submission.digest.hex()}",
        destinations=[],
        documents=[],
        format=f"{label.format} {label.name} {label.version}",
        key=key,
        message=str(message_id),
        policy=admission.rules.revision,
        sender=sender.id,
        sender_kind=sender.kind,
        size=submission.size,
    )
    admitted = AdmittedAs(credential=sender.credential, api_version=admission.facts.api_version)
    return Acceptance(
        message_id=message_id,
        received_at=received_at,
        sender_kind=sender.kind,
        sender=sender.id,
        channel=sender.credential.channel,
        document_type=label.document_type,
        content=b"",
        content_hash=submission.digest,
        key=key,
        policy_revision=admission.rules.revision,
        statement=msgspec.json.encode(statement),
        documents=(),
        deliveries=(),
        traceparent=submission.traceparent,
        test=header.is_test,
        long=LongContent(
            size=submission.size,
            credential=msgspec.json.encode(admitted).decode(),
            media_type=submission.media_type,
        ),
    )
