"""What the seller answers to an order or its change (UBL OrderResponse, UN/EDIFACT ORDRSP, X12 855).

Key: seller, number.

Guidelines differ in the codes of an answer (UN/EDIFACT 1225: 29, 4, 27); the sender's own code is kept in `ext`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.purchase_order import OrderTotals
from translators.canonical.quantities import Money, Price, Quantity, check_currency
from translators.canonical.reasons import Reason
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_not_negative, check_numbers, plain
from translators.canonical.terms import Allowance, DeliveryTerms, PaymentTerms, Tax
from translators.canonical.times import LocalTime, Period

LineStatus = Literal["accepted", "accepted_with_changes", "rejected", "added", "already_delivered"]


class PromisedDelivery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the line's quantity and when it will come; `number` is its stable key inside the line."""

    number: Annotated[str, Meta(min_length=1)]
    quantity: Quantity
    promised: Period | None = None
    requested: Period | None = None


class LineResponse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The answer to one line; `number` is that of the order's line. What is not given is as ordered."""

    number: Annotated[str, Meta(min_length=1)]
    status: LineStatus
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    quantity: Quantity | None = None
    """What is promised in all."""
    ordered: Quantity | None = None
    back_order: Quantity | None = None
    """What will follow without a date."""
    unit_price: Price | None = None
    gross_price: Price | None = None
    net_amount: Money | None = None
    requested: Period | None = None
    promised: Period | None = None
    schedule: tuple[PromisedDelivery, ...] = ()
    substitute: tuple[Identifier, ...] = ()
    """What is delivered in place of the product."""
    order: Ref | None = None
    """The order's line, where the answer counts its lines anew."""
    allowances: tuple[Allowance, ...] = ()
    taxes: tuple[Tax, ...] = ()
    references: tuple[Ref, ...] = ()
    reason: Reason | None = None
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.schedule, "parts of a schedule")
        check_not_negative(quantity=self.quantity, back_order=self.back_order)
        if self.status == "accepted" and self.substitute:
            raise ValueError("`substitute` is a change; the line's status is accepted_with_changes then")
        if self.quantity is None or not self.schedule:
            return
        for part in self.schedule:
            if part.quantity.unit != self.quantity.unit:
                raise ValueError(f"`schedule` is counted in {part.quantity.unit}, `quantity` in {self.quantity.unit}")
        promised = sum((part.quantity.value for part in self.schedule), Decimal(0))
        if promised > self.quantity.value:
            raise ValueError(f"`schedule` promises {plain(promised)}, `quantity` only {plain(self.quantity.value)}")


class OrderResponse(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="order_response/1",
):
    """The answer to an order: taken as it is, taken with changes, or not taken; `received` only says that it came."""

    number: Annotated[str, Meta(min_length=1)]
    order: Ref
    order_version: str | None = None
    status: Literal["received", "accepted", "accepted_with_changes", "rejected"]
    issued_on: date
    issued_time: LocalTime | None = None
    buyer: Party
    seller: Party
    ship_to: Party | None = None
    invoicee: Party | None = None
    currency: str | None = None
    requested: Period | None = None
    promised: Period | None = None
    delivery_terms: DeliveryTerms | None = None
    payment_terms: PaymentTerms | None = None
    references: tuple[Ref, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    reason: Reason | None = None
    notes: tuple[Note, ...] = ()
    lines: tuple[LineResponse, ...] = ()
    totals: OrderTotals | None = None
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines)
        check_currency(self.currency)
        if self.order.kind != "order":
            raise ValueError("`order` names the order that is answered; its kind is order")
        against: tuple[LineStatus, ...] = ()
        if self.status == "accepted":
            against = ("accepted_with_changes", "rejected", "added")
        elif self.status == "rejected":
            against = ("accepted", "accepted_with_changes", "added")
        for line in self.lines:
            if line.status in against:
                text = f"line `{line.number[:35]}` is {line.status} although the order is {self.status} as a whole"
                raise ValueError(text)
