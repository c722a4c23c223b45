"""What the stand-in holds, for people: sale orders and manufacturing orders on one page, or as JSON."""

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec

from gateway.destinations.odoo_standin.reading import search_read
from gateway.destinations.odoo_standin.store import Store

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Odoo stand-in</title>
<meta name="viewport" content="width=device-width"><style>
body{{font:15px/1.4 system-ui;margin:2rem}}table{{border-collapse:collapse;margin-bottom:2rem}}
td,th{{padding:.3rem .8rem;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}}
td{{white-space:pre-line}}.banner{{background:#fd6;padding:.3rem;font-weight:bold;width:fit-content}}
@media(max-width:60rem){{
body{{margin:1rem}}th{{display:none}}tr{{display:block;border-bottom:1px solid #ccc;padding:.4rem 0}}
td{{display:block;border:0;padding:0;overflow-wrap:anywhere}}
td:not(:empty)::before{{content:attr(data-name) " ";color:#666}}}}
</style>
<p class="banner">{banner}</p>
<h1>Sale orders</h1>{sales}
<h1>Manufacturing orders</h1>{productions}</html>"""
_SALES = ("Order", "State", "Customer", "Their number", "Source", "Lines")
_PRODUCTIONS = ("Order", "State", "Product", "Planned", "Produced", "Consumed")


def orders_as_json(store: Store) -> bytes:
    """`{"sale_orders": [{name, state, customer, client_order_ref, origin, lines}], "productions": […]}`."""
    return msgspec.json.encode({"sale_orders": _sales(store), "productions": _productions(store)})


def orders_page(store: Store, banner: str) -> bytes:
    sales = [
        (each["name"], each["state"], each["customer"], each["client_order_ref"], each["origin"],
         "\n".join(f"{line['quantity']:g} × {line['product']} at {line['price']:g}" for line in each["lines"]))
        for each in _sales(store)
    ]  # fmt: skip
    productions = [
        (each["name"], each["state"], each["product"], f"{each['planned']:g}", f"{each['produced']:g}",
         "\n".join(f"{move['quantity']:g} × {move['product']}" for move in each["consumed"]))
        for each in _productions(store)
    ]  # fmt: skip
    tables = {"sales": _table(_SALES, sales), "productions": _table(_PRODUCTIONS, productions)}
    return _PAGE.format(banner=escape(banner), **tables).encode()


def _table(names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    """On a narrow screen each row is a block, and each cell says what it is."""
    if not rows:
        return "<p>None yet.</p>"
    head = "<tr>" + "".join(f"<th>{name}" for name in names) + "</tr>"
    cells = (
        "".join(f'<td data-name="{name}">{escape(str(cell or ""))}' for name, cell in zip(names, row, strict=True))
        for row in rows
    )
    return f"<table>{head}{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _sales(store: Store) -> list[dict[str, Any]]:
    fields = ["name", "state", "partner_id", "client_order_ref", "origin", "order_line"]
    return [
        {
            "name": order["name"], "state": order["state"], "customer": order["partner_id"][1],
            "client_order_ref": order["client_order_ref"] or None, "origin": order["origin"] or None,
            "lines": [_line(store, number) for number in order["order_line"]],
        }
        for order in search_read(store, "sale.order", {"fields": fields, "order": "id desc"})
    ]  # fmt: skip


def _line(store: Store, number: int) -> dict[str, Any]:
    line = store.find("sale.order.line", number)
    product = store.find("product.product", line["product_id"])
    return {"product": product["default_code"], "quantity": line["product_uom_qty"], "price": line["price_unit"]}


def _productions(store: Store) -> list[dict[str, Any]]:
    fields = ["name", "state", "product_id", "product_qty", "qty_produced"]
    return [
        {
            "name": order["name"], "state": order["state"], "product": order["product_id"][1],
            "planned": order["product_qty"], "produced": order["qty_produced"],
            "consumed": [
                {"product": store.find("product.product", move["product_id"])["default_code"],
                 "quantity": move["quantity"]}
                for move in store.rows.get("stock.move", {}).values()
                if move["raw_material_production_id"] == order["id"] and move["state"] == "done"
            ],
        }
        for order in search_read(store, "mrp.production", {"fields": fields, "order": "id desc"})
    ]  # fmt: skip
