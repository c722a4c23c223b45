"""From the document's identifiers to Odoo's records: each found exactly once, or refused."""

from collections.abc import Iterable, Sequence
from typing import Any

from gateway.destinations.odoo.calls import Calls, Record
from gateway.destinations.odoo.refusals import refuse
from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party

_PARTNER_FIELDS = ("ref", "commercial_partner_id", "property_product_pricelist")
_PRODUCT_FIELDS = ("default_code", "barcode", "uom_id", "tracking", "sale_ok", "active")


async def find_customer(calls: Calls, sender: str, buyer: Party) -> Record:
    """The contact whose reference is the sender, proven by the channel; else the one with the buyer's GLN."""
    found = await calls.find("res.partner", [["ref", "=", sender]], _PARTNER_FIELDS)
    gln = buyer.identifier("gln")
    if not found and gln and calls.known.has_gln:
        found = await calls.find("res.partner", [["global_location_number", "=", gln]], _PARTNER_FIELDS)
    if not found:
        raise refuse("odoo.customer.unknown", f"no contact in Odoo has the reference `{sender}` or the buyer's GLN")
    if len(found) > 1:
        raise refuse("odoo.customer.ambiguous", f"{len(found)} contacts in Odoo fit the sender `{sender}`")
    return found[0]


async def find_ship_to(calls: Calls, customer: Record, place: Party, buyer: Party) -> int | None:
    """The delivery address: one of the customer's own. None when the goods go to the buyer itself."""
    gln = place.identifier("gln")
    if gln is not None and gln == buyer.identifier("gln"):
        return None
    if gln is None and place == buyer:
        return None
    if gln is None or not calls.known.has_gln:
        raise refuse("odoo.ship_to.unknown", "the delivery place has no location number (GLN) to find it by")
    company = customer["commercial_partner_id"][0] if customer["commercial_partner_id"] else customer["id"]
    domain = [["global_location_number", "=", gln], ["commercial_partner_id", "=", company]]
    found = await calls.find("res.partner", domain, _PARTNER_FIELDS)
    if not found:
        raise refuse("odoo.ship_to.unknown", "no address of the customer in Odoo has the delivery place's GLN")
    if len(found) > 1:
        raise refuse("odoo.ship_to.ambiguous", f"{len(found)} addresses of the customer have the delivery place's GLN")
    return int(found[0]["id"])


class Products:
    """The products a document may mean, read in one call."""

    def __init__(self, records: list[Record]) -> None:
        self._records = records

    def meant_by(self, identifiers: Sequence[Identifier], where: str) -> Record:
        """The one product all telling identifiers agree on; `where` names the place in the document."""
        found = {each["id"]: each for identifier in identifiers for each in self._fitting(identifier)}
        if not found:
            raise refuse("odoo.product.unknown", f"{where}: no product in Odoo has the barcode or internal reference")
        if len(found) > 1:
            raise refuse("odoo.product.ambiguous", f"{where}: the identifiers lead to {len(found)} products in Odoo")
        return next(iter(found.values()))

    def _fitting(self, identifier: Identifier) -> list[Record]:
        if identifier.scheme == "gtin":
            spellings = _spellings(identifier.value)
            return [each for each in self._records if each["barcode"] in spellings]
        if identifier.scheme in _OUR_CODES:
            return [each for each in self._records if each["default_code"] == identifier.value]
        return []


_OUR_CODES = ("supplier_code", "plant_code")  # the seller's number and the plant's are Odoo's internal reference


async def find_products(calls: Calls, products: Iterable[Sequence[Identifier]]) -> Products:
    """All products the identifiers may mean: barcodes by GTIN, internal references by the seller's number."""
    flat = [identifier for identifiers in products for identifier in identifiers]
    barcodes = sorted({text for each in flat if each.scheme == "gtin" for text in _spellings(each.value)})
    codes = sorted({each.value for each in flat if each.scheme in _OUR_CODES})
    if not barcodes and not codes:
        return Products([])
    domain: list[Any] = ["|", ["barcode", "in", barcodes], ["default_code", "in", codes]]
    return Products(await calls.find("product.product", domain, _PRODUCT_FIELDS))


def _spellings(gtin: str) -> set[str]:
    """A GTIN of 8, 12 or 13 digits is the same as one of 14 with zeros before it."""
    bare = gtin.lstrip("0")
    return {gtin, *(bare.zfill(length) for length in (8, 12, 13, 14) if len(bare) <= length)}
