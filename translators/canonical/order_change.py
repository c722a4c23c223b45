"""What the buyer changes in an order (UBL OrderChange and OrderCancellation, UN/EDIFACT ORDCHG, X12 860).

Key: buyer, order, number of the change, version. Lines are named by their number in the order, never by position.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.purchase_order import OrderTotals, Schedule
from translators.canonical.quantities import Money, Price, Quantity, check_currency
from translators.canonical.reasons import Reason
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_numbers, check_product
from translators.canonical.terms import Allowance, DeliveryTerms, PaymentTerms, Tax
from translators.canonical.times import LocalTime, Period


class LineChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What happens to one line. What is given replaces what the order says; what is not given stays as it is."""

    number: Annotated[str, Meta(min_length=1)]
    """The line's number in the order; for `add` a number the order does not have yet."""
    action: Literal["add", "change", "cancel"]
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    quantity: Quantity | None = None
    """The new quantity of the line, not the difference."""
    unit_price: Price | None = None
    gross_price: Price | None = None
    net_amount: Money | None = None
    requested: Period | None = None
    schedule: tuple[Schedule, ...] = ()
    """Replaces the whole schedule of the line."""
    ship_to: Party | None = None
    allowances: tuple[Allowance, ...] = ()
    taxes: tuple[Tax, ...] = ()
    references: tuple[Ref, ...] = ()
    reason: Reason | None = None
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.schedule, "parts of a schedule")
        if self.action == "add":
            check_product(self.product, self.description)
            if self.quantity is None:
                raise ValueError("a line that is added needs a quantity")
        elif self.action == "change" and not self._says_something():
            raise ValueError("a line that is changed says what changes; nothing is given beside its number and product")

    def _says_something(self) -> bool:
        fields = (self.description, self.quantity, self.unit_price, self.gross_price, self.net_amount, self.requested)
        lists = (self.schedule, self.allowances, self.taxes, self.references, self.notes)
        others = (self.ship_to, self.ext)
        return any(each is not None for each in (*fields, *others)) or any(lists)


class OrderChange(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="order_change/1",
):
    """A change of an order, or its cancellation as a whole (`cancels`)."""

    number: Annotated[str, Meta(min_length=1)]
    """The number of this change; the order's own number where the buyer gives a change none."""
    order: Ref
    version: Annotated[str, Meta(min_length=1)]
    """The version of the order after this change; "0" unless the buyer counts versions."""
    version_from: str | None = None
    """The version this change starts from; the receiver refuses a change of another version."""
    cancels: bool = False
    """Cancels the whole order; then there are no lines."""
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
    reason: Reason | None = None
    notes: tuple[Note, ...] = ()
    lines: tuple[LineChange, ...] = ()
    totals: OrderTotals | None = None
    """The sums of the order after this change."""
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines)
        check_currency(self.currency)
        if self.order.kind != "order":
            raise ValueError("`order` names the order that is changed; its kind is order")
        if self.version_from is not None and self.version_from == self.version:
            raise ValueError(f"`version` is {self.version[:35]}, as before; a change leads to another version")
        if self.cancels and self.lines:
            raise ValueError("`lines` are given although the whole order is cancelled")
        if not self.cancels and not self.lines and not self._changes_the_head():
            raise ValueError("the change changes nothing: give lines, a field of the head or `cancels`")

    def _changes_the_head(self) -> bool:
        fields = (self.ship_to, self.invoicee, self.requested, self.delivery_terms, self.payment_terms, self.ext)
        return any(each is not None for each in fields) or bool(self.allowances or self.notes or self.references)
