"""What quality found or decided (ISA-95 TestResult, UN/EDIFACT QALITY, OAGIS InspectDelivery). Key: site, event.

A hold stops the subjects it names until a release that names the hold; events are append-only.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.figures import Figure
from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Quantity, check_unit
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_either, check_not_negative, check_numbers, check_product, plain
from translators.canonical.times import Instant, When, check_instant

_Name = Annotated[str, Meta(min_length=1)]


class Subject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the event is about. `number` is the lot, the serial number, the order … that `kind` says."""

    kind: Literal["product", "lot", "serial", "package", "order", "production_order", "receipt", "despatch", "asset"]
    number: str | None = None
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    quantity: Quantity | None = None
    line: str | None = None

    def __post_init__(self) -> None:
        if self.kind == "product":
            check_product(self.product, self.description)
        elif not self.number:
            raise ValueError(f"`number` is missing; it names the {self.kind.replace('_', ' ')}")


class Characteristic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing measured or judged: figures in `unit`, or words in `text`."""

    number: _Name
    name: str | None = None
    code: str | None = None
    method: str | None = None
    specification: str | None = None
    nominal: Figure | None = None
    lower: Figure | None = None
    upper: Figure | None = None
    value: Figure | None = None
    text: str | None = None
    unit: str | None = None
    sample: str | None = None
    result: Literal["pass", "fail", "not_judged"] | None = None

    def __post_init__(self) -> None:
        if not self.name and not self.code:
            raise ValueError("a characteristic needs a name or a code")
        if self.unit is not None:
            check_unit(self.unit)
        if self.lower is not None and self.upper is not None and self.upper < self.lower:
            raise ValueError(f"`upper` is {plain(self.upper)}, which is below `lower`, {plain(self.lower)}")
        if self.result != "pass" or self.value is None:
            return
        if self.upper is not None and self.value > self.upper:
            raise ValueError(
                f"`value` is {plain(self.value)}, above `upper`, {plain(self.upper)}, but the result is pass"
            )
        if self.lower is not None and self.value < self.lower:
            raise ValueError(
                f"`value` is {plain(self.value)}, below `lower`, {plain(self.lower)}, but the result is pass"
            )


class Defect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A kind of fault and how many pieces have it."""

    code: _Name
    quantity: Quantity | None = None
    severity: Literal["critical", "major", "minor"] | None = None
    text: str | None = None
    characteristic: str | None = None
    """The number of the characteristic that shows it."""

    def __post_init__(self) -> None:
        check_not_negative(quantity=self.quantity)


class QualityEvent(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="quality_event/1",
):
    """An inspection, a nonconformance, a hold, its release, or a corrective action (`capa`)."""

    site: _Name
    event_no: _Name
    event: Literal["inspection", "nonconformance", "hold", "release", "capa"]
    occurred_at: Instant | None = None
    occurred_local: When | None = None
    """In place of `occurred_at` where the sender named no zone."""
    sender: Party | None = None
    receiver: Party | None = None
    subjects: Annotated[tuple[Subject, ...], Meta(min_length=1)]
    inspected: Quantity | None = None
    """How much was looked at."""
    characteristics: tuple[Characteristic, ...] = ()
    defects: tuple[Defect, ...] = ()
    result: Literal["pass", "fail", "not_judged"] | None = None
    disposition: Literal["use", "rework", "scrap", "return", "sort"] | None = None
    decided_by: str | None = None
    valid_until: Instant | None = None
    releases: str | None = None
    """The number of the hold that ends."""
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_either(occurred_at=self.occurred_at, occurred_local=self.occurred_local)
        for moment in (self.occurred_at, self.valid_until):
            if moment is not None:
                check_instant(moment)
        check_numbers(self.characteristics, "characteristics")
        if (self.event == "release") != (self.releases is not None):
            raise ValueError("`releases` names the hold that ends: a release needs it, nothing else may have it")
        if self.disposition is not None and self.decided_by is None:
            raise ValueError("`decided_by` is missing; a disposition is somebody's decision")
        if self.valid_until is not None and self.occurred_at is not None and self.valid_until <= self.occurred_at:
            raise ValueError("`valid_until` does not lie after the event")
        self._check_verdicts()

    def _check_verdicts(self) -> None:
        known = {each.number for each in self.characteristics}
        for defect in self.defects:
            if defect.characteristic is not None and defect.characteristic not in known:
                raise ValueError(f"a defect names characteristic `{defect.characteristic[:35]}`, which is not listed")
        failed = next((each for each in self.characteristics if each.result == "fail"), None)
        if self.result == "pass" and failed is not None:
            raise ValueError(f"`result` is pass, but characteristic `{failed.number[:35]}` failed")
