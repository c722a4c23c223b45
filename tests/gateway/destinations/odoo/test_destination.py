"""The destination when things go wrong: connections, clashes, proxies, keys, tests, unknown operations."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from support.odoo_documents import confirmation, delivery, line, order
from support.odoo_world import StandIn

from gateway.destinations.contract import Absent, Delivered, Destination, Postponed, Refused, Unavailable, Unknown
from gateway.destinations.odoo.destination import OdooDestination
from gateway.destinations.odoo.settings import OdooSettings
from gateway.destinations.odoo_standin.seeding import plant, read_seed

CUT = "the connection to Odoo ended before its answer (RemoteProtocolError)"
LINES = [line("1", "GW-1000", "2", "18.5"), line("2", "LB-3000", "1.5", "7", unit="KGM")]


@pytest.fixture(autouse=True)
def _seeded(world: StandIn) -> None:
    with world.store.transaction():
        plant(world.store, read_seed())


def _made(world: StandIn) -> list[str]:
    return [row["name"] for row in world.store.rows.get("sale.order", {}).values()]


def test_it_meets_the_contract(odoo: OdooDestination) -> None:
    destination: Destination = odoo
    assert (destination.name, destination.concurrency, destination.batch) == ("odoo", 4, 16)


@pytest.mark.parametrize("cuts", [1, 2, 3])
async def test_a_connection_cut_after_the_commit_has_one_effect(
    world: StandIn, odoo: OdooDestination, cuts: int
) -> None:
    made = delivery(order("PO-1", LINES))
    world.faults.drop_after_commit = cuts
    for _ in range(cuts):
        assert await odoo.verify(made) in (Absent(), Delivered("S00001"))
        outcome = await odoo.deliver(made)
    assert outcome in (Unknown(CUT), Delivered("S00001"))
    assert await odoo.deliver(made) == Delivered("S00001")
    assert await odoo.verify(made) == Delivered("S00001")
    assert _made(world) == ["S00001"]
    assert len(world.store.rows["sale.order.line"]) == 2


@pytest.mark.parametrize("cut_at", range(1, 5))
async def test_a_confirmation_cut_after_any_commit_is_booked_once(
    world: StandIn, odoo: OdooDestination, cut_at: int
) -> None:
    made = delivery(confirmation("WH/MO/00001", "60", "60"))
    world.faults.pass_before_drop, world.faults.drop_after_commit = cut_at - 1, 1
    assert await odoo.deliver(made) == Unknown(CUT)
    assert await odoo.verify(made) in (Absent(), Delivered("WH/MO/00001-001"))
    assert await odoo.deliver(made) == Delivered("WH/MO/00001-001")
    produced = [row["qty_produced"] for row in world.store.rows["mrp.production"].values() if row["state"] == "done"]
    assert produced == [60.0]


async def test_a_server_that_is_out_costs_no_attempt_and_nothing_is_lost(world: StandIn, odoo: OdooDestination) -> None:
    made = delivery(order("PO-1", LINES))
    world.faults.away = True
    assert await odoo.deliver(made) == Unavailable("Odoo is out (503)")
    assert await odoo.verify(made) == Unavailable("Odoo is out (503)")
    world.faults.away = False
    assert await odoo.deliver(made) == Delivered("S00001")


async def test_cut_connections_of_a_read_are_an_outage_and_not_a_doubt(world: StandIn, odoo: OdooDestination) -> None:
    world.faults.refuse = True
    assert await odoo.deliver(delivery(order("PO-1", LINES))) == Unavailable(CUT)


async def test_patience_is_asked_for_in_seconds(world: StandIn, odoo: OdooDestination) -> None:
    world.faults.too_many, world.faults.retry_after = 1, 17
    assert await odoo.deliver(delivery(order("PO-1", LINES))) == Unavailable("Odoo asks for patience", 17.0)


async def test_a_clash_in_load_is_tried_again_later(world: StandIn, odoo: OdooDestination) -> None:
    made = delivery(order("PO-1", LINES))
    world.faults.clash = 1
    assert await odoo.deliver(made) == Postponed("another transaction of Odoo was in the way")
    assert _made(world) == []
    assert await odoo.deliver(made) == Delivered("S00001")


async def test_a_clash_in_a_write_is_tried_again_later(world: StandIn, odoo: OdooDestination) -> None:
    made = delivery(confirmation("WH/MO/00001", "60", "60"))
    world.faults.clash = 1
    assert await odoo.deliver(made) == Postponed("another transaction of Odoo was in the way")
    assert await odoo.deliver(made) == Delivered("WH/MO/00001-001")


async def test_an_error_nobody_knows_is_tried_again(world: StandIn, odoo: OdooDestination) -> None:
    world.faults.fail = 1
    expected = Postponed("Odoo failed in `sale.order.search_read` with 500")
    assert await odoo.deliver(delivery(order("PO-1", LINES))) == expected
    world.faults.fail = 1
    assert await odoo.verify(delivery(order("PO-1", LINES))) == Unavailable(expected.why)


async def test_trouble_slows_the_destination_down(world: StandIn, odoo: OdooDestination) -> None:
    before = odoo.rate
    world.faults.too_many = 1
    await odoo.deliver(delivery(order("PO-1", LINES)))
    assert odoo.rate == before / 2
    odoo.set_share(0.5)
    assert odoo.rate == before / 4


async def test_an_answer_that_takes_too_long_leaves_a_doubt_only_after_a_change(world: StandIn) -> None:
    settings = OdooSettings(url=world.url, database="tests", api_key=world.api_key, rate=100_000, timeout=0.05)
    odoo = OdooDestination(settings, httpx.AsyncClient(trust_env=False))
    world.faults.latency = 0.3
    try:
        made = delivery(order("PO-1", LINES))
        outcome = await odoo.deliver(made)
        assert outcome == Unavailable("the connection to Odoo ended before its answer (ReadTimeout)")
    finally:
        await odoo.close()


async def test_an_unreachable_server_is_an_outage() -> None:
    odoo = OdooDestination(
        OdooSettings(url="http://127.0.0.1:9", database="d", api_key="k", rate=1000), httpx.AsyncClient(trust_env=False)
    )
    try:
        assert await odoo.deliver(delivery(order("PO-1", LINES))) == Unavailable("Odoo cannot be reached")
        with pytest.raises(ConnectionError, match=r"^Odoo cannot be reached$"):
            await odoo.start()
    finally:
        await odoo.close()


async def _against(answer: Callable[[httpx.Request], httpx.Response], **more: int) -> OdooDestination:
    settings = OdooSettings(url="http://odoo.example", database="d", api_key="k", rate=100_000, **more)
    return OdooDestination(settings, httpx.AsyncClient(transport=httpx.MockTransport(answer)))


async def test_a_redirect_is_not_followed() -> None:
    odoo = await _against(lambda _: httpx.Response(302, headers={"location": "http://elsewhere.example/"}))
    with pytest.raises(ConnectionError, match=r"^Odoo's address answers with a redirect, which is not followed$"):
        await odoo.start()


async def test_what_is_not_odoo_is_said_so() -> None:
    odoo = await _against(lambda _: httpx.Response(200, content=b"<html>"))
    with pytest.raises(ConnectionError, match=r"^what answers under Odoo's address is not Odoo$"):
        await odoo.start()


async def test_an_older_odoo_is_refused_at_the_start() -> None:
    odoo = await _against(lambda _: httpx.Response(200, json={"version_info": [18, 0, 0, "final", 0, ""]}))
    with pytest.raises(ConnectionError, match=r"^Odoo 18\.0 has no JSON-2; Odoo 19 or later is needed$"):
        await odoo.start()


async def test_an_answer_beyond_the_limit_is_not_held_in_memory() -> None:
    odoo = await _against(lambda _: httpx.Response(200, content=b" " * 2000), answer_limit=1000)
    with pytest.raises(ConnectionError, match=r"^Odoo's answer is too large or not JSON$"):
        await odoo.start()


async def test_the_trace_of_the_message_goes_along_and_the_key_with_it(world: StandIn) -> None:
    seen: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        seen.append(request)

    settings = OdooSettings(url=world.url, database="tests", api_key=world.api_key, rate=100_000)
    odoo = OdooDestination(settings, httpx.AsyncClient(trust_env=False, event_hooks={"request": [note]}))
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    try:
        assert isinstance(await odoo.deliver(delivery(order("PO-1", LINES), traceparent=trace)), Delivered)
    finally:
        await odoo.close()
    loads = [each for each in seen if each.url.path == "/json/2/sale.order/load"]
    assert [each.headers["traceparent"] for each in loads] == [trace]
    assert loads[0].headers["authorization"] == f"bearer {world.api_key}"
    assert loads[0].headers["x-odoo-database"] == "tests"


async def test_a_document_marked_as_a_test_is_refused_unless_it_is_welcome(
    world: StandIn, odoo: OdooDestination
) -> None:
    made = delivery(order("PO-1", LINES), test=True)
    assert await odoo.deliver(made) == Refused("odoo.test", "the document is marked as a test and this Odoo takes none")
    settings = OdooSettings(url=world.url, database="tests", api_key=world.api_key, rate=100_000, accepts_tests=True)
    welcoming = OdooDestination(settings, httpx.AsyncClient(trust_env=False))
    assert await welcoming.deliver(made) == Delivered("S00001")
    await welcoming.close()


async def test_an_operation_nobody_knows_is_refused(odoo: OdooDestination) -> None:
    made = delivery(order("PO-1", LINES), operation="stock.wipe")
    expected = Refused("odoo.operation.unknown", "the gateway has no operation `stock.wipe` for Odoo")
    assert await odoo.deliver(made) == expected
    assert await odoo.verify(made) == expected


async def test_a_document_of_another_type_is_refused(odoo: OdooDestination) -> None:
    made = delivery(order("PO-1", LINES), document_type="despatch_advice")
    assert await odoo.deliver(made) == Refused(
        "odoo.document.type", "`sale_order.create_confirmed` does not take a `despatch_advice`"
    )
    made = delivery(order("PO-1", LINES), body=b"{}")
    assert await odoo.deliver(made) == Refused(
        "odoo.document.type", "the body is not the canonical `purchase_order` of this version of the gateway"
    )


async def test_an_odoo_that_lacks_a_field_keeps_the_other_operations(world: StandIn) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        async with httpx.AsyncClient(trust_env=False) as client:
            passed = await client.request(
                request.method, world.url + request.url.path, content=content, headers=dict(request.headers)
            )
        if request.url.path == "/json/2/mrp.production/fields_get":
            fields = passed.json()
            del fields["workorder_ids"]
            return httpx.Response(200, json=fields)
        return httpx.Response(passed.status_code, content=passed.content)

    settings = OdooSettings(url="http://odoo.example", database="tests", api_key=world.api_key, rate=100_000)
    odoo = OdooDestination(settings, httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    await odoo.start()
    lack = "mrp.production has no field `workorder_ids`"
    assert odoo.disabled == {"production.confirm": lack}
    assert await odoo.deliver(delivery(confirmation("WH/MO/00001", "1", "1"))) == Refused(
        "odoo.version", f"`production.confirm` cannot be done in this Odoo: {lack}"
    )
    assert await odoo.deliver(delivery(order("PO-1", LINES))) == Delivered("S00001")
    await odoo.close()


async def test_orders_of_different_lanes_run_at_once(world: StandIn, odoo: OdooDestination) -> None:
    made = [delivery(order(f"PO-{number}", LINES)) for number in range(10)]
    outcomes = await asyncio.gather(*map(odoo.deliver, made))
    assert sorted(each.reference for each in outcomes if isinstance(each, Delivered)) == sorted(_made(world))
    assert len(_made(world)) == 10


@pytest.mark.parametrize("number", ["1", "a line with spaces", "Z" * 40, "ü/.:"])
async def test_a_line_number_of_any_kind_becomes_a_stable_id(
    world: StandIn, odoo: OdooDestination, number: str
) -> None:
    made = delivery(order("PO-1", [line(number, "GW-1000", "2", "18.5")]), sender="nordlicht")
    assert isinstance(await odoo.deliver(made), Delivered)
    names = [name for name, (model, _) in world.store.xids.items() if model == "sale.order.line"]
    assert len(names) == 1
    assert names[0].startswith(f"{made.external_id}_l")
    assert names[0].count(".") == 1


def test_settings_do_not_show_the_key() -> None:
    assert "geheim" not in repr(OdooSettings(url="https://odoo.example", database="d", api_key="geheim"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"url": "odoo.example"}, "`odoo.example` is not an address of Odoo; it begins with https://"),
        ({"api_key": ""}, "an API key of Odoo is needed"),
        ({"rate": 0.0}, "the rate is above zero, and the ceiling not below it"),
        ({"rate": 5.0, "ceiling": 4.0}, "the rate is above zero, and the ceiling not below it"),
        ({"concurrency": 0}, "concurrency and batch are at least 1"),
    ],
)
def test_wrong_settings_are_refused(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        OdooSettings(**({"url": "https://odoo.example", "database": "d", "api_key": "k"} | changed))  # type: ignore[arg-type]  # wrong on purpose
