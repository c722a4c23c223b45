"""`POST /v1/self-test`: a partner tries its connection, its token and a document, as often as it likes.

The document meets what a real one meets; it reaches neither the ERP nor a plant, and nothing of it is kept but the leaf
that says it was tried.
"""

import time
from base64 import b64encode
from typing import Literal
from uuid import UUID

import msgspec
from litestar.response import Response
from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.http.admitting import admitted
from gateway.channels.http.bodies import LATE, read_body
from gateway.channels.http.calling import Callers
from gateway.channels.http.heads import HttpRequest, Incoming, read_head
from gateway.channels.http.problems import problem, refuse
from gateway.channels.http.timelimits import TimeLimits
from gateway.identity.issuers import IssuerKind
from gateway.intake import Intake
from gateway.ledger.ledger import Ledger
from gateway.ledger.merkle import leaf_hash
from gateway.ledger.receipts import SUFFIX, write_receipt
from gateway.ledger.states import Event
from gateway.statements import Admission
from gateway.submissions import Receipt, Rejection, Submission
from translators.findings import Finding

_PARTNER: tuple[IssuerKind, ...] = ("partner",)
_PROVEN_WITHIN = 60.0
"""Seconds after which every leaf has its proof; what has none then was never tried."""
StepName = Literal["connection", "token", "document", "rules", "route", "acknowledgement", "receipt"]


class Step(Struct, frozen=True, kw_only=True):
    """`verdict` is `not_reached` for what stands behind the step that failed. `findings` tell where a document is
    wrong, `act` what you can do."""

    step: StepName
    verdict: Literal["passed", "failed", "not_reached"]
    text: str
    code: str | None = None
    act: str | None = None
    findings: tuple[Finding, ...] = ()


class SelfTest(Struct, frozen=True, kw_only=True):
    """What a real document would have met, step by step. `statement` and `leaf` are ours about the trial, as in the
    answer to a document; they say that it was tried, never that it was taken. `receipt` proves them a second later."""

    passed: bool
    steps: tuple[Step, ...]
    receipt: str | None = None
    statement: str | None = None
    leaf: str | None = None


class _Tried(Struct, frozen=True):
    """What the answer needs of a statement."""

    sender: str
    format: str | None = None
    destinations: tuple[str, ...] = ()
    acknowledgements: tuple[str, ...] = ()
    event: str = ""


class SelfTests(Struct, frozen=True):
    """`sandbox` is an Intake that keeps nothing (rehearsing.py)."""

    callers: Callers
    sandbox: Intake
    ledger: Ledger
    time_limits: TimeLimits
    most_bytes: int
    body_seconds: float
    total_seconds: float

    async def run(self, incoming: Incoming) -> Response[bytes]:
        """Whoever is not admitted is told so as everywhere; from then on the answer is 200 with a verdict."""
        head = read_head(incoming.scope)
        trace = head.trace
        credential = await self.callers.prove(head, _PARTNER)
        if isinstance(credential, Response):
            return credential
        admission = await self.sandbox.admit(credential, head.api_version)
        if isinstance(admission, Rejection):
            return problem(admission, trace=trace)
        sender = replace(admission.sender, testing=False)  # whoever is not live yet, too
        admission = replace(admission, sender=sender, is_trial=True)
        with self.time_limits.set(self.body_seconds) as limit:
            content = await read_body(incoming.receive, head.content_length(), self.most_bytes)
            if isinstance(content, Rejection):
                return problem(content, trace=trace)
            limit.move(self.total_seconds)
            submission = Submission(content=content, media_type=head.get("content-type"), traceparent=trace)
            outcome = await self.sandbox.accept(submission, admission)
        if limit.passed:
            return problem(LATE, trace=trace)
        headers = {"traceparent": trace, **dict(outcome.fields)}
        return Response(msgspec.json.encode(told(outcome, admission)), headers=headers, media_type="application/json")

    async def receipt(self, request: HttpRequest, trial: str) -> Response[bytes]:
        """As the receipt of a message, to whoever tried it."""
        sender = await admitted(self.callers, self.sandbox, request, _PARTNER, "read")
        if isinstance(sender, Response):
            return sender
        missing = Rejection(code="message.not_found", text="you have made no self-test of this id")
        try:
            id_ = UUID(trial)
        except ValueError:
            return refuse(request, missing)
        proof = await self.ledger.prove(id_)
        if proof is None and _age(id_) < _PROVEN_WITHIN:
            text = "a self-test is under a signed checkpoint in a moment"
            act = "ask again in a second"
            return refuse(request, Rejection(code="receipt.not_ready", text=text, act=act, retry_after=1))
        tried = msgspec.json.decode(proof.statement, type=_Tried) if proof is not None else None
        if proof is None or tried is None or (tried.event, tried.sender) != (Event.SANDBOX_TRIED, sender.id):
            return refuse(request, missing)
        content = write_receipt(proof.statement, proof.leaf, proof.hashes, proof.checkpoint)
        name = f'attachment; filename="{id_}{SUFFIX}"'
        return Response(content, media_type="text/plain", headers={"Content-Disposition": name})


def told(outcome: Receipt | Rejection, admission: Admission) -> SelfTest:
    """The steps in the order in which a message meets them."""
    sender = admission.sender
    credential = sender.credential
    bound = "is bound to no key" if credential.binding == "none" else f"is bound by {credential.binding}"
    roles = ", ".join(f"`{one}`" for one in sorted(credential.roles)) or "none"
    before = (
        _passed("connection", f"your request reached us from {credential.address or 'an address nobody told'}"),
        _passed("token", f"client `{credential.client}` is `{sender.id}`; the token {bound}; roles: {roles}"),
    )
    if isinstance(outcome, Rejection):
        return SelfTest(passed=False, steps=(*before, *_refused(outcome)))
    tried = msgspec.json.decode(outcome.statement, type=_Tried)
    goes = ", ".join(f"`{one}`" for one in tried.destinations) or "nowhere"
    owed = ", ".join(one.upper() for one in tried.acknowledgements)
    return SelfTest(
        passed=True,
        steps=(
            *before,
            _passed("document", f"understood as {tried.format}"),
            _passed("rules", "every rule in force lets it pass"),
            _passed("route", f"it would go to {goes}; nothing was delivered"),
            _passed("acknowledgement", f"we would owe you {owed}" if owed else "none is agreed beside this answer"),
            _passed("receipt", "the statement is on record; fetch its proof at `receipt` in a second and verify it"),
        ),
        receipt=f"/{admission.facts.api_version}/self-test/{outcome.message_id}/receipt",
        statement=outcome.statement.decode(),
        leaf=b64encode(leaf_hash(outcome.statement)).decode(),
    )


def _passed(step: StepName, text: str) -> Step:
    return Step(step=step, verdict="passed", text=text)


def _refused(refused: Rejection) -> tuple[Step, ...]:
    """The step that failed, with what a real document's sender would be told, and those it did not come to."""
    order: tuple[StepName, ...] = ("document", "rules", "route", "acknowledgement", "receipt")
    family = refused.code.partition(".")[0]
    at = {"document": 0, "routing": 2}.get(family, 1)
    passed = (_passed("document", "it could be read"), _passed("rules", "every rule in force lets it pass"))
    failed = Step(
        step=order[at], verdict="failed", text=refused.text, code=refused.code, act=refused.act,
        findings=refused.findings,
    )  # fmt: skip
    rest = (Step(step=one, verdict="not_reached", text="a step before it failed") for one in order[at + 1 :])
    return (*passed[:at], failed, *rest)


def _age(id_: UUID) -> float:
    """Seconds since a UUIDv7 was made (RFC 9562, 5.7)."""
    return time.time() - (id_.int >> 80) / 1000
