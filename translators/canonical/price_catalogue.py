"""What a seller offers at which price (UBL Catalogue, UN/EDIFACT PRICAT, X12 832). Key: seller, number, version."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.parties import Party, check_country
from translators.canonical.quantities import Price, Quantity, check_currency, check_unit
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_not_negative, check_numbers, check_one_unit, check_product, plain
from translators.canonical.terms import Allowance, DeliveryTerms, PaymentTerms, Tax
from translators.canonical.times import LocalTime, Period


class CataloguePrice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A price and from which quantity, up to which, and when it holds."""

    kind: Literal["net", "gross", "list", "recommended_retail"]
    price: Price
    from_quantity: Quantity | None = None
    to_quantity: Quantity | None = None
    valid: Period | None = None

    def __post_init__(self) -> None:
        low, high = self.from_quantity, self.to_quantity
        check_one_unit(from_quantity=low, to_quantity=high)
        check_not_negative(from_quantity=low, to_quantity=high)
        if low is not None and high is not None and high.value < low.value:
            raise ValueError(f"`to_quantity` is {plain(high.value)}, less than `from_quantity`, {plain(low.value)}")


class CatalogueLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One product of the catalogue; `action` says whether it is new, changed, as before, or no longer sold."""

    number: Annotated[str, Meta(min_length=1)]
    action: Literal["add", "change", "delete", "keep"] = "add"
    product: tuple[Identifier, ...] = ()
    description: str | None = None
    group: str | None = None
    """The group of products, in the seller's code."""
    order_unit: str | None = None
    contents: Quantity | None = None
    """How much of the consumer unit one order unit holds."""
    minimum_order: Quantity | None = None
    order_multiple: Quantity | None = None
    prices: tuple[CataloguePrice, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    taxes: tuple[Tax, ...] = ()
    lead_time: Quantity | None = None
    net_weight: Quantity | None = None
    gross_weight: Quantity | None = None
    commodity_code: str | None = None
    origin_country: str | None = None
    valid: Period | None = None
    replaced_by: tuple[Identifier, ...] = ()
    references: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_product(self.product, self.description)
        check_country(self.origin_country)
        if self.order_unit is not None:
            check_unit(self.order_unit)
        check_not_negative(minimum_order=self.minimum_order, order_multiple=self.order_multiple)
        seen: set[object] = set()
        for each in self.prices:
            start = each.from_quantity.value if each.from_quantity is not None else Decimal(0)
            which = (each.kind, each.price.currency, each.price.basis, start, each.valid)
            if which in seen:
                raise ValueError(
                    f"`prices` holds two {each.kind.replace('_', ' ')} prices from the quantity {plain(start)} on"
                )
            seen.add(which)


class PriceCatalogue(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="price_catalogue/1",
):
    """A price list or catalogue, whole or the changes since the last (`extent`)."""

    number: Annotated[str, Meta(min_length=1)]
    version: str = "0"
    extent: Literal["whole", "changes"] = "whole"
    supersedes: str | None = None
    """The catalogue this one replaces, where the seller names it."""
    issued_on: date
    issued_time: LocalTime | None = None
    seller: Party
    buyer: Party | None = None
    currency: str | None = None
    valid: Period | None = None
    delivery_terms: DeliveryTerms | None = None
    payment_terms: PaymentTerms | None = None
    references: tuple[Ref, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: Annotated[tuple[CatalogueLine, ...], Meta(min_length=1)]
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        check_numbers(self.lines)
        check_currency(self.currency)
