"""Canonical documents and deliveries for the tests of the Odoo destination."""

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

from gateway.destinations.contract import Delivery

BUYER_GLN = "4012345000009"


def line(number: str, product: str | dict[str, str], quantity: str, price: str | None = "10", *, unit: str = "C62",
         currency: str = "EUR", **more: Any) -> dict[str, Any]:  # fmt: skip
    """An order line; `product` is the seller's number, or one identifier."""
    identifier = product if isinstance(product, dict) else {"scheme": "supplier_code", "value": product}
    made: dict[str, Any] = {"number": number, "product": [identifier], "quantity": {"value": quantity, "unit": unit}}
    if price is not None:
        made["unit_price"] = {"amount": price, "currency": currency}
    return made | more


def order(number: str, lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "kind": "purchase_order/1", "number": number, "version": "0", "type": "220", "issued_on": "2026-11-23",
        "buyer": {"identifiers": [{"scheme": "gln", "value": BUYER_GLN}], "name": "Nordlicht Handel GmbH"},
        "seller": {"name": "Muster Werke AG"}, "currency": "EUR", "lines": lines, **more,
    }  # fmt: skip


def confirmation(order_no: str, total: str, delta: str, *, unit: str = "C62", number: str = "1",
                 **more: Any) -> dict[str, Any]:  # fmt: skip
    return {
        "kind": "production_confirmation/1", "site": "ulm", "order_no": order_no, "operation": "10",
        "confirmation_no": number, "occurred_at": "2026-11-23T10:15:00Z",
        "cumulative": {"good": {"value": total, "unit": unit}}, "delta": {"good": {"value": delta, "unit": unit}},
        **more,
    }  # fmt: skip


def used(product: str, quantity: str, unit: str = "C62", **more: Any) -> dict[str, Any]:
    identifier = {"scheme": "plant_code", "value": product}
    return {"product": [identifier], "quantity": {"value": quantity, "unit": unit}, **more}


def delivery(document: dict[str, Any], *, sender: str = "nordlicht", **more: Any) -> Delivery:
    """The delivery the ledger would make of `document`; the same document gives the same external id."""
    kind = document["kind"].partition("/")[0]
    key = "|".join(str(document.get(name, "")) for name in ("number", "order_no", "operation", "confirmation_no"))
    digest = hashlib.sha1(f"{sender}|{key}".encode(), usedforsecurity=False).hexdigest()[:16]
    operation = "sale_order.create_confirmed" if kind == "purchase_order" else "production.confirm"
    values: dict[str, Any] = {
        "id": f"d-{digest}", "message_id": "m-1", "document_number": 1, "document_type": kind, "destination": "odoo",
        "operation": operation, "lane": key, "sender": sender, "business_key": key,
        "external_id": f"gw.{sender}_{kind}_{digest}", "body": msgspec.json.encode(document),
    }  # fmt: skip
    return Delivery(**(values | more))


def figure(value: float) -> Decimal:
    return Decimal(repr(value))
