"""What must be known of one Odoo before anything is written: version, company, decimals, units, fields."""

from typing import Any

from msgspec import Struct

from gateway.destinations.contract import Unavailable
from gateway.destinations.odoo.catalogue import OPERATIONS, Operation
from gateway.destinations.odoo.pacing import Pace
from gateway.destinations.odoo.refusals import Stopped
from gateway.destinations.odoo.settings import OdooSettings
from gateway.destinations.odoo.transport import Transport
from gateway.destinations.odoo.units import Units

OLDEST = (19, 0)
# `decimal.precision` itself may be read by administrators only; the fields tell the digits to everybody.
_DIGITS = (
    ("sale.order.line", "product_uom_qty"), ("sale.order.line", "price_unit"), ("mrp.production", "qty_producing"),
    ("stock.move", "quantity"),
)  # fmt: skip


class Knowledge(Struct, frozen=True, kw_only=True):
    """One Odoo, as it was when the worker started.

    `digits`: decimals kept by field (None: all of them). `currency` is the company's. `disabled`: operation → what it
    lacks here. `has_gln`: whether contacts carry a location number (module account_add_gln).
    """

    version: tuple[int, int]
    company: int
    currency: str
    digits: dict[tuple[str, str], int | None]
    units: Units
    disabled: dict[str, str]
    has_gln: bool


async def learn(settings: OdooSettings, transport: Transport, pace: Pace) -> Knowledge:
    """Read it all. Raises `Stopped` with `Unavailable` when Odoo is out, too old or not set up."""
    version = await transport.version()
    if version < OLDEST:
        raise Stopped(Unavailable(f"Odoo {version[0]}.{version[1]} has no JSON-2; Odoo 19 or later is needed"))

    async def ask(model: str, method: str, **arguments: Any) -> Any:
        await pace.turn()
        arguments["context"] = {"lang": "en_US"}
        return await transport.call(model, method, arguments, changes=False, traceparent=None)

    companies = await ask("res.company", "search_read", domain=[], fields=["name", "currency_id"])
    company = _the_company(companies, settings.company)
    units = await ask("uom.uom", "search_read", domain=[], fields=["name", "parent_path"])
    described = {
        model: await ask(model, "fields_get", attributes=["type", "digits"])
        for model in sorted({call.model for operation in OPERATIONS.values() for call in operation.calls})
    }
    return Knowledge(
        version=version,
        company=company["id"],
        currency=company["currency_id"][1],
        digits={(model, field): _digits(described[model].get(field, {})) for model, field in _DIGITS},
        units=Units(units),
        disabled={name: lack for name, each in OPERATIONS.items() if (lack := _lack(each, described))},
        has_gln="global_location_number" in described["res.partner"],
    )


def _the_company(companies: list[dict[str, Any]], wanted: int | None) -> dict[str, Any]:
    fitting = [each for each in companies if wanted in (None, each["id"])]
    if len(fitting) != 1:
        asked = "no company" if not fitting else "several companies"
        raise Stopped(Unavailable(f"the gateway's user sees {asked} in Odoo; say which in the settings"))
    return fitting[0]


def _digits(described: dict[str, Any]) -> int | None:
    digits = described.get("digits")
    return int(digits[1]) if digits else None


def _lack(operation: Operation, described: dict[str, dict[str, Any]]) -> str | None:
    """The first field the operation needs and this Odoo has not."""
    for call in operation.calls:
        for column in sorted(call.fields):
            name = column.partition("/")[0]
            if name not in described[call.model]:
                return f"{call.model} has no field `{name}`"
    return None
