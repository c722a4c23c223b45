"""Invoices and credit notes as UBL 2.0 and the profiles before EN 16931 write them."""

from pathlib import Path

import pytest

from translators.canonical.documents import decode, encode
from translators.canonical.invoice import Invoice
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import Reading, read
from translators.writing import write, written

SAMPLES = Path(__file__).parents[1] / "samples"
INVOICE = (SAMPLES / "invoice-ubl20.in.xml").read_text()
CREDIT_NOTE = (SAMPLES / "credit-note-ubl21.in.xml").read_text()


def reading(text: str) -> Reading:
    content = text.encode()
    return read(content, identify(content[:4096], None))


def document(text: str) -> Invoice:
    found = reading(text).documents[0].object
    assert isinstance(found, Invoice)
    return found


def refusal(text: str) -> str:
    with pytest.raises(Unreadable) as refused:
        reading(text)
    (finding,) = refused.value.findings
    return f"{finding.place.line}:{finding.place.column}: {finding.text}"


def test_means_of_payment_that_are_due_on_one_day_say_when_the_invoice_is_due() -> None:
    assert str(document(INVOICE).due_on) == "2027-01-07"
    both = INVOICE.replace("</cbc:IssueDate>", "</cbc:IssueDate><cbc:DueDate>2027-01-05</cbc:DueDate>", 1)
    assert str(document(both.replace("<cbc:UBLVersionID>2.0<", "<cbc:UBLVersionID>2.1<")).due_on) == "2027-01-05"


def test_means_of_payment_that_are_due_on_different_days_are_refused() -> None:
    two = INVOICE.replace("2027-01-07</cbc:PaymentDueDate>", "2027-02-07</cbc:PaymentDueDate>", 1)
    assert refusal(two) == "33:5: the days `2027-02-07`, `2027-01-07` differ; one is expected"


def test_the_number_of_a_branch_is_no_bic() -> None:
    local, abroad = document(INVOICE).payments
    assert (local.bic, local.bank) == (None, "9570")
    assert (abroad.bic, abroad.bank) == ("NDEADKKK", "0040")


def test_what_names_a_bank_by_no_number_has_to_be_a_bic() -> None:
    wrong = INVOICE.replace("NDEADKKK", "NDEADK")
    told = "`NDEADK` is not a BIC: 8 or 11 letters and digits are expected (ISO 9362)"
    assert refusal(wrong).partition(": ")[2] == told


def test_the_number_of_a_bank_is_written_where_it_was_read() -> None:
    invoice = document(INVOICE)
    content = written(invoice, "ubl:Invoice:2.1").content
    assert b"<cac:FinancialInstitutionBranch>\n        <cbc:ID>9570</cbc:ID>" in content
    again = document(content.decode())
    assert [each.bank for each in again.payments] == ["9570", None]
    assert again.due_on == invoice.due_on


def test_an_item_that_says_its_tax_itself_is_not_taxed_twice() -> None:
    said = (
        "<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>"
        "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>"
    )
    twice = document(INVOICE.replace("</cac:Item>", said))
    assert twice.lines[0].taxes == document(INVOICE).lines[0].taxes
    assert len(twice.lines[0].taxes) == 1


def test_a_rounded_gross_is_taken_where_what_is_to_be_paid_agrees() -> None:
    assert str(document(INVOICE).totals.gross.amount) == "3531"
    told = "`totals.gross` is 3531, but net + tax is 3531.25"
    assert refusal(INVOICE.replace(">3531.00</cbc:PayableAmount>", ">3530.75</cbc:PayableAmount>")).endswith(told)
    assert refusal(INVOICE.replace("-0.25", "-0.20")).endswith(told)


def test_a_discount_may_be_told_in_days() -> None:
    days = '<cac:SettlementPeriod><cbc:DurationMeasure unitCode="DAY">10</cbc:DurationMeasure></cac:SettlementPeriod>'
    before, _, rest = INVOICE.partition("<cac:SettlementPeriod>")
    found = reading(before + days + rest.partition("</cac:SettlementPeriod>")[2])
    assert [finding.text for finding in found.findings] == []
    (discount,) = found.documents[0].object.payment_terms.discounts
    assert (str(discount.percent), discount.days, discount.until) == ("2", "10", None)


def test_a_credit_note_is_written_with_its_due_date_beside_the_means_of_payment() -> None:
    means = (
        "<cac:PaymentMeans><cbc:PaymentMeansCode>{}</cbc:PaymentMeansCode>"
        "<cbc:PaymentDueDate>2027-01-20</cbc:PaymentDueDate>{}</cac:PaymentMeans><cac:TaxTotal>"
    )
    account = "<cac:PayeeFinancialAccount><cbc:ID>DE02120300000000202051</cbc:ID>{}</cac:PayeeFinancialAccount>"
    branch = "<cac:FinancialInstitutionBranch><cbc:ID>{}</cbc:ID></cac:FinancialInstitutionBranch>"
    abroad, at_home = (account.format(branch.format(bank)) for bank in ("BYLADEM1001", "12030000"))
    first, _, rest = CREDIT_NOTE.partition("<cac:TaxTotal>")
    cases = [(code, bank, 1) for code in ("58", "30") for bank in (abroad, at_home)]
    for code, what, count in (*cases, ("1", at_home, 1), ("1", "", 0)):
        credit = document(first + means.format(code, what) + rest)
        assert len(credit.payments) == count
        content = write(credit, "ubl:CreditNote:2.1")
        assert content.count(b"<cac:PaymentMeans>") == 1
        assert encode(document(content.decode())) == encode(credit)


def test_a_direct_debit_keeps_its_mandate() -> None:
    before, _, rest = INVOICE.partition("<cac:PaymentMeans>")
    debit = (
        "<cac:PaymentMeans><cbc:PaymentMeansCode>49</cbc:PaymentMeansCode>"
        "<cac:PaymentMandate><cbc:ID>M-17</cbc:ID></cac:PaymentMandate></cac:PaymentMeans><cac:PaymentTerms>"
    )
    invoice = document(before + debit + rest.partition("<cac:PaymentTerms>")[2])
    assert [(each.code, each.mandate) for each in invoice.payments] == [("49", "M-17")]
    assert encode(document(write(invoice, "ubl:Invoice:2.1").decode())) == encode(decode(encode(invoice)))
