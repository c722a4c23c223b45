"""Work wanted or done on an asset (OAGIS MaintenanceOrder, ISA-95 WorkRequest). Key: site, number, version.

Anyone may raise one; the maintenance system then reports its state under the same number with a higher version.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.counters import Counter, check_names
from translators.canonical.identifiers import Identifier
from translators.canonical.quantities import Money, Quantity
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_durations, check_not_negative, check_numbers
from translators.canonical.times import Instant, Span, check_instant

_Name = Annotated[str, Meta(min_length=1)]


class PartUsed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A spare part built in."""

    number: _Name
    product: Annotated[tuple[Identifier, ...], Meta(min_length=1)]
    description: str | None = None
    quantity: Quantity
    lot: str | None = None

    def __post_init__(self) -> None:
        check_not_negative(quantity=self.quantity)


class MaintenanceRequest(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="maintenance_request/1",
):
    """A request for maintenance and what became of it."""

    site: _Name
    number: _Name
    version: str = "0"
    """Counts up with every report on the same request."""
    asset: _Name
    """The asset's `asset_id`."""
    request: Literal["corrective", "preventive", "condition"]
    state: Literal["requested", "approved", "planned", "in_progress", "done", "rejected", "cancelled"]
    priority: Literal["emergency", "high", "normal", "low"] | None = None
    reported_at: Instant
    reported_by: str | None = None
    symptom: str | None = None
    failure_code: str | None = None
    counters: tuple[Counter, ...] = ()
    downtime: Span | None = None
    requested: Span | None = None
    planned: Span | None = None
    actual: Span | None = None
    work_time: Quantity | None = None
    parts: tuple[PartUsed, ...] = ()
    cost: Money | None = None
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_instant(self.reported_at)
        check_names(self.counters)
        check_numbers(self.parts, "parts")
        check_durations(work_time=self.work_time)
        if self.request == "corrective" and not self.symptom and not self.failure_code:
            raise ValueError("a corrective request says what is wrong: `symptom` or `failure_code`")
        if self.state == "done" and (self.actual is None or self.actual.end is None):
            raise ValueError("`actual` is missing or open; what is done has a start and an end")
