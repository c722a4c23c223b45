"""Which invoices a payment settles (UBL RemittanceAdvice, UN/EDIFACT REMADV, X12 820). Key: payer, number."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from translators.canonical.parties import Party
from translators.canonical.payments import PaymentMeans
from translators.canonical.quantities import Money
from translators.canonical.reasons import Reason
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_numbers, plain
from translators.canonical.times import LocalTime


class Adjustment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is added to (positive) or taken from (negative) the amount of a document, and why."""

    amount: Money
    reason: Reason


class RemittanceLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One document settled. `paid` is what this payment contains for it; for a credit note it is negative."""

    number: Annotated[str, Meta(min_length=1)]
    document: Ref
    document_type: str | None = None
    """UN/EDIFACT 1001: 380 invoice, 381 credit note."""
    due: Money | None = None
    discount: Money | None = None
    """Taken for paying early."""
    adjustments: tuple[Adjustment, ...] = ()
    paid: Money
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        parts = [self.discount, *(each.amount for each in self.adjustments)]
        currencies = {each.currency for each in (self.due, *parts, self.paid) if each is not None}
        if self.due is None or len(currencies) > 1:
            return
        made = self.due.amount - (self.discount.amount if self.discount else 0)
        made += sum((each.amount.amount for each in self.adjustments), Decimal(0))
        if parts != [None] and made != self.paid.amount:
            raise ValueError(f"`paid` is {plain(self.paid.amount)}, but due − discount + adjustments is {plain(made)}")


class RemittanceAdvice(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="remittance_advice/1",
):
    """A payment and what it is for."""

    number: Annotated[str, Meta(min_length=1)]
    issued_on: date
    issued_time: LocalTime | None = None
    paid_on: date | None = None
    payer: Party
    payee: Party
    payment: PaymentMeans | None = None
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[RemittanceLine, ...], Meta(min_length=1)]
    total: Money
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines)
        for line in self.lines:
            if line.paid.currency != self.total.currency:
                raise ValueError(
                    f"line `{line.number[:35]}` is paid in {line.paid.currency}, `total` in {self.total.currency}"
                )
        paid = sum((line.paid.amount for line in self.lines), Decimal(0))
        if paid != self.total.amount:
            raise ValueError(f"`total` is {plain(self.total.amount)}, but the lines sum to {plain(paid)}")
