"""The whole decision about a message, from its facts alone: what tests, explanations, replays and shadows ask of a set.

The same questions in the same order as the gateway asks them when a message comes in.
"""

from collections.abc import Callable, Sequence
from typing import get_args

from msgspec import Struct

from policies.charges import Charges, Counted
from policies.facts import DocumentFacts, RequestFacts
from policies.limits import verdict as limits_verdict
from policies.policyset import PolicySet
from policies.routing import Route
from policies.verdicts import Allowed, Code, Field, Refused, RuleRef

Counting = Callable[[Charges], Counted]
"""Makes the charges of a request or a message somewhere, and says how that went."""

OF_RULES: frozenset[str] = frozenset(get_args(Code))
"""Codes that rules refuse with; whatever else is refused, no set of rules changes it."""


class Decision(Struct, frozen=True, kw_only=True):
    """`rule` refused, or granted; `limits` were counted, `schemas` apply to the content, whose check is not ours here.

    `stage`: `request`, or which document of the message decided (`document 2`).
    """

    allowed: bool
    stage: str
    rule: RuleRef | None
    code: str | None = None
    text: str | None = None
    act: str | None = None
    routes: tuple[Route, ...] = ()
    limits: tuple[RuleRef, ...] = ()
    schemas: tuple[RuleRef, ...] = ()
    observed: tuple[RuleRef, ...] = ()
    fields: tuple[Field, ...] = ()
    revision: str = ""

    @property
    def destinations(self) -> tuple[str, ...]:
        """As the ledger tells them: destination and operation, each once, sorted."""
        return tuple(sorted({f"{route.destination} {route.operation}" for route in self.routes}))


class _Refusal(Exception):  # noqa: N818 - ends the questions; the verdict is in it
    def __init__(self, refused: Refused) -> None:
        self.refused = refused


class _Asking:
    """The questions about one message, and what was answered so far."""

    def __init__(self, rules: PolicySet, counting: Counting | None) -> None:
        self.rules = rules
        self.counting = counting
        self.stage = "request"
        self.rule: RuleRef | None = None
        self.routes: list[Route] = []
        self.limits: list[RuleRef] = []
        self.schemas: list[RuleRef] = []
        self.observed: list[RuleRef] = []
        self.fields: tuple[Field, ...] = ()

    def request(self, facts: RequestFacts) -> None:
        admitted = self._hear(self.rules.admit(facts))
        self.rule, self.fields = admitted.rule, admitted.fields
        self.count(self.rules.charges(facts))

    def document(self, number: int, facts: DocumentFacts) -> None:
        self.stage = f"document {number}"
        self.rule = self._hear(self.rules.judge(facts)).rule
        schema = self.rules.schema_for(facts)
        if isinstance(schema, Refused):
            raise _Refusal(schema)
        self.schemas += [schema.ref] if schema is not None else []
        routes = self.rules.routes(facts)
        if isinstance(routes, Refused):
            raise _Refusal(routes)
        self.routes += routes

    def _hear(self, verdict: Allowed | Refused) -> Allowed:
        self.observed += verdict.observed
        if isinstance(verdict, Refused):
            raise _Refusal(verdict)
        return verdict

    def count(self, charges: Charges) -> None:
        self.limits += [charge.rule for charge in charges]
        if charges and self.counting is not None:
            self._hear(limits_verdict(self.counting(charges)))

    def outcome(self, refused: Refused | None = None) -> Decision:
        return Decision(
            allowed=refused is None,
            stage=self.stage,
            rule=refused.rule if refused is not None else self.rule,
            code=refused.code if refused is not None else None,
            text=refused.text if refused is not None else None,
            act=refused.act if refused is not None else None,
            routes=tuple(self.routes) if refused is None else (),
            limits=tuple(dict.fromkeys(self.limits)),
            schemas=tuple(dict.fromkeys(self.schemas)),
            observed=tuple(dict.fromkeys(self.observed)),
            fields=refused.fields if refused is not None else self.fields,
            revision=self.rules.revision,
        )


def decide(
    rules: PolicySet, request: RequestFacts, documents: Sequence[DocumentFacts], counting: Counting | None = None
) -> Decision:
    """Without `counting` there is room in every limit. A message is refused for its first document that is."""
    asking = _Asking(rules, counting)
    try:
        asking.request(request)
        for number, document in enumerate(documents, 1):
            asking.document(number, document)
        asking.count(rules.document_charges(documents))
    except _Refusal as refusal:
        return asking.outcome(refusal.refused)
    return asking.outcome()


# ---- two decisions about one message -------------------------------------------------------------------------------


class Change(Struct, frozen=True, kw_only=True):
    """What another set would have done otherwise. `kind`: `refused`, `accepted`, `other reason` or `other route`."""

    kind: str
    was: str
    would_be: str
    rule: str
    """The rule of the other set that makes the difference."""


def compare(code: str | None, rule: str | None, routes: Sequence[str], would_be: Decision) -> Change | None:
    """Held against a recorded outcome: `code` and `rule` of its refusal, or where it went; None when nothing changes.

    Lines of files move, so rules are the same when kind and name are.
    """
    answer = _answer(would_be)
    if code is None and not would_be.allowed:
        return Change(kind="refused", was="accepted", would_be=answer, rule=str(would_be.rule))
    if code is not None and would_be.allowed:
        return Change(kind="accepted", was=f"{code} by {rule}", would_be=answer, rule=str(would_be.rule))
    if code is not None:
        if (code, rule_name(rule)) == (would_be.code, rule_name(str(would_be.rule))):
            return None
        return Change(kind="other reason", was=f"{code} by {rule}", would_be=answer, rule=str(would_be.rule))
    if tuple(sorted(set(routes))) == would_be.destinations:
        return None
    was, now = ", ".join(sorted(set(routes))) or "nowhere", ", ".join(would_be.destinations) or "nowhere"
    changed = next((r for r in would_be.routes if f"{r.destination} {r.operation}" not in routes), None)
    return Change(kind="other route", was=was, would_be=now, rule=str(changed.rule if changed else would_be.rule))


def rule_name(rule: str | None) -> str | None:
    """Kind and name of a rule as it stands in refusals, without its place."""
    return rule.partition(" (")[0] if rule is not None else None


def _answer(decision: Decision) -> str:
    return "accepted" if decision.allowed else f"{decision.code} by {decision.rule}"
