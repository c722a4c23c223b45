"""Our verdicts as they go on record: the entry the ledger keeps, and the statement that is its audit leaf.

The statement of an accepted message is also what its sender gets as a receipt.
"""

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from gateway.clock import as_text, now
from gateway.identifiers import new_message_id
from gateway.ledger.entries import INTERCHANGE, Acceptance, NewDelivery, NewDocument, Refusal
from gateway.ledger.states import Event
from gateway.submissions import Rejection, Sender, Submission
from gateway.trials import key_of_trial
from policies.facts import DocumentFacts, RequestFacts
from policies.policyset import PolicySet
from policies.recordedfacts import encode_facts
from policies.verdicts import RuleRef
from translators.formats import Label
from translators.glimpse import numbers_in
from translators.reading import Reading


class Admission(Struct, frozen=True, kw_only=True):
    """A sender who may go on. All of one message is judged by the one set of rules it was admitted under."""

    sender: Sender
    facts: RequestFacts
    rules: PolicySet
    fields: tuple[tuple[str, str], ...]
    observed: tuple[RuleRef, ...] = ()
    """Rules in observe mode that would have refused already."""
    is_trial: bool = False
    """In the sandbox: tests and real documents may be tried, whatever is agreed."""


class StatedDocument(Struct, frozen=True):
    number: str
    type: str


class StatedSuspension(Struct, frozen=True):
    """A message that stays while others of its interchange go on: its reference, where it stands (`1.3` is the third of
    the first interchange), and why."""

    code: str
    message: str
    place: str
    text: str


class AcceptedStatement(Struct, frozen=True, kw_only=True):
    """The audit leaf of an accepted message. Leaves are JSON with sorted names; so the fields stand in that order
    (tests), which spares sorting them on the busiest path."""

    at: str
    channel: str
    client: str
    content: str
    destinations: list[str]
    documents: list[StatedDocument]
    event: str = Event.MESSAGE_ACCEPTED.value
    format: str
    key: str
    message: str
    observed: list[str] | UnsetType = UNSET
    """The rules in observe mode that would have refused it; left out when there is none."""
    policy: str
    sender: str
    sender_kind: str
    size: int
    suspended: list[StatedSuspension] | UnsetType = UNSET
    """The messages of the interchange that were not taken; left out when all were."""
    test: bool | UnsetType = UNSET
    """True for a trial (trials.py): it was checked and taken, and is delivered to nobody; else left out."""
    verdict: str = "accepted"


class RefusedStatement(Struct, frozen=True, kw_only=True):
    """The audit leaf of a refused message; its fields sorted likewise."""

    at: str
    channel: str
    client: str
    code: str
    content: str
    event: str = Event.MESSAGE_REFUSED.value
    format: str | None
    message: str
    policy: str
    rule: str | None
    sender: str
    sender_kind: str
    size: int
    verdict: str = "refused"


_encode = msgspec.json.Encoder().encode


def acceptance(
    submission: Submission,
    admission: Admission,
    label: Label,
    reading: Reading,
    deliveries: list[NewDelivery],
    observed: Sequence[RuleRef],
    judged: Sequence[DocumentFacts],
    *,
    trial: bool = False,
    suspended: Sequence[StatedSuspension] = (),
) -> Acceptance:
    message_id, received_at, digest = new_message_id(), now(), sha256(submission.content).digest()
    documents = tuple(
        NewDocument(d.type, d.number, d.business_key, d.body, sha256(d.body).digest()) for d in reading.documents
    )
    is_new = trial and submission.part is None
    key = key_of_trial(submission, message_id) if is_new else _repetition_key(submission, reading, digest)
    sender = admission.sender
    statement = AcceptedStatement(
        at=as_text(received_at),
        channel=sender.credential.channel,
        client=sender.credential.client,
        content=f"sha256:{digest.hex()}",
        destinations=sorted({delivery.destination for delivery in deliveries}),
        documents=[StatedDocument(document.number, document.type) for document in reading.documents],
        format=_format(label),
        key=key,
        message=str(message_id),
        observed=[str(rule) for rule in observed] or UNSET,
        policy=admission.rules.revision,
        sender=sender.id,
        sender_kind=sender.kind,
        size=len(submission.content),
        suspended=list(suspended) or UNSET,
        test=trial or UNSET,
    )
    return Acceptance(
        message_id=message_id,
        received_at=received_at,
        sender_kind=sender.kind,
        sender=sender.id,
        channel=sender.credential.channel,
        document_type=label.document_type,
        content=submission.content,
        content_hash=digest,
        key=key,
        policy_revision=admission.rules.revision,
        statement=_encode(statement),
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
    if numbers := numbers_in(submission.content):
        why["numbers"] = numbers
    sender = admission.sender
    statement = RefusedStatement(
        at=as_text(received_at),
        channel=sender.credential.channel,
        client=sender.credential.client,
        code=rejection.code,
        content=f"sha256:{digest.hex()}",
        format=_format(label) if label else None,
        message=str(message_id),
        policy=admission.rules.revision,
        rule=rejection.rule,
        sender=sender.id,
        sender_kind=sender.kind,
        size=len(submission.content),
    )
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
        statement=_encode(statement),
        traceparent=submission.traceparent,
        test=admission.sender.testing or (bool(judged) and all(one.test for one in judged)),
        facts=encode_facts(admission.facts, judged),
    )


def _format(label: Label) -> str:
    return f"{label.format} {label.name} {label.version}"


def _repetition_key(submission: Submission, reading: Reading, digest: bytes) -> str:
    """What makes a repetition recognisable: the sender's own key, the interchange, or the very same bytes."""
    if submission.part is not None:
        return f"part:{submission.part.message}:{submission.part.number}"
    if submission.idempotency_key is not None:
        return f"key:{submission.idempotency_key}"
    if reading.interchange is not None:
        interchange = reading.interchange
        return f"{INTERCHANGE}{interchange.sender}:{interchange.recipient}:{interchange.reference}"
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
