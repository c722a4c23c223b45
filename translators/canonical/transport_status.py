"""What happened to goods on their way (UBL TransportationStatus, UN/EDIFACT IFTSTA, X12 214). Key: reporter, number."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from translators.canonical.despatch_advice import Transport
from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Quantity
from translators.canonical.reasons import Reason
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_numbers
from translators.canonical.times import LocalTime, When


class TransportEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that happened, or is expected, to a shipment."""

    number: Annotated[str, Meta(min_length=1)]
    status: Annotated[str, Meta(min_length=1)]
    """A code of UN/ECE Recommendation 24 (UN/EDIFACT 9011), such as 21 (delivery completed); others with `agency`."""
    agency: str | None = None
    text: str | None = None
    occurred: When | None = None
    expected: When | None = None
    """For what lies ahead, such as an arrival."""
    location: str | None = None
    """A UN/LOCODE, such as DEHAM, or the carrier's own code."""
    place: Party | None = None
    shipment: tuple[Identifier, ...] = ()
    """SSCCs and other numbers of what is moved."""
    references: tuple[Ref, ...] = ()
    """The despatch, consignment or order it belongs to."""
    transport: Transport | None = None
    quantity: Quantity | None = None
    signed_by: str | None = None
    reason: Reason | None = None
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if self.occurred is None and self.expected is None:
            raise ValueError("an event says when: `occurred` or `expected`")
        if not self.shipment and not self.references:
            raise ValueError("an event says what it happened to: `shipment` or `references`")


class TransportStatus(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="transport_status/1",
):
    """A carrier's report; events are append-only, later reports add to earlier ones."""

    number: Annotated[str, Meta(min_length=1)]
    issued_on: date
    issued_time: LocalTime | None = None
    reporter: Party
    receiver: Party
    consignor: Party | None = None
    consignee: Party | None = None
    carrier: Party | None = None
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[TransportEvent, ...], Meta(min_length=1)]
    """The events, oldest first where the sender orders them."""
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines, "events")
