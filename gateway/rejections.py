"""From what a stage found to what the sender is told."""

from collections.abc import Iterable
from uuid import UUID

from msgspec.structs import replace

from gateway.errors import refusal_code
from gateway.ledger.entries import Acceptance
from gateway.submissions import Rejection, Sender, Submission
from partners.inbound import Disagreement, NotAgreed
from partners.interchangenames import InterchangeName, Named
from policies.verdicts import Refused, RuleRef
from translators.findings import Finding, Place
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
        act=_ACTS.get(errors[0].code, "correct the document and send it again"),
        findings=findings,
    )


_ACTS = {
    "document.empty": "send the document itself, as it is",
    "document.format": "send EDIFACT, X12, VDA, XML or JSON as it is, neither packed nor encoded",
    "document.media_type": "name the content as what it is, or as application/octet-stream, and send it again",
}
"""Where not the document is wrong, but what came in its place."""


def suspended_because(why: str) -> Rejection:
    """A message that is right and stays, for what stands around it is wrong."""
    return Rejection(code="document.malformed", text=why, act="correct the interchange and send this again")


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


_HEADERS: dict[Named, tuple[str, Place, Place]] = {
    "edifact": ("UNB", Place(segment="UNB", element=2), Place(segment="UNB", element=3)),
    "x12": ("ISA", Place(segment="ISA", element=6), Place(segment="ISA", element=8)),
    "cxml": ("cXML header", Place(path="/cXML/Header/From"), Place(path="/cXML/Header/To")),
}
"""What names sender and recipient, and where in it each stands."""


def wrong_sender(
    kind: Named, said: Iterable[InterchangeName], theirs: Iterable[InterchangeName], reference: str
) -> Rejection:
    """Somebody else's name, or nobody's, where the sender's own belongs."""
    header, place, _ = _HEADERS[kind]
    yours = _either(theirs)
    text = f"the {header} names {_both(said)} as its sender, {f'and you are {yours}' if yours else 'which is not you'}"
    own = "your own credential into From of" if kind == "cxml" else "your own name with its qualifier into"
    return Rejection(
        code="interchange.sender",
        text=text,
        act=f"write {own} the {header}, or ask our EDI team to add it to your profile",
        findings=(Finding("interchange.sender", text, place=replace(place, interchange=reference[:35])),),
    )


def wrong_recipient(
    kind: Named, said: Iterable[InterchangeName], ours: InterchangeName | None, reference: str
) -> Rejection:
    """Sent to us, and addressed to somebody else."""
    header, _, place = _HEADERS[kind]
    who = f"and we are `{ours}`" if ours is not None else "which is another partner"
    text = f"the {header} is addressed to {_both(said)}, {who}"
    what = "a document" if kind == "cxml" else "an interchange"
    return Rejection(
        code="interchange.recipient",
        text=text,
        act=f"address the {header} to us; {what} for somebody else is not passed on",
        findings=(Finding("interchange.recipient", text, place=replace(place, interchange=reference[:35])),),
    )


def without_names() -> Rejection:
    """A cXML document that does not claim what is agreed that it claims."""
    text = "the cXML document has no payloadID, or no From or To: it cannot be held against the names in your profile"
    return Rejection(
        code="interchange.sender",
        text=text,
        act="write your own credential into From, ours into To, and a payloadID of its own into each document",
        findings=(Finding("interchange.sender", text, place=Place(path="/cXML/Header")),),
    )


def _both(names: Iterable[InterchangeName]) -> str:
    return " and ".join(f"`{one}`" for one in names)


def _either(names: Iterable[InterchangeName]) -> str:
    return " or ".join(f"`{one}`" for one in names)


_NOT_AGREED: dict[Disagreement, tuple[str, str]] = {
    "none": ("agreement.none", "send what is agreed, or ask our EDI team to complete the agreements"),
    "differs": (
        "agreement.differs",
        "send it in the form that is agreed, or ask our EDI team to change that",
    ),
    "tests_only": ("agreement.tests_only", "mark it as a test, or ask our EDI team to agree on production"),
    "no_tests": ("agreement.no_tests", "send it without a test indicator, or ask our EDI team to agree on tests"),
}


def not_agreed_inbound(found: NotAgreed, partner: str) -> Rejection:
    """What came otherwise than the profile says; who must act is said by the error's own entry."""
    code, act = _NOT_AGREED[found.why]
    return Rejection(code=code, text=found.text, act=f"{act} in the profile of `{partner}`")


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


def conflict(first: UUID, entry: Acceptance) -> Rejection:
    """A key or a reference that was used before, for something else."""
    if entry.is_interchange:
        reference = entry.key.rpartition(":")[2]
        return Rejection(
            code="idempotency.conflict",
            text=f"interchange `{reference}` came with other content before, as message {first}",
            act="give new content a reference of its own; ask for that message to see what we have",
        )
    return Rejection(
        code="idempotency.conflict",
        text=f"the same key came with other content before, as message {first}",
        act="use a new key for new content; ask for that message to see what we have",
        message_id=str(first),
    )
