"""What is on its way (UBL DespatchAdvice, UN/EDIFACT DESADV, X12 856). Key: despatcher, number."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Quantity
from translators.canonical.references import Note, Ref
from translators.canonical.times import LocalTime, Period


class Transport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How it travels: `mode` is a code of UN/ECE Recommendation 19 (3 road), `equipment_id` a vehicle or container."""

    mode: str | None = None
    equipment_id: str | None = None
    tracking: str | None = None


class PackageContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How much of a despatch line lies in the package."""

    line: str
    quantity: Quantity | None = None


class Package(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A handling unit. `id` is its SSCC or the sender's own mark; `parent` the `id` of the package around it."""

    id: str
    scheme: Literal["sscc", "grai", "mark"]
    type: str | None = None
    parent: str | None = None
    gross: Quantity | None = None
    contents: tuple[PackageContent, ...] = ()

    def __post_init__(self) -> None:
        if self.scheme != "mark":
            Identifier(scheme=self.scheme, value=self.id)


class Lot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A lot, or serial numbers, inside a line."""

    lot: str | None = None
    quantity: Quantity | None = None
    expires_on: date | None = None
    serials: tuple[str, ...] = ()


class DespatchLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One product despatched; `cumulative` is the total since the schedule's reset date, where schedules are used."""

    number: Annotated[str, Meta(min_length=1)]
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    quantity: Quantity
    order: Ref | None = None
    lots: tuple[Lot, ...] = ()
    cumulative: Quantity | None = None
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        of_order = self.order is not None and self.order.line is not None
        if not self.product and not self.description and not of_order:
            raise ValueError("a line needs a product identifier, a description or the line of an order")


class DespatchAdvice(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="despatch_advice/1",
):
    """A despatch: what left, when, packed how, and for which order."""

    number: Annotated[str, Meta(min_length=1)]
    issued_on: date
    issued_time: LocalTime | None = None
    despatcher: Party
    receiver: Party
    ship_from: Party | None = None
    ship_to: Party | None = None
    carrier: Party | None = None
    shipped: Period | None = None
    arrival: Period | None = None
    transport: Transport | None = None
    references: tuple[Ref, ...] = ()
    packages: tuple[Package, ...] = ()
    """Each once: one that is said with each line that lies in it has the contents of all."""
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[DespatchLine, ...], Meta(min_length=1)]
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if len({line.number for line in self.lines}) != len(self.lines):
            raise ValueError("two lines have the same number")
        known = {package.id for package in self.packages}
        if len(known) != len(self.packages):  # said again with each line that lies in it
            structs.force_setattr(self, "packages", _each_once(self.packages))
        for package in self.packages:
            if package.parent is not None and package.parent not in known:
                raise ValueError(f"package `{package.id[:40]}` lies in `{package.parent[:40]}`, which is not listed")


def _each_once(packages: tuple[Package, ...]) -> tuple[Package, ...]:
    """Each package by its first mention, with what the later ones say that it does not, and the contents of all."""
    gathered: dict[str, Package] = {}
    for package in packages:
        first = gathered.setdefault(package.id, package)
        if first is not package:
            gathered[package.id] = structs.replace(
                first,
                type=first.type or package.type,
                parent=first.parent or package.parent,
                gross=first.gross or package.gross,
                contents=(*first.contents, *package.contents),
            )
    return tuple(gathered.values())
