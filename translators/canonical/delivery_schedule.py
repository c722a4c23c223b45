"""What a customer will need and when (UN/EDIFACT DELFOR and DELJIT, X12 830 and 862, UBL Forecast).

Key: customer, number, release. A release replaces the ones before it; the highest release holds. Cumulative figures
count since a reset date, so a receiver compares totals and heals what was lost, doubled or late.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Quantity
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_not_negative, check_numbers, check_one_unit, check_product, plain
from translators.canonical.times import LocalTime, Period

Commitment = Literal["firm", "plan", "material", "forecast", "immediate", "backlog"]
"""UN/EDIFACT 4017: 1 firm, 2 plan (make and buy), 3 material (buy), 4 forecast, 10 immediate; backlog is overdue."""


class Cumulative(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Totals since `since`: what the customer has received, what it has required, what is under way."""

    since: date | None = None
    received: Quantity | None = None
    required: Quantity | None = None
    in_transit: Quantity | None = None

    def __post_init__(self) -> None:
        if self.received is None and self.required is None and self.in_transit is None:
            raise ValueError("a cumulative figure needs `received`, `required` or `in_transit`")
        check_one_unit(received=self.received, required=self.required, in_transit=self.in_transit)
        check_not_negative(received=self.received, required=self.required, in_transit=self.in_transit)


class LastDespatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The last despatch the customer has booked: whoever compares knows which ones are still under way."""

    number: Annotated[str, Meta(min_length=1)]
    despatched_on: date | None = None
    received_on: date | None = None
    quantity: Quantity | None = None


class Authorisation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Up to how much, and until when, the supplier may make goods or buy material at the customer's cost."""

    quantity: Quantity | None = None
    until: date | None = None
    period: Period | None = None

    def __post_init__(self) -> None:
        if self.quantity is None and self.until is None and self.period is None:
            raise ValueError("an authorisation needs a quantity, an end or a period")
        check_not_negative(quantity=self.quantity)


class Bucket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How much is needed in a period, and how firmly."""

    number: Annotated[str, Meta(min_length=1)]
    commitment: Commitment
    per: Literal["time", "day", "week", "month", "period"] | None = None
    """How fine the customer plans here."""
    period: Period | None = None
    quantity: Quantity
    cumulative: Quantity | None = None
    """The total including this bucket."""
    references: tuple[Ref, ...] = ()

    def __post_init__(self) -> None:
        check_one_unit(quantity=self.quantity, cumulative=self.cumulative)
        if self.period is None and self.commitment not in ("immediate", "backlog"):
            raise ValueError("`period` is missing; only what is immediate or overdue may be without one")


class Call(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One piece of a just-in-time or just-in-sequence call: `sequence` is its place at the customer's line."""

    number: Annotated[str, Meta(min_length=1)]
    sequence: str | None = None
    required: Period | None = None
    quantity: Quantity | None = None
    point_of_use: str | None = None
    unit_built: str | None = None
    """What it is built into, such as the vehicle's number."""


class ScheduleLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is needed of one product at one place."""

    number: Annotated[str, Meta(min_length=1)]
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    ship_to: Party | None = None
    dock: str | None = None
    point_of_use: str | None = None
    order: Ref | None = None
    """The contract or blanket order the schedule calls from."""
    cumulative: Cumulative | None = None
    last_despatch: LastDespatch | None = None
    fabrication: Authorisation | None = None
    material: Authorisation | None = None
    buckets: tuple[Bucket, ...] = ()
    calls: tuple[Call, ...] = ()
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_product(self.product, self.description)
        check_numbers(self.buckets, "buckets")
        check_numbers(self.calls, "calls")
        units = sorted({bucket.quantity.unit for bucket in self.buckets})
        if len(units) > 1:
            raise ValueError(f"`buckets` are counted in {' and '.join(units)}; use one unit")
        reached: dict[str, Bucket] = {}
        for bucket in self.buckets:
            before = reached.get(bucket.commitment)
            if before is not None and before.cumulative is not None and bucket.cumulative is not None:
                _check_growth(before.cumulative, bucket)
            if bucket.cumulative is not None:
                reached[bucket.commitment] = bucket


def _check_growth(before: Quantity, bucket: Bucket) -> None:
    if bucket.cumulative is not None and bucket.quantity.value >= 0 and bucket.cumulative.value < before.value:
        fall = f"falls from {plain(before.value)} to {plain(bucket.cumulative.value)}"
        raise ValueError(f"the cumulative total {fall} in bucket `{bucket.number[:35]}`")


class DeliverySchedule(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="delivery_schedule/1",
):
    """A forecast, a delivery schedule or a just-in-time call."""

    number: Annotated[str, Meta(min_length=1)]
    release: Annotated[str, Meta(min_length=1)]
    """Counts up; "0" unless the customer counts releases."""
    supersedes: str | None = None
    """The release this one replaces, where the customer names it; else all before it."""
    type: Literal["forecast", "delivery", "just_in_time", "in_sequence"]
    issued_on: date
    issued_time: LocalTime | None = None
    horizon: Period | None = None
    customer: Party
    supplier: Party
    ship_to: Party | None = None
    ship_from: Party | None = None
    invoicee: Party | None = None
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[ScheduleLine, ...], Meta(min_length=1)]
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines)
        if self.supersedes is not None and self.supersedes == self.release:
            raise ValueError("`supersedes` names this release itself")
