"""`production.confirm`: what a plant has made is booked on the manufacturing order, as total minus what is booked.

The manufacturing order itself is the memory: `qty_produced` over the order and its backorders says what is booked, so
a confirmation that was booked before a crash, or is replayed, finds its total there and books nothing.

Good pieces are booked. Scrap never entered stock, so it moves none: its material is part of the consumption.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from gateway.destinations.contract import Absent, Delivered, Delivery, Outcome, Postponed, Unknown, Verified
from gateway.destinations.odoo.calls import Calls, Record
from gateway.destinations.odoo.consumption import Consumed, plan_consumption
from gateway.destinations.odoo.faults import unanswered_question
from gateway.destinations.odoo.figures import exact, keep, plain
from gateway.destinations.odoo.lookups import find_products
from gateway.destinations.odoo.lots import lot_lines, produced_lot
from gateway.destinations.odoo.refusals import Stopped, refuse
from translators.canonical.production_confirmation import ProductionConfirmation

_FIELDS = (
    "name", "origin", "state", "product_id", "product_qty", "product_uom_id", "qty_produced", "production_group_id",
    "consumption", "product_tracking", "move_raw_ids", "move_byproduct_ids", "workorder_ids",
)  # fmt: skip
_OPEN = ("confirmed", "progress", "to_close")


class Family(Struct, frozen=True):
    """A manufacturing order with its backorders (one production group of Odoo 19), oldest first."""

    members: tuple[Record, ...]

    @property
    def booked(self) -> Decimal:
        return sum((exact(each["qty_produced"]) for each in self.members if each["state"] == "done"), Decimal(0))

    @property
    def open(self) -> list[Record]:
        return [each for each in self.members if each["state"] in _OPEN]

    @property
    def reference(self) -> str:
        done = [each for each in self.members if each["state"] == "done"]
        return str((done or self.members)[-1]["name"])


async def deliver(calls: Calls, _: Delivery, done: ProductionConfirmation) -> Outcome:
    """Book total minus booked; close what is open after a final confirmation."""
    _refuse_what_leaves_no_trace(done)
    family = await _family(calls, done)
    if _is_settled(family, done):
        return Delivered(family.reference)
    await _check_order(calls, family, done)
    due = done.cumulative.good.value - family.booked
    if due > 0:
        await _book(calls, family, done, due)
    else:
        await _close_the_rest(calls, family)
    family = await _family(calls, done)
    if not _is_settled(family, done):
        return Unknown("Odoo took the booking, and the order does not show it")
    return Delivered(family.reference)


async def verify(calls: Calls, _: Delivery, done: ProductionConfirmation) -> Verified:
    _refuse_what_leaves_no_trace(done)
    family = await _family(calls, done)
    return Delivered(family.reference) if _is_settled(family, done) else Absent()


def _refuse_what_leaves_no_trace(done: ProductionConfirmation) -> None:
    """Booked twice or never, these would look the same in Odoo: the total of good pieces does not move."""
    if done.reverses is not None or done.delta.good.value < 0:
        raise refuse("odoo.confirmation.reversal", "a reversal is booked by hand in Odoo (unbuild order)")
    scrap = done.delta.scrap
    if done.delta.good.value == 0 and (done.consumed or (scrap is not None and scrap.value > 0)):
        raise refuse("odoo.scrap.alone", "scrap or material without a good piece is booked by hand in Odoo")


async def _family(calls: Calls, done: ProductionConfirmation) -> Family:
    """By the number the plant was given: the group's name survives splits (`WH/MO/00004` becomes `…-001`, `…-002`)."""
    number = done.order_no
    domain = ["|", "|", ["name", "=", number], ["production_group_id.name", "=", number], ["origin", "=", number]]
    found = await calls.find("mrp.production", domain, _FIELDS)
    if not found:
        raise refuse("odoo.production.unknown", f"no manufacturing order in Odoo has the number `{number}`")
    groups = {_label(each["production_group_id"]) for each in found}
    if number in groups:
        return Family(tuple(each for each in found if _label(each["production_group_id"]) == number))
    if len(groups) > 1:
        raise refuse("odoo.production.ambiguous", f"several manufacturing orders in Odoo have the number `{number}`")
    group = groups.pop()
    if number in {each["name"] for each in found}:
        raise refuse("odoo.production.ambiguous", f"`{number}` is a part of `{group}`; confirm by that number")
    family = await calls.find("mrp.production", [["production_group_id.name", "=", group]], _FIELDS)
    return Family(tuple(family))


def _is_settled(family: Family, done: ProductionConfirmation) -> bool:
    return family.booked >= done.cumulative.good.value and not (done.final and family.open)


async def _check_order(calls: Calls, family: Family, done: ProductionConfirmation) -> None:
    head = family.members[0]
    if all(each["state"] == "cancel" for each in family.members):
        raise refuse("odoo.production.cancelled", f"manufacturing order {head['name']} was cancelled in Odoo")
    if any(each["state"] == "draft" for each in family.members):
        raise Stopped(Postponed(f"manufacturing order {head['name']} is a draft in Odoo still"))
    if done.product:
        products = await find_products(calls, [done.product])
        if products.meant_by(done.product, "the confirmation")["id"] != head["product_id"][0]:
            raise refuse("odoo.product.differs", f"manufacturing order {head['name']} is for another product")
    if calls.known.units.of(done.cumulative.good.unit).id != head["product_uom_id"][0]:
        raise refuse("odoo.unit.differs", f"manufacturing order {head['name']} counts in another unit")


async def _book(calls: Calls, family: Family, done: ProductionConfirmation, due: Decimal) -> None:
    """Quantity, every component, then done. Over the API nothing fills the components in, and Odoo would take none."""
    order = _the_open_one(family, due)
    if due < done.delta.good.value:
        raise refuse("odoo.confirmation.late", f"part of the confirmed quantity is on {family.reference} already")
    if order["move_byproduct_ids"]:
        raise refuse("odoo.byproducts", f"manufacturing order {order['name']} has by-products")
    await _check_operation(calls, order, done)
    good = keep(due, calls.known.digits["mrp.production", "qty_producing"], "the good quantity")
    used = await plan_consumption(calls, order, done, due)
    lot = await produced_lot(calls, order, done)
    values: dict[str, Any] = {"qty_producing": float(good)}
    if lot is not None:
        values["lot_producing_ids"] = [[6, 0, [lot]]]
    await calls.write("mrp.production", order["id"], values)
    for each in used:
        await calls.write("stock.move", each.move, await _consumption(calls, each))
    await _mark_done(calls, order, good, final=done.final)


def _the_open_one(family: Family, due: Decimal) -> Record:
    if not family.open:
        raise refuse("odoo.production.closed", f"{family.reference} is done, and {plain(due)} more are confirmed")
    if len(family.open) > 1:
        raise refuse("odoo.production.ambiguous", f"{len(family.open)} parts of {family.reference} are open in Odoo")
    return family.open[0]


async def _check_operation(calls: Calls, order: Record, done: ProductionConfirmation) -> None:
    """Goods are made by the last operation; one operation or none needs no telling."""
    if len(order["workorder_ids"]) < 2:
        return
    found = await calls.find("mrp.workorder", [["id", "in", order["workorder_ids"]]], ("name", "barcode"))
    last = max(found, key=lambda each: order["workorder_ids"].index(each["id"]))
    if done.operation not in (last["name"], last["barcode"], str(len(found))):
        raise refuse("odoo.operation.intermediate", f"the operation is not the last of {order['name']}")


async def _consumption(calls: Calls, used: Consumed) -> dict[str, Any]:
    if not used.lots:
        return {"quantity": float(used.quantity), "picked": True}
    return {"move_line_ids": await lot_lines(calls, used), "picked": True}


async def _mark_done(calls: Calls, order: Record, good: Decimal, *, final: bool) -> None:
    """Odoo's two questions are answered beforehand; any other question means that nothing was booked."""
    context: dict[str, Any] = {"skip_backorder": True}
    if not final and good < exact(order["product_qty"]):
        context["mo_ids_to_backorder"] = [order["id"]]
    if order["consumption"] != "strict":
        context["skip_consumption"] = True  # every component was written: what deviates was told by the plant
    answer = await calls.act("mrp.production", "button_mark_done", order["id"], context)
    question = unanswered_question(answer)
    if question is None or question == "mrp.production":
        return  # nothing, or the window that shows the new backorder: success shows in the state only
    fresh = await calls.find("mrp.production", [["id", "=", order["id"]]], _FIELDS)
    if fresh and fresh[0]["state"] == "done":
        return
    if question == "mrp.consumption.warning":
        raise refuse("odoo.consumption.strict", f"{order['name']} allows no other consumption than planned")
    raise refuse("odoo.wizard_unanswered", f"Odoo asks `{question}` about {order['name']}; nothing was booked")


async def _close_the_rest(calls: Calls, family: Family) -> None:
    """Final, and all of it booked: the open rest will not be made."""
    for order in family.open:
        await calls.act("mrp.production", "action_cancel", order["id"])


def _label(many2one: object) -> str | None:
    return str(many2one[1]) if isinstance(many2one, Sequence) and not isinstance(many2one, str) else None
