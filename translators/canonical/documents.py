"""The kinds of canonical object there are, and what the gateway must know of each without knowing its fields."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from translators.canonical import facts
from translators.canonical.ack import Ack
from translators.canonical.asset import Asset
from translators.canonical.delivery_schedule import DeliverySchedule
from translators.canonical.despatch_advice import DespatchAdvice
from translators.canonical.facts import Facts
from translators.canonical.figures import decode_figure
from translators.canonical.inventory_movement import InventoryMovement
from translators.canonical.inventory_snapshot import InventorySnapshot
from translators.canonical.invoice import Invoice
from translators.canonical.maintenance_request import MaintenanceRequest
from translators.canonical.order_change import OrderChange
from translators.canonical.order_response import OrderResponse
from translators.canonical.partner import Partner
from translators.canonical.price_catalogue import PriceCatalogue
from translators.canonical.product import Product
from translators.canonical.production_confirmation import ProductionConfirmation
from translators.canonical.production_order import ProductionOrder
from translators.canonical.purchase_order import PurchaseOrder
from translators.canonical.quality_event import QualityEvent
from translators.canonical.receipt import Receipt
from translators.canonical.remittance_advice import RemittanceAdvice
from translators.canonical.sales_report import SalesReport
from translators.canonical.transport_status import TransportStatus
from translators.canonical.upcasting import STEPS, Step, tag_of, upcast

__all__ = ["KINDS", "Canonical", "Facts", "Kind", "business_key", "decode", "encode", "kind_named", "newest"]

Canonical = (
    PurchaseOrder
    | OrderChange
    | OrderResponse
    | DeliverySchedule
    | DespatchAdvice
    | Receipt
    | Invoice
    | RemittanceAdvice
    | PriceCatalogue
    | SalesReport
    | TransportStatus
    | InventoryMovement
    | InventorySnapshot
    | ProductionOrder
    | ProductionConfirmation
    | QualityEvent
    | MaintenanceRequest
    | Asset
    | Product
    | Partner
    | Ack
)


class Kind(Struct, frozen=True, kw_only=True):
    """One document type: its struct, its major version, how to find its facts."""

    document_type: str
    version: str
    struct: type[Any]
    facts: Callable[[Any], Facts]
    decode: Callable[[bytes], Any]

    @property
    def tag(self) -> str:
        """The value of the field `kind` in JSON, as in `purchase_order/1`."""
        return f"{self.document_type}/{self.version}"


def business_key(facts: Facts) -> str:
    """The parts of the key joined by `|`; a `|` or `%` inside a part is written as in a URL, so keys cannot collide."""
    return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in facts.key)


def decode(body: bytes) -> Canonical:
    """The canonical object of a document's `body`. Raises msgspec.ValidationError or msgspec.DecodeError.

    A body that was stored when its kind had an older major version comes out as the newest.
    Use this (or `KINDS[...].decode`) rather than msgspec directly: figures need our `dec_hook`.
    """
    older = STEPS.get(tag_of(body)) if STEPS else None
    canonical: Canonical = upcast(older.decode(body)) if older is not None else _any_kind.decode(body)
    return canonical


_encode = msgspec.json.Encoder(decimal_format="string").encode


def encode(canonical: Canonical) -> bytes:
    """The one JSON form: fields in the order of the struct, defaults left out, decimals as text, no white space."""
    return _encode(canonical)


def kind_named(tag: str) -> Kind | None:
    """The kind of a tag such as `purchase_order/1`, also of an older major version that is still taken."""
    known = KINDS.get(tag)
    return _older(STEPS[tag]) if known is None and tag in STEPS else known


def newest(kind: Kind) -> Kind:
    """The kind that objects of `kind` come out as: itself, unless it is an older major version."""
    return _newest(kind.tag) if kind.tag in STEPS else kind


def _newest(tag: str) -> Kind:
    while tag in STEPS:
        tag = STEPS[tag].next
    return KINDS[tag]


def _older(step: Step) -> Kind:
    """An older major version as a kind; the facts of its objects are those of what they become."""
    document_type, _, version = step.tag.partition("/")
    return Kind(
        document_type=document_type,
        version=version,
        struct=step.struct,
        facts=lambda canonical: _newest(step.tag).facts(upcast(canonical)),
        decode=step.decode,
    )


def _kind(struct: type[Any], facts_of: Callable[[Any], Facts]) -> Kind:
    document_type, _, version = str(struct.__struct_config__.tag).partition("/")
    decode_one = msgspec.json.Decoder(struct, dec_hook=decode_figure).decode
    return Kind(document_type=document_type, version=version, struct=struct, facts=facts_of, decode=decode_one)


_any_kind = msgspec.json.Decoder(Canonical, dec_hook=decode_figure)

KINDS: dict[str, Kind] = {
    kind.tag: kind
    for kind in (
        _kind(PurchaseOrder, facts.of_purchase_order),
        _kind(OrderChange, facts.of_order_change),
        _kind(OrderResponse, facts.of_order_response),
        _kind(DeliverySchedule, facts.of_delivery_schedule),
        _kind(DespatchAdvice, facts.of_despatch_advice),
        _kind(Receipt, facts.of_receipt),
        _kind(Invoice, facts.of_invoice),
        _kind(RemittanceAdvice, facts.of_remittance_advice),
        _kind(PriceCatalogue, facts.of_price_catalogue),
        _kind(SalesReport, facts.of_sales_report),
        _kind(TransportStatus, facts.of_transport_status),
        _kind(InventoryMovement, facts.of_inventory_movement),
        _kind(InventorySnapshot, facts.of_inventory_snapshot),
        _kind(ProductionOrder, facts.of_production_order),
        _kind(ProductionConfirmation, facts.of_production_confirmation),
        _kind(QualityEvent, facts.of_quality_event),
        _kind(MaintenanceRequest, facts.of_maintenance_request),
        _kind(Asset, facts.of_asset),
        _kind(Product, facts.of_product),
        _kind(Partner, facts.of_partner),
        _kind(Ack, facts.of_ack),
    )
}
"""The newest major version of every kind. Older ones that are still taken are in `upcasting.STEPS`."""
