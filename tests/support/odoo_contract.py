"""What the gateway relies on in Odoo, and what it makes of it: run against the stand-in and against a real Odoo 19.

The first part speaks JSON-2 directly and pins the server's behaviour, its traps above all; the second part drives the
destination. A test here must hold, unchanged, on both.
"""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from support.odoo_documents import confirmation, delivery, figure, line, order, used
from support.odoo_world import World, deafened, unique, unique_gtin

from gateway.destinations.contract import Absent, Delivered, Delivery, Refused, Unavailable, Unknown
from gateway.destinations.odoo.destination import OdooDestination

ORDER = ["name", "state", "client_order_ref", "origin", "partner_id", "partner_shipping_id", "order_line"]
LINE = ["product_id", "product_uom_qty", "product_uom_id", "price_unit"]
MADE = ["name", "state", "product_qty", "qty_producing", "qty_produced", "move_raw_ids", "backorder_sequence"]
COLUMNS = ["id", "partner_id/.id", "order_line/id", "order_line/product_id/.id", "order_line/product_uom_qty",
           "order_line/price_unit"]  # fmt: skip


# --- the server ------------------------------------------------------------------------------------------------------


async def _number(world: World, model: str, field: str, value: str) -> int:
    return int((await world.rows(model, [[field, "=", value]], ["id"]))[0]["id"])


async def _customer_and_product(world: World, **more: Any) -> tuple[int, int, str, str]:
    ref, code = unique("partner"), unique("P")
    await world.partner(ref)
    await world.product(code, **more)
    customer = await _number(world, "res.partner", "ref", ref)
    return customer, await _number(world, "product.product", "default_code", code), ref, code


async def test_load_with_external_ids_is_an_upsert(world: World) -> None:
    customer, product, *_ = await _customer_and_product(world)
    xid = f"gw.{unique('so')}"
    rows = [
        [xid, str(customer), f"{xid}_l1", str(product), "2.5", "3.125"],
        ["", "", f"{xid}_l2", str(product), "1", "9"],
    ]
    first = await world.call("sale.order", "load", fields=COLUMNS, data=rows)
    again = await world.call("sale.order", "load", fields=COLUMNS, data=rows)
    assert first.status == again.status == 200
    assert first.value == again.value
    assert first.value["messages"] == []
    lines = await world.rows("sale.order.line", [["order_id", "in", first.value["ids"]]], LINE)
    assert [(each["product_uom_qty"], each["price_unit"]) for each in lines] == [(2.5, 3.125), (1.0, 9.0)]


async def test_load_doubles_lines_that_have_no_external_id(world: World) -> None:
    customer, product, *_ = await _customer_and_product(world)
    xid = f"gw.{unique('so')}"
    columns = ["id", "partner_id/.id", "order_line/product_id/.id", "order_line/product_uom_qty"]
    rows = [[xid, str(customer), str(product), "2"], ["", "", str(product), "3"]]
    for expected in (2, 4):
        answer = await world.call("sale.order", "load", fields=columns, data=rows)
        found = await world.rows("sale.order", [["id", "in", answer.value["ids"]]], ["order_line"])
        assert len(found[0]["order_line"]) == expected


async def test_load_takes_all_rows_or_none_and_answers_200_either_way(world: World) -> None:
    customer, product, *_ = await _customer_and_product(world)
    xid = f"gw.{unique('so')}"
    rows = [[xid, str(customer), f"{xid}_l1", str(product), "2", "1"], ["", "", f"{xid}_l2", "99999999", "1", "1"]]
    before = await world.call("sale.order", "search_count", domain=[])
    answer = await world.call("sale.order", "load", fields=COLUMNS, data=rows)
    assert answer.status == 200
    assert answer.value["ids"] is False
    assert answer.value["messages"][0]["type"] == "error"
    assert answer.value["messages"][0]["field"] == "order_line"
    assert answer.value["messages"][0]["message"].startswith("No matching record found for database id '99999999'")
    assert (await world.call("sale.order", "search_count", domain=[])).value == before.value


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("order_line/product_uom_qty", "abc", "'abc' does not seem to be a number for field 'Order Lines/Quantity'"),
        ("partner_id/.id", "99999999", "No matching record found for database id '99999999' in field 'Customer'"),
    ],
)
async def test_load_names_the_bad_cell(world: World, column: str, cell: str, message: str) -> None:
    customer, product, *_ = await _customer_and_product(world)
    xid = f"gw.{unique('so')}"
    cells = dict(zip(COLUMNS, [xid, str(customer), f"{xid}_l1", str(product), "2", "1"], strict=True))
    answer = await world.call("sale.order", "load", fields=COLUMNS, data=[list((cells | {column: cell}).values())])
    assert answer.value["ids"] is False
    assert answer.value["messages"][0]["message"] == message


async def test_load_refuses_a_time_with_a_zone(world: World) -> None:
    customer, *_ = await _customer_and_product(world)
    answer = await world.call("sale.order", "load", fields=["id", "partner_id/.id", "commitment_date"],
                              data=[[f"gw.{unique('so')}", str(customer), "2026-12-01T12:00:00Z"]])  # fmt: skip
    assert answer.value["ids"] is False
    assert answer.value["messages"][0]["field"] == "commitment_date"
    assert answer.value["messages"][0]["moreinfo"] == "Use the format '2012-12-31 23:59:59'"


async def test_load_rounds_quantities_to_two_decimals_without_a_word(world: World) -> None:
    customer, product, *_ = await _customer_and_product(world)
    xid = f"gw.{unique('so')}"
    rows = [[xid, str(customer), f"{xid}_l1", str(product), "0.12345678", "0.123456789012"]]
    answer = await world.call("sale.order", "load", fields=COLUMNS, data=rows)
    lines = await world.rows("sale.order.line", [["order_id", "in", answer.value["ids"]]], LINE)
    assert (lines[0]["product_uom_qty"], lines[0]["price_unit"]) == (0.12, 0.123456789012)


async def test_load_writes_an_empty_price_as_zero(world: World) -> None:
    customer, product, *_ = await _customer_and_product(world, price=7.5)
    xid = f"gw.{unique('so')}"
    rows = [[xid, str(customer), f"{xid}_l1", str(product), "1", ""], ["", "", f"{xid}_l2", str(product), "1", "3"]]
    answer = await world.call("sale.order", "load", fields=COLUMNS, data=rows)
    lines = await world.rows("sale.order.line", [["order_id", "in", answer.value["ids"]]], LINE)
    assert [each["price_unit"] for each in lines] == [0.0, 3.0]


async def test_load_over_a_confirmed_order_changes_it_and_its_price(world: World) -> None:
    customer, product, *_ = await _customer_and_product(world, price=7.5)
    xid = f"gw.{unique('so')}"
    rows = [[xid, str(customer), f"{xid}_l1", str(product), "2", "3"]]
    made = (await world.call("sale.order", "load", fields=COLUMNS, data=rows)).value["ids"]
    assert (await world.call("sale.order", "action_confirm", ids=made)).value is True
    columns = ["id", "order_line/id", "order_line/product_uom_qty"]
    again = await world.call("sale.order", "load", fields=columns, data=[[xid, f"{xid}_l1", "99"]])
    assert again.value["ids"] == made
    lines = await world.rows("sale.order.line", [["order_id", "in", made]], LINE)
    assert (lines[0]["product_uom_qty"], lines[0]["price_unit"]) == (99.0, 7.5)


async def test_load_takes_a_unit_of_another_kind(world: World) -> None:
    customer, product, *_ = await _customer_and_product(world)
    kilograms = await _number(world, "uom.uom", "name", "kg")
    xid = f"gw.{unique('so')}"
    columns = [*COLUMNS, "order_line/product_uom_id/.id"]
    rows = [[xid, str(customer), f"{xid}_l1", str(product), "2", "3", str(kilograms)]]
    assert (await world.call("sale.order", "load", fields=columns, data=rows)).value["ids"]


async def test_an_unknown_column_of_load_is_a_value_error(world: World) -> None:
    answer = await world.call("sale.order", "load", fields=["id", "nope"], data=[["gw.x", "1"]])
    assert (answer.status, answer.value["name"]) == (500, "builtins.ValueError")
    assert answer.value["message"] == "Invalid field name 'nope'"


async def test_an_order_is_confirmed_once(world: World) -> None:
    customer, product, *_ = await _customer_and_product(world)
    xid = f"gw.{unique('so')}"
    rows = [[xid, str(customer), f"{xid}_l1", str(product), "1", "1"]]
    made = (await world.call("sale.order", "load", fields=COLUMNS, data=rows)).value["ids"]
    assert (await world.call("sale.order", "action_confirm", ids=made)).value is True
    again = await world.call("sale.order", "action_confirm", ids=made)
    assert (again.status, again.value["name"]) == (422, "odoo.exceptions.UserError")
    assert again.value["message"] == "Some orders are not in a state requiring confirmation."


@pytest.mark.parametrize(
    ("model", "method", "arguments", "status", "name"),
    [
        ("sale.order", "nope", {}, 404, "werkzeug.exceptions.NotFound"),
        ("no.model", "read", {"ids": [1]}, 404, "werkzeug.exceptions.NotFound"),
        ("sale.order", "_x", {}, 403, "odoo.exceptions.AccessError"),
        ("sale.order", "unlink", {"ids": [1]}, 403, "odoo.exceptions.AccessError"),
        ("res.partner", "create", {"vals_list": [{"name": "x"}]}, 403, "odoo.exceptions.AccessError"),
        ("ir.model.data", "search_read", {"domain": []}, 403, "odoo.exceptions.AccessError"),
        ("decimal.precision", "search_read", {"domain": []}, 403, "odoo.exceptions.AccessError"),
        ("sale.order", "action_confirm", {"ids": [99999999]}, 404, "odoo.exceptions.MissingError"),
        ("stock.move", "write", {"ids": [99999999], "vals": {"quantity": 1}}, 404, "odoo.exceptions.MissingError"),
        ("sale.order", "search_read", {"domain": [], "fields": ["nope"]}, 500, "builtins.ValueError"),
        ("sale.order", "search_read", {"domain": [], "bogus": 1}, 500, "builtins.TypeError"),
    ],
)
async def test_an_error_is_named(
    world: World, model: str, method: str, arguments: dict[str, Any], status: int, name: str
) -> None:
    answer = await world.call(model, method, **arguments)
    assert (answer.status, answer.value["name"]) == (status, name)
    assert sorted(answer.value) == ["arguments", "context", "debug", "message", "name"]
    assert "Traceback" in answer.value["debug"]


async def test_a_missing_record_is_read_as_nothing(world: World) -> None:
    answer = await world.call("sale.order", "read", ids=[99999999], fields=["name"])
    assert (answer.status, answer.value) == (200, [])


async def test_the_fields_tell_their_decimals(world: World) -> None:
    answer = await world.call("sale.order.line", "fields_get", attributes=["digits"])
    assert answer.value["product_uom_qty"]["digits"] == [16, 2]
    assert not answer.value["price_unit"]["digits"]


async def _planned(world: World, quantity: float = 10, **more: Any) -> tuple[str, str, str, dict[str, Any]]:
    """A manufacturing order for a product of 4 pieces and half a kilogram; its name, the codes, its record."""
    made, bolt, bar = unique("M"), unique("B"), unique("R")
    await world.product(made)
    await world.product(bolt)
    await world.product(bar, unit="kg")
    await world.bom(made, {bolt: 4, bar: 0.5}, **more)
    name = await world.production(made, quantity)
    return name, bolt, bar, (await world.rows("mrp.production", [["name", "=", name]], MADE))[0]


async def _consumed(world: World, record: dict[str, Any]) -> list[tuple[str, float]]:
    moves = await world.rows("stock.move", [["id", "in", record["move_raw_ids"]]], ["state", "quantity"])
    return [(each["state"], each["quantity"]) for each in moves]


async def _write_moves(world: World, record: dict[str, Any], *quantities: float) -> None:
    for move, quantity in zip(record["move_raw_ids"], quantities, strict=True):
        written = await world.call("stock.move", "write", ids=[move], vals={"quantity": quantity, "picked": True})
        assert written.value is True


async def _again(world: World, record: dict[str, Any]) -> dict[str, Any]:
    return (await world.rows("mrp.production", [["id", "=", record["id"]]], MADE))[0]


async def _mark_done(world: World, record: dict[str, Any], **context: Any) -> Any:
    return (await world.call("mrp.production", "button_mark_done", ids=[record["id"]], context=context)).value


async def test_writing_an_unknown_field_is_a_value_error(world: World) -> None:
    *_, record = await _planned(world)
    answer = await world.call("mrp.production", "write", ids=[record["id"]], vals={"nope": 1})
    assert (answer.status, answer.value["name"]) == (500, "builtins.ValueError")
    assert answer.value["message"] == "Invalid field 'nope' in 'mrp.production'"


async def test_mark_done_alone_books_everything(world: World) -> None:
    *_, record = await _planned(world)
    assert await _mark_done(world, record) is True
    record = await _again(world, record)
    assert (record["state"], record["qty_produced"]) == ("done", 10.0)
    assert await _consumed(world, record) == [("done", 40.0), ("done", 5.0)]
    assert await _mark_done(world, record) is True


async def test_mark_done_asks_about_consumption_and_books_nothing(world: World) -> None:
    *_, record = await _planned(world)
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 6})
    answer = await _mark_done(world, record)
    assert (answer["type"], answer["res_model"]) == ("ir.actions.act_window", "mrp.consumption.warning")
    record = await _again(world, record)
    assert (record["state"], record["qty_producing"], record["qty_produced"]) == ("progress", 6.0, 0.0)


async def test_mark_done_asks_about_the_rest_and_books_nothing(world: World) -> None:
    *_, record = await _planned(world)
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 6})
    await _write_moves(world, record, 24, 3)
    answer = await _mark_done(world, record)
    assert (answer["type"], answer["res_model"]) == ("ir.actions.act_window", "mrp.production.backorder")
    assert (await _again(world, record))["state"] == "progress"


async def test_mark_done_with_skipped_consumption_books_goods_from_nothing(world: World) -> None:
    *_, record = await _planned(world)
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 6})
    skip = {"skip_backorder": True, "mo_ids_to_backorder": [record["id"]], "skip_consumption": True}
    await _mark_done(world, record, **skip)
    record = await _again(world, record)
    assert (record["state"], record["qty_produced"]) == ("done", 6.0)
    assert await _consumed(world, record) == [("cancel", 0.0), ("cancel", 0.0)]


async def test_a_component_left_out_is_cancelled(world: World) -> None:
    *_, record = await _planned(world)
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 10})
    await world.call("stock.move", "write", ids=[record["move_raw_ids"][0]], vals={"quantity": 40, "picked": True})
    await _mark_done(world, record, skip_consumption=True)
    assert await _consumed(world, await _again(world, record)) == [("done", 40.0), ("cancel", 0.0)]


async def test_a_split_order_answers_with_a_window_after_success(world: World) -> None:
    name, *_, record = await _planned(world)
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 6})
    await _write_moves(world, record, 24, 3)
    split = {"skip_backorder": True, "mo_ids_to_backorder": [record["id"]]}
    answer = await _mark_done(world, record, **split)
    assert (answer["type"], answer["res_model"]) == ("ir.actions.act_window", "mrp.production")
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert [(each["name"], each["state"], each["product_qty"], each["qty_produced"]) for each in family] == [
        (f"{name}-001", "done", 6.0, 6.0),
        (f"{name}-002", "confirmed", 4.0, 0.0),
    ]
    rest = await world.rows("stock.move", [["id", "in", family[1]["move_raw_ids"]]], ["product_uom_qty"])
    assert [each["product_uom_qty"] for each in rest] == [16.0, 2.0]


async def test_the_second_split_keeps_its_name(world: World) -> None:
    name, *_, record = await _planned(world)
    for quantity in (6, 1):
        await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": quantity})
        await _write_moves(world, record, 4 * quantity, quantity / 2)
        await _mark_done(world, record, skip_backorder=True, mo_ids_to_backorder=[record["id"]])
        record = (await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE))[-1]
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert [(each["name"], each["product_qty"]) for each in family] == [
        (f"{name}-001", 6.0), (f"{name}-002", 1.0), (f"{name}-003", 3.0),
    ]  # fmt: skip


async def test_marking_a_split_order_again_with_the_split_is_an_error(world: World) -> None:
    *_, record = await _planned(world)
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 6})
    await _write_moves(world, record, 24, 3)
    split = {"skip_backorder": True, "mo_ids_to_backorder": [record["id"]]}
    await _mark_done(world, record, **split)
    assert (await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 6})).value is True
    again = await world.call("mrp.production", "button_mark_done", ids=[record["id"]], context=split)
    assert (again.status, again.value["name"]) == (422, "odoo.exceptions.ValidationError")
    assert (await _again(world, record))["qty_produced"] == 6.0
    assert await _mark_done(world, record) is True


async def test_less_without_a_backorder_closes_the_order(world: World) -> None:
    name, *_, record = await _planned(world)
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 7})
    await _write_moves(world, record, 28, 3.5)
    assert await _mark_done(world, record, skip_backorder=True) is True
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert [(each["name"], each["state"], each["qty_produced"]) for each in family] == [(name, "done", 7.0)]


async def test_a_done_order_cannot_be_cancelled(world: World) -> None:
    *_, record = await _planned(world)
    await _mark_done(world, record)
    answer = await world.call("mrp.production", "action_cancel", ids=[record["id"]])
    assert (answer.status, answer.value["message"]) == (
        422, "You cannot cancel a manufacturing order that is already done.",
    )  # fmt: skip


async def test_a_cancelled_order_is_not_booked(world: World) -> None:
    *_, record = await _planned(world)
    assert (await world.call("mrp.production", "action_cancel", ids=[record["id"]])).value is True
    assert (await _mark_done(world, record))["type"] == "ir.actions.act_window"
    assert (await _again(world, record))["state"] == "cancel"


async def test_a_tracked_component_needs_its_lot(world: World) -> None:
    made, part = unique("M"), unique("L")
    await world.product(made)
    await world.product(part, tracking="lot")
    await world.bom(made, {part: 2})
    name = await world.production(made, 10)
    record = (await world.rows("mrp.production", [["name", "=", name]], MADE))[0]
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 10})
    await world.call("stock.move", "write", ids=record["move_raw_ids"], vals={"quantity": 20, "picked": True})
    answer = await world.call("mrp.production", "button_mark_done", ids=[record["id"]])
    assert (answer.status, answer.value["name"]) == (422, "odoo.exceptions.UserError")
    assert answer.value["message"] == f"You need to supply a Lot/Serial Number for product:\n- [{part}] {part.title()}"


# --- sale_order.create_confirmed -------------------------------------------------------------------------------------


async def _orders(world: World, made: Delivery) -> list[dict[str, Any]]:
    return await world.rows("sale.order", [["origin", "=", made.external_id]], ORDER)


async def test_an_order_becomes_one_confirmed_sale_order(world: World, odoo: OdooDestination) -> None:
    ref, code, other, gtin = unique("partner"), unique("P"), unique("P"), unique_gtin()
    await world.partner(ref)
    await world.product(code)
    await world.product(other, barcode=gtin)
    lines = [line("10", code, "12.5", "1.2345"), line("20", {"scheme": "gtin", "value": gtin}, "3", "10")]
    made = delivery(order(unique("PO"), lines), sender=ref)
    assert await odoo.verify(made) == Absent()
    outcome = await odoo.deliver(made)
    found = await _orders(world, made)
    assert outcome == Delivered(found[0]["name"])
    assert (len(found), found[0]["state"]) == (1, "sale")
    kept = await world.rows("sale.order.line", [["order_id", "=", found[0]["id"]]], LINE)
    assert [(figure(each["product_uom_qty"]), figure(each["price_unit"])) for each in kept] == [
        (Decimal("12.5"), Decimal("1.2345")), (Decimal(3), Decimal(10)),
    ]  # fmt: skip
    assert await odoo.verify(made) == outcome
    assert await odoo.deliver(made) == outcome
    assert len(await _orders(world, made)) == 1


async def test_eight_deliveries_of_one_order_at_once_make_one(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world)
    made = delivery(order(unique("PO"), [line("1", code, "2", "3")]), sender=ref)
    await asyncio.gather(*(odoo.deliver(made) for _ in range(8)))
    outcome = await odoo.deliver(made)
    found = await _orders(world, made)
    assert (len(found), outcome) == (1, Delivered(found[0]["name"]))
    assert len(found[0]["order_line"]) == 1


async def test_a_draft_left_by_a_crash_is_confirmed_and_not_loaded_again(world: World, odoo: OdooDestination) -> None:
    customer, product, ref, code = await _customer_and_product(world)
    number = unique("PO")
    made = delivery(order(number, [line("1", code, "2", "3")]), sender=ref)
    columns = [*COLUMNS, "client_order_ref", "origin"]
    xid = made.external_id
    await world.call("sale.order", "load", fields=columns,
                     data=[[xid, str(customer), f"{xid}_l1", str(product), "2", "3", number, xid]])  # fmt: skip
    assert await odoo.verify(made) == Absent()
    outcome = await odoo.deliver(made)
    found = await _orders(world, made)
    assert (len(found), found[0]["state"], len(found[0]["order_line"])) == (1, "sale", 1)
    assert outcome == Delivered(found[0]["name"])


@pytest.mark.parametrize("cut_at", [1, 2])
async def test_an_order_whose_answer_was_lost_has_one_effect(world: World, odoo: OdooDestination, cut_at: int) -> None:
    _, _, ref, code = await _customer_and_product(world)
    deafened(odoo, cut_at)
    made = delivery(order(unique("PO"), [line("1", code, "2", "3"), line("2", code, "1", "4")]), sender=ref)
    assert await odoo.deliver(made) == Unknown("lost")
    seen = await odoo.verify(made)
    assert isinstance(seen, Absent if cut_at == 1 else Delivered)
    outcome = await odoo.deliver(made)
    found = await _orders(world, made)
    assert [(each["state"], len(each["order_line"])) for each in found] == [("sale", 2)]
    assert outcome == Delivered(found[0]["name"])


async def test_what_people_changed_is_not_overwritten(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world)
    made = delivery(order(unique("PO"), [line("1", code, "2", "3")]), sender=ref)
    await odoo.deliver(made)
    name = (await _orders(world, made))[0]["name"]
    await world.change("sale.order.line", [["order_id.name", "=", name]], {"product_uom_qty": 5.0, "price_unit": 3.0})
    expected = Refused("odoo.order.differs", f"sale order {name} in Odoo differs from the document")
    assert await odoo.deliver(made) == expected
    assert await odoo.verify(made) == expected


async def test_an_order_is_recognised_after_its_product_was_archived(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world)
    made = delivery(order(unique("PO"), [line("1", code, "2", "3")]), sender=ref)
    outcome = await odoo.deliver(made)
    await world.change("product.product", [["default_code", "=", code]], {"active": False})
    assert await odoo.verify(made) == outcome
    assert await odoo.deliver(made) == outcome
    later = delivery(order(unique("PO"), [line("1", code, "2", "3")]), sender=ref)
    assert await odoo.deliver(later) == Refused(
        "odoo.product.unknown", "line 1: no product in Odoo has the barcode or internal reference"
    )


async def test_an_order_cancelled_in_odoo_stays_cancelled(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world)
    made = delivery(order(unique("PO"), [line("1", code, "2", "3")]), sender=ref)
    await odoo.deliver(made)
    found = (await _orders(world, made))[0]
    await world.call("sale.order", "action_cancel", ids=[found["id"]])
    expected = Refused("odoo.order.cancelled", f"sale order {found['name']} was cancelled in Odoo")
    assert await odoo.deliver(made) == expected
    assert await odoo.verify(made) == expected


async def test_an_order_somebody_typed_in_is_not_made_twice(world: World, odoo: OdooDestination) -> None:
    customer, product, ref, code = await _customer_and_product(world)
    number = unique("PO")
    await world.call("sale.order", "load", fields=[*COLUMNS, "client_order_ref"],
                     data=[["", str(customer), "", str(product), "2", "3", number]])  # fmt: skip
    typed = (await world.rows("sale.order", [["client_order_ref", "=", number]], ["name"]))[0]["name"]
    made = delivery(order(number, [line("1", code, "2", "3")]), sender=ref)
    assert await odoo.deliver(made) == Refused(
        "odoo.order.exists", f"sale order {typed} carries the buyer's number already"
    )
    assert await _orders(world, made) == []


async def test_the_goods_go_to_an_address_of_the_customer(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world)
    gln, place = unique_gtin(), unique("place")
    await world.partner(place, gln=gln, parent=ref)
    ship_to = {"identifiers": [{"scheme": "gln", "value": gln}]}
    made = delivery(order(unique("PO"), [line("1", code, "2", "3")], ship_to=ship_to), sender=ref)
    assert isinstance(await odoo.deliver(made), Delivered)
    shipped_to = (await _orders(world, made))[0]["partner_shipping_id"][0]
    assert shipped_to == await _number(world, "res.partner", "ref", place)


async def test_the_address_of_another_customer_is_refused(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world)
    gln = unique_gtin()
    await world.partner(unique("partner"), gln=gln)
    ship_to = {"identifiers": [{"scheme": "gln", "value": gln}]}
    made = delivery(order(unique("PO"), [line("1", code, "2", "3")], ship_to=ship_to), sender=ref)
    assert await odoo.deliver(made) == Refused(
        "odoo.ship_to.unknown", "no address of the customer in Odoo has the delivery place's GLN"
    )


async def test_a_customer_without_a_reference_is_found_by_the_buyers_gln(world: World, odoo: OdooDestination) -> None:
    code, gln = unique("P"), unique_gtin()
    await world.product(code)
    await world.partner(unique("partner"), gln=gln)
    buyer = {"identifiers": [{"scheme": "gln", "value": gln}]}
    made = delivery(order(unique("PO"), [line("1", code, "2", "3")], buyer=buyer), sender=unique("nobody"))
    assert isinstance(await odoo.deliver(made), Delivered)


async def test_a_line_without_a_price_takes_the_list_price(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world, price=7.5)
    made = delivery(order(unique("PO"), [line("1", code, "2", None)]), sender=ref)
    assert isinstance(await odoo.deliver(made), Delivered)
    found = (await _orders(world, made))[0]
    kept = await world.rows("sale.order.line", [["order_id", "=", found["id"]]], LINE)
    assert kept[0]["price_unit"] == 7.5


async def test_a_price_for_a_hundred_is_the_price_of_one(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world)
    price = {"amount": "12.35", "currency": "EUR", "basis": {"value": "100", "unit": "C62"}}
    made = delivery(order(unique("PO"), [line("1", code, "200", None, unit_price=price)]), sender=ref)
    assert isinstance(await odoo.deliver(made), Delivered)
    found = (await _orders(world, made))[0]
    kept = await world.rows("sale.order.line", [["order_id", "=", found["id"]]], LINE)
    assert kept[0]["price_unit"] == 0.1235


REFUSED_LINES: dict[str, tuple[dict[str, Any], str, str]] = {
    "three decimals": (
        {"quantity": {"value": "0.125", "unit": "C62"}},
        "odoo.precision_loss", "line 1: the quantity has 3 decimals and Odoo keeps 2",
    ),
    "an unknown unit": (
        {"quantity": {"value": "1", "unit": "BX"}},
        "odoo.unit.unknown", "Odoo has no active unit for `BX`",
    ),
    "a unit of another kind": (
        {"quantity": {"value": "1", "unit": "KGM"}},
        "odoo.unit.differs", "line 1: the product is not measured in `KGM`",
    ),
    "an unknown product": (
        {"product": [{"scheme": "supplier_code", "value": "no such product"}]},
        "odoo.product.unknown", "line 1: no product in Odoo has the barcode or internal reference",
    ),
    "no product at all": (
        {"product": [], "description": "something nice"},
        "odoo.product.unknown", "line 1: no product in Odoo has the barcode or internal reference",
    ),
    "a foreign currency": (
        {"unit_price": {"amount": "1", "currency": "USD"}},
        "odoo.currency.differs", "line 1 is in USD, the order in EUR",
    ),
    "a price by another unit": (
        {"unit_price": {"amount": "1", "currency": "EUR", "basis": {"value": "1", "unit": "KGM"}}},
        "odoo.price.unclear", "line 1 is ordered in C62 and priced by KGM",
    ),
    "a price without an end": (
        {"unit_price": {"amount": "1", "currency": "EUR", "basis": {"value": "3", "unit": "C62"}}},
        "odoo.precision_loss", "line 1: the price has no exact value for one unit",
    ),
    "a sum that does not follow": (
        {"net_amount": {"amount": "99", "currency": "EUR"}},
        "odoo.price.unclear", "line 1: the sum is not quantity times net price",
    ),
    "an allowance without a sum": (
        {"allowances": [{"kind": "allowance", "percent": "5"}]},
        "odoo.price.unclear", "line 1 has allowances and no sum to check them by",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", sorted(REFUSED_LINES))
async def test_a_line_that_cannot_be_kept_is_refused_before_anything_is_written(
    world: World, odoo: OdooDestination, mistake: str
) -> None:
    _, _, ref, code = await _customer_and_product(world)
    changed, reason, why = REFUSED_LINES[mistake]
    made = delivery(order(unique("PO"), [line("1", code, "2", "3") | changed]), sender=ref)
    assert await odoo.deliver(made) == Refused(reason, why)
    assert await _orders(world, made) == []


REFUSED_ORDERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "another currency": (
        {"currency": "USD"}, "odoo.currency.differs", "the order is in USD and the customer buys in EUR",
    ),
    "a blanket order": (
        {"type": "221"}, "odoo.order.type", "orders of type 221 are not booked as sale orders",
    ),
    "charges on the whole": (
        {"allowances": [{"kind": "charge", "amount": {"amount": "9", "currency": "EUR"}}]},
        "odoo.price.unclear", "the order has allowances or charges, which have no place in Odoo",
    ),
    "a place without a number": (
        {"ship_to": {"name": "Baustelle Nord"}},
        "odoo.ship_to.unknown", "the delivery place has no location number (GLN) to find it by",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", sorted(REFUSED_ORDERS))
async def test_an_order_that_cannot_be_kept_is_refused_before_anything_is_written(
    world: World, odoo: OdooDestination, mistake: str
) -> None:
    _, _, ref, code = await _customer_and_product(world)
    changed, reason, why = REFUSED_ORDERS[mistake]
    made = delivery(order(unique("PO"), [line("1", code, "2", "3")], **changed), sender=ref)
    assert await odoo.deliver(made) == Refused(reason, why)
    assert await _orders(world, made) == []


async def test_lines_with_and_without_a_price_are_refused(world: World, odoo: OdooDestination) -> None:
    _, _, ref, code = await _customer_and_product(world)
    lines = [line("1", code, "2", "3"), line("2", code, "2", None)]
    assert await odoo.deliver(delivery(order(unique("PO"), lines), sender=ref)) == Refused(
        "odoo.price.incomplete", "some lines have a price and others have none"
    )


async def test_an_unknown_sender_is_refused(world: World, odoo: OdooDestination) -> None:
    code, sender = unique("P"), unique("nobody")
    await world.product(code)
    buyer = {"identifiers": [{"scheme": "gln", "value": unique_gtin()}]}
    assert await odoo.deliver(delivery(order("PO", [line("1", code, "1")], buyer=buyer), sender=sender)) == Refused(
        "odoo.customer.unknown", f"no contact in Odoo has the reference `{sender}` or the buyer's GLN"
    )


async def test_a_wrong_key_waits_for_the_operator(world: World, odoo: OdooDestination, with_key: Any) -> None:
    wrong = with_key("not the key")
    made = delivery(order("PO", [line("1", "any", "1")]))
    assert await wrong.deliver(made) == Unavailable("Odoo does not know the API key, or it has expired")
    assert await wrong.verify(made) == Unavailable("Odoo does not know the API key, or it has expired")
    with pytest.raises(ConnectionError, match=r"^Odoo does not know the API key, or it has expired$"):
        await wrong.start()


# --- production.confirm ----------------------------------------------------------------------------------------------


async def test_a_full_confirmation_closes_the_order(world: World, odoo: OdooDestination) -> None:
    name, *_, record = await _planned(world)
    made = delivery(confirmation(name, "10", "10", final=True))
    assert await odoo.verify(made) == Absent()
    assert await odoo.deliver(made) == Delivered(name)
    record = await _again(world, record)
    assert (record["state"], record["qty_produced"]) == ("done", 10.0)
    assert await _consumed(world, record) == [("done", 40.0), ("done", 5.0)]
    assert await odoo.verify(made) == Delivered(name)


async def test_a_partial_confirmation_leaves_the_rest_open(world: World, odoo: OdooDestination) -> None:
    name, *_ = await _planned(world)
    made = delivery(confirmation(name, "6", "6"))
    assert await odoo.deliver(made) == Delivered(f"{name}-001")
    assert await odoo.deliver(made) == Delivered(f"{name}-001")
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert [(each["state"], each["qty_produced"]) for each in family] == [("done", 6.0), ("confirmed", 0.0)]
    assert await _consumed(world, family[0]) == [("done", 24.0), ("done", 3.0)]
    last = delivery(confirmation(name, "10", "4", number="2", final=True))
    assert await odoo.deliver(last) == Delivered(f"{name}-002")
    assert await odoo.verify(made) == Delivered(f"{name}-002")


async def test_a_lost_confirmation_heals_with_the_next(world: World, odoo: OdooDestination) -> None:
    name, bolt, *_ = await _planned(world)
    made = delivery(confirmation(name, "6", "2", number="2", consumed=[used(bolt, "9")]))
    assert await odoo.deliver(made) == Delivered(f"{name}-001")
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert family[0]["qty_produced"] == 6.0
    assert await _consumed(world, family[0]) == [("done", 25.0), ("done", 3.0)]  # 9 told and 4 × 4 lost ones
    late = delivery(confirmation(name, "4", "4", number="1"))
    assert await odoo.deliver(late) == Delivered(f"{name}-001")


async def test_told_consumption_is_booked_as_told(world: World, odoo: OdooDestination) -> None:
    name, bolt, bar, record = await _planned(world)
    consumed = [used(bolt, "44"), used(bar, "6.25", "KGM")]
    made = delivery(confirmation(name, "10", "10", consumed=consumed))
    assert await odoo.deliver(made) == Delivered(name)
    assert await _consumed(world, await _again(world, record)) == [("done", 44.0), ("done", 6.25)]


async def test_the_material_of_scrap_is_consumed(world: World, odoo: OdooDestination) -> None:
    name, *_, record = await _planned(world)
    document = confirmation(name, "10", "10")
    document["delta"]["scrap"] = {"value": "2", "unit": "C62"}
    assert await odoo.deliver(delivery(document)) == Delivered(name)
    record = await _again(world, record)
    assert record["qty_produced"] == 10.0
    assert await _consumed(world, record) == [("done", 48.0), ("done", 6.0)]


async def test_more_than_planned_is_booked(world: World, odoo: OdooDestination) -> None:
    name, *_, record = await _planned(world)
    assert await odoo.deliver(delivery(confirmation(name, "12", "12"))) == Delivered(name)
    assert (await _again(world, record))["qty_produced"] == 12.0


async def test_a_final_confirmation_of_less_leaves_no_rest(world: World, odoo: OdooDestination) -> None:
    name, *_ = await _planned(world)
    assert await odoo.deliver(delivery(confirmation(name, "7", "7", final=True))) == Delivered(name)
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert [(each["state"], each["qty_produced"]) for each in family] == [("done", 7.0)]


async def test_a_final_confirmation_of_nothing_new_cancels_the_rest(world: World, odoo: OdooDestination) -> None:
    name, *_ = await _planned(world)
    await odoo.deliver(delivery(confirmation(name, "6", "6")))
    last = delivery(confirmation(name, "6", "0", number="2", final=True))
    assert await odoo.verify(last) == Absent()
    assert await odoo.deliver(last) == Delivered(f"{name}-001")
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert [each["state"] for each in family] == ["done", "cancel"]


async def test_a_quantity_begun_by_a_crash_is_booked_once(world: World, odoo: OdooDestination) -> None:
    name, *_, record = await _planned(world)
    await world.call("mrp.production", "write", ids=[record["id"]], vals={"qty_producing": 6})
    await _write_moves(world, record, 24, 3)
    made = delivery(confirmation(name, "6", "6"))
    assert await odoo.verify(made) == Absent()
    assert await odoo.deliver(made) == Delivered(f"{name}-001")
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert [each["qty_produced"] for each in family] == [6.0, 0.0]


@pytest.mark.parametrize("cut_at", [1, 2, 3, 4])
async def test_a_booking_whose_answer_was_lost_has_one_effect(world: World, odoo: OdooDestination, cut_at: int) -> None:
    name, *_ = await _planned(world)
    deafened(odoo, cut_at)
    made = delivery(confirmation(name, "6", "6"))
    assert await odoo.deliver(made) == Unknown("lost")
    assert await odoo.verify(made) == (Delivered(f"{name}-001") if cut_at == 4 else Absent())
    assert await odoo.deliver(made) == Delivered(f"{name}-001")
    family = await world.rows("mrp.production", [["production_group_id.name", "=", name]], MADE)
    assert [(each["state"], each["qty_produced"]) for each in family] == [("done", 6.0), ("confirmed", 0.0)]
    assert await _consumed(world, family[0]) == [("done", 24.0), ("done", 3.0)]


async def test_an_order_is_found_by_its_source(world: World, odoo: OdooDestination) -> None:
    made, part, origin = unique("M"), unique("B"), unique("PLAN")
    await world.product(made)
    await world.product(part)
    await world.bom(made, {part: 1})
    name = await world.production(made, 10, origin=origin)
    assert await odoo.deliver(delivery(confirmation(origin, "4", "4"))) == Delivered(f"{name}-001")
    assert await odoo.deliver(delivery(confirmation(origin, "10", "6", number="2"))) == Delivered(f"{name}-002")


async def test_lots_are_booked_on_product_and_component(world: World, odoo: OdooDestination) -> None:
    made, part = unique("M"), unique("L")
    await world.product(made, tracking="lot")
    await world.product(part, tracking="lot")
    await world.bom(made, {part: 2})
    name = await world.production(made, 10)
    number = await _number(world, "product.product", "default_code", part)
    await world.call("stock.lot", "create", vals_list=[{"name": "C-7", "product_id": number}])
    document = confirmation(name, "4", "4", consumed=[used(part, "8", lot="C-7")], produced=[{"lot": "F-1"}])
    assert await odoo.deliver(delivery(document)) == Delivered(f"{name}-001")
    fields = ["lot_producing_ids", "move_raw_ids"]
    record = (await world.rows("mrp.production", [["name", "=", f"{name}-001"]], fields))[0]
    lots = await world.rows("stock.lot", [["id", "in", record["lot_producing_ids"]]], ["name"])
    assert [each["name"] for each in lots] == ["F-1"]
    assert await _consumed(world, record) == [("done", 8.0)]


async def test_a_strict_bill_of_material_takes_no_other_consumption(world: World, odoo: OdooDestination) -> None:
    name, bolt, _, record = await _planned(world, consumption="strict")
    made = delivery(confirmation(name, "10", "10", consumed=[used(bolt, "44")]))
    expected = Refused("odoo.consumption.strict", f"{name} allows no other consumption than planned")
    assert await odoo.deliver(made) == expected
    assert (await _again(world, record))["qty_produced"] == 0.0
    again = delivery(confirmation(name, "10", "10", consumed=[used(bolt, "40")]))
    assert await odoo.deliver(again) == Delivered(name)


REFUSED_CONFIRMATIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "three decimals": (
        {"cumulative": {"good": {"value": "1.125", "unit": "C62"}},
         "delta": {"good": {"value": "1.125", "unit": "C62"}}},
        "odoo.precision_loss", "the good quantity has 3 decimals and Odoo keeps 2",
    ),
    "another unit": (
        {"cumulative": {"good": {"value": "1", "unit": "KGM"}}, "delta": {"good": {"value": "1", "unit": "KGM"}}},
        "odoo.unit.differs", "manufacturing order {name} counts in another unit",
    ),
    "a material that is none": (
        {"consumed": [used("no such product", "1")]},
        "odoo.product.unknown", "material 1: no product in Odoo has the barcode or internal reference",
    ),
    "a material too fine": (
        {"consumed": [used("{bolt}", "1.125")]},
        "odoo.precision_loss", "material 1: the quantity has 3 decimals and Odoo keeps 2",
    ),
    "a material in another unit": (
        {"consumed": [used("{bolt}", "1", "KGM")]},
        "odoo.unit.differs", "material 1 is counted in another unit in Odoo",
    ),
    "a lot of an untracked material": (
        {"consumed": [used("{bolt}", "1", lot="C-7")]},
        "odoo.lot.surplus", "a lot is named for a material that Odoo does not track",
    ),
    "a lot of an untracked product": (
        {"produced": [{"lot": "F-1"}]},
        "odoo.lot.surplus", "a lot is named for {name}, whose product Odoo does not track",
    ),
    "another product": (
        {"product": [{"scheme": "plant_code", "value": "{bolt}"}]},
        "odoo.product.differs", "manufacturing order {name} is for another product",
    ),
    "scrap alone": (
        {"cumulative": {"good": {"value": "0", "unit": "C62"}},
         "delta": {"good": {"value": "0", "unit": "C62"}, "scrap": {"value": "1", "unit": "C62"}}},
        "odoo.scrap.alone", "scrap or material without a good piece is booked by hand in Odoo",
    ),
    "a reversal": (
        {"reverses": "1"},
        "odoo.confirmation.reversal", "a reversal is booked by hand in Odoo (unbuild order)",
    ),
}  # fmt: skip


def _filled(value: Any, **names: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, **names) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, **names) for each in value]
    return value.format(**names) if isinstance(value, str) else value


@pytest.mark.parametrize("mistake", sorted(REFUSED_CONFIRMATIONS))
async def test_a_confirmation_that_cannot_be_kept_is_refused_before_anything_is_written(
    world: World, odoo: OdooDestination, mistake: str
) -> None:
    name, bolt, _, record = await _planned(world)
    changed, reason, why = REFUSED_CONFIRMATIONS[mistake]
    made = delivery(confirmation(name, "10", "10") | _filled(changed, bolt=bolt))
    assert await odoo.deliver(made) == Refused(reason, why.format(name=name))
    assert await _again(world, record) == record


async def test_a_confirmation_of_what_somebody_booked_in_part_is_refused(world: World, odoo: OdooDestination) -> None:
    name, *_ = await _planned(world)
    await odoo.deliver(delivery(confirmation(name, "6", "6")))
    assert await odoo.deliver(delivery(confirmation(name, "8", "8", number="9"))) == Refused(
        "odoo.confirmation.late", f"part of the confirmed quantity is on {name}-001 already"
    )


async def test_more_on_a_closed_order_is_refused(world: World, odoo: OdooDestination) -> None:
    name, *_ = await _planned(world)
    await odoo.deliver(delivery(confirmation(name, "10", "10", final=True)))
    assert await odoo.deliver(delivery(confirmation(name, "12", "2", number="2"))) == Refused(
        "odoo.production.closed", f"{name} is done, and 2 more are confirmed"
    )


async def test_the_part_of_an_order_is_not_confirmed_by_its_own_name(world: World, odoo: OdooDestination) -> None:
    name, *_ = await _planned(world)
    await odoo.deliver(delivery(confirmation(name, "6", "6")))
    assert await odoo.deliver(delivery(confirmation(f"{name}-002", "1", "1"))) == Refused(
        "odoo.production.ambiguous", f"`{name}-002` is a part of `{name}`; confirm by that number"
    )


async def test_an_unknown_order_is_refused(world: World, odoo: OdooDestination) -> None:
    made = delivery(confirmation("WH/MO/none", "1", "1"))
    expected = Refused("odoo.production.unknown", "no manufacturing order in Odoo has the number `WH/MO/none`")
    assert await odoo.deliver(made) == expected
    assert await odoo.verify(made) == expected


async def test_a_cancelled_production_is_refused(world: World, odoo: OdooDestination) -> None:
    name, *_, record = await _planned(world)
    await world.call("mrp.production", "action_cancel", ids=[record["id"]])
    assert await odoo.deliver(delivery(confirmation(name, "1", "1"))) == Refused(
        "odoo.production.cancelled", f"manufacturing order {name} was cancelled in Odoo"
    )
