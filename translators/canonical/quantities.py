"""How much, and for how much money."""

from msgspec import Struct

from translators.canonical.codes import CURRENCIES, UNITS
from translators.canonical.figures import Figure


class Quantity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An exact amount of a unit of UN/ECE Recommendation 20.

    `source_unit` and `source_value` keep what the sender wrote where a table turned it into `unit` and `value`.
    """

    value: Figure
    unit: str
    source_unit: str | None = None
    source_value: str | None = None

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            check_unit(self.unit)


class Money(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An exact amount of a currency of ISO 4217."""

    amount: Figure
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            check_currency(self.currency)


class Price(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Money for `basis` of the product; without a basis, for one unit of the ordered quantity."""

    amount: Figure
    currency: str
    basis: Quantity | None = None

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            check_currency(self.currency)


def check_unit(unit: str) -> None:
    """Raise ValueError unless `unit` is a code of UN/ECE Recommendation 20."""
    if unit not in UNITS:
        raise ValueError(f"unknown unit `{unit[:20]}`; use UN/ECE Recommendation 20, as in C62 or KGM")


def check_currency(currency: str | None) -> None:
    """Raise ValueError unless `currency` is a code of ISO 4217, or not given."""
    if currency is not None and currency not in CURRENCIES:
        raise ValueError(f"unknown currency `{currency[:20]}`; use a code of ISO 4217, such as EUR")
