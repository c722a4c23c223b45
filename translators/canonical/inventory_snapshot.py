"""What is in stock at one moment (UBL InventoryReport, UN/EDIFACT INVRPT, ISA-95). Key: site, moment, scope.

A site's own snapshot carries a watermark: the last movement it includes. A receiver then books only movements after it,
so that what was still on its way is never counted twice. A later snapshot of the same scope replaces an earlier one.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Quantity
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_either, check_numbers, check_product, check_serials
from translators.canonical.stock import JournalMark, StockStatus
from translators.canonical.times import Instant, Period, When, check_instant

Measure = Literal[
    "on_hand", "available", "reserved", "in_transit", "on_order", "minimum", "maximum", "consumed", "received",
]  # fmt: skip


class StockLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How much there is of one product in one lot, location, state and ownership."""

    number: Annotated[str, Meta(min_length=1)]
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    measure: Measure = "on_hand"
    quantity: Quantity
    lot: str | None = None
    serials: tuple[str, ...] = ()
    best_before: date | None = None
    location: str | None = None
    place: Party | None = None
    """The location as a party, where a partner names it so."""
    status: StockStatus | None = None
    owner: Party | None = None
    period: Period | None = None
    """For what was consumed or received: when."""
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_product(self.product, self.description)
        check_serials(self.serials, self.quantity)


class InventorySnapshot(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="inventory_snapshot/1",
):
    """A count of stock as of one moment; `scope` says of what: the whole site, or one area of it."""

    site: Annotated[str, Meta(min_length=1)]
    scope: Annotated[str, Meta(min_length=1)]
    """"all", or the part of the site that was looked at; what is in scope and not listed is zero."""
    as_of: Instant | None = None
    as_of_local: When | None = None
    """In place of `as_of` where the reporter named no zone."""
    number: str | None = None
    """The number of the report, where it has one."""
    watermark: JournalMark | None = None
    reporter: Party | None = None
    """The partner who reports its own stock; then there may be no watermark."""
    receiver: Party | None = None
    supersedes: str | None = None
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: tuple[StockLine, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_either(as_of=self.as_of, as_of_local=self.as_of_local)
        if self.as_of is not None:
            check_instant(self.as_of)
        check_numbers(self.lines)
        if self.watermark is None and self.reporter is None:
            text = (
                "`watermark` is missing: name the last movement that is included, or the `reporter` whose stock it is"
            )
            raise ValueError(text)
        self._check_counted_once()

    def _check_counted_once(self) -> None:
        counted: dict[object, str] = {}
        for line in self.lines:
            place = (line.location, line.place, line.status, line.owner, line.measure, line.period)
            what = (line.product or line.description, line.lot, line.serials, line.best_before, *place)
            if what in counted:
                raise ValueError(f"line `{line.number[:35]}` counts the same stock as line `{counted[what][:35]}`")
            counted[what] = line.number

    def moment(self) -> str:
        """When the stock was taken, as text: for the business key."""
        if self.as_of is not None:
            return self.as_of.isoformat().replace("+00:00", "Z")
        assert self.as_of_local is not None
        return self.as_of_local.text()
