"""Conditions: what they may name, what they answer, and that none of them opens anything by failing."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.changed_rules import added, edited

import policies
from policies.conditions import LONGEST, Condition, MistakenCondition, _stage, _variables, compile_condition
from policies.facts import DocumentFacts, RequestFacts
from policies.verdicts import Allowed, Refused

REQUEST = RequestFacts(
    sender_kind="partner",
    sender="nordlicht",
    client="nordlicht-edi",
    roles=frozenset({"orders.send", "messages.read"}),
    plan="standard",
    address="192.0.2.7",
    at=datetime(2026, 11, 23, 4, 30, tzinfo=UTC),
)
ORDER = DocumentFacts(
    request=REQUEST,
    format="edifact",
    name="ORDERS",
    version="D.96A",
    document_type="purchase_order",
    size=2_000,
    lines=3,
)


def early(text: str) -> Condition:
    return compile_condition(text, early=True)


def late(text: str) -> Condition:
    return compile_condition(text, early=False)


@pytest.mark.parametrize(
    "text",
    [
        'sender == "nordlicht"',
        "lines < 10 && size > 1000",
        '"orders.send" in roles && !("bulk" in roles)',
        'roles.exists(role, role.startsWith("messages."))',
        "size(roles) == 2",
        'plant == ""',
        "test || lines == 3",
        'at < timestamp("2026-12-01T00:00:00Z")',
        'at.getHours("Europe/Berlin") == 5',
        "at.getDayOfWeek() == 1",
        'name.matches("^ORD(ERS|CHG)$")',
        'scopes.size() == 0 && plan == "standard"',
    ],
)
def test_a_condition_that_holds(text: str) -> None:
    assert late(text).judge(ORDER) is True
    assert late(f"!({text})").judge(ORDER) is False


def test_what_is_not_known_is_an_empty_text() -> None:
    assert early('plan == ""').judge(replace(REQUEST, plan=None)) is True
    assert late('ship_to == "4012345000009"').judge(replace(ORDER, ship_to="4012345000009")) is True


@pytest.mark.parametrize(
    "text",
    [
        "10 / (lines - 3) > 1",
        'roles[9] == "x"',
        "timestamp(name) > at",
        '{"a": 1}.b > 0',
        "lines + 9223372036854775807 > 0",
        'sender.matches(name + "(")',
    ],
)
def test_what_fails_is_neither_true_nor_false(text: str) -> None:
    assert late(text).judge(ORDER) is None
    assert late(f"!({text})").judge(ORDER) is None


def test_a_condition_cannot_run_away() -> None:
    many = replace(ORDER, request=replace(REQUEST, roles=frozenset(f"role-{number}" for number in range(2_000))))
    nested = late('roles.all(a, roles.all(b, roles.all(c, a + b + c != "")))')
    began = time.process_time()
    assert nested.judge(many) is None
    pattern = late('name.matches("^(a+)+$")')
    assert pattern.judge(replace(ORDER, name="a" * 100_000 + "b")) is False
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("text", "offset", "sentence"),
    [
        ("linez > 3", 0, "there is no fact or function `linez`; did you mean `lines`?"),
        ("lines > 3 &&\n  sender > 3", 22, "`>` does not go with (string, int)"),
        ("lines", 0, "a condition must be true or false; this one gives `int`"),
        ("lines >", 7, "the condition ends too early"),
        ("lines = 3", 6, "`=` is not understood here"),
        ("roles.map(r, r + r).size() > 0", 6, "`map` builds lists of any size; use `exists` or `all`"),
        (
            'at.getHours("Europe/Berlyn") > 5',
            12,
            "there is no time zone `Europe/Berlyn`; write one like `Europe/Berlin`",
        ),
        ('name.matches("(ORDERS")', 13, '"(ORDERS" is no pattern: missing )'),
        ("lines > " + "0" * LONGEST, 0, "a condition has at most 1000 characters; write several rules"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, offset: int, sentence: str) -> None:
    with pytest.raises(MistakenCondition) as caught:
        late(text)
    (mistake,) = caught.value.mistakes
    assert (mistake.offset, mistake.text) == (offset, sentence)


def test_before_the_document_is_read_it_is_not_known() -> None:
    with pytest.raises(MistakenCondition, match=r"^`lines` is not known before the document is read$"):
        early("lines > 3")


def test_texts_in_quotes_are_no_names() -> None:
    assert late("sender == \"map(filter) lines\" || name == '.map(x)'").judge(ORDER) is False


def test_every_fact_can_be_named_and_is_documented() -> None:
    readme = (Path(policies.__file__).parent / "README.md").read_text()
    late_facts = _variables(_stage(early=False))
    assert set(_variables(_stage(early=True))) < set(late_facts)
    for name, (kind, _) in late_facts.items():
        assert f"| `{name}` | `{repr(kind).lower()}` |" in readme
        assert late(f"{name} == {name}").judge(ORDER) is True


# ---- in rules ------------------------------------------------------------------------------------------------------

FAILING = '  when: "10 / (lines - 3) > 1"\n'
EARLY_FAILING = '  when: "size(roles[9]) > 1"\n'


def code(verdict: object) -> str:
    assert isinstance(verdict, Refused)
    return verdict.code


def test_a_grant_holds_where_its_condition_holds(rules: Path) -> None:
    before = "  roles: [orders.send]\n  documents: [purchase_order]\n"
    policy = edited(rules, "access.yaml", before, f"{before}  when: lines <= 3\n")
    assert isinstance(policy.judge(ORDER), Allowed)
    assert code(policy.judge(replace(ORDER, lines=4))) == "access.not_granted"


def test_a_grant_whose_condition_fails_grants_nothing(rules: Path) -> None:
    before = "  roles: [orders.send]\n  documents: [purchase_order]\n"
    policy = edited(rules, "access.yaml", before, before + FAILING)
    assert code(policy.judge(ORDER)) == "access.not_granted"


def test_a_call_whose_grant_fails_is_not_granted(rules: Path) -> None:
    before = "  roles: [orders.send, despatch.send, messages.read, outbox.fetch]\n"
    policy = edited(rules, "access.yaml", before, before + EARLY_FAILING)
    assert code(policy.admit(REQUEST)) == "access.not_granted"


def test_a_deny_whose_condition_fails_denies(rules: Path) -> None:
    deny = """
- name: no-large-orders
  why: large ones are agreed by telephone first
  mode: enforce
  effect: deny
  may: send
  senders: [partner]
  documents: [purchase_order]
"""
    policy = added(rules, "access.yaml", deny + FAILING)
    assert code(policy.judge(ORDER)) == "access.denied"
    assert isinstance(policy.judge(replace(ORDER, lines=100)), Allowed)


def test_a_version_whose_condition_fails_is_not_judged(rules: Path) -> None:
    before = "  document: {format: edifact, name: ORDERS, version: D.96A}\n"
    policy = edited(rules, "versions.yaml", before, before + FAILING)
    assert code(policy.judge(ORDER)) == "rule.not_judged"
    assert code(policy.judge(replace(ORDER, lines=100))) == "version.document_unknown"


def test_a_limit_whose_condition_fails_counts(rules: Path) -> None:
    before = "  plans: [standard]\n"
    policy = edited(rules, "limits.yaml", before, before + EARLY_FAILING)
    assert [charge.rule.name for charge in policy.charges(REQUEST)] == ["standard-requests"]


def test_a_limit_holds_where_its_condition_holds(rules: Path) -> None:
    before = "  plans: [standard]\n"
    policy = edited(rules, "limits.yaml", before, f"{before}  when: channel == 'http'\n")
    assert len(policy.charges(REQUEST)) == 1
    assert code(policy.admit(replace(REQUEST, channel="sftp"))) == "limit.none_applies"


def test_a_cap_whose_condition_fails_holds(rules: Path) -> None:
    cap = "\n- name: two-lines\n  why: a test\n  mode: enforce\n  senders: [partner]\n  lines: 2\n"
    policy = added(rules, "limits.yaml", cap + FAILING)
    assert code(policy.judge(ORDER)) == "limit.too_large"


def test_a_schema_whose_condition_fails_is_not_judged(rules: Path) -> None:
    before = '  accepts: {format: json, name: purchase_order, version: "1"}\n'
    policy = edited(rules, "schemas.yaml", before, before + FAILING)
    json = replace(ORDER, format="json", name="purchase_order", version="1")
    assert code(policy.schema_for(json)) == "rule.not_judged"


def test_a_route_whose_condition_fails_is_not_judged(rules: Path) -> None:
    before = "  destination: odoo\n"
    policy = edited(rules, "routing.yaml", before, before + FAILING)
    refused = policy.routes(ORDER)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.rule.name, refused.revision) == ("rule.not_judged", "orders-to-odoo", policy.revision)
    assert refused.text == (
        "the condition of rule `orders-to-odoo` could not be judged, and what cannot be judged is refused"
    )
    assert code(policy.routes(replace(ORDER, lines=100))) == "routing.no_route"
