"""The two totals of tax of a CII invoice, which have one name and are told apart by comparing currencies alone.

Source: EN 16931, BT-110 in the currency of the invoice (BT-5) and BT-111 in that of the tax office (BT-6).
"""

from typing import Any

_CII = "urn:un:unece:uncefact:data:standard:"
CROSS_INDUSTRY_INVOICE = f"{{{_CII}CrossIndustryInvoice:100}}CrossIndustryInvoice"
_RAM = f"{{{_CII}ReusableAggregateBusinessInformationEntity:100}}"


def name_local_tax(root: Any) -> None:
    """Call a total in the currency of the tax office `TaxTotalAmountInTaxCurrency`, where that is another one."""
    local = root.findtext(f".//{_RAM}TaxCurrencyCode", "").strip()
    if not local or local == root.findtext(f".//{_RAM}InvoiceCurrencyCode", "").strip():
        return
    for total in root.iter(f"{_RAM}TaxTotalAmount"):
        if total.get("currencyID", "").strip() == local:
            total.tag = f"{_RAM}TaxTotalAmountInTaxCurrency"
