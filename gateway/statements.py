"""Our verdicts as they go on record: the entry the ledger keeps, and the statement that is its audit leaf.

The statement of an accepted message is also what its sender gets as a receipt.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.clock import as_text, now
from gateway.identifiers import new_message_id
from gateway.ledger.entries import Acceptance, NewDelivery, NewDocument, Refusal
from gateway.ledger.states import Event
from gateway.submissions import Rejection, Sender, Submission
from policies.facts import DocumentFacts, RequestFacts
from policies.policyset import PolicySet
from policies.recordedfacts import encode_facts
from policies.verdicts import RuleRef
from translators.formats import Label
from translators.reading import Reading


class Admission(Struct, frozen=True, kw_only=True):
    """A sender who may go on. All of one message is judged by the one set of rules it was admitted under."""

    sender: Sender
    facts: RequestFacts
    rules: PolicySet
    fields: tuple[tuple[str, str], ...]
    observed: tuple[RuleRef, ...] = ()
    """Rules in observe mode that would have refused already."""


def acceptance(
    submission: Submission,
    admission: Admission,
    label: Label,
    reading: Reading,
    deliveries: list[NewDelivery],
    observed: Sequence[RuleRef],
    judged: Sequence[DocumentFacts],
) -> Acceptance:
    message_id, received_at, digest = new_message_id(), now(), sha256(submission.content).digest()
    documents = tuple(
        NewDocument(d.type, d.number, d.business_key, d.body, sha256(d.body).digest()) for d in reading.documents
    )
    key = _repetition_key(submission, reading, digest)
    facts: dict[str, object] = {
        "key": key,
        "documents": [{"type": document.document_type, "number": document.business_number} for document in documents],
        "destinations": sorted({delivery.destination for delivery in deliveries}),
    }
    if observed:
        facts["observed"] = [str(rule) for rule in observed]
    head = _head(Event.MESSAGE_ACCEPTED, message_id, received_at, digest, submission, admission, label)
    return Acceptance(
        message_id=message_id,
        received_at=received_at,
        sender_kind=admission.sender.kind,
        sender=admission.sender.id,
        channel=admission.sender.credential.channel,
        document_type=label.document_type,
        content=submission.content,
        content_hash=digest,
        key=key,
        policy_revision=admission.rules.revision,
        statement=msgspec.json.encode({**head, **facts, "verdict": "accepted"}, order="sorted"),
        documents=documents,
        deliveries=tuple(deliveries),
        traceparent=submission.traceparent,
        test=any(document.test for document in reading.documents),
        facts=encode_facts(admission.facts, judged),
    )


def refusal(
    submission: Submission,
    admission: Admission,
    label: Label | None,
    judged: Sequence[DocumentFacts],
    rejection: Rejection,
) -> Refusal:
    message_id, received_at, digest = new_message_id(), now(), sha256(submission.content).digest()
    why = {"code": rejection.code, "text": rejection.text, "rule": rejection.rule, "findings": rejection.findings}
    head = _head(Event.MESSAGE_REFUSED, message_id, received_at, digest, submission, admission, label)
    facts = {"verdict": "refused", "code": rejection.code, "rule": rejection.rule}
    return Refusal(
        message_id=message_id,
        received_at=received_at,
        sender_kind=admission.sender.kind,
        sender=admission.sender.id,
        channel=admission.sender.credential.channel,
        document_type=label.document_type if label else None,
        content=submission.content,
        content_hash=digest,
        refusal=msgspec.json.encode(why).decode(),
        policy_revision=admission.rules.revision,
        statement=msgspec.json.encode({**head, **facts}, order="sorted"),
        traceparent=submission.traceparent,
        facts=encode_facts(admission.facts, judged),
    )


def _head(
    event: Event,
    message_id: UUID,
    at: datetime,
    digest: bytes,
    submission: Submission,
    admission: Admission,
    label: Label | None,
) -> dict[str, object]:
    """What every verdict on a message states."""
    return {
        "event": event,
        "message": str(message_id),
        "at": as_text(at),
        "sender": admission.sender.id,
        "sender_kind": admission.sender.kind,
        "client": admission.sender.credential.client,
        "channel": admission.sender.credential.channel,
        "content": "sha256:" + digest.hex(),
        "size": len(submission.content),
        "format": f"{label.format} {label.name} {label.version}" if label else None,
        "policy": admission.rules.revision,
    }


def _repetition_key(submission: Submission, reading: Reading, digest: bytes) -> str:
    """What makes a repetition recognisable: the sender's own key, the interchange, or the very same bytes."""
    if submission.idempotency_key is not None:
        return f"key:{submission.idempotency_key}"
    if reading.interchange is not None:
        interchange = reading.interchange
        return f"interchange:{interchange.sender}:{interchange.recipient}:{interchange.reference}"
    return f"content:{digest.hex()}"


def conflict_leaf(entry: Acceptance, first: UUID) -> bytes:
    leaf = {
        "event": Event.MESSAGE_CONFLICTED,
        "message": str(first),
        "at": as_text(entry.received_at),
        "sender": entry.sender,
        "key": entry.key,
        "content": "sha256:" + entry.content_hash.hex(),
    }
    return msgspec.json.encode(leaf, order="sorted")
