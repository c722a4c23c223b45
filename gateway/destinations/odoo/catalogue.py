"""The operations the gateway may carry out in Odoo: nothing outside this table can be called.

The table is the guard: the bot's rights in Odoo are wider (an ordinary stock user may overwrite `stock.quant.quantity`
and so bypass the stock ledger). Facts about models and methods are those of Odoo 19.0.
"""

from typing import Literal

from msgspec import Struct

Effect = Literal["reads", "loads", "writes", "acts", "creates"]
Retry = Literal["read back, then repeat"]


class Call(Struct, frozen=True):
    """One method of one model. `fields` may be read or written; `optional` ones need not exist; `context` keys sent."""

    model: str
    method: str
    effect: Effect
    fields: frozenset[str] = frozenset()
    context: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


class Operation(Struct, frozen=True, kw_only=True):
    """One thing the gateway does in Odoo. The sentences are for people; `calls` is enforced."""

    name: str
    document_type: str
    model: str
    calls: tuple[Call, ...]
    preconditions: tuple[str, ...]
    verify: str
    compensation: str
    retry: Retry
    writes: frozenset[str]
    """In whose data, as `create sales_order.order`: `policies/rules/ownership.yaml` says for whom it may be done."""

    def permits(self, model: str, method: str) -> Call | None:
        return next((call for call in self.calls if (call.model, call.method) == (model, method)), None)


def _reads(model: str, *fields: str, optional: str = "") -> Call:
    return Call(model, "search_read", "reads", frozenset(fields), optional=frozenset(optional.split()))


_PRODUCTS = _reads(
    "product.product", "default_code", "barcode", "uom_id", "tracking", "sale_ok", "active",
)  # fmt: skip

SALE_ORDER_CREATE_CONFIRMED = Operation(
    name="sale_order.create_confirmed",
    document_type="purchase_order",
    model="sale.order",
    calls=(
        _reads("res.partner", "ref", "commercial_partner_id", "property_product_pricelist",
               optional="global_location_number"),
        _PRODUCTS,
        _reads("product.pricelist", "currency_id"),
        _reads("sale.order", "name", "state", "partner_id", "client_order_ref", "origin", "currency_id", "order_line"),
        _reads("sale.order.line", "order_id", "product_id", "product_uom_qty", "product_uom_id", "price_unit"),
        Call("sale.order", "load", "loads", frozenset({
            "id", "partner_id/.id", "partner_shipping_id/.id", "client_order_ref", "origin", "commitment_date",
            "order_line/id", "order_line/sequence", "order_line/product_id/.id", "order_line/product_uom_qty",
            "order_line/product_uom_id/.id", "order_line/price_unit",
        })),
        Call("sale.order", "action_confirm", "acts"),
    ),
    preconditions=(
        "no other order of the customer carries the buyer's number",
        "customer, delivery place, products and units are known, each of them once",
        "the currency is that of the customer's price list",
        "no quantity or price would lose decimals",
    ),
    verify="search by origin (the external id); state sale or done; products, quantities, units and prices compared",
    compensation="action_cancel by a person; a confirmed order is never deleted",
    retry="read back, then repeat",
    writes=frozenset({"create sales_order.order"}),
)  # fmt: skip

PRODUCTION_CONFIRM = Operation(
    name="production.confirm",
    document_type="production_confirmation",
    model="mrp.production",
    calls=(
        _PRODUCTS,
        _reads("mrp.production", "name", "origin", "state", "product_id", "product_qty", "product_uom_id",
               "qty_produced", "production_group_id", "consumption", "product_tracking", "move_raw_ids",
               "move_byproduct_ids", "workorder_ids"),
        _reads("mrp.workorder", "name", "barcode"),
        _reads("stock.move", "product_id", "product_uom", "product_uom_qty", "has_tracking", "state"),
        _reads("stock.lot", "name", "product_id"),
        Call("stock.lot", "create", "creates", frozenset({"name", "product_id"})),
        Call("mrp.production", "write", "writes", frozenset({"qty_producing", "lot_producing_ids"})),
        Call("stock.move", "write", "writes", frozenset({"quantity", "picked", "move_line_ids"})),
        Call("mrp.production", "button_mark_done", "acts", context=frozenset({
            "skip_backorder", "mo_ids_to_backorder", "skip_consumption",
        })),
        Call("mrp.production", "action_cancel", "acts"),
    ),
    preconditions=(
        "exactly one manufacturing order (with its backorders) carries the number, and is for the product",
        "the cumulative good quantity is above what is booked, by at least the delta",
        "units are those of the order and of its components; no quantity would lose decimals",
        "products tracked by lot come with their lots",
    ),
    verify="sum of qty_produced over the order and its backorders is at least the cumulative good quantity; "
           "after a final confirmation no part is open",
    compensation="mrp.unbuild by a person: what is booked is never taken back by the gateway",
    retry="read back, then repeat",
    writes=frozenset({
        "create production_confirmation.report", "create production_confirmation.consumption",
        "update production_order.progress",
    }),
)  # fmt: skip

OPERATIONS: dict[str, Operation] = {
    operation.name: operation for operation in (SALE_ORDER_CREATE_CONFIRMED, PRODUCTION_CONFIRM)
}
