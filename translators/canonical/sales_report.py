"""What a seller of goods has sold (UN/EDIFACT SLSRPT, X12 852). Key: reporter, number."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Money, Price, Quantity, check_currency
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_numbers, check_product
from translators.canonical.times import LocalTime, Period


class SalesLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was sold of one product, at one place, in one period; a return is a line of its own (`measure`)."""

    number: Annotated[str, Meta(min_length=1)]
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    measure: Literal["sold", "returned", "free"] = "sold"
    quantity: Quantity
    location: Party | None = None
    """The shop or warehouse; the report's own where it is not given."""
    period: Period | None = None
    unit_price: Price | None = None
    amount: Money | None = None
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_product(self.product, self.description)


class SalesReport(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="sales_report/1",
):
    """Sales of a period."""

    number: Annotated[str, Meta(min_length=1)]
    issued_on: date
    issued_time: LocalTime | None = None
    reporter: Party
    receiver: Party
    supplier: Party | None = None
    location: Party | None = None
    period: Period | None = None
    currency: str | None = None
    supersedes: str | None = None
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[SalesLine, ...], Meta(min_length=1)]
    total: Money | None = None
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines)
        check_currency(self.currency)
        if self.supersedes is not None and self.supersedes == self.number:
            raise ValueError("`supersedes` names this report itself")
        for line in self.lines:
            period = line.period or self.period
            if period is None:
                raise ValueError(f"line `{line.number[:35]}` has no period, nor has the report")
            if line.period is not None and self.period is not None and not _within(line.period, self.period):
                raise ValueError(f"line `{line.number[:35]}` lies outside the period of the report")


def _within(inner: Period, outer: Period) -> bool:
    starts = outer.start is None or (inner.start or inner.end or outer.start) >= outer.start
    return starts and (outer.end is None or (inner.end or inner.start or outer.end) <= outer.end)
