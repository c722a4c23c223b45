"""What identifies and routes each kind of canonical object: its number, its key, its lines, where it belongs."""

from msgspec import Struct

from translators.canonical.ack import Ack
from translators.canonical.asset import Asset
from translators.canonical.delivery_schedule import DeliverySchedule
from translators.canonical.despatch_advice import DespatchAdvice
from translators.canonical.inventory_movement import InventoryMovement
from translators.canonical.inventory_snapshot import InventorySnapshot
from translators.canonical.invoice import Invoice
from translators.canonical.maintenance_request import MaintenanceRequest
from translators.canonical.order_change import OrderChange
from translators.canonical.order_response import OrderResponse
from translators.canonical.parties import Party
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


class Facts(Struct, frozen=True, kw_only=True):
    """What identifies and routes a canonical object."""

    number: str
    key: tuple[str, ...]
    lines: int
    ship_to: str | None = None
    site: str | None = None


def _gln(party: Party | None) -> str | None:
    return party.identifier("gln") if party is not None else None


def of_purchase_order(order: PurchaseOrder) -> Facts:
    """Key: buyer, number, version."""
    key = (order.buyer.key(), order.number, order.version)
    return Facts(number=order.number, key=key, lines=len(order.lines), ship_to=_gln(order.ship_to))


def of_order_change(change: OrderChange) -> Facts:
    """Key: buyer, order, number of the change, version."""
    key = (change.buyer.key(), change.order.number, change.number, change.version)
    return Facts(number=change.number, key=key, lines=len(change.lines), ship_to=_gln(change.ship_to))


def of_order_response(answer: OrderResponse) -> Facts:
    """Key: seller, number."""
    key = (answer.seller.key(), answer.number)
    return Facts(number=answer.number, key=key, lines=len(answer.lines), ship_to=_gln(answer.ship_to))


def of_delivery_schedule(schedule: DeliverySchedule) -> Facts:
    """Key: customer, number, release. Lines may have places of their own: if all name one, it is the schedule's."""
    places = {_gln(line.ship_to or schedule.ship_to) for line in schedule.lines}
    place = next(iter(places)) if len(places) == 1 else _gln(schedule.ship_to)
    key = (schedule.customer.key(), schedule.number, schedule.release)
    return Facts(number=schedule.number, key=key, lines=len(schedule.lines), ship_to=place)


def of_despatch_advice(despatch: DespatchAdvice) -> Facts:
    """Key: despatcher, number."""
    key = (despatch.despatcher.key(), despatch.number)
    return Facts(number=despatch.number, key=key, lines=len(despatch.lines), ship_to=_gln(despatch.ship_to))


def of_receipt(receipt: Receipt) -> Facts:
    """Key: receiver, number."""
    key = (receipt.receiver.key(), receipt.number)
    return Facts(number=receipt.number, key=key, lines=len(receipt.lines), ship_to=_gln(receipt.ship_to))


def of_invoice(invoice: Invoice) -> Facts:
    """Key: seller, number."""
    key = (invoice.seller.key(), invoice.number)
    return Facts(number=invoice.number, key=key, lines=len(invoice.lines), ship_to=_gln(invoice.ship_to))


def of_remittance_advice(advice: RemittanceAdvice) -> Facts:
    """Key: payer, number."""
    return Facts(number=advice.number, key=(advice.payer.key(), advice.number), lines=len(advice.lines))


def of_price_catalogue(catalogue: PriceCatalogue) -> Facts:
    """Key: seller, number, version."""
    key = (catalogue.seller.key(), catalogue.number, catalogue.version)
    return Facts(number=catalogue.number, key=key, lines=len(catalogue.lines))


def of_sales_report(report: SalesReport) -> Facts:
    """Key: reporter, number."""
    return Facts(number=report.number, key=(report.reporter.key(), report.number), lines=len(report.lines))


def of_transport_status(status: TransportStatus) -> Facts:
    """Key: reporter, number."""
    key = (status.reporter.key(), status.number)
    return Facts(number=status.number, key=key, lines=len(status.lines), ship_to=_gln(status.consignee))


def of_inventory_movement(moved: InventoryMovement) -> Facts:
    """Key: site, movement."""
    return Facts(number=moved.movement_id, key=(moved.site, moved.movement_id), lines=1, site=moved.site)


def of_inventory_snapshot(counted: InventorySnapshot) -> Facts:
    """Key: site, moment, scope."""
    moment = counted.moment()
    key = (counted.site, moment, counted.scope)
    return Facts(number=counted.number or moment, key=key, lines=len(counted.lines), site=counted.site)


def of_production_order(order: ProductionOrder) -> Facts:
    """Key: site, order, version."""
    key = (order.site, order.order_no, order.version)
    return Facts(number=order.order_no, key=key, lines=max(1, len(order.operations)), site=order.site)


def of_production_confirmation(done: ProductionConfirmation) -> Facts:
    """Key: site, order, operation, confirmation."""
    key = (done.site, done.order_no, done.operation, done.confirmation_no)
    return Facts(number=done.confirmation_no, key=key, lines=max(1, len(done.produced)), site=done.site)


def of_quality_event(event: QualityEvent) -> Facts:
    """Key: site, event."""
    key = (event.site, event.event_no)
    return Facts(number=event.event_no, key=key, lines=max(1, len(event.characteristics)), site=event.site)


def of_maintenance_request(request: MaintenanceRequest) -> Facts:
    """Key: site, number, version."""
    key = (request.site, request.number, request.version)
    return Facts(number=request.number, key=key, lines=1, site=request.site)


def of_asset(asset: Asset) -> Facts:
    """Key: asset."""
    return Facts(number=asset.asset_id, key=(asset.asset_id,), lines=1, site=asset.hierarchy.site)


def of_product(product: Product) -> Facts:
    """Key: product."""
    return Facts(number=product.product_id, key=(product.product_id,), lines=1)


def of_partner(partner: Partner) -> Facts:
    """Key: partner."""
    return Facts(number=partner.partner_id, key=(partner.partner_id,), lines=1)


def of_ack(ack: Ack) -> Facts:
    """Key: sender, number."""
    return Facts(number=ack.number, key=(ack.sender.key(), ack.number), lines=max(1, len(ack.parts)))
