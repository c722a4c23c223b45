"""From what a stage found to what the sender is told."""

from uuid import UUID

from gateway.errors import refusal_code
from gateway.submissions import Rejection, Sender, Submission
from policies.verdicts import Refused, RuleRef
from translators.findings import Finding
from translators.formats import Label


def by_rule(refused: Refused, findings: tuple[Finding, ...] = ()) -> Rejection:
    return Rejection(
        code=refused.code,
        text=refused.text,
        act=refused.act,
        findings=findings,
        rule=str(refused.rule),
        limits=refused.violated,
        policy_revision=refused.revision,
        retry_after=refused.retry_after,
        fields=refused.fields,
    )


def fields_of(rejection: Rejection, admitted_with: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The rejection's own, and what the sender's admission told.

    Only what is used up may be shown beside a Retry-After: another limit's `t` may lie beyond it
    (draft-ietf-httpapi-ratelimit-headers-11, section 6).
    """
    own = {name for name, _ in rejection.fields}
    if rejection.retry_after is not None:
        own.add("RateLimit")
    return (*(field for field in admitted_with if field[0] not in own), *rejection.fields)


def unreadable(findings: tuple[Finding, ...]) -> Rejection:
    errors = [finding for finding in findings if finding.severity == "error"]
    more = f" (and {len(errors) - 1} more, see the findings)" if len(errors) > 1 else ""
    return Rejection(
        code=refusal_code(errors[0].code),
        text=f"{errors[0].text}{more}",
        act="correct the document and send it again",
        findings=findings,
    )


def indivisible(rule: RuleRef, why: str, findings: tuple[Finding, ...]) -> Rejection:
    """A document for several plants that its route can neither divide nor deliver whole."""
    return Rejection(
        code="routing.several_plants",
        text=f"{why}, so route `{rule.name}` cannot deliver it",
        act="send one document for each of our plants; the findings say which line goes where",
        findings=findings,
        rule=str(rule),
    )


def not_agreed(rule: RuleRef, partner: str, why: str) -> Rejection:
    """A document that nothing carries to its partner: whoever keeps the profiles must act first."""
    return Rejection(
        code="routing.no_agreement",
        text=why,
        act=f"ask our EDI team to complete the agreements in the profile of `{partner}`, then send it again",
        rule=str(rule),
    )


def other_type(submission: Submission, label: Label) -> Rejection:
    text = f"this address takes a {submission.document_type}, but this is a {label.document_type}"
    return Rejection(code="document.other_type", text=text, act="post it to /v1/documents, or to its own address")


def not_live(sender: Sender) -> Rejection:
    """A real document of a partner that is only being set up."""
    return Rejection(
        code="sender.not_live",
        text=f"`{sender.id}` is being tested, and this document is not marked as a test",
        act="mark it as a test, or ask your contact when you will go live",
    )


def conflict(first: UUID) -> Rejection:
    return Rejection(
        code="idempotency.conflict",
        text=f"the same key came with other content before, as message {first}",
        act="use a new key for new content; ask for that message to see what we have",
        message_id=str(first),
    )
