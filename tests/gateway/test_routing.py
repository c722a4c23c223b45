"""Routing: one delivery for each route, with the lane its rule asks for."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.identifiers import external_id
from gateway.ledger.entries import NewDelivery
from gateway.places import Places
from gateway.routing import Deliveries
from partners.directory import Directory
from policies.routes import KeyPart
from policies.routing import Route
from policies.verdicts import RuleRef
from translators.reading import Document


def a_route(*parts: KeyPart, **given: Any) -> Route:
    facts: dict[str, Any] = {
        "rule": RuleRef("routing", "orders", "routing.yaml", 4), "destination": "odoo",
        "operation": "sale_order.create",
        "ordering_key": parts or ("sender",), "when_parked": "hold", "attempts": "10s, 1m", "waits": (10, 60),
        "priority": 5,
    }  # fmt: skip
    return Route(**facts | given)


def a_document(**given: Any) -> Document:
    facts: dict[str, Any] = {
        "type": "purchase_order", "version": "1", "number": "4711", "business_key": "gln:1|4711", "body": b"{}",
        "object": SimpleNamespace(order_no="MO-7"), "lines": 1, "ship_to": "4012345000016", "site": "ulm",
    }  # fmt: skip
    return Document(**facts | given)


def choose(
    routes: tuple[Route, ...], document: Document, number: int, sender: str, plant: str | None
) -> list[NewDelivery]:
    deliveries = Deliveries(sender, number, Directory((), (), "sha256:0"))
    assert deliveries.lead(routes, document, number, Places(plant, {})) is None
    return deliveries.made


@pytest.mark.parametrize(
    ("parts", "lane"),
    [
        (("sender",), "nordlicht"),
        (("number",), "4711"),
        (("site", "order"), "ulm|MO-7"),
        (("ship_to",), "4012345000016"),
        (("plant", "document_type"), "salzungen|purchase_order"),
        (("sender", "number", "ship_to"), "nordlicht|4711|4012345000016"),
    ],
)
def test_the_lane_is_made_of_the_parts_its_rule_names(parts: tuple[KeyPart, ...], lane: str) -> None:
    [delivery] = choose((a_route(*parts),), a_document(), 1, "nordlicht", "salzungen")
    assert delivery.lane == lane


def test_what_the_document_does_not_have_is_an_empty_part_so_it_shares_a_lane_with_its_like() -> None:
    bare = a_document(object=SimpleNamespace(), ship_to=None, site=None)
    [delivery] = choose((a_route("site", "order", "ship_to", "plant"),), bare, 1, "nordlicht", None)
    assert delivery.lane == "|||"


def test_every_route_is_a_delivery_with_its_own_schedule() -> None:
    routes = (a_route(), a_route(destination="plant:ulm", operation="inbox.put", when_parked="pass", waits=(5,)))
    made = choose(routes, a_document(), 3, "nordlicht", None)
    assert [(one.document, one.destination, one.operation, one.retries, one.when_parked) for one in made] == [
        (3, "odoo", "sale_order.create", "10, 60", "hold"),
        (3, "plant:ulm", "inbox.put", "5", "pass"),
    ]


def test_the_external_id_is_the_same_for_the_same_business_object_whatever_route_it_takes() -> None:
    ids = {
        one.external_id
        for routes in ((a_route(),), (a_route("number", destination="plant:ulm"),))
        for one in choose(routes, a_document(number="other words"), 1, "nordlicht", None)
    }
    assert ids == {external_id("nordlicht", "purchase_order", "gln:1|4711")}
    [other] = choose((a_route(),), a_document(), 1, "stahlhof", None)
    assert other.external_id not in ids


def test_a_delivery_has_the_urgency_the_deadline_and_the_flow_of_its_route() -> None:
    [made] = choose((a_route(priority=1, deadline=60, flow="shop-floor"),), a_document(), 1, "nordlicht", None)
    assert (made.priority, made.deadline, made.flow) == (1, 60, "shop-floor")


def test_without_routes_there_is_no_delivery() -> None:
    assert choose((), a_document(), 1, "nordlicht", None) == []
