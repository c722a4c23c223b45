"""The way in over HTTP: one address for any document, and one for each type."""

import time
from base64 import b64encode
from collections.abc import Collection

import msgspec
from litestar.response import Response
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from gateway.channels.http.bodies import LATE, read_body
from gateway.channels.http.calling import Callers
from gateway.channels.http.heads import NEWEST, Incoming, idempotency_key, read_head
from gateway.channels.http.problems import problem
from gateway.channels.http.sending import Answer
from gateway.channels.http.timelimits import TimeLimits
from gateway.identity.issuers import IssuerKind
from gateway.intake import Intake
from gateway.ledger.merkle import leaf_hash
from gateway.observing import ACCEPT_SECONDS, DUPLICATES, log_change, received
from gateway.rejections import fields_of
from gateway.statements import Admission, StatedSuspension
from gateway.submissions import Receipt, Rejection, Submission
from gateway.suspending import stated

_LATE_VERDICT = Rejection(
    code="gateway.overrun",
    text="the document could not be judged and kept in time",
    act="send it again; what was kept will be recognised",
)
_encode = msgspec.json.Encoder().encode


class Accepted(Struct, frozen=True):
    """The answer 202. `statement` is our verdict, byte for byte as it stands in the audit; `leaf` is its hash there
    (RFC 6962, base64). The proof that it is in the signed tree is at `receipt` a second later."""

    message: str
    status: str
    receipt: str
    statement: str
    leaf: str
    duplicate: bool
    suspended: list[StatedSuspension] | UnsetType = UNSET
    """Messages of the interchange that were not taken; left out when all were."""


class Submissions(Struct, frozen=True):
    """Turns requests into submissions and their outcome into answers."""

    callers: Callers
    intake: Intake
    time_limits: TimeLimits
    most_bytes: int
    body_seconds: float
    total_seconds: float

    async def take(
        self, incoming: Incoming, kinds: Collection[IssuerKind], document_type: str | None
    ) -> Response[bytes]:
        """One request, from its head to its answer."""
        started = time.perf_counter()
        head = read_head(incoming.scope)
        trace = head.trace
        credential = await self.callers.prove(head, kinds)
        if isinstance(credential, Response):
            return credential
        admission = await self.intake.admit(credential, head.api_version)
        if isinstance(admission, Rejection):
            return problem(admission, trace=trace)
        key = idempotency_key(head)
        if isinstance(key, Rejection):
            return _refused(key, admission, trace)
        late = LATE
        with self.time_limits.set(self.body_seconds) as limit:
            content = await read_body(incoming.receive, head.content_length(), self.most_bytes)
            if isinstance(content, Rejection):
                return _refused(content, admission, trace)
            late = _LATE_VERDICT
            limit.move(self.total_seconds)
            submission = Submission(
                content=content,
                media_type=head.get("content-type"),
                document_type=document_type,
                address=incoming.scope["path"].removeprefix(f"/{NEWEST}"),
                idempotency_key=key,
                traceparent=trace,
            )
            outcome = await self.intake.accept(submission, admission)
        if limit.passed:
            return _refused(late, admission, trace)
        ACCEPT_SECONDS.observe(time.perf_counter() - started)
        return _answer(outcome, admission, document_type, trace)

    async def elsewhere(self, incoming: Incoming, kinds: Collection[IssuerKind], api_version: str) -> Response[bytes]:
        """An address that no version has: the rules first say what they say of the version."""
        head = read_head(incoming.scope)
        credential = await self.callers.prove(head, kinds)
        if isinstance(credential, Response):
            return credential
        admission = await self.intake.admit(credential, api_version)
        if isinstance(admission, Rejection):
            return problem(admission, trace=head.trace)
        text = f"API version `{api_version}` has nothing at this address"
        return problem(Rejection(code="request.not_found", text=text, fields=admission.fields), trace=head.trace)


def _refused(rejection: Rejection, admission: Admission, trace: str) -> Response[bytes]:
    """After admission, before there is a verdict: what the rules said of its limits is told all the same."""
    return problem(replace(rejection, fields=fields_of(rejection, admission.fields)), trace=trace)


def _answer(
    outcome: Receipt | Rejection, admission: Admission, document_type: str | None, trace: str
) -> Response[bytes]:
    sender = admission.sender.id
    if isinstance(outcome, Rejection):
        received("http", document_type or "any", outcome.code).inc()
        log_change("intake.refused", message_id=outcome.message_id, sender=sender, code=outcome.code, traceparent=trace)
        return problem(outcome, trace=trace)
    received("http", document_type or "any", "accepted").inc()
    if outcome.duplicate:
        DUPLICATES.labels("submission").inc()
    log_change("intake.accepted", message_id=outcome.message_id, sender=sender, traceparent=trace)
    address = f"/{admission.facts.api_version}/messages/{outcome.message_id}"
    accepted = Accepted(
        message=outcome.message_id,
        status=address,
        receipt=f"{address}/receipt",
        statement=outcome.statement.decode(),
        leaf=b64encode(leaf_hash(outcome.statement)).decode(),
        duplicate=outcome.duplicate,
        suspended=stated(outcome.suspended) or UNSET,
    )
    return Answer(
        _encode(accepted),
        status_code=202,
        headers={"Location": address, "traceparent": trace, **dict(outcome.fields)},
        media_type="application/json",
    )
