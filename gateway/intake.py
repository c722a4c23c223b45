"""Everything that happens to a message on its way in. `accept` is the page; the rest of this file is its words."""

import asyncio
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.clock import as_text, now
from gateway.counters import Counters
from gateway.errors import refusal_code
from gateway.identifiers import new_message_id
from gateway.ledger.entries import Acceptance, Conflicting, NewDelivery, NewDocument, Refusal
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.limited import LimitedRequests
from gateway.names import hold_names
from gateway.routing import choose
from gateway.submissions import Credential, Receipt, Rejection, Sender, Submission
from partners.directory import Directory, is_open
from partners.live import LiveDirectory
from partners.profile import Partner
from policies.facts import DocumentFacts, RequestFacts
from policies.limits import verdict as limits_verdict
from policies.live import LivePolicies
from policies.policyset import PolicySet
from policies.verdicts import Refused
from translators.findings import Finding, Unreadable
from translators.formats import Label
from translators.identify import identify
from translators.reading import Document, Limits, Reading, read

READ_IN_THREAD = 128 * 1024
"""Bytes from which a document is read beside the event loop instead of on it."""


class Admission(Struct, frozen=True, kw_only=True):
    """A sender who may go on. All of one message is judged by the one set of rules it was admitted under."""

    sender: Sender
    facts: RequestFacts
    rules: PolicySet
    fields: tuple[tuple[str, str], ...]


class Intake:
    """Knows whom to ask; keeps nothing between two messages."""

    def __init__(
        self, policies: LivePolicies, partners: LiveDirectory, counters: Counters, ledger: Ledger, limits: Limits
    ) -> None:
        self._policies = policies
        self._partners = partners
        self._counters = counters
        self._ledger = ledger
        self._limits = limits
        self._limited = LimitedRequests(ledger)

    async def admit(self, credential: Credential, api_version: str) -> Admission | Rejection:
        """Before the body is read: who is it, may they call, is there room in their limits."""
        sender = _find(self._partners.current, credential)
        if isinstance(sender, Rejection):
            return sender
        rules = self._policies.current
        facts = _request_facts(sender, api_version)
        allowed = rules.admit(facts)
        if isinstance(allowed, Refused):
            return _rejection(allowed)
        charges = rules.charges(facts)
        limited = limits_verdict(charges, await self._counters.charge(charges))
        if isinstance(limited, Refused):
            self._limited.count(sender.id, limited)
            return _rejection(limited)
        return Admission(sender=sender, facts=facts, rules=rules, fields=(*allowed.fields, *limited.fields))

    async def accept(self, submission: Submission, admission: Admission) -> Receipt | Rejection:
        """Take one submission, or say exactly why not. A Receipt means it is committed. Raises LedgerUnavailable."""
        label: Label | None = None
        try:
            label = identify(submission.content, submission.media_type)
            reading = await self._read(submission.content, label)
        except Unreadable as unreadable:
            return await self._refuse(submission, admission, label, _unreadable(unreadable.findings))
        if submission.document_type not in (None, label.document_type):
            return await self._refuse(submission, admission, label, _other_type(submission, label))

        deliveries: list[NewDelivery] = []
        for number, document in enumerate(reading.documents, 1):
            facts = self._document_facts(submission, admission, label, document)
            refused = await self._judge(submission, admission, facts)
            if refused is not None:
                return await self._refuse(submission, admission, label, refused)
            routes = admission.rules.routes(facts)
            if not routes:
                return await self._refuse(submission, admission, label, _no_route(document))
            deliveries += choose(routes, document, number, admission.sender.id, facts.plant)

        entry = _acceptance(submission, admission, label, reading, deliveries)
        recorded = await self._ledger.record(entry)
        if isinstance(recorded, Conflicting):
            await self._ledger.note(_conflict_leaf(entry, recorded.message_id), recorded.message_id)
            return _conflict(recorded.message_id)
        return Receipt(
            message_id=str(recorded.message_id),
            statement=recorded.statement,
            duplicate=recorded.duplicate,
            fields=admission.fields,
        )

    async def _read(self, content: bytes, label: Label) -> Reading:
        if len(content) < READ_IN_THREAD:
            return hold_names(read(content, label, self._limits))
        return hold_names(await asyncio.to_thread(read, content, label, self._limits))

    async def _judge(self, submission: Submission, admission: Admission, facts: DocumentFacts) -> Rejection | None:
        """Versions, grants and caps; then the schema; then what is counted by document."""
        rules = admission.rules
        allowed = rules.judge(facts)
        if isinstance(allowed, Refused):
            return _rejection(allowed)
        schema = rules.schema_for(facts)
        if schema is not None:
            findings = schema.check(submission.content)
            if findings and schema.mode == "enforce":
                return _rejection(schema.refusal(findings), findings)
        charges = rules.charges(facts)
        if charges:
            limited = limits_verdict(charges, await self._counters.charge(charges))
            if isinstance(limited, Refused):
                return _rejection(limited)
        return None

    def _document_facts(
        self, submission: Submission, admission: Admission, label: Label, document: Document
    ) -> DocumentFacts:
        return DocumentFacts(
            request=admission.facts,
            format=label.format,
            name=label.name,
            version=label.version,
            document_type=document.type,
            size=len(submission.content),
            lines=document.lines,
            plant=_plant_of(self._partners.current, document),
            ship_to=document.ship_to,
            test=document.test,
        )

    async def _refuse(
        self, submission: Submission, admission: Admission, label: Label | None, rejection: Rejection
    ) -> Rejection:
        """Put the refusal on record and tell the sender under which id."""
        entry = _refusal(submission, admission, label, rejection)
        await self._ledger.refuse(entry)
        return msgspec.structs.replace(
            rejection,
            message_id=str(entry.message_id),
            policy_revision=entry.policy_revision,
            fields=rejection.fields or admission.fields,
        )


def _find(partners: Directory, credential: Credential) -> Sender | Rejection:
    """Whose credential it is. Corporate clients stand in no profile: their roles are all they have."""
    if credential.kind == "corporate":
        return Sender(kind="corporate", id=credential.client, plan=None, credential=credential)
    found = partners.by_client(credential.kind, credential.client)
    if found is None:
        return Rejection(code="sender.unknown", text="no profile names this client", act="ask us to finish onboarding")
    if not is_open(found, now()):
        return Rejection(code="sender.suspended", text=f"`{found.id}` is suspended", act="ask your contact here why")
    if found.binding not in ("none", credential.binding):
        text = f"`{found.id}` must present a token bound by {found.binding}"
        return Rejection(code="sender.binding_required", text=text, act=f"obtain tokens bound by {found.binding}")
    plan = found.plan if isinstance(found, Partner) else None
    return Sender(kind=credential.kind, id=found.id, plan=plan, credential=credential)


def _plant_of(partners: Directory, document: Document) -> str | None:
    """The plant a document concerns: the site that reports, or the place it is shipped to."""
    if document.site is not None:
        return document.site if document.site in partners.plants else None
    plant = partners.plant_by_gln(document.ship_to) if document.ship_to else None
    return plant.id if plant else None


def _request_facts(sender: Sender, api_version: str) -> RequestFacts:
    credential = sender.credential
    return RequestFacts(
        sender_kind=sender.kind,
        sender=sender.id,
        client=credential.client,
        roles=credential.roles,
        scopes=credential.scopes,
        plan=sender.plan,
        channel=credential.channel,
        api_version=api_version,
        address=credential.address,
        binding=credential.binding,
        at=now(),
    )


def _acceptance(
    submission: Submission, admission: Admission, label: Label, reading: Reading, deliveries: list[NewDelivery]
) -> Acceptance:
    message_id, received_at, digest = new_message_id(), now(), sha256(submission.content).digest()
    documents = tuple(
        NewDocument(d.type, d.number, d.business_key, d.body, sha256(d.body).digest()) for d in reading.documents
    )
    key = _repetition_key(submission, reading, digest)
    facts = {
        "key": key,
        "documents": [{"type": document.document_type, "number": document.business_number} for document in documents],
        "destinations": sorted({delivery.destination for delivery in deliveries}),
    }
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
    )


def _refusal(submission: Submission, admission: Admission, label: Label | None, rejection: Rejection) -> Refusal:
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


def _conflict_leaf(entry: Acceptance, first: UUID) -> bytes:
    leaf = {
        "event": Event.MESSAGE_CONFLICTED,
        "message": str(first),
        "at": as_text(entry.received_at),
        "sender": entry.sender,
        "key": entry.key,
        "content": "sha256:" + entry.content_hash.hex(),
    }
    return msgspec.json.encode(leaf, order="sorted")


def _rejection(refused: Refused, findings: tuple[Finding, ...] = ()) -> Rejection:
    return Rejection(
        code=refused.code,
        text=refused.text,
        act=refused.act,
        findings=findings,
        rule=str(refused.rule),
        limit=refused.rule.name if refused.retry_after is not None else None,
        policy_revision=refused.revision,
        retry_after=refused.retry_after,
        fields=refused.fields,
    )


def _unreadable(findings: tuple[Finding, ...]) -> Rejection:
    errors = [finding for finding in findings if finding.severity == "error"]
    more = f" (and {len(errors) - 1} more, see the findings)" if len(errors) > 1 else ""
    return Rejection(
        code=refusal_code(errors[0].code),
        text=f"{errors[0].text}{more}",
        act="correct the document and send it again",
        findings=findings,
    )


def _other_type(submission: Submission, label: Label) -> Rejection:
    text = f"this address takes a {submission.document_type}, but this is a {label.document_type}"
    return Rejection(code="document.other_type", text=text, act="post it to /v1/documents, or to its own address")


def _no_route(document: Document) -> Rejection:
    text = f"no routing rule says where a {document.type} for this place goes"
    return Rejection(code="routing.no_route", text=text, act="check the place of delivery, or ask us to add a route")


def _conflict(first: UUID) -> Rejection:
    return Rejection(
        code="idempotency.conflict",
        text=f"the same key came with other content before, as message {first}",
        act="use a new key for new content; ask for that message to see what we have",
        message_id=str(first),
    )
