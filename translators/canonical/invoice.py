"""What is to be paid (EN 16931, UBL Invoice and CreditNote, UN/EDIFACT INVOIC, X12 810). Key: seller, number.

The sums are checked as EN 16931 demands (BR-CO-10 to BR-CO-17, BR-DEC): each sum that is given must be what its parts
make, exactly. A tax may differ from base × rate by less than one unit of the currency, as sellers round differently.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.figures import Figure
from translators.canonical.identifiers import Identifier
from translators.canonical.invoice_sums import check_sums
from translators.canonical.parties import Party
from translators.canonical.payments import PaymentMeans
from translators.canonical.quantities import Money, Price, Quantity, check_currency
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_numbers, check_product, plain
from translators.canonical.terms import Allowance, DeliveryTerms, PaymentTerms, Tax
from translators.canonical.times import LocalTime, Period

InvoiceType = Literal["325", "326", "380", "381", "383", "384", "386", "389", "261"]
"""UN/EDIFACT 1001: 380 invoice, 381 credit note, 384 corrected invoice, 383 debit note, 386 prepayment, 389 self-billed
invoice, 261 self-billed credit note, 326 partial invoice, 325 pro forma. A credit note's amounts are positive."""


class TaxedAllowance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An allowance or charge on the whole invoice, with the tax it falls under."""

    kind: Literal["allowance", "charge"]
    code: str | None = None
    reason: str | None = None
    percent: Figure | None = None
    base: Money | None = None
    amount: Money
    tax: Tax | None = None


class TaxSum(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one tax category and rate makes: `base` is the taxed amount, `amount` the tax."""

    kind: str
    category: str | None = None
    rate: Figure | None = None
    base: Money | None = None
    amount: Money
    exemption: str | None = None
    """Why nothing is charged, in words; `exemption_code` as a code (VATEX)."""
    exemption_code: str | None = None

    def __post_init__(self) -> None:
        if self.rate is None or self.base is None:
            return
        due = self.base.amount * self.rate / 100
        if abs(due - self.amount.amount) >= 1 and self.base.currency == self.amount.currency:
            rate = f"{plain(self.rate)} % of {plain(self.base.amount)}"
            raise ValueError(
                f"`amount` is {plain(self.amount.amount)}, but {rate} is {plain(due.quantize(Decimal('0.01')))}"
            )


class InvoiceLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One product or service charged. `net_amount` is after the line's own allowances and charges, before tax."""

    number: Annotated[str, Meta(min_length=1)]
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    quantity: Quantity | None = None
    unit_price: Price | None = None
    gross_price: Price | None = None
    net_amount: Money | None = None
    allowances: tuple[Allowance, ...] = ()
    taxes: tuple[Tax, ...] = ()
    delivered: Period | None = None
    ship_to: Party | None = None
    order: Ref | None = None
    despatch: Ref | None = None
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_product(self.product, self.description)


class InvoiceTotals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The sums, named as in EN 16931: `net` is without tax (BT-109), `gross` with it (BT-112).

    Senders of older profiles round `gross` already; then `payable` is it less `prepaid`.
    """

    lines: Money | None = None
    allowances: Money | None = None
    charges: Money | None = None
    net: Money | None = None
    tax: Money | None = None
    gross: Money | None = None
    prepaid: Money | None = None
    rounding: Money | None = None
    payable: Money | None = None


class Invoice(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="invoice/1",
):
    """An invoice or credit note. A corrected invoice (384) names the invoice it corrects in `references`."""

    number: Annotated[str, Meta(min_length=1)]
    type: InvoiceType
    issued_on: date
    issued_time: LocalTime | None = None
    tax_point: date | None = None
    due_on: date | None = None
    delivered: Period | None = None
    currency: str
    buyer: Party
    seller: Party
    payee: Party | None = None
    invoicee: Party | None = None
    ship_to: Party | None = None
    ship_from: Party | None = None
    tax_representative: Party | None = None
    delivery_terms: DeliveryTerms | None = None
    payment_terms: PaymentTerms | None = None
    payments: tuple[PaymentMeans, ...] = ()
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[InvoiceLine, ...], Meta(min_length=1)]
    allowances: tuple[TaxedAllowance, ...] = ()
    taxes: tuple[TaxSum, ...] = ()
    tax_in_local_currency: Money | None = None
    """The tax in the currency of the seller's tax office, where that is another one."""
    totals: InvoiceTotals
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines)
        check_currency(self.currency)
        if self.type == "384" and not any(ref.kind == "invoice" for ref in self.references):
            raise ValueError("`references` must name the invoice that is corrected, with kind invoice")
        check_sums(
            self.currency,
            [(line.number, line.net_amount) for line in self.lines],
            [(each.kind, each.amount) for each in self.allowances],
            [each.amount for each in self.taxes],
            self.totals,
        )
