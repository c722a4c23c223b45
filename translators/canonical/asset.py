"""A machine or other thing that is kept up (ISA-95 PhysicalAsset and Equipment). Key: asset.

Master data: a later description replaces an earlier one; it never travels in one message with transactions.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.counters import Counter, check_names
from translators.canonical.identifiers import Identifier
from translators.canonical.references import Note


class Hierarchy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where it stands in the levels of ISA-95, as far down as is known."""

    enterprise: str | None = None
    site: str | None = None
    area: str | None = None
    line: str | None = None
    cell: str | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        if self.site is None and (self.area or self.line or self.cell or self.unit):
            raise ValueError("`site` is missing; areas, lines, cells and units lie in one")


class Asset(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="asset/1",
):
    """One asset, by the number the maintenance system knows it by."""

    asset_id: Annotated[str, Meta(min_length=1)]
    identifiers: tuple[Identifier, ...] = ()
    """Its serial number, GIAI, number in the fixed-asset accounts."""
    name: str | None = None
    hierarchy: Hierarchy
    parent: str | None = None
    """The `asset_id` of the asset it is a part of."""
    asset_class: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    work_center: str | None = None
    """The work centre the ERP plans it as."""
    state: Literal["planned", "in_service", "stand_by", "under_repair", "out_of_service", "disposed"]
    criticality: Literal["critical", "high", "normal", "low"] | None = None
    in_service_since: date | None = None
    counters: tuple[Counter, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_names(self.counters)
        if self.parent is not None and self.parent == self.asset_id:
            raise ValueError("`parent` names the asset itself")
