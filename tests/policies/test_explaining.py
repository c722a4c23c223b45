"""An explanation says of each rule what is true of it, and never another verdict than the rules'."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from support.rule_facts import MESSAGES

import policies
from policies.deciding import decide
from policies.explaining import Explanation, explain, for_partners
from policies.facts import DocumentFacts, RequestFacts
from policies.given import Given, facts_of
from policies.loading import load
from policies.matching import CONDITIONS, SAYS
from policies.policyset import PolicySet

RULES = Path(policies.__file__).parent / "rules"
SHIPPED = load(RULES)
MORE = """
- name: kiesel-sends-nothing
  why: a test
  mode: enforce
  effect: deny
  may: send
  senders: [partner]
  partners: [kiesel]
  plants: [ulm]
- name: large-orders-watched
  why: a test
  mode: observe
  effect: deny
  may: send
  senders: [partner]
  documents: [purchase_order]
  when: lines > 100
- name: only-bound-over-as2
  why: a test
  mode: enforce
  may: send
  senders: [partner]
  documents: [invoice]
  bindings: [certificate, dpop]
  channels: [as2]
  scopes: [orders]
  until: 2027-01-01
- name: month-ends-watched
  why: a test
  mode: observe
  effect: deny
  may: send
  senders: [partner]
  documents: [invoice]
  during: [last 2 days of month UTC]
"""


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> PolicySet:
    """The shipped rules and some with every kind of condition."""
    folder = Path(shutil.copytree(RULES, tmp_path_factory.mktemp("varied") / "rules"))
    (folder / "access.yaml").write_text((folder / "access.yaml").read_text() + MORE)
    return load(folder)


def told(**given: Any) -> Explanation:
    return explain(SHIPPED, *facts_of(Given(**given)))


def of(explanation: Explanation, name: str) -> Any:
    return next(one for one in explanation.looked if one.rule.name == name)


def test_every_field_of_every_rule_is_a_condition_or_what_the_rule_says() -> None:
    """A new field must be given its place here, or explanations would leave it out in silence."""
    for rule in {type(one.rule) for one in SHIPPED.written}:
        unknown = set(rule.__struct_fields__) - CONDITIONS.keys() - SAYS
        assert not unknown, f"{rule.__name__}: {sorted(unknown)}"


@settings(max_examples=300, deadline=None)
@given(MESSAGES)
def test_the_rule_that_decided_is_one_whose_conditions_hold(message: tuple[RequestFacts, list[DocumentFacts]]) -> None:
    _agrees(SHIPPED, *message)


@settings(max_examples=300, deadline=None)
@given(message=MESSAGES)
def test_so_it_is_with_denies_conditions_and_windows(
    varied: PolicySet, message: tuple[RequestFacts, list[DocumentFacts]]
) -> None:
    _agrees(varied, *message)


def _agrees(rules: PolicySet, request: RequestFacts, documents: list[DocumentFacts]) -> None:
    explanation = explain(rules, request, documents)
    decision = explanation.decision
    assert decision == decide(rules, request, documents)
    assert explanation.because
    matched = set(explanation.matched)
    if decision.rule is not None and decision.rule.line:
        assert decision.rule in matched
    assert {route.rule for route in decision.routes} <= matched
    assert set(decision.schemas) <= matched
    assert set(decision.limits) <= matched
    assert set(decision.observed) <= matched
    holds = [one for one in explanation.looked if one.failing is None and one.mode == "enforce"]
    grants = [one for one in holds if one.rule.kind == "access" and "allow" in one.says]
    if not any("allow" in one.says and one.stage == "request" for one in grants):
        assert (decision.allowed, decision.code) in ((False, "access.not_granted"), (False, "access.denied"))
    if any(one.rule.kind == "access" and "deny" in one.says and one.stage == "document 1" for one in holds):
        assert not decision.allowed


def test_the_first_condition_that_does_not_hold_is_told_with_its_place() -> None:
    explanation = told(sender="aurora", plan="standard", roles=("orders.send",), document="despatch_advice")
    grant = of(explanation, "suppliers-send-despatch-advice")
    assert grant.failing.text == "the sender needs the role `despatch.send`; it has `orders.send`"
    line = (RULES / "access.yaml").read_text().splitlines()[grant.failing.line - 1]
    assert line[grant.failing.column - 1 :] == "[despatch.send]"
    assert "nearest were `suppliers-send-despatch-advice`" in explanation.because


def test_rules_about_others_are_known_as_such() -> None:
    explanation = told(sender="aurora", plan="standard", roles=("orders.send",), document="purchase_order")
    assert of(explanation, "plants-confirm-own-production").is_about_others
    assert not of(explanation, "distributors-send-orders").is_about_others
    assert of(explanation, "distributors-send-orders").decided


@pytest.mark.parametrize(
    ("given", "name", "sentence"),
    [
        ({"plan": "gold"}, "standard-requests", "the plan must be `standard`; this is `gold`"),
        ({}, "standard-requests", "the plan must be `standard`; here there is no plan"),
        ({"sender_kind": "plant"}, "partners-call", "the kind of sender must be `partner`; this is `plant`"),
        ({"api_version": "v7"}, "api-v1", "it is about API version `v1`; this is `v7`"),
        (
            {"document": "invoice"}, "order-json",
            "it is about `json purchase_order 1`; this is `json invoice 1`",
        ),
        ({"document": "purchase_order", "size": 7}, "document-size", "7 bytes are within 10 MiB"),
        (
            {"sender_kind": "plant", "document": "production_confirmation", "roles": ("production.confirm",)},
            "plants-confirm-own-production",
            "the plant must be the sender's own; the document concerns a plant we do not know",
        ),
    ],
)  # fmt: skip
def test_why_a_rule_does_not_hold_is_a_sentence(given: dict[str, Any], name: str, sentence: str) -> None:
    assert of(told(**{"sender": "aurora", **given}), name).failing.text == sentence


def test_a_condition_and_a_window_are_told(varied: PolicySet) -> None:
    late = facts_of(Given(sender="aurora", plan="standard", document="invoice", scopes=("orders",), channel="as2",
                          binding="dpop"), datetime(2027, 6, 1, tzinfo=UTC))  # fmt: skip
    assert of(explain(varied, *late), "only-bound-over-as2").failing.text == (
        "it is in force no longer, since 2027-01-01"
    )
    assert of(explain(varied, *late), "month-ends-watched").failing.text == (
        "it is in force `last 2 days of month UTC`; this is Tue 2027-06-01 00:00 UTC"
    )
    short = facts_of(Given(sender="aurora", plan="standard", roles=("orders.send",), document="purchase_order"))
    assert of(explain(varied, *short), "large-orders-watched").failing.text == "`lines > 100` does not hold"


def test_a_partner_is_told_nothing_about_others_or_our_reasons() -> None:
    given = Given(sender="kiesel", plan="trial", roles=("orders.send",), document="purchase_order", lines=200)
    request, documents = facts_of(given)
    redacted = str(for_partners(explain(SHIPPED, request, documents), request))
    assert "trial-lines" in redacted
    for secret in ("yaml", "why", "standard", "aurora", *(one.rule.why for one in SHIPPED.written)):
        assert secret not in redacted, secret
