"""The records a stand-in starts with: products, partners, bills of material and manufacturing orders.

A seed is JSON in the form of `seed.json`; what is there already (by `ref`, `code` or `name`) is left as it is, so that
a seed can be planted again and again.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.destinations.odoo_standin.manufacturing import plan
from gateway.destinations.odoo_standin.store import Store

# Odoo's own units with their English names, by UN/ECE Recommendation 20; factors as in Odoo's data.
_UNITS = (
    ("Units", 1.0, None, True), ("Pack of 6", 6.0, "Units", True), ("Dozens", 12.0, "Units", False),
    ("Hours", 1.0, None, True), ("Days", 8.0, "Hours", True), ("Minutes", 0.0166667, "Hours", True),
    ("mm", 1.0, None, True), ("cm", 10.0, "mm", False), ("m", 100.0, "cm", True), ("km", 1000.0, "m", False),
    ("m²", 1.0, None, True), ("ml", 1.0, None, True), ("L", 1000.0, "ml", True), ("m³", 1000.0, "L", False),
    ("g", 1.0, None, True), ("kg", 1000.0, "g", True), ("Ton", 1000.0, "kg", True), ("KWH", 1.0, None, True),
)  # fmt: skip


class Partner(Struct, kw_only=True, forbid_unknown_fields=True):
    """`ref` is the gateway's id of the partner; `gln` its location number; `parent` its company's `ref`."""

    ref: str
    name: str
    gln: str | None = None
    parent: str | None = None


class Product(Struct, kw_only=True, forbid_unknown_fields=True):
    """`code` is the internal reference, `unit` an Odoo unit by its English name."""

    code: str
    name: str
    barcode: str | None = None
    unit: str = "Units"
    price: float = 1.0
    tracking: str = "none"


class Component(Struct, kw_only=True, forbid_unknown_fields=True):
    product: str
    quantity: float


class BillOfMaterial(Struct, kw_only=True, forbid_unknown_fields=True):
    product: str
    components: tuple[Component, ...]
    quantity: float = 1.0
    consumption: str = "warning"


class Production(Struct, kw_only=True, forbid_unknown_fields=True):
    """A confirmed manufacturing order; without a name Odoo's sequence gives one (`WH/MO/00001`)."""

    product: str
    quantity: float
    name: str | None = None
    origin: str | None = None
    state: str = "confirmed"


class Seed(Struct, kw_only=True, forbid_unknown_fields=True):
    currency: str = "EUR"
    partners: tuple[Partner, ...] = ()
    products: tuple[Product, ...] = ()
    boms: tuple[BillOfMaterial, ...] = ()
    productions: tuple[Production, ...] = ()


def read_seed(file: Path | None = None) -> Seed:
    """The seed in `file`, or the one that ships."""
    return msgspec.json.decode((file or Path(__file__).with_name("seed.json")).read_bytes(), type=Seed)


def plant(store: Store, seed: Seed) -> None:
    """Add what is missing."""
    _plant_company(store, seed.currency)
    for partner in seed.partners:
        _plant_partner(store, partner)
    for product in seed.products:
        _plant_product(store, product)
    for bom in seed.boms:
        _plant_bom(store, bom)
    for production in seed.productions:
        _plant_production(store, production)


def _plant_company(store: Store, currency: str) -> None:
    if store.rows.get("res.company"):
        return
    money = store.create("res.currency", {"name": currency, "active": True})
    store.create("res.company", {"name": "My Company", "currency_id": money})
    store.create("decimal.precision", {"name": "Product Unit", "digits": 2})
    for name, factor, relative, active in _UNITS:
        larger = store.find("uom.uom", _number(store, "uom.uom", "name", relative)) if relative else None
        values = {"name": name, "relative_factor": factor, "active": active,
                  "relative_uom_id": larger["id"] if larger else None}  # fmt: skip
        number = store.create("uom.uom", values)
        store.change("uom.uom", number, parent_path=f"{larger['parent_path'] if larger else ''}{number}/")


def _plant_partner(store: Store, partner: Partner) -> None:
    if _known(store, "res.partner", "ref", partner.ref):
        return
    parent = _number(store, "res.partner", "ref", partner.parent) if partner.parent else None
    number = store.create("res.partner", {
        "name": partner.name, "ref": partner.ref, "global_location_number": partner.gln, "parent_id": parent,
        "is_company": parent is None, "active": True,
    })  # fmt: skip
    store.change("res.partner", number, commercial_partner_id=parent or number)


def _plant_product(store: Store, product: Product) -> None:
    if _known(store, "product.product", "default_code", product.code):
        return
    store.create("product.product", {
        "name": product.name, "default_code": product.code, "barcode": product.barcode, "list_price": product.price,
        "uom_id": _number(store, "uom.uom", "name", product.unit), "tracking": product.tracking, "sale_ok": True,
        "active": True,
    })  # fmt: skip


def _plant_bom(store: Store, bom: BillOfMaterial) -> None:
    product = _number(store, "product.product", "default_code", bom.product)
    if any(each["product_id"] == product for each in store.rows.get("mrp.bom", {}).values()):
        return
    values = {"product_id": product, "product_qty": bom.quantity, "consumption": bom.consumption}
    number = store.create("mrp.bom", values)
    for component in bom.components:
        used = _number(store, "product.product", "default_code", component.product)
        store.create("mrp.bom.line", {"bom_id": number, "product_id": used, "product_qty": component.quantity})


def _plant_production(store: Store, production: Production) -> None:
    if production.name and _known(store, "mrp.production.group", "name", production.name):
        return
    product = _number(store, "product.product", "default_code", production.product)
    bom = next(each["id"] for each in store.rows["mrp.bom"].values() if each["product_id"] == product)
    plan(store, product, production.quantity, bom,
         origin=production.origin, name=production.name, state=production.state)  # fmt: skip


def _known(store: Store, model: str, field: str, value: str) -> bool:
    return any(row.get(field) == value for row in store.rows.get(model, {}).values())


def _number(store: Store, model: str, field: str, value: str) -> int:
    for row in store.rows.get(model, {}).values():
        if row.get(field) == value:
            return int(row["id"])
    raise ValueError(f"the seed speaks of `{value}`, which is not in {model}")
