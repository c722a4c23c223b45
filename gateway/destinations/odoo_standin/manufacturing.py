"""Manufacturing orders: planned by the seed, confirmed through write and button_mark_done with all its traps."""

from typing import Any

from gateway.destinations.odoo_standin.answers import user_error, validation_error
from gateway.destinations.odoo_standin.fields import UNIT_DIGITS
from gateway.destinations.odoo_standin.store import Row, Store
from gateway.destinations.odoo_standin.writing import rounded

Answer = bool | dict[str, Any]


def plan(store: Store, product: int, quantity: float, bom: int, *, origin: str | None = None, name: str | None = None,
         state: str = "confirmed") -> int:  # fmt: skip
    """A manufacturing order with its components' moves, all reserved in full."""
    recipe = store.find("mrp.bom", bom)
    title = name or store.next_name("mrp.production.group", "WH/MO/{:05}")
    group = store.create("mrp.production.group", {"name": title})
    made = _new_order(store, product, quantity, recipe, title, group, 0, origin=origin, state=state)
    for line in store.rows.get("mrp.bom.line", {}).values():
        if line["bom_id"] == bom:
            _new_raw_move(store, made, line["product_id"], line["product_qty"] * quantity / recipe["product_qty"])
    return made


def action_confirm(store: Store, ids: list[int], _: dict[str, Any]) -> bool:
    for number in ids:
        if store.find("mrp.production", number)["state"] == "draft":
            store.change("mrp.production", number, state="confirmed")
    return True


def action_cancel(store: Store, ids: list[int], _: dict[str, Any]) -> bool:
    for number in ids:
        if store.find("mrp.production", number)["state"] == "done":
            raise user_error("You cannot cancel a manufacturing order that is already done.")
        store.change("mrp.production", number, state="cancel")
        for move in _raw_moves(store, number):
            store.change("stock.move", move["id"], state="cancel", quantity=0.0, picked=False)
    return True


def write_production(store: Store, number: int, values: Row) -> None:
    """Over the API no onchange runs: writing `qty_producing` does not touch the components."""
    order = store.find("mrp.production", number)
    if "qty_producing" in values and order["state"] in ("confirmed", "progress", "to_close"):
        producing = values["qty_producing"] or 0.0
        state = "to_close" if producing >= order["product_qty"] else "progress"
        values = {**values, "state": state if producing else "confirmed"}
    store.change("mrp.production", number, **values)


def write_move(store: Store, number: int, values: Row) -> None:
    move = store.find("stock.move", number)
    if "quantity" in values and move["state"] in ("confirmed", "assigned", "partially_available"):
        enough = (values["quantity"] or 0.0) >= move["product_uom_qty"]
        values = {**values, "state": "assigned" if enough else "partially_available"}
    store.change("stock.move", number, **values)


def button_mark_done(store: Store, ids: list[int], context: dict[str, Any]) -> Answer:
    """Book what is being produced. True, or a window action: a question nobody answered, or a hint after success."""
    answer: Answer = True
    for number in ids:
        answer = _mark_done(store, number, context)
    return answer


def _mark_done(store: Store, number: int, context: dict[str, Any]) -> Answer:
    order = store.find("mrp.production", number)
    splits = number in (context.get("mo_ids_to_backorder") or [])
    if order["state"] == "done":
        if splits:
            raise validation_error("The operation cannot be completed: The quantity to produce must be positive!")
        return True
    if not order["qty_producing"] and order["state"] != "cancel":
        order = _produce_everything(store, order)
    if order["consumption"] != "flexible" and not context.get("skip_consumption") and _deviates(store, order):
        return _window("mrp.consumption.warning", "Consumption Warning", number)
    left = rounded(order["product_qty"] - order["qty_producing"], UNIT_DIGITS)
    if left > 0 and not context.get("skip_backorder"):
        return _window("mrp.production.backorder", "You produced less than the initial demand", number)
    _check_lots(store, order)
    backorder = _split(store, order, left) if left > 0 and splits else None
    _book(store, store.find("mrp.production", number))
    return _window("mrp.production", "", backorder) if backorder else True


def _produce_everything(store: Store, order: Row) -> Row:
    store.change("mrp.production", order["id"], qty_producing=order["product_qty"])
    for move in _raw_moves(store, order["id"]):
        if not move["picked"]:
            store.change("stock.move", move["id"], quantity=move["product_uom_qty"], picked=True)
    return store.find("mrp.production", order["id"])


def _deviates(store: Store, order: Row) -> bool:
    share = order["qty_producing"] / order["product_qty"]
    return any(
        rounded(move["quantity"] if move["picked"] else 0.0, UNIT_DIGITS)
        != rounded(move["product_uom_qty"] * share, UNIT_DIGITS)
        for move in _raw_moves(store, order["id"])
    )


def _check_lots(store: Store, order: Row) -> None:
    moves = [move for move in _raw_moves(store, order["id"]) if move["picked"] and move["quantity"]]
    bare = [move["product_id"] for move in moves if move["has_tracking"] != "none" and not move.get("lot_ids")]
    if order["product_tracking"] != "none" and not order.get("lot_producing_ids"):
        bare.append(order["product_id"])
    if bare:
        products = [store.find("product.product", each) for each in bare]
        names = "\n".join(f"- [{product['default_code']}] {product['name']}" for product in products)
        raise user_error(f"You need to supply a Lot/Serial Number for product:\n{names}")


def _split(store: Store, order: Row, left: float) -> int:
    """The rest becomes an order of its own; the first split renames the head to `-001`, later ones leave it."""
    group = store.find("mrp.production.group", order["production_group_id"])
    family = [each for each in store.rows["mrp.production"].values() if each["production_group_id"] == group["id"]]
    last = max(each["backorder_sequence"] for each in family)
    if last == 0:
        store.change("mrp.production", order["id"], name=f"{group['name']}-001", backorder_sequence=1)
        last = 1
    recipe = store.find("mrp.bom", order["bom_id"])
    rest = _new_order(store, order["product_id"], left, recipe, f"{group['name']}-{last + 1:03}", group["id"], last + 1,
                      origin=order["origin"])  # fmt: skip
    for move in _raw_moves(store, order["id"]):
        factor = move["product_uom_qty"] / order["product_qty"]
        _new_raw_move(store, rest, move["product_id"], factor * left)
        demand = rounded(factor * order["qty_producing"], UNIT_DIGITS)
        store.change("stock.move", move["id"], product_uom_qty=demand)
    store.change("mrp.production", order["id"], product_qty=order["qty_producing"])
    return rest


def _book(store: Store, order: Row) -> None:
    """What was not picked is cancelled with nothing consumed, without a word: the worst of the traps."""
    for move in _raw_moves(store, order["id"]):
        if move["picked"]:
            store.change("stock.move", move["id"], state="done")
        else:
            store.change("stock.move", move["id"], state="cancel", quantity=0.0)
    store.change("mrp.production", order["id"], state="done", qty_produced=order["qty_producing"])


def _new_order(store: Store, product: int, quantity: float, recipe: Row, name: str, group: int, sequence: int, *,
               origin: str | None = None, state: str = "confirmed") -> int:  # fmt: skip
    made = store.find("product.product", product)
    return store.create(
        "mrp.production",
        {
            "name": name, "origin": origin, "product_id": product, "product_tracking": made.get("tracking") or "none",
            "product_qty": rounded(quantity, UNIT_DIGITS), "product_uom_id": made["uom_id"], "qty_producing": 0.0,
            "qty_produced": 0.0, "bom_id": recipe["id"], "consumption": recipe.get("consumption") or "warning",
            "state": state, "backorder_sequence": sequence, "production_group_id": group,
        },
    )  # fmt: skip


def _new_raw_move(store: Store, order: int, product: int, quantity: float) -> None:
    component = store.find("product.product", product)
    demand = rounded(quantity, UNIT_DIGITS)
    store.create(
        "stock.move",
        {
            "product_id": product, "product_uom": component["uom_id"], "product_uom_qty": demand, "quantity": demand,
            "picked": False, "has_tracking": component.get("tracking") or "none", "state": "assigned",
            "raw_material_production_id": order,
        },
    )  # fmt: skip


def _raw_moves(store: Store, order: int) -> list[Row]:
    moves = store.rows.get("stock.move", {}).values()
    return [move for move in moves if move["raw_material_production_id"] == order and move["state"] != "cancel"]


def _window(model: str, name: str, number: int) -> dict[str, Any]:
    return {
        "type": "ir.actions.act_window", "res_model": model, "name": name, "display_name": name, "view_mode": "form",
        "views": [[False, "form"]], "context": {"default_mrp_production_ids": [number]},
        "res_id": number if model == "mrp.production" else 0,
    }  # fmt: skip
