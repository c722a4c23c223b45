"""What is bought, made and sold (UBL Item, OAGIS ItemMaster, ISA-95 MaterialDefinition, PRICAT). Key: product.

Master data: a later description replaces an earlier one; it never travels in one message with transactions.
"""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.figures import Figure
from translators.canonical.identifiers import Identifier, check_gs1_key
from translators.canonical.parties import check_country
from translators.canonical.quantities import Quantity, check_unit
from translators.canonical.references import Note
from translators.canonical.rules import check_not_negative, plain

_COMMODITY = re.compile(r"[0-9]{6}(?:[0-9]{2}){0,3}\Z").match
_UN_NUMBER = re.compile(r"[0-9]{4}\Z").match


class ProductUnit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A unit the product is also counted in: one of it is `factor` base units, exactly."""

    unit: str
    factor: Figure
    gtin: str | None = None
    """The trade item number of the product in this unit, such as that of the carton."""

    def __post_init__(self) -> None:
        check_unit(self.unit)
        if self.factor <= 0:
            raise ValueError("`factor` must be more than zero")
        if self.gtin is not None:
            check_gs1_key("gtin", self.gtin)


class Translation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The description in another language (ISO 639-1)."""

    language: str
    text: str


class Hazard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Dangerous goods: the UN number of four digits, class and packing group of the transport rules (ADR, IMDG)."""

    un_number: str
    hazard_class: str | None = None
    packing_group: Literal["I", "II", "III"] | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if _UN_NUMBER(self.un_number) is None:
            raise ValueError(f"`{self.un_number[:20]}` is not a UN number: 4 digits are expected")


class Product(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="product/1",
):
    """A product with the names everybody knows it by and the units it is counted in."""

    product_id: Annotated[str, Meta(min_length=1)]
    identifiers: tuple[Identifier, ...] = ()
    """Also the numbers of partners; `agency` then names the partner."""
    description: Annotated[str, Meta(min_length=1)]
    translations: tuple[Translation, ...] = ()
    base_unit: str
    units: tuple[ProductUnit, ...] = ()
    tracking: Literal["none", "lot", "serial"] = "none"
    storable: bool = True
    net_weight: Quantity | None = None
    """Of one base unit, as are the gross weight and the volume."""
    gross_weight: Quantity | None = None
    volume: Quantity | None = None
    commodity_code: str | None = None
    """Of the Harmonized System (6 digits) or longer: Combined Nomenclature 8, TARIC 10."""
    origin_country: str | None = None
    shelf_life: Quantity | None = None
    hazard: Hazard | None = None
    lifecycle_state: Literal["draft", "active", "phase_out", "blocked", "retired"]
    revision: str | None = None
    replaces: str | None = None
    """The `product_id` of the product it takes the place of."""
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_unit(self.base_unit)
        check_country(self.origin_country)
        units = [self.base_unit, *(each.unit for each in self.units)]
        twice = next((unit for unit in units if units.count(unit) > 1), None)
        if twice is not None:
            raise ValueError(f"the unit {twice} is described twice")
        if self.commodity_code is not None and _COMMODITY(self.commodity_code) is None:
            raise ValueError(
                f"`{self.commodity_code[:20]}` is not a commodity code: 6, 8, 10 or 12 digits are expected"
            )
        check_not_negative(net_weight=self.net_weight, gross_weight=self.gross_weight, volume=self.volume)
        if self.net_weight is not None and self.gross_weight is not None:
            self._check_weights(self.net_weight, self.gross_weight)
        if self.shelf_life is not None and self.shelf_life.unit not in ("HUR", "DAY", "WEE", "MON", "ANN"):
            raise ValueError(f"`shelf_life` is counted in HUR, DAY, WEE, MON or ANN, not in {self.shelf_life.unit}")
        if self.replaces is not None and self.replaces == self.product_id:
            raise ValueError("`replaces` names the product itself")

    def _check_weights(self, net: Quantity, gross: Quantity) -> None:
        if net.unit == gross.unit and gross.value < net.value:
            raise ValueError(f"`gross_weight` is {plain(gross.value)}, less than `net_weight`, {plain(net.value)}")
