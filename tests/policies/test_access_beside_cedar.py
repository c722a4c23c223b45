"""The same generated rules and senders, judged by us and by Cedar: allowed, denied and not granted must agree."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from support.access_in_cedar import Written, cedar_of
from support.generated_access import EDGES, LISTS, NOW, access_of, documents, hours, some

from policies.access import Access
from policies.facts import DocumentFacts, RequestFacts
from policies.verdicts import Allowed, Refused

ZONES = [
    {"name": "partners", "why": "w", "senders": ["partner"]},
    {"name": "plants", "why": "w", "senders": ["plant"]},
    {"name": "corporate", "why": "w", "senders": ["corporate"]},
]


@st.composite
def rule(draw: st.DrawFn, number: int) -> Written:
    may = draw(st.sampled_from(["call", "call", "read", "fetch", "send", "send", "send", "send"]))
    denies = draw(st.integers(0, 3)) == 0
    kinds = ["plant"] if may == "fetch" else draw(some("partner", "plant", "corporate", least=1))
    made: Written = {
        "name": f"rule-{number}",
        "why": "generated",
        "mode": draw(st.sampled_from(["enforce"] * 6 + ["observe"])),
        "effect": "deny" if denies else "allow",
        "may": may,
        "senders": kinds,
    }
    rare: dict[str, st.SearchStrategy[Any]] = {
        "roles": some("orders", "reports", "admin", least=1),
        "scopes": some("read", "write", least=1),
        "bindings": some("none", "certificate", "dpop", least=1),
        "channels": some("http", "as2", "sftp", least=1),
        "addresses": some(*LISTS, least=1),
        "outside": some(*LISTS, least=1),
        "during": st.lists(hours(), min_size=1, max_size=2),
        "from": st.sampled_from(EDGES).map(datetime.isoformat),
    }
    if kinds == ["partner"]:
        rare |= {"plans": some("gold", "trial", least=1), "partners": some("aurora", "kiesel", least=1)}
    if may == "send":
        plants: st.SearchStrategy[Any] = some("salzungen", "dresden", least=1)
        rare["plants"] = st.just("own") | plants if kinds == ["plant"] else plants
    for field in draw(st.lists(st.sampled_from(sorted(rare)), max_size=2, unique=True)):
        made[field] = draw(rare[field])
    if made.get("from") and draw(st.booleans()):
        made["until"] = (datetime.fromisoformat(made["from"]) + timedelta(hours=20)).isoformat()
    if set(made.get("addresses", ())) & set(made.get("outside", ())):
        del made["outside"]
    if may == "send" and (not denies or draw(st.booleans())):
        made["documents"] = draw(some("purchase_order", "despatch_advice", least=1))
    return made


@st.composite
def rules(draw: st.DrawFn) -> list[Written]:
    made = [draw(rule(number)) for number in range(draw(st.integers(1, 9)))]
    # Or hardly anybody would get as far as reading and fetching.
    everybody = {"senders": ["partner", "plant", "corporate"], "why": "generated", "mode": "enforce", "effect": "allow"}
    for may, senders in (("call", everybody["senders"]), ("fetch", ["plant"])):
        if draw(st.booleans()):
            made.append({**everybody, "name": f"all-{may}", "may": may, "senders": senders})
    return made


def ours(written: list[Written]) -> Access:
    return access_of(zones=ZONES, rules=written)


def outcome(verdict: Allowed | Refused) -> str:
    return "allowed" if isinstance(verdict, Allowed) else verdict.code


def expected(allowed: bool, deciding: set[str]) -> str:
    if allowed:
        return "allowed"
    return "access.denied" if deciding else "access.not_granted"


def decided_alike(verdict: Allowed | Refused, allowed: bool, deciding: set[str]) -> None:
    assert outcome(verdict) == expected(allowed, deciding)
    if deciding:
        assert verdict.rule is not None
        assert verdict.rule.name in deciding


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rules(), st.lists(documents(), min_size=3, max_size=8))
def test_cedar_gives_the_same_verdict_about_documents_and_calls(
    written: list[Written], asked: list[DocumentFacts]
) -> None:
    access, cedar = ours(written), cedar_of(written, LISTS)
    for document in asked:
        decided_alike(access.to_send(document), *cedar.ask("send", document.request, document))
        called = access.to_call(document.request)
        allowed, deciding = cedar.ask("call", document.request, None)
        if allowed and document.request.verb != "send":
            allowed, deciding = cedar.ask(document.request.verb, document.request, None)
        decided_alike(called, allowed, deciding)


@pytest.mark.parametrize(
    "reached",
    [
        lambda access, document: outcome(access.to_send(document)) == "allowed",
        lambda access, document: outcome(access.to_send(document)) == "access.denied",
        lambda access, document: outcome(access.to_call(document.request)) == "access.denied",
        lambda access, document: (
            document.request.verb == "fetch" and outcome(access.to_call(document.request)) == "allowed"
        ),
        lambda access, document: (
            document.request.address == "" and outcome(access.to_send(document)) == "access.denied"
        ),
        lambda access, document: document.plant is None and outcome(access.to_send(document)) == "access.denied",
    ],
)
def test_what_is_generated_reaches_every_outcome(reached: Callable[[Access, DocumentFacts], bool]) -> None:
    """Or the comparison above would compare refusals with refusals."""
    found = find(
        st.tuples(rules(), documents()),
        lambda case: reached(ours(case[0]), case[1]),
        settings=settings(max_examples=2_000, deadline=None, database=None, phases=(Phase.generate,)),
    )
    assert found


def test_a_deny_beats_a_grant_in_both() -> None:
    base = {"why": "w", "mode": "enforce", "may": "send", "senders": ["partner"], "documents": ["purchase_order"]}
    written = [{**base, "name": "grant"}, {**base, "name": "deny", "effect": "deny"}]
    document = DocumentFacts(
        request=RequestFacts(sender_kind="partner", sender="aurora", client="c", at=NOW), format="json", name="n",
        version="1", size=1, document_type="purchase_order",
    )  # fmt: skip
    assert outcome(ours(written).to_send(document)) == "access.denied"
    assert cedar_of(written, LISTS).ask("send", document.request, document) == (False, {"deny"})
    assert cedar_of(written[:1], LISTS).ask("send", document.request, document) == (True, {"grant"})


@pytest.mark.parametrize("field", ["addresses", "outside"])
@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_an_address_that_is_not_known_is_the_same_to_both(field: str, effect: str) -> None:
    base = {"why": "w", "mode": "enforce", "may": "send", "senders": ["partner"], "documents": ["purchase_order"]}
    written = [{**base, "name": "grant"}] if effect == "deny" else []
    written.append({**base, "name": "where", "effect": effect, field: ["office"]})
    request = RequestFacts(sender_kind="partner", sender="aurora", client="c", at=NOW, address="")
    document = DocumentFacts(
        request=request, format="json", name="n", version="1", size=1, document_type="purchase_order"
    )
    verdict = ours(written).to_send(document)
    decided_alike(verdict, *cedar_of(written, LISTS).ask("send", request, document))
    assert isinstance(verdict, Refused)
