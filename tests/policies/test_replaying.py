"""Past messages judged by other rules: what would have changed, and what nobody can tell."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.changed_rules import rewrite

from gateway.local_counters import LocalCounters
from policies.facts import DocumentFacts, RequestFacts
from policies.given import Given, facts_of
from policies.loading import load
from policies.replaying import Past, PastSum, Replay, Replayed

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
ORDER = {"sender": "aurora", "plan": "standard", "roles": ("orders.send",), "document": "purchase_order"}
TO_ODOO = ("odoo sale_order.create_confirmed",)


def facts(**given: Any) -> tuple[RequestFacts, tuple[DocumentFacts, ...]]:
    return facts_of(Given(**(ORDER | given)), AT)


def past(number: int = 1, given: dict[str, Any] | None = None, **outcome: Any) -> Past:
    request, documents = facts(**(given or {}))
    return Past(id=f"m{number}", request=request, documents=documents, **({"routes": TO_ODOO} | outcome))


def replayed(rules: Path, *messages: Past, counting: Any = None) -> Replayed:
    replay = Replay(load(rules), counting)
    for one in messages:
        replay.message(one)
    return replay.report()


def found(report: Replayed) -> list[tuple[str, str, str, int]]:
    return [(one.sender, one.change, one.rule.partition(" (")[0], one.count) for one in report.differences]


def test_the_same_rules_say_the_same(rules: Path) -> None:
    refused = past(2, {"document": "despatch_advice"}, routes=(), code="access.not_granted", rule="access `default`")
    report = replayed(rules, past(), refused)
    assert (report.messages, report.differences) == (2, ())


def test_moved_lines_are_no_difference(rules: Path) -> None:
    rewrite(rules, "limits.yaml", "caps:\n", "\n\ncaps:\n")
    given = {"sender": "kiesel", "plan": "trial", "lines": 200}
    report = replayed(
        rules, past(1, given, routes=(), code="limit.too_large", rule="limits `trial-lines` (limits.yaml:45)")
    )
    assert report.differences == ()


def test_who_would_have_been_refused(rules: Path) -> None:
    rewrite(rules, "access.yaml", "roles: [orders.send]\n  documents: [purchase_order]",
           "roles: [orders.send]\n  documents: [invoice]")  # fmt: skip
    report = replayed(rules, *(past(number) for number in range(5)))
    assert found(report) == [("aurora", "refused", "access `default`", 5)]
    (one,) = report.differences
    assert [example.id for example in one.examples] == ["m0", "m1", "m2"]
    assert (one.examples[0].was, one.examples[0].would_be) == ("accepted", "access.not_granted by access `default`")


def test_who_would_have_been_accepted(rules: Path) -> None:
    rewrite(rules, "limits.yaml", "lines: 100", "lines: 300")
    given = {"sender": "kiesel", "plan": "trial", "lines": 200}
    refused = past(1, given, routes=(), code="limit.too_large", rule="limits `trial-lines` (limits.yaml:45)")
    assert found(replayed(rules, refused)) == [("kiesel", "accepted", "access `distributors-send-orders`", 1)]


def test_what_would_have_gone_elsewhere_or_been_refused_otherwise(rules: Path) -> None:
    rewrite(rules, "routing.yaml", "destination: odoo", "destination: recording")
    rewrite(rules, "access.yaml", "destinations: [odoo]", "destinations: [odoo, recording]")
    rewrite(rules, "access.yaml", "roles: [orders.send]", "roles: [orders.send, messages.read]")
    other = past(
        2, {"document": "remittance_advice"}, routes=(), code="access.denied", rule="access `no-remittances` (a.yaml:1)"
    )
    assert found(replayed(rules, past(), other)) == [
        ("aurora", "other route", "routing `orders-to-odoo`", 1),
        ("aurora", "other reason", "versions `default`", 1),
    ]


def test_limits_are_counted_in_the_time_of_the_messages(rules: Path) -> None:
    rewrite(rules, "limits.yaml", "rate: 5000 per 1s", "rate: 2 per 1s")
    clock = [0]
    replay = Replay(load(rules), LocalCounters(clock=lambda: clock[0]).charge)
    for number in range(6):
        clock[0] = number * 300_000  # three and a third a second, where two are allowed
        replay.message(past(number))
    ((_, kind, rule, count),) = found(replay.report())
    assert (kind, rule) == ("refused", "limits `standard-requests`")
    assert 1 <= count <= 3


def test_what_no_rule_refused_is_left_alone(rules: Path) -> None:
    request, _ = facts()
    unread = Past(id="m1", request=request, documents=(), code="document.malformed")
    report = replayed(rules, unread)
    assert (report.unreadable, report.differences) == (1, ())


def test_schemas_need_the_bytes(rules: Path) -> None:
    accepted = past()
    refused = past(2, routes=(), code="schema.not_matched", rule="schemas `order-json` (schemas.yaml:7)")
    report = replayed(rules, accepted, refused)
    assert (report.unchecked, report.differences) == (2, ()), "nothing is claimed of what nobody can tell"
    report = replayed(rules, past(content=lambda: b"{}"))
    assert found(report) == [("aurora", "refused", "schemas `order-json`", 1)]


def test_rules_that_observe_tell_what_they_would_have_refused(rules: Path) -> None:
    rewrite(rules, "limits.yaml", "one mistake parks one of them\n  mode: enforce",
           "one mistake parks one of them\n  mode: observe")  # fmt: skip
    report = replayed(rules, past(1, {"lines": 30_000}))
    assert [(rule.partition(" (")[0], count) for rule, count in report.observed] == [("limits `document-size`", 1)]
    assert report.differences == ()


def test_sums_of_refused_requests_are_tried_by_their_example(rules: Path) -> None:
    request, _ = facts(api_version="v0")
    replay = Replay(load(rules))
    replay.requests(
        PastSum(requests=412, code="version.retired", rule="versions `api-v0` (v.yaml:14)", example=request)
    )
    assert replay.report().differences == ()
    rewrite(rules, "versions.yaml", "  state: retired\n  deprecated_from: 2026-03-01\n  sunset: 2026-09-30T23:59:59Z\n",
           "  state: deprecated\n  deprecated_from: 2026-03-01\n  sunset: 2027-09-30T23:59:59Z\n")  # fmt: skip
    replay = Replay(load(rules))
    replay.requests(
        PastSum(requests=412, code="version.retired", rule="versions `api-v0` (v.yaml:14)", example=request)
    )
    replay.requests(PastSum(requests=99, code="limit.exceeded", rule="limits `trial-requests`", example=request))
    report = replay.report()
    assert found(report) == [("aurora", "accepted", "access `partners-call`", 412)]
    assert (report.requests, report.limited) == (412, 99)
    assert report.differences[0].examples[0].id is None


@pytest.mark.parametrize("back", [timedelta(days=400), timedelta(days=1)])
def test_rules_are_asked_as_of_the_time_of_the_message(rules: Path, back: timedelta) -> None:
    rewrite(rules, "access.yaml", "  roles: [orders.send]\n", "  roles: [orders.send]\n  from: 2026-11-01\n")
    request, documents = facts_of(Given(**ORDER), AT - back)
    report = replayed(rules, Past(id="m1", request=request, documents=documents, routes=TO_ODOO))
    assert bool(report.differences) == (back.days > 100)
