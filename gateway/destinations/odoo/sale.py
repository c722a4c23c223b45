"""`sale_order.create_confirmed`: a partner's purchase order becomes a confirmed sale order, once."""

import hashlib
import re
from collections import Counter
from datetime import date
from decimal import Decimal

from msgspec import Struct

from gateway.destinations.contract import Absent, Delivered, Delivery, Outcome, Postponed, Refused, Unknown, Verified
from gateway.destinations.odoo.calls import Calls, Record
from gateway.destinations.odoo.figures import divide, exact, keep, plain
from gateway.destinations.odoo.knowledge import Knowledge
from gateway.destinations.odoo.lookups import find_customer, find_products, find_ship_to
from gateway.destinations.odoo.refusals import Stopped, refuse
from translators.canonical.purchase_order import OrderLine, PurchaseOrder

_TAKEN_TYPES = ("105", "220", "222", "224", "226")  # order, spot order, rush order, call-off
_CENT = Decimal("0.01")
_ORDER_FIELDS = ("name", "state", "partner_id", "client_order_ref", "origin", "currency_id", "order_line")
_LINE_FIELDS = ("order_id", "product_id", "product_uom_qty", "product_uom_id", "price_unit")
_DRAFT = ("draft", "sent")
_CONFIRMED = ("sale", "done")


class Line(Struct, frozen=True):
    """What a line must be in Odoo; `price` None leaves it to the customer's price list."""

    number: str
    product: int
    quantity: Decimal
    unit: int
    price: Decimal | None


class Wanted(Struct, frozen=True):
    """What the sale order must be in Odoo, everything resolved."""

    customer: int
    ship_to: int | None
    number: str
    due: date | None
    lines: tuple[Line, ...]


async def deliver(calls: Calls, delivery: Delivery, order: PurchaseOrder) -> Outcome:
    """Read back, check everything, load, compare, confirm, compare."""
    found = await _ours(calls, delivery)
    if found is not None and found["state"] not in _DRAFT:
        return await _settled(calls, found, order)
    wanted = await _resolve(calls, delivery, order)
    if found is None:
        await _refuse_a_namesake(calls, wanted)
        await calls.load("sale.order", *_rows(delivery, wanted))
        found = await _ours(calls, delivery)
        if found is None:
            return Unknown("Odoo loaded the order, and it is not there")
    await _compare(calls, found, wanted)
    await _confirm(calls, found)
    found = await _ours(calls, delivery)
    if found is None or found["state"] not in _CONFIRMED:
        return Postponed("the order was loaded, and Odoo did not confirm it")
    await _compare(calls, found, wanted)
    return Delivered(found["name"])


async def verify(calls: Calls, delivery: Delivery, order: PurchaseOrder) -> Verified:
    """Absent also when it is a draft still: `deliver` then confirms it and loads nothing."""
    found = await _ours(calls, delivery)
    if found is None or found["state"] in _DRAFT:
        return Absent()
    return await _settled(calls, found, order)


async def _settled(calls: Calls, found: Record, order: PurchaseOrder) -> Delivered | Refused:
    """An order that is no draft any more. Its figures are compared without looking anything up: customers and products
    may have been archived since."""
    if found["state"] == "cancel":
        return Refused("odoo.order.cancelled", f"sale order {found['name']} was cancelled in Odoo")
    priced = all(line.unit_price is not None for line in order.lines)
    here = Counter((line.quantity.value, _price(calls.known, line, order.currency)) for line in order.lines)
    lines = await calls.find("sale.order.line", [["order_id", "=", found["id"]]], _LINE_FIELDS)
    there = Counter((exact(line["product_uom_qty"]), exact(line["price_unit"]) if priced else None) for line in lines)
    if there != here or (found["client_order_ref"] or "") != order.number:
        raise _differs(found)
    return Delivered(found["name"])


def _differs(found: Record) -> Stopped:
    return refuse("odoo.order.differs", f"sale order {found['name']} in Odoo differs from the document")


async def _ours(calls: Calls, delivery: Delivery) -> Record | None:
    """The order we made: its origin is our external id (the bot may not read Odoo's table of external ids)."""
    found = await calls.find("sale.order", [["origin", "=", delivery.external_id]], _ORDER_FIELDS)
    living = [each for each in found if each["state"] != "cancel"] or found
    if len(living) > 1:
        raise refuse("odoo.order.exists", f"{len(living)} sale orders in Odoo have the origin `{delivery.external_id}`")
    return living[0] if living else None


async def _refuse_a_namesake(calls: Calls, wanted: Wanted) -> None:
    domain = [["client_order_ref", "=", wanted.number], ["partner_id", "=", wanted.customer], ["state", "!=", "cancel"]]
    found = await calls.find("sale.order", domain, _ORDER_FIELDS)
    if found:
        raise refuse("odoo.order.exists", f"sale order {found[0]['name']} carries the buyer's number already")


async def _resolve(calls: Calls, delivery: Delivery, order: PurchaseOrder) -> Wanted:
    """Everything that can be refused is refused here, before anything is written."""
    if order.type not in _TAKEN_TYPES:
        raise refuse("odoo.order.type", f"orders of type {order.type} are not booked as sale orders")
    if order.allowances:
        raise refuse("odoo.price.unclear", "the order has allowances or charges, which have no place in Odoo")
    customer = await find_customer(calls, delivery.sender, order.buyer)
    await _check_currency(calls, customer, order.currency)
    ship_to = await _ship_to(calls, customer, order)
    products = await find_products(calls, [line.product for line in order.lines])
    lines = []
    for line in order.lines:
        product = products.meant_by(line.product, f"line {line.number}")
        if not product["sale_ok"]:
            raise refuse("odoo.product.unknown", f"line {line.number}: the product may not be sold")
        lines.append(_line(calls.known, line, product, order.currency))
    if len({line.price is None for line in lines}) > 1:
        raise refuse("odoo.price.incomplete", "some lines have a price and others have none")  # Odoo would write 0.0
    return Wanted(customer["id"], ship_to, order.number, _due(order), tuple(lines))


async def _check_currency(calls: Calls, customer: Record, currency: str | None) -> None:
    theirs = calls.known.currency
    if customer["property_product_pricelist"]:
        domain = [["id", "=", customer["property_product_pricelist"][0]]]
        lists = await calls.find("product.pricelist", domain, ("currency_id",))
        theirs = lists[0]["currency_id"][1] if lists else theirs
    if currency is not None and currency != theirs:
        raise refuse("odoo.currency.differs", f"the order is in {currency} and the customer buys in {theirs}")


async def _ship_to(calls: Calls, customer: Record, order: PurchaseOrder) -> int | None:
    places = [line.ship_to for line in order.lines if line.ship_to is not None]
    if order.ship_to is not None:
        places.append(order.ship_to)
    if not places:
        return None
    if len({place.identifier("gln") or place.key() for place in places}) > 1:
        raise refuse("odoo.ship_to.several", "the lines go to different places, and a sale order has one")
    return await find_ship_to(calls, customer, places[0], order.buyer)


def _line(known: Knowledge, line: OrderLine, product: Record, currency: str | None) -> Line:
    where = f"line {line.number}"
    unit = known.units.of(line.quantity.unit)
    if not known.units.same_kind(unit, product["uom_id"][0]):
        raise refuse("odoo.unit.differs", f"{where}: the product is not measured in `{line.quantity.unit}`")
    digits = known.digits["sale.order.line", "product_uom_qty"]
    quantity = keep(line.quantity.value, digits, f"{where}: the quantity")
    return Line(line.number, product["id"], quantity, unit.id, _price(known, line, currency))


def _price(known: Knowledge, line: OrderLine, currency: str | None) -> Decimal | None:
    """The net price of one ordered unit. What cannot be told from quantity and net price is refused."""
    where = f"line {line.number}"
    if line.unit_price is None:
        if line.gross_price is not None or line.allowances or line.net_amount is not None:
            raise refuse("odoo.price.unclear", f"{where} has sums or allowances and no net price")
        return None
    if currency is not None and line.unit_price.currency != currency:
        raise refuse("odoo.currency.differs", f"{where} is in {line.unit_price.currency}, the order in {currency}")
    price, basis = line.unit_price.amount, line.unit_price.basis
    if basis is not None:
        if basis.unit != line.quantity.unit:
            raise refuse("odoo.price.unclear", f"{where} is ordered in {line.quantity.unit} and priced by {basis.unit}")
        price = divide(price, basis.value, f"{where}: the price")
    price = keep(price, known.digits["sale.order.line", "price_unit"], f"{where}: the price")
    _check_sum(line, price, where)
    return price


def _check_sum(line: OrderLine, price: Decimal, where: str) -> None:
    """Allowances that are not in the net price show in the line's sum; a sum may be rounded to the cent."""
    if line.net_amount is None:
        if line.allowances:
            raise refuse("odoo.price.unclear", f"{where} has allowances and no sum to check them by")
    elif abs(line.net_amount.amount - line.quantity.value * price) > _CENT:
        raise refuse("odoo.price.unclear", f"{where}: the sum is not quantity times net price")


def _due(order: PurchaseOrder) -> date | None:
    """The earliest day anything is wanted: a sale order promises one date."""
    periods = [order.requested] + [line.requested for line in order.lines]
    periods += [each.requested for line in order.lines for each in line.schedule]
    days = [period.start or period.end for period in periods if period is not None]
    return min((day for day in days if day is not None), default=None)


def _rows(delivery: Delivery, wanted: Wanted) -> tuple[list[str], list[list[str]]]:
    """Header on the first row, further lines below it with the header's columns empty (`load`)."""
    header = {
        "id": xid(delivery.external_id),
        "partner_id/.id": str(wanted.customer),
        "client_order_ref": wanted.number,
        "origin": delivery.external_id,
    }
    if wanted.ship_to is not None:
        header["partner_shipping_id/.id"] = str(wanted.ship_to)
    if wanted.due is not None:
        # Odoo wants an instant and the buyer named a day: noon UTC is that day from UTC-12 to UTC+11.
        header["commitment_date"] = f"{wanted.due.isoformat()} 12:00:00"
    lines = [_cells(delivery, position, line) for position, line in enumerate(wanted.lines, start=1)]
    columns = [*header, *lines[0]]
    blank = dict.fromkeys(header, "")
    rows = [{**(blank if position else header), **line} for position, line in enumerate(lines)]
    return columns, [[row[column] for column in columns] for row in rows]


def _cells(delivery: Delivery, position: int, line: Line) -> dict[str, str]:
    cells = {
        "order_line/id": f"{xid(delivery.external_id)}_l{_safe(line.number)}",
        "order_line/sequence": str(position * 10),
        "order_line/product_id/.id": str(line.product),
        "order_line/product_uom_qty": plain(line.quantity),
        "order_line/product_uom_id/.id": str(line.unit),
    }
    return cells if line.price is None else {**cells, "order_line/price_unit": plain(line.price)}


def xid(external_id: str) -> str:
    """Odoo reads the part before the first dot as a module; a second dot it refuses."""
    module, _, name = external_id.partition(".")
    return f"{module}.{re.sub('[^A-Za-z0-9_-]', '_', name)}" if name else f"gw.{re.sub('[^A-Za-z0-9_-]', '_', module)}"


def _safe(number: str) -> str:
    """A line number is the buyer's text: one that is no plain name is replaced by its hash."""
    if re.fullmatch(r"[A-Za-z0-9-]{1,20}", number):
        return number
    return hashlib.sha256(number.encode()).hexdigest()[:16]


async def _compare(calls: Calls, found: Record, wanted: Wanted) -> None:
    """What is in Odoo is what was ordered, or the difference is refused: nothing is overwritten."""
    if found["partner_id"][0] != wanted.customer or (found["client_order_ref"] or "") != wanted.number:
        raise _differs(found)
    lines = await calls.find("sale.order.line", [["order_id", "=", found["id"]]], _LINE_FIELDS)
    priced = all(line.price is not None for line in wanted.lines)
    there = Counter(
        (_id(line["product_id"]), exact(line["product_uom_qty"]), _id(line["product_uom_id"]),
         exact(line["price_unit"]) if priced else None)
        for line in lines
    )  # fmt: skip
    here = Counter((line.product, line.quantity, line.unit, line.price) for line in wanted.lines)
    if there != here:
        raise _differs(found)


def _id(many2one: object) -> int | None:
    return many2one[0] if isinstance(many2one, list) else None


async def _confirm(calls: Calls, found: Record) -> None:
    """A refusal may only mean that it is confirmed already: the state read afterwards decides."""
    try:
        await calls.act("sale.order", "action_confirm", found["id"])
    except Stopped as stopped:
        if not isinstance(stopped.outcome, Refused):
            raise
        fresh = await calls.find("sale.order", [["id", "=", found["id"]]], _ORDER_FIELDS)
        if not fresh or fresh[0]["state"] not in _CONFIRMED:
            raise
