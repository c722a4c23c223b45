"""One call of the API on the store: the generic methods of every model and the business methods of a few."""

from collections.abc import Callable
from typing import Any

from gateway.destinations.odoo_standin import manufacturing, sales
from gateway.destinations.odoo_standin.answers import missing_record, not_found, validation_error
from gateway.destinations.odoo_standin.loading import load
from gateway.destinations.odoo_standin.reading import fields_get, read, search, search_count, search_read
from gateway.destinations.odoo_standin.rights import check_rights
from gateway.destinations.odoo_standin.store import Row, Store
from gateway.destinations.odoo_standin.writing import checked

_READING: dict[str, Callable[[Store, str, dict[str, Any]], Any]] = {
    "search": search, "search_read": search_read, "search_count": search_count, "read": read, "fields_get": fields_get,
}  # fmt: skip
_BUSINESS: dict[tuple[str, str], Callable[[Store, list[int], dict[str, Any]], Any]] = {
    ("sale.order", "action_confirm"): sales.action_confirm,
    ("sale.order", "action_cancel"): sales.action_cancel,
    ("mrp.production", "action_confirm"): manufacturing.action_confirm,
    ("mrp.production", "action_cancel"): manufacturing.action_cancel,
    ("mrp.production", "action_assign"): manufacturing.action_confirm,
    ("mrp.production", "button_mark_done"): manufacturing.button_mark_done,
}
_WRITE: dict[str, Callable[[Store, int, Row], None]] = {
    "mrp.production": manufacturing.write_production,
    "stock.move": manufacturing.write_move,
    "sale.order.line": sales.change_line,
}


def changes(method: str) -> bool:
    """Whether a call of `method` may leave something behind."""
    return method not in _READING


def carry_out(store: Store, model: str, method: str, arguments: dict[str, Any]) -> Any:
    """The value the method returns. Raises `Said`; the caller keeps or undoes the transaction."""
    check_rights(model, method)
    if method in _READING:
        return _READING[method](store, model, arguments)
    ids, context = arguments.get("ids") or [], arguments.get("context") or {}
    if method == "load":
        return load(store, model, arguments.get("fields") or [], arguments.get("data") or [])
    if method == "create":
        return [_create(store, model, values) for values in arguments.get("vals_list") or []]
    if method == "write":
        return _write(store, model, ids, arguments.get("vals") or {})
    business = _BUSINESS.get((model, method))
    if business is None:
        raise not_found(f"The method '{model}.{method}' does not exist")
    return business(store, ids, context)


def _create(store: Store, model: str, values: dict[str, Any]) -> int:
    if model != "stock.lot":
        raise not_found(f"the stand-in creates no '{model}' with create; use load")
    row = checked(store, model, values)
    for lot in store.rows.get(model, {}).values():
        if (lot["name"], lot["product_id"]) == (row.get("name"), row.get("product_id")):
            raise validation_error("The combination of lot/serial number and product must be unique within a company.")
    return store.create(model, row)


def _write(store: Store, model: str, ids: list[int], values: dict[str, Any]) -> bool:
    lines = values.pop("move_line_ids", None) if model == "stock.move" else None
    row = checked(store, model, values)
    for number in ids:
        if number not in store.rows.get(model, {}):
            raise missing_record(model, number)
        if lines is not None:
            row = row | _detail(store, number, lines)
        if model in _WRITE:
            _WRITE[model](store, number, row)
        else:
            store.change(model, number, **row)
    return True


def _detail(store: Store, move: int, commands: list[Any]) -> Row:
    """A move's lines by lot; its quantity is their sum."""
    for line in [line for line in store.rows.get("stock.move.line", {}).values() if line["move_id"] == move]:
        store.remove("stock.move.line", line["id"])
    made = [checked(store, "stock.move.line", command[2]) for command in commands if command[0] == 0]
    for line in made:
        store.create("stock.move.line", line | {"move_id": move})
    return {"quantity": sum(line["quantity"] for line in made), "lot_ids": [line["lot_id"] for line in made]}
