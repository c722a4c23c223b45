"""What invoices say beside EN 16931, or in ways it leaves open: accounts, freight, discounts, the invoices of lines."""

from pathlib import Path

import pytest
from support.changed_samples import changed_once, xml_document, xml_refusals

from translators.canonical.invoice import Invoice
from translators.identify import identify
from translators.reading import read
from translators.writing import write, written

SAMPLES = Path(__file__).parents[1] / "samples"
UBL = (SAMPLES / "invoice-ubl21.in.xml").read_text()
CII = (SAMPLES / "invoice-cii.in.xml").read_text()
CREDIT_NOTE = (SAMPLES / "credit-note-ubl21.in.xml").read_text()
IBAN = "DE02120300000000202051"
PRINTED = "DE02 1203 0000 0000 2020 51"


def document(text: str) -> Invoice:
    found = xml_document(text)
    assert isinstance(found, Invoice)
    return found


@pytest.mark.parametrize("text", [UBL, CII], ids=["UBL", "CII"])
def test_an_iban_as_it_is_printed_is_taken_without_its_blanks(text: str) -> None:
    assert document(changed_once(text, IBAN, PRINTED)).payments[0].iban == IBAN


def test_an_iban_that_is_wrong_is_told_without_its_blanks() -> None:
    wrong = changed_once(UBL, IBAN, PRINTED.replace("DE02", "DE03"))
    assert xml_refusals(wrong) == ["`DE03120300000000202051` is not an IBAN: its check digits are wrong"]


def test_an_account_of_a_credit_transfer_is_an_iban_where_it_is_one() -> None:
    as_it_is = document(UBL).payments[1]
    assert (as_it_is.account, as_it_is.iban) == ("5550-778", None)
    known = document(changed_once(UBL, ">5550-778<", f">{PRINTED}<")).payments[1]
    assert (known.account, known.iban) == (None, IBAN)


def test_an_iban_of_a_credit_transfer_is_written_and_read_again() -> None:
    known = document(changed_once(UBL, ">5550-778<", f">{IBAN}<"))
    assert document(write(known, "ubl:Invoice:2.1").decode()).payments == known.payments


LINE = "<cac:OrderLineReference><cbc:LineID>10</cbc:LineID></cac:OrderLineReference>"
OF_LINE = """<cac:BillingReference>
    <cac:InvoiceDocumentReference><cbc:ID>RE-2026-10399</cbc:ID><cbc:IssueDate>2026-11-30</cbc:IssueDate></cac:InvoiceDocumentReference>
    <cac:BillingReferenceLine><cbc:ID>4</cbc:ID></cac:BillingReferenceLine></cac:BillingReference>"""


def test_a_line_of_a_credit_note_names_the_line_of_its_invoice() -> None:
    credited = document(changed_once(CREDIT_NOTE, LINE, LINE + OF_LINE))
    (found,) = credited.lines[0].references
    assert (found.kind, found.number, found.line, str(found.issued_on)) == (
        "invoice",
        "RE-2026-10399",
        "4",
        "2026-11-30",
    )
    assert document(write(credited, "ubl:CreditNote:2.1").decode()).lines == credited.lines


def test_a_credit_note_names_the_credit_note_it_is_about() -> None:
    of_invoice = "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>RE-2026-10442</cbc:ID>"
    other = "<cac:BillingReference><cac:CreditNoteDocumentReference><cbc:ID>GS-77</cbc:ID>"
    text = CREDIT_NOTE.replace(of_invoice, other).replace(
        "</cac:InvoiceDocumentReference></cac:BillingReference>",
        "</cac:CreditNoteDocumentReference></cac:BillingReference>",
    )
    found = [(each.kind, each.qualifier, each.number) for each in document(text).references]
    assert ("other", "credit_note", "GS-77") in found


def test_a_line_says_where_its_goods_went() -> None:
    went = (
        '<cac:Delivery><cac:DeliveryLocation><cbc:ID schemeID="0088">4012345000016</cbc:ID>'
        "<cac:Address><cbc:CityName>Wismar</cbc:CityName></cac:Address></cac:DeliveryLocation></cac:Delivery>"
    )
    place = document(changed_once(CREDIT_NOTE, LINE, LINE + went)).lines[0].ship_to
    assert place is not None
    assert place.address is not None
    assert (place.identifier("gln"), place.address.city) == ("4012345000016", "Wismar")


CHARGE = CII[CII.index("<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>true<") :]
CHARGE = CHARGE[: CHARGE.index("</ram:SpecifiedTradeAllowanceCharge>") + len("</ram:SpecifiedTradeAllowanceCharge>")]
FREIGHT = (
    "<ram:SpecifiedLogisticsServiceCharge><ram:Description>Fracht</ram:Description><ram:AppliedAmount>45.00"
    "</ram:AppliedAmount><ram:AppliedTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode>"
    "<ram:RateApplicablePercent>19.00</ram:RateApplicablePercent></ram:AppliedTradeTax>"
    "</ram:SpecifiedLogisticsServiceCharge>"
)


def test_freight_of_the_profile_extended_is_a_charge() -> None:
    charge = document(changed_once(CII, CHARGE, FREIGHT)).allowances[-1]
    assert charge.tax is not None
    assert (charge.kind, charge.reason, charge.amount.amount, charge.tax.rate) == ("charge", "Fracht", 45, 19)


def test_a_discount_for_paying_early_is_read() -> None:
    due = "<ram:DueDateDateTime>"
    terms = (
        '<ram:ApplicableTradePaymentDiscountTerms><ram:BasisPeriodMeasure unitCode="DAY">10</ram:BasisPeriodMeasure>'
        "<ram:CalculationPercent>2.00</ram:CalculationPercent></ram:ApplicableTradePaymentDiscountTerms>"
    )
    end = "</ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>"
    assert due in CII
    found = document(changed_once(CII, end, "</ram:DueDateDateTime>" + terms + "</ram:SpecifiedTradePaymentTerms>"))
    assert found.payment_terms is not None
    assert [(each.percent, each.days) for each in found.payment_terms.discounts] == [(2, "10")]


def test_who_is_invoiced_and_the_terms_of_delivery_are_read() -> None:
    invoicee = "<ram:InvoiceeTradeParty><ram:Name>Nordlicht Rechnungsstelle</ram:Name></ram:InvoiceeTradeParty>"
    currency = "<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>"
    code = "<ram:DeliveryTypeCode>DAP</ram:DeliveryTypeCode>"
    terms = f"<ram:ApplicableTradeDeliveryTerms>{code}</ram:ApplicableTradeDeliveryTerms>"
    text = changed_once(CII, currency, currency + invoicee)
    found = document(changed_once(text, "</ram:BuyerTradeParty>", "</ram:BuyerTradeParty>" + terms))
    assert found.invoicee is not None
    assert found.delivery_terms is not None
    assert (found.invoicee.name, found.delivery_terms.incoterms) == ("Nordlicht Rechnungsstelle", "DAP")


def test_the_number_of_a_creditor_is_one_of_the_seller_as_in_ubl() -> None:
    creditor = "<ram:CreditorReferenceID>DE98ZZZ09999999999</ram:CreditorReferenceID>"
    reference = "<ram:PaymentReference>"
    seller = document(changed_once(CII, reference, creditor + reference)).seller
    assert ("other", "SEPA", "DE98ZZZ09999999999") in [
        (each.scheme, each.agency, each.value) for each in seller.identifiers
    ]


@pytest.mark.parametrize("profile", ["urn:factur-x.eu:1p0:minimum", "urn:zugferd.de:2p0:basicwl"])
def test_a_profile_without_lines_is_refused_by_its_name(profile: str) -> None:
    start = CII.index("<ram:GuidelineSpecifiedDocumentContextParameter>")
    end = CII.index("</ram:GuidelineSpecifiedDocumentContextParameter>")
    text = f"{CII[:start]}<ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{profile}</ram:ID>{CII[end:]}"
    because = (
        "the profiles MINIMUM and BASIC WL have no lines, which an invoice needs; send BASIC, EN 16931 or EXTENDED"
    )
    assert xml_refusals(text) == [f"`{profile}` is not taken here: {because}"]


CURRENCY = "<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>"
TOTAL = '<ram:TaxTotalAmount currencyID="EUR">508.54</ram:TaxTotalAmount>'


@pytest.mark.parametrize("is_first", [True, False])
def test_the_tax_in_the_currency_of_the_tax_office_stands_beside_that_of_the_invoice(is_first: bool) -> None:
    local = '<ram:TaxTotalAmount currencyID="PLN">2187.20</ram:TaxTotalAmount>'
    text = changed_once(CII, CURRENCY, "<ram:TaxCurrencyCode>PLN</ram:TaxCurrencyCode>" + CURRENCY)
    found = document(changed_once(text, TOTAL, local + TOTAL if is_first else TOTAL + local))
    assert found.totals is not None
    assert found.totals.tax is not None
    assert found.tax_in_local_currency is not None
    assert (str(found.totals.tax.amount), found.totals.tax.currency) == ("508.54", "EUR")
    assert (str(found.tax_in_local_currency.amount), found.tax_in_local_currency.currency) == ("2187.2", "PLN")


def test_a_tax_office_with_the_currency_of_the_invoice_has_no_total_of_its_own() -> None:
    found = document(changed_once(CII, CURRENCY, "<ram:TaxCurrencyCode>EUR</ram:TaxCurrencyCode>" + CURRENCY))
    assert found.totals is not None
    assert found.totals.tax is not None
    assert found.tax_in_local_currency is None


CODES = [
    (UBL, "<cbc:InvoiceTypeCode>380<", "388", "380"),
    (UBL, "<cbc:InvoiceTypeCode>380<", "393", "380"),
    (UBL, "<cbc:InvoiceTypeCode>380<", "84", "383"),
    (CII, "<ram:TypeCode>380<", "780", "380"),
    (CII, "<ram:TypeCode>380<", "396", "381"),
    (CREDIT_NOTE, "<cbc:CreditNoteTypeCode>381<", "81", "381"),
]


@pytest.mark.parametrize(("text", "place", "code", "kind"), CODES, ids=[f"{row[1][1:4]}-{row[2]}" for row in CODES])
def test_an_invoice_for_something_special_is_an_invoice(text: str, place: str, code: str, kind: str) -> None:
    found = document(changed_once(text, place, place.replace(place[-4:-1], code)))
    assert found.type == kind
    assert (found.ext or {})["type_code"] == code
    assert "type_code" not in (document(text).ext or {})


def test_a_kind_of_invoice_nobody_knows_is_refused() -> None:
    known = "261, 325, 326, 380, 381, 383, 384, 386, 389"
    unknown = changed_once(UBL, "<cbc:InvoiceTypeCode>380<", "<cbc:InvoiceTypeCode>SATIS<")
    assert xml_refusals(unknown) == [f"`SATIS` is not one of {known}"]


def terms(day: str, discount: str = "") -> str:
    due = f'<ram:DueDateDateTime><udt:DateTimeString format="102">{day}</udt:DateTimeString></ram:DueDateDateTime>'
    return f"<ram:SpecifiedTradePaymentTerms>{due}{discount}</ram:SpecifiedTradePaymentTerms>"


DISCOUNT = (
    "<ram:ApplicableTradePaymentDiscountTerms><ram:CalculationPercent>{}</ram:CalculationPercent>"
    "</ram:ApplicableTradePaymentDiscountTerms>"
)
TERMS = CII[CII.index("<ram:SpecifiedTradePaymentTerms>") : CII.index("<ram:SpecifiedTradeSettlementHeaderMon")]


def test_of_several_terms_of_payment_those_with_a_discount_say_until_when_it_holds() -> None:
    said = terms("20261218", DISCOUNT.format("3")) + terms("20261222", DISCOUNT.format("2")) + terms("20270107")
    found = document(changed_once(CII, TERMS, said))
    assert found.payment_terms is not None
    assert str(found.due_on) == "2027-01-07"
    held = [(each.percent, str(each.until)) for each in found.payment_terms.discounts]
    assert held == [(3, "2026-12-18"), (2, "2026-12-22")]


def test_the_day_of_terms_with_a_discount_is_when_the_whole_is_due_where_no_other_is_said() -> None:
    found = document(changed_once(CII, TERMS, terms("20270107", DISCOUNT.format("2"))))
    assert found.payment_terms is not None
    assert str(found.due_on) == "2027-01-07"
    assert [each.until for each in found.payment_terms.discounts] == [None]


def test_an_account_without_a_means_of_payment_is_written_as_one_nobody_names() -> None:
    content = (SAMPLES / "invoice-d96a.in.edi").read_bytes()
    invoice = read(content, identify(content[:4096], None)).documents[0].object
    assert isinstance(invoice, Invoice)
    assert [payment.code for payment in invoice.payments] == [None]
    done = written(invoice, "ubl").content
    assert b"<cbc:PaymentMeansCode>1</cbc:PaymentMeansCode>" in done
    assert document(done.decode()).payments == invoice.payments
