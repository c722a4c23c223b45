"""The order a buyer places (UBL Order, UN/EDIFACT ORDERS, X12 850). Key: buyer, number, version."""

from collections import Counter
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Money, Price, Quantity
from translators.canonical.references import Note, Ref
from translators.canonical.terms import Allowance, DeliveryTerms, PaymentTerms, Tax
from translators.canonical.times import LocalTime, Period

OrderType = Literal["105", "220", "221", "222", "224", "225", "226", "227", "228"]
"""Codes of UN/EDIFACT 1001: 220 order, 221 blanket order, 226 call-off order, 224 rush order, 228 sample order …"""


class Schedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the line's quantity and when it is wanted; `number` is its stable key inside the line."""

    number: str
    quantity: Quantity
    requested: Period | None = None


class OrderLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One product ordered. `number` is a stable key, never a position; `unit_price` is net, `gross_price` is not."""

    number: Annotated[str, Meta(min_length=1)]
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    quantity: Quantity
    unit_price: Price | None = None
    gross_price: Price | None = None
    net_amount: Money | None = None
    requested: Period | None = None
    schedule: tuple[Schedule, ...] = ()
    ship_to: Party | None = None
    allowances: tuple[Allowance, ...] = ()
    taxes: tuple[Tax, ...] = ()
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if not self.product and not self.description:
            raise ValueError("a line needs a product identifier or a description")


class OrderTotals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The sums the buyer states."""

    net: Money | None = None
    payable: Money | None = None


class PurchaseOrder(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="purchase_order/1",
):
    """An order; `version` is "0" unless the buyer counts versions. `side` tells whose order it is: ours or theirs."""

    number: Annotated[str, Meta(min_length=1)]
    version: Annotated[str, Meta(min_length=1)]
    type: OrderType
    side: Literal["purchase", "sale"] | None = None
    issued_on: date
    issued_time: LocalTime | None = None
    buyer: Party
    seller: Party
    ship_to: Party | None = None
    invoicee: Party | None = None
    currency: str | None = None
    requested: Period | None = None
    delivery_terms: DeliveryTerms | None = None
    payment_terms: PaymentTerms | None = None
    references: tuple[Ref, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[OrderLine, ...], Meta(min_length=1)]
    totals: OrderTotals | None = None
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if len({line.number for line in self.lines}) != len(self.lines):
            counted = Counter(line.number for line in self.lines)
            raise ValueError(f"two lines have the number `{counted.most_common(1)[0][0][:35]}`")
