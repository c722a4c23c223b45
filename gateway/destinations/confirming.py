"""What the system of record has taken, as the answer its buyer waits for: a canonical order response.

A purchase order counts as delivered only when the sale order was confirmed and its lines were read back equal to what
was ordered (destinations/odoo/sale.py); what differs is refused and waits for a person. So the answer accepts the order
line by line, and nothing is answered that was not read back.
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha256

import msgspec

from gateway.clock import now
from gateway.destinations.contract import ANSWER, Delivery
from gateway.destinations.odoo.catalogue import SALE_ORDER_CREATE_CONFIRMED
from gateway.identifiers import external_id
from gateway.ledger.entries import Derived, NewDelivery, NewDocument
from gateway.retries import as_schedule
from translators.canonical.documents import KINDS, decode
from translators.canonical.order_response import LineResponse, OrderResponse
from translators.canonical.purchase_order import PurchaseOrder
from translators.canonical.references import Ref
from translators.reading import document as document_of

_WAITS = as_schedule((10, 60, 300, 900, 3600, 14400))


def confirmation(delivery: Delivery, reference: str) -> Callable[[], Derived | None] | None:
    """Makes the answer to an order that was confirmed as `reference`; None for what is no order."""
    if delivery.operation != SALE_ORDER_CREATE_CONFIRMED.name:
        return None
    return partial(_confirmation, delivery, reference)


def _confirmation(delivery: Delivery, reference: str) -> Derived | None:
    try:
        order = decode(delivery.body)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
    if not isinstance(order, PurchaseOrder):
        return None
    made = document_of(KINDS["order_response/1"], _response(order, reference))
    document = NewDocument(made.type, made.number, made.business_key, made.body, sha256(made.body).digest())
    way = NewDelivery(
        document=0,
        destination=f"partner:{delivery.sender}",
        operation=ANSWER,
        lane="answers",
        external_id=external_id(delivery.sender, made.type, made.business_key),
        retries=_WAITS,
        when_parked="pass",
    )
    return Derived(kind="order_response", subject=order.number, says="accepted", document=document, delivery=way)


def _response(order: PurchaseOrder, reference: str) -> OrderResponse:
    """What is not said is as ordered."""
    return OrderResponse(
        number=reference or order.number,
        order=Ref(kind="order", number=order.number, issued_on=order.issued_on),
        status="accepted",
        issued_on=now().date(),
        buyer=order.buyer,
        seller=order.seller,
        ship_to=order.ship_to,
        currency=order.currency,
        ext={"response_code": "29"},  # UN/EDIFACT 1225: accepted without amendment
        lines=tuple(
            LineResponse(number=line.number, status="accepted", product=line.product, quantity=line.quantity)
            for line in order.lines
        ),
    )
