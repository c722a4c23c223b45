"""Lots and serial numbers of what was consumed and produced."""

from typing import Any

from gateway.destinations.odoo.calls import Calls, Record
from gateway.destinations.odoo.consumption import Consumed
from gateway.destinations.odoo.refusals import refuse
from translators.canonical.production_confirmation import ProductionConfirmation


async def produced_lot(calls: Calls, order: Record, done: ProductionConfirmation) -> int | None:
    """The lot of the finished product, made in Odoo when it is new; None for a product without lots."""
    names = {each.lot for each in done.produced if each.lot} | {one for each in done.produced for one in each.serials}
    if order["product_tracking"] == "none":
        if names:
            raise refuse("odoo.lot.surplus", f"a lot is named for {order['name']}, whose product Odoo does not track")
        return None
    if not names:
        raise refuse("odoo.lot.missing", f"the product of {order['name']} is tracked, and no lot is named")
    if len(names) > 1:
        raise refuse("odoo.lots.several", f"{len(names)} lots are confirmed at once for {order['name']}")
    product, name = order["product_id"][0], names.pop()
    found = await _find_lot(calls, product, name)
    return found if found is not None else await calls.create("stock.lot", {"name": name, "product_id": product})


async def lot_lines(calls: Calls, used: Consumed) -> list[Any]:
    """The commands that replace a move's lines by one for each lot; a consumed lot must be known to Odoo."""
    lines: list[Any] = [[5, 0, 0]]
    for name, quantity in sorted(used.lots.items()):
        lot = await _find_lot(calls, used.product, name)
        if lot is None:
            raise refuse("odoo.lot.missing", "a consumed lot is not known to Odoo")
        lines.append([0, 0, {"product_id": used.product, "lot_id": lot, "quantity": float(quantity)}])
    return lines


async def _find_lot(calls: Calls, product: int, name: str) -> int | None:
    found = await calls.find("stock.lot", [["name", "=", name], ["product_id", "=", product]], ("name", "product_id"))
    return int(found[0]["id"]) if found else None
