"""`load`: rows of text with external ids; all of them or none, and an answer of 200 either way."""

from typing import Any

from gateway.destinations.odoo_standin.answers import CLASH, Said, value_error
from gateway.destinations.odoo_standin.fields import MODELS, Field
from gateway.destinations.odoo_standin.sales import change_line, new_line, new_order
from gateway.destinations.odoo_standin.store import Row, Store
from gateway.destinations.odoo_standin.writing import stored

Message = dict[str, Any]
_CREATE = {"sale.order": new_order, "sale.order.line": new_line}


class _Bad(Exception):  # noqa: N818 - a bad cell, told in the answer
    """One cell that cannot be read."""

    def __init__(self, field: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.said: Message = {"type": "error", "field": field, "message": message, **more}


def load(store: Store, model: str, columns: list[str], rows: list[list[str]]) -> dict[str, Any]:
    """`{ids, messages, nextrow}`; the caller undoes everything when `ids` is false."""
    for column in columns:
        _check_column(model, column)
    ids: list[int] = []
    messages: list[Message] = []
    for record, (first, last) in enumerate(_records(model, columns, rows)):
        span = {"rows": {"from": first, "to": last}, "record": record}
        try:
            ids.append(_load_one(store, model, columns, rows[first : last + 1]))
        except _Bad as bad:
            messages.append(span | bad.said)
        except Said as said:
            messages.append(span | {"type": "error", "message": said.message})
    return {"ids": False if messages else ids, "messages": messages, "nextrow": 0}


def clashed() -> dict[str, Any]:
    """What a serialisation clash looks like: 200, nothing written."""
    message = {"type": "error", "message": f"Unknown database error: '{CLASH}'", "record": False}
    return {"ids": False, "messages": [message], "nextrow": 0}


def _check_column(model: str, column: str) -> None:
    name, _, rest = column.partition("/")
    if name == ".id":
        return
    field = MODELS[model].get(name)
    if field is None:
        raise value_error(f"Invalid field name '{column}'")
    if field.kind == "one2many" and rest and field.relation:
        _check_column(field.relation, rest)


def _records(model: str, columns: list[str], rows: list[list[str]]) -> list[tuple[int, int]]:
    """First and last row of each record: a row whose own columns are all empty continues the one above."""
    own = [
        index for index, column in enumerate(columns)
        if "/" not in column or MODELS[model][column.partition("/")[0]].kind != "one2many"
    ]  # fmt: skip
    spans: list[tuple[int, int]] = []
    for index, row in enumerate(rows):
        if spans and not any(row[each] for each in own):
            spans[-1] = (spans[-1][0], index)
        else:
            spans.append((index, index))
    return spans


def _load_one(store: Store, model: str, columns: list[str], rows: list[list[str]]) -> int:
    own: dict[str, str] = {}
    children: list[str] = []
    for column, cell in zip(columns, rows[0], strict=True):
        name = column.partition("/")[0]
        if MODELS[model][name].kind != "one2many":
            own[column] = cell
        elif name not in children:
            children.append(name)
    number = _upsert(store, model, own.pop("id", ""), _values(store, model, own))
    for name in children:
        _load_children(store, MODELS[model][name], number, name, columns, rows)
    return number


def _load_children(
    store: Store, field: Field, parent: int, name: str, columns: list[str], rows: list[list[str]]
) -> None:
    """Without an external id of its own a child is made anew each time: a repeated load doubles the lines."""
    model = field.relation or ""
    for row in rows:
        cells = {
            column.removeprefix(name + "/"): cell
            for column, cell in zip(columns, row, strict=True)
            if column.startswith(name + "/")
        }
        if not any(cells.values()):
            continue
        xid = cells.pop("id", "")
        try:
            values = _values(store, model, cells, label=f"{field.label}/")
            _upsert(store, model, xid, values | {field.inverse or "": parent})
        except _Bad as bad:
            bad.said["field"] = name
            raise


def _values(store: Store, model: str, cells: dict[str, str], label: str = "") -> dict[str, Any]:
    values = {}
    for column, cell in cells.items():
        name, _, rest = column.partition("/")
        field = MODELS[model][name]
        values[name] = _cell(store, field, name, label + field.label, rest, cell)
    return values


def _upsert(store: Store, model: str, xid: str, values: dict[str, Any]) -> int:
    known = store.xids.get(xid) if xid else None
    if known is not None and known[1] in store.rows.get(model, {}):
        if model == "sale.order.line":
            change_line(store, known[1], values)
        else:
            store.change(model, known[1], **values)
        return known[1]
    for name, field in MODELS[model].items():
        if field.required and not values.get(name):
            raise _Bad(name, f"Missing required value for the field '{field.label}' ({name}).\nModel: '{model}'\n")
    number = _CREATE[model](store, values) if model in _CREATE else store.create(model, values)
    if xid:
        store.name(xid, model, number)
    return number


def _cell(store: Store, field: Field, name: str, label: str, rest: str, cell: str) -> Any:
    if not cell:
        return stored(store, field, None)
    if field.kind == "many2one" and field.relation:
        return _target(store, field, name, label, rest, cell)
    if field.kind in ("float", "integer"):
        try:
            return stored(store, field, float(cell) if field.kind == "float" else int(cell))
        except ValueError:
            raise _Bad(name, f"'{cell}' does not seem to be a number for field '{label}'") from None
    if field.kind == "datetime":
        try:
            return stored(store, field, cell)
        except ValueError:
            hint = "Use the format '2012-12-31 23:59:59'"
            raise _Bad(name, f"'{cell}' does not seem to be a valid datetime for field '{label}'",
                       moreinfo=hint) from None  # fmt: skip
    return stored(store, field, cell)


def _target(store: Store, field: Field, name: str, label: str, rest: str, cell: str) -> int:
    """`/.id` is the database id (archived records too), `/id` the external id, nothing the display name."""
    table = store.rows.get(field.relation or "", {})
    if rest == ".id":
        if cell.isdigit() and int(cell) in table:
            return int(cell)
        kind = "database id"
    elif rest == "id":
        known = store.xids.get(cell)
        if known is not None and known[0] == field.relation:
            return known[1]
        kind = "external id"
    else:
        named = [row["id"] for row in table.values() if row.get("name") == cell and row.get("active", True)]
        if named:
            return int(named[0])
        kind = "name"
    raise _Bad(name, f"No matching record found for {kind} '{cell}' in field '{label}'")


def is_load_refused(answer: Row) -> bool:
    return answer["ids"] is False
