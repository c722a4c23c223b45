"""create and write: values checked and rounded the way the real server does it, silently."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from gateway.destinations.odoo_standin.answers import missing_record, value_error
from gateway.destinations.odoo_standin.fields import MODELS, Field
from gateway.destinations.odoo_standin.store import Row, Store


def checked(store: Store, model: str, values: dict[str, Any]) -> Row:
    """The values as they are stored. An unknown field is a ValueError (500), a missing target a MissingError."""
    return {name: stored(store, _writable(model, name), value) for name, value in values.items()}


def stored(store: Store, field: Field, value: Any) -> Any:
    if value in (None, False, ""):
        return False if field.kind == "boolean" else None
    if field.kind == "float":
        return rounded(float(value), field.digits)
    if field.kind == "datetime":
        datetime.strptime(value, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - Odoo's naive UTC; a T or a zone is a ValueError
    if field.kind == "many2one" and field.relation and value not in store.rows.get(field.relation, {}):
        raise missing_record(field.relation, value)
    if field.kind == "many2many":
        return _linked(value)
    return value


def rounded(value: float, digits: int | None) -> float:
    """Half up on the decimal the float prints as; no digits means that every one is kept."""
    if digits is None:
        return value
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _writable(model: str, name: str) -> Field:
    field = MODELS[model].get(name)
    if field is None:
        raise value_error(f"Invalid field '{name}' in '{model}'")
    return field


def _linked(commands: list[Any]) -> list[int]:
    """The ids that many2many commands leave: 6 replaces all, 4 adds one, 5 clears."""
    ids: list[int] = []
    for command in commands:
        match command:
            case [6, _, list(replaced)]:
                ids = list(replaced)
            case [4, number, *_]:
                ids.append(number)
            case [5, *_]:
                ids = []
            case _:
                raise value_error(f"Wrong value for a many2many field: {command!r}")
    return ids
