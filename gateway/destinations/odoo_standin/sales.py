"""Sale orders: what is filled in at creation, action_confirm and action_cancel."""

from typing import Any

from gateway.destinations.odoo_standin.answers import user_error
from gateway.destinations.odoo_standin.store import Row, Store, now


def new_order(store: Store, values: Row) -> int:
    partner = store.find("res.partner", values["partner_id"])
    pricelist = partner.get("property_product_pricelist")
    priced = store.find("product.pricelist", pricelist) if pricelist else store.find("res.company", 1)
    filled = {
        "name": store.next_name("sale.order", "S{:05}"),
        "partner_shipping_id": partner["id"],
        "partner_invoice_id": partner["id"],
        "date_order": now(),
        "currency_id": priced["currency_id"],
        "state": "draft",
        "locked": False,
    }
    return store.create("sale.order", filled | {name: value for name, value in values.items() if value is not None})


def new_line(store: Store, values: Row) -> int:
    """A column that was sent empty is written empty: an empty price is 0.0, an absent one the list price."""
    product = store.find("product.product", values["product_id"]) if values.get("product_id") else None
    filled: Row = {"sequence": 10, "product_uom_qty": 1.0, "discount": 0.0}
    if product is not None:
        label = f"[{product['default_code']}] {product['name']}" if product.get("default_code") else product["name"]
        filled |= {"name": label, "product_uom_id": product["uom_id"], "price_unit": product.get("list_price") or 0.0}
    return store.create("sale.order.line", filled | values)


def change_line(store: Store, number: int, values: Row) -> None:
    """A new quantity recomputes a price that is not named beside it, on a confirmed order too: a trap."""
    line = store.find("sale.order.line", number)
    if "price_unit" not in values and values.get("product_uom_qty", line["product_uom_qty"]) != line["product_uom_qty"]:
        values = {**values, "price_unit": store.find("product.product", line["product_id"]).get("list_price") or 0.0}
    store.change("sale.order.line", number, **values)


def action_confirm(store: Store, ids: list[int], _: dict[str, Any]) -> bool:
    orders = [store.find("sale.order", number) for number in ids]
    if any(order["state"] not in ("draft", "sent") for order in orders):
        raise user_error("Some orders are not in a state requiring confirmation.")
    for order in orders:
        store.change("sale.order", order["id"], state="sale", date_order=now())
    return True


def action_cancel(store: Store, ids: list[int], _: dict[str, Any]) -> bool:
    for number in ids:
        if store.find("sale.order", number)["locked"]:
            raise user_error("You cannot cancel a locked order. Please unlock it first.")
        store.change("sale.order", number, state="cancel")
    return True
