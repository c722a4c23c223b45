"""What has arrived, and in which state (UBL ReceiptAdvice, UN/EDIFACT RECADV, X12 861). Key: receiver, number.

Receipts are append-only: a correction is a reversal that names the receipt it takes back.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from translators.canonical.despatch_advice import Lot, Package
from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Quantity
from translators.canonical.reasons import Reason
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_numbers, check_one_unit, check_product, check_reversal, plain
from translators.canonical.times import LocalTime, Period


class ReceiptLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What arrived of one product. `received` = `accepted` + `rejected`; `damaged` says how much of it is damaged."""

    number: Annotated[str, Meta(min_length=1)]
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    despatched: Quantity | None = None
    received: Quantity | None = None
    accepted: Quantity | None = None
    rejected: Quantity | None = None
    damaged: Quantity | None = None
    short: Quantity | None = None
    """Less than was despatched, by this much."""
    over: Quantity | None = None
    """More than was despatched, by this much."""
    cumulative: Quantity | None = None
    """The total received since the schedule's reset date, where schedules are used."""
    reason: Reason | None = None
    lots: tuple[Lot, ...] = ()
    location: str | None = None
    despatch: Ref | None = None
    order: Ref | None = None
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_product(self.product, self.description)
        if self.received is None and self.accepted is None and self.rejected is None and self.short is None:
            raise ValueError("a line says what was `received`, `accepted`, `rejected` or is `short`")
        check_one_unit(
            received=self.received, accepted=self.accepted, rejected=self.rejected, damaged=self.damaged,
            despatched=self.despatched, short=self.short, over=self.over, cumulative=self.cumulative,
        )  # fmt: skip
        if self.short and self.over and self.short.value and self.over.value:
            raise ValueError("`short` and `over` are both given; a line is one or the other")
        self._check_sums()

    def _check_sums(self) -> None:
        if self.received and self.accepted and self.rejected:
            judged = self.accepted.value + self.rejected.value
            if judged != self.received.value:
                text = f"`accepted` and `rejected` sum to {plain(judged)}, `received` says {plain(self.received.value)}"
                raise ValueError(text)
        if self.received and self.despatched and (self.short or self.over):
            told = _value(self.over) - _value(self.short)
            difference = self.received.value - self.despatched.value
            if told != difference:
                text = f"`received` differs from `despatched` by {plain(difference)}, short and over say {plain(told)}"
                raise ValueError(text)


def _value(quantity: Quantity | None) -> Decimal:
    return quantity.value if quantity is not None else Decimal(0)


class Receipt(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="receipt/1",
):
    """A receipt of goods: what came with one despatch, counted and judged."""

    number: Annotated[str, Meta(min_length=1)]
    issued_on: date
    issued_time: LocalTime | None = None
    receiver: Party
    despatcher: Party
    ship_from: Party | None = None
    ship_to: Party | None = None
    carrier: Party | None = None
    received: Period | None = None
    despatch: Ref | None = None
    references: tuple[Ref, ...] = ()
    packages: tuple[Package, ...] = ()
    reason: Reason | None = None
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[ReceiptLine, ...], Meta(min_length=1)]
    reverses: str | None = None
    """The number of the receipt this one takes back."""
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines)
        if self.despatch is not None and self.despatch.kind != "despatch":
            raise ValueError("`despatch` names a despatch advice; its kind is despatch")
        check_reversal(self.reverses, self.number, "receipt")
        for line in self.lines:
            if self.reverses is None and any(
                _value(each) < 0 for each in (line.received, line.accepted, line.rejected)
            ):
                taken_back = "which is a reversal; name the receipt it reverses in `reverses`"
                raise ValueError(f"line `{line.number[:35]}` is negative, {taken_back}")
