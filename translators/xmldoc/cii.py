"""Elements of a CII invoice that have one name for two things, told apart by what stands beside them.

Two totals of tax differ by their currencies alone (EN 16931, BT-110 in that of the invoice, BT-5, and BT-111 in that of
the tax office, BT-6). Of several terms of payment (the profile EXTENDED) those with a discount say until when that
holds, the others when the whole is due.
"""

from typing import Any

_CII = "urn:un:unece:uncefact:data:standard:"
CROSS_INDUSTRY_INVOICE = f"{{{_CII}CrossIndustryInvoice:100}}CrossIndustryInvoice"
_RAM = f"{{{_CII}ReusableAggregateBusinessInformationEntity:100}}"


def name_apart(root: Any) -> None:
    """Give the second of two things with one name a name of its own, for its map to read."""
    _name_local_tax(root)
    _name_days_of_discounts(root)


def _name_local_tax(root: Any) -> None:
    local = root.findtext(f".//{_RAM}TaxCurrencyCode", "").strip()
    if not local or local == root.findtext(f".//{_RAM}InvoiceCurrencyCode", "").strip():
        return
    for total in root.iter(f"{_RAM}TaxTotalAmount"):
        if total.get("currencyID", "").strip() == local:
            total.tag = f"{_RAM}TaxTotalAmountInTaxCurrency"


def _name_days_of_discounts(root: Any) -> None:
    """Where only terms with a discount say a day, it is when the whole is due."""
    dated: dict[bool, list[Any]] = {True: [], False: []}
    for terms in root.iter(f"{_RAM}SpecifiedTradePaymentTerms"):
        day = terms.find(f"{_RAM}DueDateDateTime")
        if day is not None:
            dated[terms.find(f"{_RAM}ApplicableTradePaymentDiscountTerms") is not None].append(day)
    if dated[False]:
        for day in dated[True]:
            day.tag = f"{_RAM}DiscountDateDateTime"
