"""The models and fields the stand-in knows: those of Odoo 19.0 Community that the gateway uses, with their traits."""

from typing import Literal

from msgspec import Struct

FieldKind = Literal["char", "text", "integer", "float", "boolean", "datetime", "selection", "many2one", "one2many",
                    "many2many"]  # fmt: skip


class Field(Struct, frozen=True):
    """One field. `digits` are the decimals a float is rounded to, silently; `inverse` is the many2one of a one2many."""

    kind: FieldKind
    label: str
    relation: str | None = None
    digits: int | None = None
    required: bool = False
    inverse: str | None = None
    readonly: bool = False


UNIT_DIGITS = 2  # decimal.precision "Product Unit" of a fresh Odoo


def _char(label: str, *, required: bool = False) -> Field:
    return Field("char", label, required=required)


def _quantity(label: str, *, readonly: bool = False) -> Field:
    return Field("float", label, digits=UNIT_DIGITS, readonly=readonly)


def _one(label: str, relation: str, *, required: bool = False) -> Field:
    return Field("many2one", label, relation, required=required)


def _many(label: str, relation: str, inverse: str) -> Field:
    return Field("one2many", label, relation, inverse=inverse)


_FLAG = Field("boolean", "Active")

MODELS: dict[str, dict[str, Field]] = {
    "res.currency": {"name": _char("Currency", required=True), "active": _FLAG},
    "res.company": {"name": _char("Company Name", required=True), "currency_id": _one("Currency", "res.currency")},
    "res.partner": {
        "name": _char("Name"),
        "ref": _char("Reference"),
        "vat": _char("Tax ID"),
        "global_location_number": _char("GLN"),
        "is_company": Field("boolean", "Is a Company"),
        "active": _FLAG,
        "parent_id": _one("Related Company", "res.partner"),
        "commercial_partner_id": _one("Commercial Entity", "res.partner"),
        "property_product_pricelist": _one("Pricelist", "product.pricelist"),
    },
    "product.pricelist": {"name": _char("Pricelist Name"), "currency_id": _one("Currency", "res.currency")},
    "uom.uom": {
        "name": _char("Unit Name", required=True),
        "relative_factor": Field("float", "Contains"),
        "relative_uom_id": _one("Reference Unit", "uom.uom"),
        "parent_path": _char("Parent Path"),
        "active": _FLAG,
    },
    "product.product": {
        "name": _char("Name", required=True),
        "default_code": _char("Internal Reference"),
        "barcode": _char("Barcode"),
        "uom_id": _one("Unit", "uom.uom", required=True),
        "tracking": Field("selection", "Tracking"),
        "list_price": Field("float", "Sales Price"),
        "sale_ok": Field("boolean", "Sales"),
        "active": _FLAG,
    },
    "sale.order": {
        "name": _char("Order Reference"),
        "partner_id": _one("Customer", "res.partner", required=True),
        "partner_shipping_id": _one("Delivery Address", "res.partner"),
        "partner_invoice_id": _one("Invoice Address", "res.partner"),
        "client_order_ref": _char("Customer Reference"),
        "origin": _char("Source Document"),
        "date_order": Field("datetime", "Order Date"),
        "commitment_date": Field("datetime", "Delivery Date"),
        "currency_id": _one("Currency", "res.currency"),
        "state": Field("selection", "Status"),
        "locked": Field("boolean", "Locked"),
        "order_line": _many("Order Lines", "sale.order.line", "order_id"),
    },
    "sale.order.line": {
        "order_id": _one("Order Reference", "sale.order", required=True),
        "sequence": Field("integer", "Sequence"),
        "product_id": _one("Product", "product.product"),
        "name": Field("text", "Description"),
        "product_uom_qty": _quantity("Quantity"),
        "product_uom_id": _one("Unit", "uom.uom"),
        "price_unit": Field("float", "Unit Price"),
        "discount": Field("float", "Discount (%)", digits=2),
    },
    "mrp.bom": {
        "code": _char("Reference"),
        "product_id": _one("Product", "product.product", required=True),
        "product_qty": _quantity("Quantity"),
        "consumption": Field("selection", "Flexible Consumption"),
        "bom_line_ids": _many("BoM Lines", "mrp.bom.line", "bom_id"),
    },
    "mrp.bom.line": {
        "bom_id": _one("BoM", "mrp.bom", required=True),
        "product_id": _one("Component", "product.product", required=True),
        "product_qty": _quantity("Quantity"),
    },
    "mrp.production.group": {"name": _char("Name")},
    "mrp.production": {
        "name": _char("Reference"),
        "origin": _char("Source"),
        "product_id": _one("Product", "product.product", required=True),
        "product_tracking": Field("selection", "Product Tracking"),
        "product_qty": _quantity("Quantity To Produce"),
        "product_uom_id": _one("Unit", "uom.uom", required=True),
        "qty_producing": _quantity("Quantity Producing"),
        "qty_produced": Field("float", "Quantity Produced", readonly=True),
        "bom_id": _one("Bill of Material", "mrp.bom"),
        "consumption": Field("selection", "Consumption"),
        "state": Field("selection", "State"),
        "backorder_sequence": Field("integer", "Backorder Sequence"),
        "production_group_id": _one("Production Group", "mrp.production.group"),
        "move_raw_ids": _many("Components", "stock.move", "raw_material_production_id"),
        "move_byproduct_ids": Field("many2many", "Byproducts", "stock.move"),
        "workorder_ids": Field("many2many", "Work Orders", "mrp.workorder"),
        "lot_producing_ids": Field("many2many", "Lot/Serial Numbers", "stock.lot"),
    },
    "mrp.workorder": {
        "name": _char("Work Order"),
        "barcode": _char("Barcode"),
        "production_id": _one("Manufacturing Order", "mrp.production"),
    },
    "stock.move": {
        "product_id": _one("Product", "product.product", required=True),
        "product_uom": _one("Unit", "uom.uom", required=True),
        "product_uom_qty": _quantity("Demand"),
        "quantity": _quantity("Quantity"),
        "picked": Field("boolean", "Picked"),
        "has_tracking": Field("selection", "Product with Tracking"),
        "state": Field("selection", "Status"),
        "raw_material_production_id": _one("Production Order for components", "mrp.production"),
        "lot_ids": Field("many2many", "Serial Numbers", "stock.lot"),
        "move_line_ids": _many("Move lines", "stock.move.line", "move_id"),
    },
    "stock.move.line": {
        "move_id": _one("Stock Operation", "stock.move"),
        "product_id": _one("Product", "product.product"),
        "quantity": _quantity("Quantity"),
        "lot_id": _one("Lot/Serial Number", "stock.lot"),
    },
    "stock.lot": {
        "name": _char("Lot/Serial Number", required=True),
        "product_id": _one("Product", "product.product", required=True),
    },
    "decimal.precision": {"name": _char("Usage"), "digits": Field("integer", "Digits")},
    "ir.model.data": {"name": _char("External Identifier"), "model": _char("Model Name")},
}
for _fields in MODELS.values():
    _fields["id"] = Field("integer", "ID", readonly=True)
    _fields["display_name"] = Field("char", "Display Name", readonly=True)
    _fields["create_date"] = Field("datetime", "Created on", readonly=True)
    _fields["write_date"] = Field("datetime", "Last Updated on", readonly=True)
