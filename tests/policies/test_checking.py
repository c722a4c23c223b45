"""What deserves a look is told with its place; what is certain to be needed is not complained about."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.rule_facts import MESSAGES

from policies.accessrules import AccessRule
from policies.checking import LISTS, Known, warnings
from policies.covering import covers
from policies.facts import DocumentFacts, RequestFacts
from policies.loading import load
from policies.matching import Asked, first_failing
from policies.verdicts import RuleRef
from policies.written import Written
from translators.yamlfiles import YamlFile

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KNOWN = Known(
    partners=frozenset({"aurora", "kiesel"}), plants=frozenset({"salzungen"}), plans=frozenset({"standard", "trial"})
)


def told(rules: Path, added: str, name: str = "access.yaml", known: Known | None = None) -> list[tuple[str, str]]:
    """Kind and sentence of every warning, once `added` stands at the end of a file; lines counted from there."""
    path = rules / name
    before = path.read_text()
    lines = before.count("\n")
    path.write_text(before + added)
    return [
        (one.kind, f"{one.problem.line - lines}:{one.problem.column}: {one.problem.text}")
        for one in warnings(load(rules), NOW, known)
    ]


def line_of(rules: Path, file: str, text: str) -> int:
    return (rules / file).read_text().splitlines().index(text) + 1


def grant(name: str, more: str = "", *, roles: str = "[orders.send]", documents: str = "[purchase_order]") -> str:
    return (
        f"- name: {name}\n  why: a test\n  mode: enforce\n  may: send\n  senders: [partner]\n  roles: {roles}\n"
        f"  documents: {documents}\n{more}"
    )


def test_the_shipped_rules_give_no_warning(rules: Path) -> None:
    assert warnings(load(rules), NOW, KNOWN) == []


def test_what_is_over_and_what_will_be_soon(rules: Path) -> None:
    added = grant("gone", "  until: 2026-11-01\n", roles="[a]") + grant("soon", "  until: 2026-12-05\n", roles="[b]")
    added += grant("today", "  until: 2026-11-23T10:00Z\n", roles="[c]")
    added += grant("later", "  until: 2027-06-01\n", roles="[d]")
    assert told(rules, added) == [
        ("expired", "8:10: `gone` is over since 2026-11-01; take it away"),
        ("expiring", "16:10: `soon` ends in 12 days, at 2026-12-05; renew it, or tell those it is for"),
        ("expiring", "24:10: `today` ends within two days, at 2026-11-23T10:00Z; renew it, or tell those it is for"),
    ]


def test_rules_for_nobody_are_dead(rules: Path) -> None:
    added = grant("a", "  partners: [aurora, gone]\n  plants: [atlantis]\n", roles="[a]")
    assert told(rules, added + grant("b", "  plans: [gold]\n", roles="[b]"), known=KNOWN) == [
        ("dead", "8:22: there is no profile of the partner `gone`; correct it, or take it away"),
        ("dead", "9:12: there is no profile of the plant `atlantis`; correct it, or take it away"),
        ("dead", "17:11: no profile has the plan `gold`; correct it, or take it away"),
    ]


def listed(rules: Path, *names: str) -> None:
    """Lists of addresses of these names, in the first lines that may hold them."""
    lists = "".join(
        f"- name: {name}\n  why: a test\n  networks: [192.0.2.{number}/32]\n" for number, name in enumerate(names)
    )
    path = rules / "access.yaml"
    path.write_text(path.read_text().replace("addresses: []\n", f"addresses:\n{lists}"))


def test_an_address_list_that_nothing_names_is_dead(rules: Path) -> None:
    listed(rules, "office", "home")
    at = line_of(rules, "access.yaml", "- name: office")
    (office, home) = warnings(load(rules), NOW)
    assert (office.kind, office.rule.kind, office.rule.name, office.rule.line) == ("dead", LISTS, "office", at)
    assert str(office.problem) == (
        f"{rules / 'access.yaml'}:{at}:3: no rule and no zone uses the address list `office`; use it, or take it away"
    )
    assert home.rule.name == "home"


def test_an_address_list_is_used_by_grants_denies_and_zones(rules: Path) -> None:
    listed(rules, "inside", "outside", "zone")
    path = rules / "access.yaml"
    path.write_text(
        path.read_text().replace("  senders: [corporate]\n", "  senders: [corporate]\n  addresses: [zone]\n", 1)
    )
    added = grant("a", "  addresses: [inside]\n", roles="[a]") + grant("b", "  outside: [outside]\n", roles="[b]")
    assert told(rules, added) == []


def test_a_type_of_document_that_there_is_not_is_dead(rules: Path) -> None:
    """Above all in a deny, which would let through what it was written against."""
    denied = grant("a", "  effect: deny\n", roles="[a]", documents="[invoice, purchase_ordre]")
    assert told(rules, denied) == [
        ("dead", "7:24: there is no kind of document `purchase_ordre`; did you mean `purchase_order`?"),
    ]


@pytest.mark.parametrize(
    ("condition", "never"),
    [("1 > 2", True), ("false", True), ("true", False), ("1 / 0 > 2", False), ("lines < 0", False)],
)
def test_a_condition_that_never_holds(rules: Path, condition: str, never: bool) -> None:
    """As far as it looks at no fact; one that fails holds for a deny, and so is not dead."""
    sentence = f"8:9: `{condition}` never holds, so `a` is never in force; correct it, or take it away"
    found = told(rules, grant("a", f"  when: '{condition}'\n", roles="[a]"))
    assert found == ([("dead", sentence)] if never else [])


def test_points_for_a_type_of_document_that_there_is_not_are_dead(rules: Path) -> None:
    limits = rules / "limits.yaml"
    added = (
        "- name: work\n  why: a test\n  mode: enforce\n  senders: [partner]\n  counts: points\n"
        "  points: {purchase_order: 1 each, delivery_shedule: 5 each}\n  rate: 10 per 1h\n\n"
    )
    limits.write_text(limits.read_text().replace("# Not counted", f"{added}# Not counted"))
    (one,) = warnings(load(rules), NOW)
    assert (one.kind, one.problem.text) == (
        "dead", "there is no kind of document `delivery_shedule`; did you mean `delivery_schedule`?",
    )  # fmt: skip


def test_a_grant_that_another_makes_superfluous(rules: Path) -> None:
    at = line_of(rules, "access.yaml", "- name: distributors-send-orders")
    assert told(rules, grant("again", "  partners: [kiesel]\n")) == [
        (
            "shadowed",
            f"1:3: `distributors-send-orders` (access.yaml:{at}) already says all of this; take one of them away",
        )
    ]


def test_a_grant_for_more_roles_is_not_superfluous(rules: Path) -> None:
    ((_, text),) = told(rules, grant("wider", roles="[orders.send, other]"))
    at = line_of(rules, "access.yaml", "- name: wider")
    assert text.endswith(f"`wider` (access.yaml:{at}) already says all of this; take one of them away"), (
        "the narrower one is the one to take away"
    )


def test_a_grant_that_is_denied_as_a_whole(rules: Path) -> None:
    deny = "- name: no-orders\n  why: a test\n  mode: enforce\n  effect: deny\n  may: send\n  senders: [partner]\n"
    ((kind, text),) = told(rules, deny + "  documents: [purchase_order]\n")
    assert kind == "contradicted"
    at = line_of(rules, "access.yaml", "- name: no-orders")
    assert text.endswith(f"this grant can never be used: `no-orders` (access.yaml:{at}) denies all of it")


@pytest.mark.parametrize("more", ["  partners: [kiesel]\n", "  until: 2028-01-01\n", "  when: test\n"])
def test_a_deny_of_a_part_contradicts_nothing(rules: Path, more: str) -> None:
    deny = "- name: no-orders\n  why: a test\n  mode: enforce\n  effect: deny\n  may: send\n  senders: [partner]\n"
    assert told(rules, f"{deny}  documents: [purchase_order]\n{more}") == []


def test_a_limit_that_never_decides(rules: Path) -> None:
    path = rules / "limits.yaml"
    loose = (
        "- name: loose\n  why: a test\n  mode: enforce\n  senders: [partner]\n  plans: [trial]\n  rate: 10 per 1s\n"
        "  burst: 20\n"
    )
    path.write_text(path.read_text().replace("rules:\n", f"rules:\n\n{loose}", 1))
    (one,) = warnings(load(rules), NOW)
    assert one.kind == "shadowed"
    at = line_of(rules, "limits.yaml", "- name: trial-requests")
    assert f"`trial-requests` (limits.yaml:{at}) is always as tight; this limit never decides" in one.problem.text


def test_a_document_that_would_arrive_twice(rules: Path) -> None:
    twice = (
        "- name: again\n  why: a test\n  mode: enforce\n  senders: [partner]\n  documents: [purchase_order]\n"
        "  destination: odoo\n  operation: sale_order.create_confirmed\n  ordering_key: [number]\n"
        "  when_parked: pass\n  attempts: 1m\n"
    )
    ((kind, text),) = told(rules, twice, "routing.yaml")
    assert kind == "contradicted"
    at = line_of(rules, "routing.yaml", "- name: orders-to-odoo")
    assert text.endswith(f"`orders-to-odoo` (routing.yaml:{at}) already sends these there; it would arrive twice")


def test_a_route_without_a_conduit_is_dead(rules: Path) -> None:
    route = (
        "- name: invoices\n  why: a test\n  mode: enforce\n  senders: [partner]\n  documents: [invoice]\n"
        "  destination: {}\n  operation: x.y\n  ordering_key: [sender]\n  when_parked: pass\n  attempts: 10s\n"
    )
    sentence = "no conduit carries a `invoice` of a partner to `{}`; add one to access.yaml"
    before = (rules / "routing.yaml").read_text()
    for destination in ("odoo", "elsewhere", "plant:{plant}", "plant:salzungen"):
        expected = [("dead", f"6:16: {sentence.format(destination)}")]
        assert told(rules, route.format(destination), "routing.yaml") == expected
        (rules / "routing.yaml").write_text(before)
    access = rules / "access.yaml"
    access.write_text(access.read_text().replace("  documents: [purchase_order]\n", "  documents: [invoice]\n", 1))
    odd = told(rules, route.format("odoo"), "routing.yaml")
    assert [(kind, text.partition(": ")[2]) for kind, text in odd] == [
        ("dead", "no conduit carries a `purchase_order` of a partner to `odoo`; add one to access.yaml")
    ]


def test_rules_without_a_test_are_named(rules: Path) -> None:
    loaded = load(rules)
    untested = [one.ref for one in loaded.written if one.ref.name == "trial-lines"]
    (one,) = warnings(loaded, NOW, KNOWN, untested)
    assert (one.kind, one.problem.text) == ("untested", "no test covers `trial-lines`; add a case to `tests/`")


# ---- covering never claims too much --------------------------------------------------------------------------------

SOME = st.lists(st.sampled_from(("orders.send", "other", "messages.read")), unique=True, max_size=2).map(tuple)
RULES_OF_ACCESS = st.builds(
    AccessRule,
    name=st.just("x"),
    why=st.just("x"),
    mode=st.just("enforce"),
    may=st.just("send"),
    senders=st.sampled_from((("partner",), ("plant",), ("partner", "plant"))),
    plans=st.sampled_from(((), ("trial",), ("standard", "trial"))),
    partners=st.sampled_from(((), ("kiesel",))),
    documents=st.sampled_from(((), ("purchase_order",), ("purchase_order", "despatch_advice"))),
    roles=SOME,
    scopes=st.sampled_from(((), ("orders",), ("orders", "all"))),
    bindings=st.sampled_from(((), ("dpop",), ("dpop", "certificate"))),
    channels=st.sampled_from(((), ("http",))),
    plants=st.sampled_from(((), ("ulm",), ("ulm", "salzungen"), "own")),
)


def written(rule: Any) -> Written[Any]:
    file = YamlFile(Path("access.yaml"), b"", {}, {"$": (1, 1)}, {})
    return Written(rule, RuleRef("access", "x", "access.yaml", 1), file, "$")


@settings(max_examples=300, deadline=None)
@given(RULES_OF_ACCESS, RULES_OF_ACCESS, MESSAGES)
def test_where_one_rule_covers_another_it_holds_whenever_the_other_does(
    wide: AccessRule, narrow: AccessRule, message: tuple[RequestFacts, list[DocumentFacts]]
) -> None:
    if not covers(wide, narrow):
        return
    request, documents = message
    for document in documents:
        asked = Asked(request=request, document=document)
        if first_failing(written(narrow), asked) is None:
            assert first_failing(written(wide), asked) is None
