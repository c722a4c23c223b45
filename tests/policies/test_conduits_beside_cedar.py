"""The same generated zones and conduits, judged by us and by Cedar: what is carried, and from where to where."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from support.access_in_cedar import Written
from support.conduits_in_cedar import CedarConduits
from support.generated_access import EDGES, LISTS, access_of, documents, hours, some

from policies.access import Access
from policies.facts import DocumentFacts

DESTINATIONS = ["odoo", "plant:salzungen", "plant:dresden", "partner:aurora", "partner:kiesel", "elsewhere"]
TARGETS = [["odoo"], ["plant:*"], ["plant:salzungen"], ["partner:*", "partner:aurora"], ["partner:kiesel"]]
APART = [["office"], ["uplinks"], ["both"]]
"""Lists that two zones of one kind of sender may have; `both` lies within `office`."""


@st.composite
def zones(draw: st.DrawFn) -> list[Written]:
    """Such as pass the check: the kinds of senders apart, or apart by their address lists."""
    made: list[Written] = []
    for kind in ("partner", "plant", "corporate"):
        parted = draw(st.lists(st.sampled_from(APART), max_size=3, unique_by=tuple))
        for number, lists in enumerate(parted or [None]):
            zone: dict[str, Any] = {"name": f"{kind}s-{number}", "why": "generated", "senders": [kind]}
            made.append({**zone, "addresses": lists} if lists else zone)
    for number, destinations in enumerate(draw(st.lists(st.sampled_from(TARGETS), unique_by=tuple))):
        alone = {"name": f"places-{number}", "why": "generated"}
        zone = draw(st.sampled_from([alone, *made])) if draw(st.booleans()) else alone
        zone.setdefault("destinations", [])
        zone["destinations"] = [*zone["destinations"], *destinations]
        if zone is alone:
            made.append(alone)
    return made


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Written], list[Written]]:
    held = draw(zones())
    sources = [zone["name"] for zone in held if zone.get("senders")]
    targets = [zone["name"] for zone in held if zone.get("destinations")]
    made: list[Written] = []
    for number in range(draw(st.integers(1, 8)) if targets else 0):
        conduit = {
            "name": f"conduit-{number}",
            "why": "generated",
            "mode": draw(st.sampled_from(["enforce"] * 5 + ["observe"])),
            "source": draw(st.sampled_from(sources)),
            "target": draw(st.sampled_from(targets)),
            "documents": draw(some("purchase_order", "despatch_advice", least=1)),
        }
        if draw(st.integers(0, 3)) == 0:
            conduit["during"] = draw(st.lists(hours(), min_size=1, max_size=2))
        if draw(st.integers(0, 3)) == 0:
            conduit["from"] = draw(st.sampled_from(EDGES)).isoformat()
            conduit["until"] = (datetime.fromisoformat(conduit["from"]) + timedelta(hours=20)).isoformat()
        made.append(conduit)
    return held, made


def ours(zones: list[Written], conduits: list[Written]) -> Access:
    return access_of(zones=zones, conduits=conduits, rules=[])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases(), st.lists(documents(), min_size=3, max_size=8))
def test_cedar_carries_the_same_documents_to_the_same_places(
    case: tuple[list[Written], list[Written]], asked: list[DocumentFacts]
) -> None:
    access, cedar = ours(*case), CedarConduits(*case, LISTS)
    for document in asked:
        for destination in DESTINATIONS:
            refused = access.conduits.refuse_way(document, destination)
            assert (refused is None) == cedar.carries(document, destination), destination
            assert refused is None or refused.code == "access.no_conduit"


def test_what_is_generated_is_carried_over_zones_that_addresses_part() -> None:
    """Or the comparison above would compare refusals with refusals."""

    def reached(case: tuple[tuple[list[Written], list[Written]], DocumentFacts]) -> bool:
        (zones, conduits), document = case
        parted = [zone for zone in zones if zone.get("addresses") and document.request.sender_kind in zone["senders"]]
        access = ours(zones, conduits)
        return len(parted) > 1 and any(access.conduits.refuse_way(document, one) is None for one in DESTINATIONS)

    deterministic = settings(max_examples=3_000, deadline=None, database=None, phases=(Phase.generate,))
    assert find(st.tuples(cases(), documents()), reached, settings=deterministic)
