"""Two Odoos for one set of tests: the stand-in that ships, and a real one. Both are filled through the same verbs."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from gateway.destinations.contract import Unknown
from gateway.destinations.odoo.destination import OdooDestination
from gateway.destinations.odoo.refusals import Stopped
from gateway.destinations.odoo.transport import Transport
from gateway.destinations.odoo_standin.faults import Faults
from gateway.destinations.odoo_standin.seeding import (
    BillOfMaterial,
    Component,
    Partner,
    Product,
    Production,
    Seed,
    plant,
)
from gateway.destinations.odoo_standin.store import Store


def unique(prefix: str) -> str:
    """A name no other test uses: a real Odoo is shared by all tests of a session."""
    return f"{prefix}-{secrets.token_hex(4)}"


def unique_gtin() -> str:
    digits = f"2{secrets.randbelow(10**11):011}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


@dataclass
class Answer:
    """What JSON-2 said."""

    status: int
    value: Any


class World(Protocol):
    url: str
    database: str
    api_key: str

    async def partner(self, ref: str, *, gln: str | None = None, parent: str | None = None) -> None: ...
    async def product(
        self, code: str, *, barcode: str | None = None, unit: str = "Units", tracking: str = "none", price: float = 1.0
    ) -> None: ...
    async def bom(self, product: str, components: dict[str, float], *, consumption: str = "warning") -> None: ...
    async def production(self, product: str, quantity: float, *, origin: str | None = None) -> str:
        """A confirmed manufacturing order; gives its name."""

    async def change(self, model: str, domain: list[Any], values: dict[str, Any]) -> None:
        """What a person does in Odoo."""

    async def rows(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        """Read as the bot reads, by id."""

    async def call(self, model: str, method: str, **arguments: Any) -> Answer:
        """One raw call as the bot."""


async def raw_call(client: httpx.AsyncClient, key: str, model: str, method: str, arguments: dict[str, Any]) -> Answer:
    response = await client.post(
        f"/json/2/{model}/{method}", json=arguments, headers={"authorization": f"bearer {key}"}
    )
    return Answer(response.status_code, response.json())


class Deaf:
    """A transport that carries everything out and does not hear the answer to one of the changing calls."""

    def __init__(self, transport: Transport, cut_at: int) -> None:
        self._transport = transport
        self._left = cut_at

    async def call(
        self, model: str, method: str, arguments: dict[str, Any], *, changes: bool, traceparent: str | None
    ) -> Any:
        value = await self._transport.call(model, method, arguments, changes=changes, traceparent=traceparent)
        if changes:
            self._left -= 1
            if self._left == 0:
                raise Stopped(Unknown("lost"))
        return value

    async def version(self) -> tuple[int, int]:
        return await self._transport.version()


def deafened(odoo: OdooDestination, cut_at: int) -> None:
    """From now on `odoo` does not hear the answer to its changing call number `cut_at`."""
    odoo._transport = Deaf(odoo._transport, cut_at)


@dataclass
class StandIn:
    """The stand-in behind its own socket."""

    url: str
    store: Store
    faults: Faults
    client: httpx.AsyncClient
    api_key: str = "a key of the tests"
    database: str = "tests"

    async def partner(self, ref: str, *, gln: str | None = None, parent: str | None = None) -> None:
        self._plant(Seed(partners=(Partner(ref=ref, name=ref.title(), gln=gln, parent=parent),)))

    async def product(
        self, code: str, *, barcode: str | None = None, unit: str = "Units", tracking: str = "none", price: float = 1.0
    ) -> None:
        made = Product(code=code, name=code.title(), barcode=barcode, unit=unit, tracking=tracking, price=price)
        self._plant(Seed(products=(made,)))

    async def bom(self, product: str, components: dict[str, float], *, consumption: str = "warning") -> None:
        parts = tuple(Component(product=code, quantity=quantity) for code, quantity in components.items())
        self._plant(Seed(boms=(BillOfMaterial(product=product, components=parts, consumption=consumption),)))

    async def production(self, product: str, quantity: float, *, origin: str | None = None) -> str:
        self._plant(Seed(productions=(Production(product=product, quantity=quantity, origin=origin),)))
        return str(self.store.rows["mrp.production"][max(self.store.rows["mrp.production"])]["name"])

    async def change(self, model: str, domain: list[Any], values: dict[str, Any]) -> None:
        for row in await self.rows(model, domain, ["id"]):
            self.store.change(model, row["id"], **values)

    async def rows(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        return (await self.call(model, "search_read", domain=domain, fields=fields, order="id")).value

    async def call(self, model: str, method: str, **arguments: Any) -> Answer:
        return await raw_call(self.client, self.api_key, model, method, arguments)

    def _plant(self, seed: Seed) -> None:
        with self.store.transaction():
            plant(self.store, seed)


@dataclass
class RealWorld:
    """A real Odoo 19; `admin_key` fills it, `api_key` is the bot's."""

    url: str
    database: str
    api_key: str
    admin_key: str
    client: httpx.AsyncClient
    _numbers: dict[str, int] = field(default_factory=dict)

    async def partner(self, ref: str, *, gln: str | None = None, parent: str | None = None) -> None:
        values = {"name": ref.title(), "ref": ref, "global_location_number": gln or False, "is_company": parent is None}
        if parent:
            found = await self._admin("res.partner", "search", domain=[["ref", "=", parent]])
            values |= {"parent_id": found[0], "type": "delivery"}
        await self._admin("res.partner", "create", vals_list=[values])

    async def product(
        self, code: str, *, barcode: str | None = None, unit: str = "Units", tracking: str = "none", price: float = 1.0
    ) -> None:
        units = await self._admin("uom.uom", "search", domain=[["name", "=", unit]])
        made = await self._admin("product.product", "create", vals_list=[{
            "name": code.title(), "default_code": code, "barcode": barcode or False, "type": "consu",
            "is_storable": True, "uom_id": units[0], "tracking": tracking, "list_price": price,
        }])  # fmt: skip
        self._numbers[code] = made[0]

    async def bom(self, product: str, components: dict[str, float], *, consumption: str = "warning") -> None:
        read = await self._admin("product.product", "read", ids=[self._numbers[product]], fields=["product_tmpl_id"])
        parts = [[0, 0, {"product_id": self._numbers[code], "product_qty": each}] for code, each in components.items()]
        await self._admin("mrp.bom", "create", vals_list=[{
            "product_tmpl_id": read[0]["product_tmpl_id"][0], "product_qty": 1, "consumption": consumption,
            "bom_line_ids": parts,
        }])  # fmt: skip

    async def production(self, product: str, quantity: float, *, origin: str | None = None) -> str:
        values = {"product_id": self._numbers[product], "product_qty": quantity, "origin": origin or False}
        made = await self._admin("mrp.production", "create", vals_list=[values])
        await self._admin("mrp.production", "action_confirm", ids=made)
        return str((await self._admin("mrp.production", "read", ids=made, fields=["name"]))[0]["name"])

    async def change(self, model: str, domain: list[Any], values: dict[str, Any]) -> None:
        found = await self._admin(model, "search", domain=domain)
        await self._admin(model, "write", ids=found, vals=values)

    async def rows(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        return (await self.call(model, "search_read", domain=domain, fields=fields, order="id")).value

    async def call(self, model: str, method: str, **arguments: Any) -> Answer:
        return await raw_call(self.client, self.api_key, model, method, arguments)

    async def _admin(self, model: str, method: str, **arguments: Any) -> Any:
        answer = await raw_call(self.client, self.admin_key, model, method, arguments)
        assert answer.status == 200, answer.value.get("message")
        return answer.value
