"""Why a request or a document was judged as it was: every rule that looked at it, and why the one that decided did."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from policies.deciding import Counting, Decision, decide
from policies.facts import DocumentFacts, RequestFacts
from policies.matching import Asked, Failing, first_failing
from policies.policyset import PolicySet
from policies.verdicts import Refused, RuleRef
from policies.written import Written

ABOUT_OTHERS = frozenset({
    "may", "senders", "documents", "api", "document", "accepts", "partners", "plans", "source", "target",
    "criticality", "domain", "systems", "channels",
})  # fmt: skip
"""Conditions by which a rule is about somebody or something else altogether."""

ASKED = frozenset({"versions", "limits", "schemas", "access", "routing", "flows", "ownership"})
"""Kinds whose rules take part in the verdict on a message. The others say what becomes of it later."""

_WORDS = ("effect", "may", "state", "size", "rate", "quota", "concurrency", "schema", "destination", "operation")


class Looked(Struct, frozen=True, kw_only=True):
    """One rule at one stage (`request`, `document 1`). `failing` None: all its conditions hold."""

    rule: RuleRef
    stage: str
    mode: str
    says: str
    why: str
    failing: Failing | None
    decided: bool

    @property
    def is_about_others(self) -> bool:
        return self.failing is not None and self.failing.field in ABOUT_OTHERS


class Explanation(Struct, frozen=True, kw_only=True):
    """`because` says in one sentence why the rule that decided did."""

    decision: Decision
    looked: tuple[Looked, ...]
    because: str

    @property
    def matched(self) -> tuple[RuleRef, ...]:
        """The rules whose conditions all held, each once."""
        return tuple(dict.fromkeys(one.rule for one in self.looked if one.failing is None))


def explain(
    rules: PolicySet, request: RequestFacts, documents: Sequence[DocumentFacts], counting: Counting | None = None
) -> Explanation:
    decision = decide(rules, request, documents, counting)
    deciders = {decision.rule, *(route.rule for route in decision.routes), *decision.schemas}
    asked = asked_of(rules, request)
    looked = [_looked(one, "request", asked, deciders) for one in _asked(rules) if one.rule.is_early()]
    for number, document in enumerate(documents, 1):
        asked = asked_of(rules, request, document)
        late = (one for one in _asked(rules) if not one.rule.is_early())
        looked += [_looked(one, f"document {number}", asked, deciders) for one in late]
    return Explanation(decision=decision, looked=tuple(looked), because=_because(decision, looked))


def _asked(rules: PolicySet) -> list[Written[Any]]:
    return [one for one in rules.written if one.ref.kind in ASKED]


def asked_of(rules: PolicySet, request: RequestFacts, document: DocumentFacts | None = None) -> Asked:
    """With the zones it would come from and go to."""
    conduits = rules.access.conduits
    led = rules.routing.of(document) if document is not None else ()
    routes = () if isinstance(led, Refused) else led
    zones = (conduits.zone_at(route.destination) for route in routes)
    return Asked(
        request=request,
        document=document,
        lists=rules.access.lists,
        source=conduits.zone_of(request),
        targets=frozenset(zone for zone in zones if zone is not None),
        flows=frozenset(route.flow for route in routes if route.flow is not None),
        systems=rules.ownership.systems_of(request),
    )


def _looked(written: Written[Any], stage: str, asked: Asked, deciders: set[Any]) -> Looked:
    failing = first_failing(written, asked)
    rule = written.rule
    return Looked(
        rule=written.ref,
        stage=stage,
        mode=rule.mode,
        says=", ".join(_says(rule)),
        why=rule.why,
        failing=failing,
        decided=failing is None and written.ref in deciders,
    )


def _says(rule: Any) -> list[str]:
    """What the rule does, in the words of its file."""
    values = ((word, getattr(rule, word, None)) for word in _WORDS)
    return [str(getattr(value, "text", value)) for word, value in values if value is not None]


def _because(decision: Decision, looked: Sequence[Looked]) -> str:
    rule = decision.rule
    if decision.allowed:
        holding = (one for one in looked if one.failing is None and one.stage == decision.stage)
        grants = sum(one.says.startswith("allow") and one.mode == "enforce" for one in holding)
        more = f", the first of {grants} that do" if grants > 1 else ""
        return f"`{rule.name}` grants it{more}, and nothing denies it" if rule is not None else "nothing denies it"
    if rule is None or rule.line == 0:
        near = [one for one in looked if rule is not None and one.rule.kind == rule.kind and not one.is_about_others]
        nearest = ", ".join(f"`{one.rule.name}`" for one in near if one.failing is not None)
        return f"no rule allows it, and what no rule allows is refused{f'; nearest were {nearest}' if nearest else ''}"
    if rule.kind == "ownership":
        return f"`{rule.name}` denies it, and a deny beats proposals and allowances"
    if rule.kind == "access":
        return f"`{rule.name}` denies it, and a deny beats every grant"
    if rule.kind == "limits":
        return f"`{rule.name}` leaves no room, and of all limits that hold the tightest wins"
    return f"`{rule.name}` refuses it"


def for_partners(explanation: Explanation, request: RequestFacts) -> dict[str, Any]:
    """What its sender may be told: the verdict, the rule that decided and what was seen of them.

    No other rule, no other sender, no reason written for colleagues.
    """
    decision = explanation.decision
    return {
        "verdict": "allowed" if decision.allowed else "refused",
        "stage": decision.stage,
        "rule": decision.rule.name if decision.rule is not None else None,
        "code": decision.code,
        "text": decision.text,
        "what you can do": decision.act,
        "limits": [one.name for one in decision.limits],
        "what we saw": {
            "client": request.client,
            "roles": sorted(request.roles),
            "scopes": sorted(request.scopes),
            "binding": request.binding,
            "channel": request.channel,
            "api_version": request.api_version,
        },
        "revision": decision.revision,
    }
