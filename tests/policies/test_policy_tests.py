"""Tests of rules: what holds, what fails with its place, and which rules no case covers."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from gateway.local_counters import LocalCounters
from policies.facts import DocumentFacts, RequestFacts
from policies.given import Given, facts_of
from policies.loading import load
from policies.networks import Address
from policies.testing import Report, run_tests
from translators.fileproblems import FileProblems
from translators.formats import Format


def run(rules: Path) -> Report:
    return run_tests(load(rules), rules, lambda: LocalCounters(clock=lambda: 0).charge)


def write(rules: Path, cases: str) -> None:
    for path in (rules / "tests").glob("*.yaml"):
        path.unlink()
    (rules / "tests" / "mine.yaml").write_text(f"kind: tests\ncases:\n{cases}")


def failures(rules: Path) -> list[str]:
    told = (str(one).removeprefix(f"{rules}/tests/mine.yaml:") for one in run(rules).failures)
    return [re.sub(r"\((\w+\.yaml):\d+\)", r"(\1)", one) for one in told]


GIVEN = "{sender: aurora, plan: standard, roles: [orders.send], document: purchase_order}"


def test_the_shipped_cases_hold_and_cover_the_shipped_rules(rules: Path) -> None:
    report = run(rules)
    assert report.failures == ()
    assert report.coverage.percent >= 85, report.coverage.uncovered


@pytest.mark.parametrize(
    ("expect", "sentences"),
    [
        ("{verdict: allowed, rule: distributors-send-orders, routes: [orders-to-odoo], observed: []}", []),
        (
            "{verdict: refused}",
            ["5:21: expected `refused`, but it is allowed by access `distributors-send-orders` (access.yaml)"],
        ),
        (
            "{verdict: allowed, rule: operators-resubmit}",
            ["5:36: expected rule `operators-resubmit`, but `distributors-send-orders` decided"],
        ),
        (
            "{verdict: allowed, limits: [], routes: [], schema: order-ubl}",
            [
                "5:38: expected none, but it is `standard-requests`",
                "5:50: expected none, but it is `orders-to-odoo`",
                "5:62: expected schema `order-ubl`, but it is `order-json`",
            ],
        ),
    ],
)
def test_a_case_fails_at_the_place_of_what_was_expected(rules: Path, expect: str, sentences: list[str]) -> None:
    write(rules, f"- name: one\n  given: {GIVEN}\n  expect: {expect}\n")
    assert failures(rules) == sentences


def test_a_refusal_is_expected_with_its_code(rules: Path) -> None:
    given = GIVEN.replace("purchase_order", "despatch_advice")
    write(rules, f"- name: one\n  given: {given}\n  expect: {{verdict: refused, code: access.denied}}\n")
    assert failures(rules) == ["5:36: expected code `access.denied`, but it is `access.not_granted`"]


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("- name: a\n  given: {sendr: aurora}\n  expect: {verdict: allowed}\n", "4:11: unknown key `sendr`"),
        ("- name: a\n  given: {sender: aurora}\n  expect: {verdict: yes}\n", "5:21: `yes` is not known here"),
        ("- name: a\n  given: {sender: aurora}\n  expect: {}\n", "5:11: `verdict` is required"),
        (
            "- name: a\n  given: {sender: a, document: b, format: pdf}\n  expect: {verdict: allowed}\n",
            "4:43: `pdf` is not",
        ),
        (
            2 * "- name: a\n  given: {sender: aurora}\n  expect: {verdict: refused}\n",
            "6:9: the case `a` is already in this file",
        ),
    ],
)
def test_a_mistake_in_a_test_is_told_with_its_place(rules: Path, case: str, sentence: str) -> None:
    write(rules, case)
    with pytest.raises(FileProblems) as caught:
        run(rules)
    told = str(caught.value).removeprefix(f"{rules}/tests/mine.yaml:")
    assert re.match(re.escape(sentence.partition("`")[0]), told), told


def test_a_rule_no_case_covers_is_named(rules: Path) -> None:
    write(rules, f"- name: one\n  given: {GIVEN}\n  expect: {{verdict: allowed}}\n")
    coverage = run(rules).coverage
    uncovered = {one.name for one in coverage.uncovered}
    assert "operators-resubmit" in uncovered
    assert "distributors-send-orders" not in uncovered
    assert coverage.percent == 100 * (coverage.rules - len(uncovered)) // coverage.rules < 100


def test_cases_count_alone(rules: Path) -> None:
    """One case's requests use up nothing of another's."""
    given = "{sender: kiesel, plan: trial, roles: [orders.send]}"
    cases = [
        f"- name: case {number}\n  given: {given}\n  after: {number}\n  expect: {{verdict: {verdict}}}\n"
        for number, verdict in ((9, "allowed"), (10, "refused"), (8, "allowed"))
    ]
    write(rules, "".join(cases))
    assert failures(rules) == []


def test_every_fact_can_be_given() -> None:
    """Whoever adds a fact adds it here, or no test of rules can speak of it."""
    known = set(Given.__struct_fields__) | {"name", "version", "document_type", "request"}
    assert set(RequestFacts.__struct_fields__) | set(DocumentFacts.__struct_fields__) <= known


def test_facts_are_what_was_given() -> None:
    request, documents = facts_of(
        Given(
            sender="aurora", roles=("orders.send",), document="purchase_order", format="edifact ORDERS D.96A", lines=7
        )
    )
    assert (request.client, request.roles) == ("aurora", {"orders.send"})
    (document,) = documents
    assert (document.format, document.name, document.version) == ("edifact", "ORDERS", "D.96A")
    assert (document.document_type, document.lines, document.request) == ("purchase_order", 7, request)


@pytest.mark.parametrize("format_", get_args(Format))
def test_a_case_may_speak_of_every_format_that_a_version_may_name(format_: str) -> None:
    given = {"sender": "aurora", "document": "purchase_order", "format": f"{format_} 850 004010"}
    (document,) = facts_of(msgspec.convert(given, Given))[1]
    assert (document.format, document.name, document.version) == (format_, "850", "004010")


def test_an_address_of_a_case_is_one_or_unknown(rules: Path) -> None:
    """Whatever else it says would be told as an address that no list holds, and the case would prove nothing."""
    write(rules, "- name: a\n  given: {sender: aurora, address: office}\n  expect: {verdict: refused}\n")
    with pytest.raises(FileProblems) as found:
        run(rules)
    place = f"{rules}/tests/mine.yaml:4:36"
    assert str(found.value) == f"{place}: `office` is no address; write e.g. `192.0.2.7` or `2001:db8::7`"
    for address in ("", "2001:db8::7", "::ffff:192.0.2.7"):
        assert facts_of(Given(sender="aurora", address=Address.from_text(address)))[0].address == address
        write(rules, f"- name: a\n  given: {{sender: aurora, address: '{address}'}}\n  expect: {{verdict: refused}}\n")
        assert failures(rules) == []
