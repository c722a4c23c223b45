"""search, search_read, search_count, read and fields_get, and the domains they take."""

from collections.abc import Callable
from typing import Any

from gateway.destinations.odoo_standin.answers import type_error, value_error
from gateway.destinations.odoo_standin.fields import MODELS, Field
from gateway.destinations.odoo_standin.store import Row, Store

Arguments = dict[str, Any]


def search(store: Store, model: str, arguments: Arguments) -> list[int]:
    """Ids in the order asked for (by id unless told), archived records left out unless `active_test` is false."""
    rows = [row for row in store.rows.get(model, {}).values() if _is_seen(model, row, arguments)]
    matches = _matcher(store, model, arguments.get("domain") or [])
    found = [row for row in rows if matches(row)]
    for part in reversed((arguments.get("order") or "id").split(",")):
        field, _, direction = part.strip().partition(" ")
        _field(model, field)
        found.sort(key=lambda row, name=field: _sortable(row.get(name)), reverse=direction.strip().lower() == "desc")  # type: ignore[misc]  # the default binds the loop's name
    first = arguments.get("offset") or 0
    limit = arguments.get("limit")
    return [row["id"] for row in found[first : first + limit if limit else None]]


def read(store: Store, model: str, arguments: Arguments) -> list[Row]:
    """One dict per id; ids that do not exist are left out without a word, as the real server does."""
    names = arguments.get("fields") or list(MODELS[model])
    for name in names:
        _field(model, name)
    table = store.rows.get(model, {})
    return [
        {"id": number, **{name: show(store, model, table[number], name) for name in names}}
        for number in arguments.get("ids") or []
        if number in table
    ]


def search_read(store: Store, model: str, arguments: Arguments) -> list[Row]:
    allowed = {"domain", "fields", "offset", "limit", "order", "context"}
    for name in arguments:
        if name not in allowed:
            raise type_error(f"BaseModel._read_format() got an unexpected keyword argument '{name}'")
    return read(store, model, {"ids": search(store, model, arguments), "fields": arguments.get("fields")})


def search_count(store: Store, model: str, arguments: Arguments) -> int:
    return len(search(store, model, arguments))


def fields_get(_: Store, model: str, arguments: Arguments) -> dict[str, dict[str, Any]]:
    wanted = arguments.get("allfields") or list(MODELS[model])
    attributes = arguments.get("attributes")
    return {
        name: {key: value for key, value in _described(field).items() if attributes is None or key in attributes}
        for name, field in MODELS[model].items()
        if name in wanted
    }


def show(store: Store, model: str, row: Row, name: str) -> Any:
    """A field's value as the API shows it: many2one as `[id, display name]`, empty as false."""
    field = _field(model, name)
    if name == "display_name":
        return display_name(store, model, row)
    value = row.get(name)
    if field.kind == "many2one" and field.relation:
        return [value, display_name(store, field.relation, store.find(field.relation, value))] if value else False
    if field.kind == "one2many" and field.relation:
        children = store.rows.get(field.relation, {}).values()
        found = [child for child in children if child.get(field.inverse or "") == row["id"]]
        return [child["id"] for child in sorted(found, key=lambda child: (child.get("sequence") or 0, child["id"]))]
    if field.kind == "many2many":
        return list(value or [])
    if field.kind in ("float", "integer"):
        return (float if field.kind == "float" else int)(value or 0)
    return value if value not in (None, "") else False


def display_name(store: Store, model: str, row: Row) -> str:
    if model == "product.product" and row.get("default_code"):
        return f"[{row['default_code']}] {row['name']}"
    if model == "sale.order.line":
        return f"{store.find('sale.order', row['order_id'])['name']} - {row.get('name') or ''}"
    return str(row.get("name") or row.get("code") or f"{model},{row['id']}")


def _described(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": field.kind, "string": field.label, "required": field.required, "readonly": field.readonly,
    }  # fmt: skip
    if field.relation:
        described["relation"] = field.relation
    if field.kind == "float":
        described["digits"] = [16, field.digits] if field.digits is not None else False
    return described


def _field(model: str, name: str) -> Field:
    field = MODELS[model].get(name)
    if field is None:
        raise value_error(f"Invalid field '{name}' on '{model}'")
    return field


def _is_seen(model: str, row: Row, arguments: Arguments) -> bool:
    if "active" not in MODELS[model] or (arguments.get("context") or {}).get("active_test") is False:
        return True
    names_it = any(isinstance(term, list) and term[:1] == ["active"] for term in arguments.get("domain") or [])
    return names_it or bool(row.get("active"))


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, 0) if value in (None, False, "") else (1, value)


_Match = Callable[[Row], bool]


def _matcher(store: Store, model: str, domain: list[Any]) -> _Match:
    """Odoo's prefix notation: `&` between terms unless `|` or `!` stands before them."""
    stack: list[_Match] = []
    for term in reversed(domain):
        if term == "!":
            stack.append(_negated(stack.pop()))
        elif term in ("&", "|"):
            stack.append(_joined(term, stack.pop(), stack.pop()))
        else:
            stack.append(_compared(store, model, *term))
    return lambda row: all(match(row) for match in stack)


def _negated(match: _Match) -> _Match:
    return lambda row: not match(row)


def _joined(operator: str, left: _Match, right: _Match) -> _Match:
    if operator == "|":
        return lambda row: left(row) or right(row)
    return lambda row: left(row) and right(row)


def _compared(store: Store, model: str, path: str, operator: str, wanted: Any) -> _Match:
    name, _, rest = path.partition(".")
    field = _field(model, name)
    if rest and field.relation:
        inner = _compared(store, field.relation, rest, operator, wanted)
        return lambda row: bool(row.get(name)) and inner(store.find(field.relation or "", row[name]))
    compare = _OPERATORS.get(operator)
    if compare is None:
        raise value_error(f"Invalid operator in domain term ('{path}', '{operator}', {wanted!r})")
    return lambda row: compare(_plain(row.get(name)), wanted)


def _plain(value: Any) -> Any:
    return False if value in (None, "") else value


def _is_like(value: Any, pattern: str) -> bool:
    """`%` at the end or the start only, which is all the gateway asks for."""
    text, wanted = str(value or ""), pattern.strip("%")
    if pattern.endswith("%"):
        return wanted in text if pattern.startswith("%") else text.startswith(wanted)
    return text.endswith(wanted) if pattern.startswith("%") else text == wanted


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "in": lambda value, wanted: value in wanted,
    "not in": lambda value, wanted: value not in wanted,
    "<": lambda value, wanted: value is not False and value < wanted,
    ">": lambda value, wanted: value is not False and value > wanted,
    "<=": lambda value, wanted: value is not False and value <= wanted,
    ">=": lambda value, wanted: value is not False and value >= wanted,
    "=like": _is_like,
    "like": lambda value, wanted: wanted in str(value or ""),
    "ilike": lambda value, wanted: wanted.lower() in str(value or "").lower(),
}
