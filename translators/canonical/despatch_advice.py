"""What is on its way (UBL DespatchAdvice, UN/EDIFACT DESADV, X12 856). Key: despatcher, number."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct, structs

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party
from translators.canonical.quantities import Quantity
from translators.canonical.references import Note, Ref
from translators.canonical.times import LocalTime, Period

_T = TypeVar("_T")


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
    """Each package where it is first mentioned, with what any mention says of it, and the contents of all."""
    mentions: dict[str, list[Package]] = {}
    for package in packages:
        mentions.setdefault(package.id, []).append(package)
    return tuple(each[0] if len(each) == 1 else _gathered(each) for each in mentions.values())


def _gathered(mentions: list[Package]) -> Package:
    first = mentions[0]
    return structs.replace(
        first,
        type=_the_one("types", first.id, (each.type for each in mentions)),
        parent=_the_one("packages around it", first.id, (each.parent for each in mentions)),
        gross=_the_one("gross weights", first.id, (each.gross for each in mentions)),
        contents=tuple(content for each in mentions for content in each.contents),
    )


def _the_one(what: str, package: str, said: Iterable[_T | None]) -> _T | None:
    found = {each for each in said if each}
    if len(found) > 1:
        raise ValueError(f"package `{package[:40]}` is said to have {len(found)} {what}; one is expected")
    return next(iter(found), None)
