"""What a plant made (ISA-95 OperationsResponse, OAGIS ConfirmWIP). Key: site, order, operation, confirmation.

Figures are cumulative totals, with the delta beside them: the receiver books total − last total, so that a lost, a
doubled or a late confirmation heals. Confirmations are append-only: a correction is a reversal that names what it
reverses.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.quantities import Quantity
from translators.canonical.times import Instant, Span, check_instant

_Name = Annotated[str, Meta(min_length=1)]


class Output(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Good pieces, scrap and rework, in one unit."""

    good: Quantity
    scrap: Quantity | None = None
    rework: Quantity | None = None

    def __post_init__(self) -> None:
        for other in (self.scrap, self.rework):
            if other is not None and other.unit != self.good.unit:
                raise ValueError(f"good pieces are counted in {self.good.unit}, others in {other.unit}; use one unit")


class Consumption(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Material used up by this confirmation (a delta)."""

    product: Annotated[tuple[Identifier, ...], Meta(min_length=1)]
    quantity: Quantity
    lot: str | None = None


class Produced(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A lot or serial numbers made by this confirmation (a delta)."""

    lot: str | None = None
    quantity: Quantity | None = None
    serials: tuple[str, ...] = ()


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Why there was scrap, rework or a stop, in the plant's codes."""

    kind: Literal["scrap", "rework", "downtime"]
    code: str
    quantity: Quantity | None = None
    text: str | None = None


class ProductionConfirmation(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="production_confirmation/1",
):
    """What has been made of a production order so far; `final` says that nothing more will come."""

    site: _Name
    order_no: _Name
    operation: _Name
    confirmation_no: _Name
    occurred_at: Instant
    product: tuple[Identifier, ...] = ()
    cumulative: Output
    delta: Output
    final: bool = False
    consumed: tuple[Consumption, ...] = ()
    produced: tuple[Produced, ...] = ()
    labour_time: Quantity | None = None
    machine_time: Quantity | None = None
    equipment: str | None = None
    operator: str | None = None
    shift: str | None = None
    span: Span | None = None
    reasons: tuple[Reason, ...] = ()
    reverses: str | None = None
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_instant(self.occurred_at)
        if self.cumulative.good.unit != self.delta.good.unit:
            raise ValueError("the cumulative total and the delta are counted in different units; use one unit")
        if self.cumulative.good.value < 0:
            raise ValueError("a cumulative total may not be negative")
        if self.delta.good.value < 0 and self.reverses is None:
            raise ValueError("a negative delta is a reversal; name the confirmation it reverses in `reverses`")
        for spent in (self.labour_time, self.machine_time):
            if spent is not None and spent.unit not in ("SEC", "MIN", "HUR"):
                raise ValueError(f"a time is counted in SEC, MIN or HUR, not in {spent.unit}")
