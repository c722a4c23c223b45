"""A movement of stock (ISA-95 OperationsPerformance, inventory). Key: site, movement.

Movements are append-only: a correction is a reversal that names the movement it takes back.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Quantity
from translators.canonical.reasons import Reason
from translators.canonical.references import Ref
from translators.canonical.rules import check_reversal, check_serials
from translators.canonical.stock import JournalMark, StockStatus
from translators.canonical.times import Instant, check_instant

Movement = Literal[
    "receipt", "issue", "transfer", "adjust", "scrap", "consume", "produce", "return", "block", "unblock"
]  # fmt: skip
"""Receipt, produce and return add to the stock; issue, scrap and consume take from it; adjust does either."""


class InventoryMovement(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="inventory_movement/1",
):
    """One product moved. `movement` gives the sign: the quantity is positive, but for `adjust` and reversals."""

    site: Annotated[str, Meta(min_length=1)]
    movement_id: Annotated[str, Meta(min_length=1)]
    journal: JournalMark | None = None
    """Its place in the site's journal; a snapshot's watermark names such a place."""
    movement: Movement
    occurred_at: Instant
    product: Annotated[tuple[Identifier, ...], Meta(min_length=1)]
    quantity: Quantity
    lot: str | None = None
    serials: tuple[str, ...] = ()
    from_location: str | None = None
    to_location: str | None = None
    from_status: StockStatus | None = None
    to_status: StockStatus | None = None
    owner: Party | None = None
    """Whose stock it is, where it is not the site's own (consignment)."""
    reason: Reason | None = None
    source: Ref | None = None
    """The document line that caused it."""
    reverses: str | None = None
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_instant(self.occurred_at)
        check_serials(self.serials, self.quantity)
        if self.quantity.value == 0:
            raise ValueError("`quantity` is 0; a movement moves something")
        if self.movement != "adjust":
            check_reversal(self.reverses, self.movement_id, "movement", quantity=self.quantity)
        if self.movement == "transfer":
            _check_way("location", self.from_location, self.to_location)
        if self.movement in ("block", "unblock"):
            self._check_status()

    def _check_status(self) -> None:
        _check_way("status", self.from_status, self.to_status)
        if (self.to_status == "blocked") != (self.movement == "block"):
            raise ValueError(f"`to_status` is {self.to_status}, which is not what {self.movement} does")


def _check_way(what: str, start: str | None, end: str | None) -> None:
    if start is None or end is None:
        raise ValueError(f"`from_{what}` and `to_{what}` are both needed here")
    if start == end:
        raise ValueError(f"`from_{what}` and `to_{what}` are the same")
