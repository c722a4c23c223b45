"""Which component takes how much of a booking: what the plant told, and the bill of material for the rest."""

from collections import defaultdict
from decimal import Decimal

from msgspec import Struct

from gateway.destinations.odoo.calls import Calls, Record
from gateway.destinations.odoo.figures import exact, keep, round_as_odoo
from gateway.destinations.odoo.lookups import find_products
from gateway.destinations.odoo.refusals import refuse
from translators.canonical.production_confirmation import ProductionConfirmation

_FIELDS = ("product_id", "product_uom", "product_uom_qty", "has_tracking", "state")


class Consumed(Struct, frozen=True):
    """A component's move and what to book on it; `lots`: lot name → quantity, for tracked products."""

    move: int
    product: int
    quantity: Decimal
    lots: dict[str, Decimal]


async def plan_consumption(calls: Calls, order: Record, done: ProductionConfirmation, due: Decimal) -> list[Consumed]:
    """Every open component of `order`, each with an explicit quantity.

    Told components take what was told, and by the bill of material for pieces of earlier confirmations that never
    arrived (`due` beyond the delta). Untold ones go by the bill of material for good pieces and scrap: leaving them
    out would book nothing.
    """
    moves = await calls.find("stock.move", [["id", "in", order["move_raw_ids"]]], _FIELDS)
    moves = [move for move in moves if move["state"] not in ("done", "cancel")]
    told = await _told(calls, moves, done)
    digits = calls.known.digits["stock.move", "quantity"]
    scrap = done.delta.scrap.value if done.delta.scrap is not None else Decimal(0)
    planned = exact(order["product_qty"])
    result = []
    for move in moves:
        lots = told.get(move["id"])
        per_piece = exact(move["product_uom_qty"]) / planned
        pieces = due + scrap if lots is None else due - done.delta.good.value
        by_recipe = round_as_odoo(per_piece * pieces, digits if digits is not None else 6)
        amount = sum((lots or {}).values(), Decimal(0)) + by_recipe
        named = {lot: part for lot, part in (lots or {}).items() if lot}
        _check_tracking(move, named, amount, by_recipe, lots)
        result.append(Consumed(move["id"], move["product_id"][0], amount, named))
    return result


async def _told(calls: Calls, moves: list[Record], done: ProductionConfirmation) -> dict[int, dict[str, Decimal]]:
    """Move → lot → quantity; an empty lot name stands for none."""
    told: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    if not done.consumed:
        return told
    products = await find_products(calls, [used.product for used in done.consumed])
    digits = calls.known.digits["stock.move", "quantity"]
    for position, used in enumerate(done.consumed, start=1):
        product = products.meant_by(used.product, f"material {position}")
        fitting = [move for move in moves if move["product_id"][0] == product["id"]]
        if len(fitting) != 1:
            why = "is no component" if not fitting else "is a component several times"
            raise refuse("odoo.consumption.unplanned", f"material {position} {why} of the manufacturing order")
        if calls.known.units.of(used.quantity.unit).id != fitting[0]["product_uom"][0]:
            raise refuse("odoo.unit.differs", f"material {position} is counted in another unit in Odoo")
        if used.quantity.value < 0:
            raise refuse("odoo.confirmation.reversal", f"material {position} is negative; give it back by hand")
        quantity = keep(used.quantity.value, digits, f"material {position}: the quantity")
        told[fitting[0]["id"]][used.lot or ""] += quantity
    return told


def _check_tracking(
    move: Record, named: dict[str, Decimal], amount: Decimal, by_recipe: Decimal, lots: dict[str, Decimal] | None
) -> None:
    if move["has_tracking"] == "none":
        if named:
            raise refuse("odoo.lot.surplus", "a lot is named for a material that Odoo does not track")
    elif amount and (by_recipe or "" in (lots or {})):
        raise refuse("odoo.lot.missing", "a material is tracked by lot or serial number, and none is named")
