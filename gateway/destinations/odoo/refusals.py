"""Every reason for which Odoo, or what we know of it, says no for good; and the exception that says so."""

from gateway.destinations.contract import Outcome, Refused

REFUSALS: dict[str, str] = {
    "odoo.access_denied": "the gateway's user in Odoo lacks a right; an administrator of Odoo must grant it",
    "odoo.byproducts": "the manufacturing order has by-products, whose quantities the confirmation does not tell",
    "odoo.confirmation.late": "part of the confirmed quantity was booked by somebody else; compare by hand",
    "odoo.confirmation.reversal": "a reversal is booked by hand in Odoo (unbuild order)",
    "odoo.consumption.strict": "the bill of material allows no other consumption than planned",
    "odoo.consumption.unplanned": "a material was consumed that is no component of the manufacturing order",
    "odoo.currency.differs": "the order is in another currency than the customer's price list in Odoo",
    "odoo.customer.ambiguous": "several contacts in Odoo carry the sender's reference or location number",
    "odoo.customer.unknown": "no contact in Odoo carries the sender's reference or the buyer's location number",
    "odoo.data_rejected": "Odoo rejected a value of the document",
    "odoo.document.type": "this operation does not take documents of this kind",
    "odoo.internal": "Odoo failed in a way that repeating does not heal",
    "odoo.lot.missing": "a product is tracked by lot or serial number and the confirmation names none",
    "odoo.lot.surplus": "a lot or serial number is named for a product that Odoo does not track",
    "odoo.lots.several": "several lots or serial numbers were produced at once; confirm them one by one",
    "odoo.operation.intermediate": "the confirmed operation is not the last of the manufacturing order",
    "odoo.operation.unknown": "the gateway has no such operation for Odoo",
    "odoo.order.cancelled": "the order was cancelled in Odoo",
    "odoo.order.differs": "the order is in Odoo already and differs from the document",
    "odoo.order.exists": "another order with the buyer's number is in Odoo already",
    "odoo.order.type": "orders of this type are not booked by the gateway",
    "odoo.precision_loss": "Odoo keeps fewer decimals than the document has",
    "odoo.price.incomplete": "some lines have a price and others have none",
    "odoo.price.unclear": "allowances, charges or sums do not follow from quantity and net price",
    "odoo.product.ambiguous": "the product's identifiers lead to several products in Odoo",
    "odoo.product.differs": "the manufacturing order is for another product",
    "odoo.product.unknown": "no saleable product in Odoo has the barcode or internal reference",
    "odoo.production.ambiguous": "several manufacturing orders carry the number",
    "odoo.production.cancelled": "the manufacturing order was cancelled in Odoo",
    "odoo.production.closed": "the manufacturing order is done and has no open rest for what is still to be booked",
    "odoo.production.unknown": "no manufacturing order in Odoo has the number",
    "odoo.scrap.alone": "scrap or material is confirmed without a good piece, on which it could be booked",
    "odoo.ship_to.ambiguous": "several addresses in Odoo carry the location number of the delivery place",
    "odoo.ship_to.several": "the lines go to different places",
    "odoo.ship_to.unknown": "no address of the customer in Odoo carries the location number of the delivery place",
    "odoo.test": "the document is marked as a test and this Odoo takes none",
    "odoo.unit.differs": "the unit is of another kind than the product's",
    "odoo.unit.unknown": "Odoo has no active unit for the document's unit",
    "odoo.version": "this Odoo lacks a model, method or field the operation needs",
    "odoo.wizard_unanswered": "Odoo asked a question the gateway has no answer for; nothing was booked",
}


class Stopped(Exception):  # noqa: N818 - an outcome on its way to the delivery loop, not a defect
    """A step cannot go on; `outcome` is what the delivery loop is told."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(repr(outcome))
        self.outcome = outcome


def refuse(code: str, why: str) -> Stopped:
    """To be raised. `code` must be an entry of REFUSALS; `why` names what was looked for, never a partner's data."""
    assert code in REFUSALS, code
    return Stopped(Refused(code, why))
