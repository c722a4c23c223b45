"""The rules of access as policies of Cedar (https://www.cedarpolicy.com), written without a look at ours.

Cedar is an engine nobody here wrote. What it has no words for (an address that is not known, hours of a zone) is put in
the context as plain values, worked out here a second time.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import cedarpy

from policies.facts import DocumentFacts, RequestFacts

Written = dict[str, Any]
"""A rule as it stands in a file."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS_ZONE = "Europe/Berlin"


def cedar_of(rules: Iterable[Written], lists: dict[str, list[str]]) -> "CedarRules":
    return CedarRules([rule for rule in rules if rule["mode"] == "enforce"], lists)


class CedarRules:
    """The enforced rules of a file; one that only observes is none to Cedar."""

    def __init__(self, rules: list[Written], lists: dict[str, list[str]]) -> None:
        texts = (f'@id("{rule["name"]}")\n{_policy(rule, lists)}' for rule in rules)
        self._names = [rule["name"] for rule in rules]
        self._policies = cedarpy.PolicySet.from_str("\n".join(texts))

    def ask(self, verb: str, request: RequestFacts, document: DocumentFacts | None) -> tuple[bool, set[str]]:
        """Whether it is allowed, and by which rules that was decided; none decide what nothing grants."""
        asked = {
            "principal": f'User::"{request.sender}"',
            "action": f'Action::"{verb}"',
            "resource": 'Gateway::"ours"',
            "context": context(request, document),
        }
        result = cedarpy.is_authorized(asked, self._policies, [])
        assert result.diagnostics.errors == [], "a policy that fails is left out by Cedar, and would prove nothing"
        deciding = {self._names[int(reason.removeprefix("policy"))] for reason in result.diagnostics.reasons}
        return result.decision == cedarpy.Decision.Allow, deciding


def context(request: RequestFacts, document: DocumentFacts | None) -> dict[str, Any]:
    local = request.at.astimezone(ZoneInfo(HOURS_ZONE))
    context: dict[str, Any] = {
        "kind": request.sender_kind,
        "sender": request.sender,
        "plan": request.plan or "",
        "roles": sorted(request.roles),
        "scopes": sorted(request.scopes),
        "binding": request.binding,
        "channel": request.channel,
        "at": number(request.at),
        "day": DAYS[local.weekday()],
        "day_before": DAYS[local.weekday() - 1],
        "minute": local.hour * 60 + local.minute,
        "document": document.document_type if document is not None else "",
        "plant": (document.plant or "") if document is not None else "",
        "plants": sorted(document.plants) if document is not None else [],
    }
    if request.address:
        context["address"] = {"__extn": {"fn": "ip", "arg": request.address}}
    return context


def _policy(rule: Written, lists: dict[str, list[str]]) -> str:
    effect = "forbid" if rule.get("effect") == "deny" else "permit"
    conditions = " && ".join(f"({one})" for one in _conditions(rule, lists)) or "true"
    return f'{effect}(principal, action == Action::"{rule["may"]}", resource) when {{ {conditions} }};'


def _conditions(rule: Written, lists: dict[str, list[str]]) -> Iterator[str]:
    for field, fact in (
        ("senders", "kind"), ("plans", "plan"), ("partners", "sender"), ("documents", "document"),
        ("bindings", "binding"), ("channels", "channel"),
    ):  # fmt: skip
        if rule.get(field):
            yield f"{json.dumps(rule[field])}.contains(context.{fact})"
    if rule.get("roles"):
        yield f"context.roles.containsAny({json.dumps(rule['roles'])})"
    if rule.get("scopes"):
        yield f"context.scopes.containsAll({json.dumps(rule['scopes'])})"
    denies = rule.get("effect") == "deny"
    for field, negated in (("addresses", ""), ("outside", "!")):
        if rule.get(field):
            networks = [network for name in rule[field] for network in lists[name]]
            inside = " || ".join(f'context.address.isInRange(ip("{network}"))' for network in networks)
            known = f"context has address && {negated}({inside})"
            yield f"!(context has address) || ({known})" if denies else known
    if rule.get("plants"):
        yield _plant(rule["plants"], denies=denies)
    if rule.get("from"):
        yield f"context.at >= {number(datetime.fromisoformat(rule['from']))}"
    if rule.get("until"):
        yield f"context.at < {number(datetime.fromisoformat(rule['until']))}"
    if rule.get("during"):
        yield " || ".join(f"({hours(one)})" for one in rule["during"])


def _plant(plants: str | list[str], *, denies: bool) -> str:
    """A plant that is not known: a deny meets it, a grant does not."""
    wanted = "[context.sender]" if plants == "own" else json.dumps(plants)
    one = f"{wanted}.contains(context.plant)"
    if denies:
        return f'context.plant == "" || {one} || context.plants.containsAny({wanted})'
    return f'context.plant != "" && {one} && {wanted}.containsAll(context.plants)'


def hours(text: str) -> str:
    days, clock, zone = text.split(" ")
    assert zone == HOURS_ZONE
    first, _, last = days.partition("-")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    among = json.dumps([DAYS[(begin + step) % 7] for step in range((end - begin) % 7 + 1)])
    start, stop = (int(one[:2]) * 60 + int(one[3:]) for one in clock.split("-"))
    today = f"{among}.contains(context.day) && context.minute >= {start}"
    if start < stop:
        return f"{today} && context.minute < {stop}"
    return f"({today}) || ({among}.contains(context.day_before) && context.minute < {stop})"


def number(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
