"""Identifiers with their scheme; the check digits of GS1 keys are verified (GS1 General Specifications, 7.9)."""

from functools import lru_cache
from typing import Literal

from msgspec import Struct

Scheme = Literal[
    "gtin",
    "gln",
    "duns",
    "vat",
    "sscc",
    "grai",
    "giai",
    "eas",
    "supplier_code",
    "buyer_code",
    "manufacturer_code",
    "serial",
    "fixed_asset",
    "odoo_xid",
    "plant_code",
    "batch",
    "other",
]

_LENGTHS = {"gtin": (8, 12, 13, 14), "gln": (13,), "sscc": (18,), "duns": (9,)}
_CHECKED = ("gtin", "gln", "sscc", "duns", "grai")


class Identifier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One name of something. `agency` says whose code it is where the scheme does not (UN/EDIFACT 3055, a URI)."""

    scheme: Scheme
    value: str
    agency: str | None = None

    def __post_init__(self) -> None:
        if self.scheme in _CHECKED:
            check_gs1_key(self.scheme, self.value)
        elif not self.value:
            raise ValueError("an identifier needs a value")


@lru_cache(4096)  # partners and articles come again and again; what is wrong raises and is not kept
def check_gs1_key(scheme: str, value: str) -> None:
    """Raise ValueError with a sentence when `value` cannot be a key of `scheme`: length, digits, check digit."""
    key = value
    if scheme == "grai":  # a GRAI is 13 digits with a zero before them, then up to 16 characters of serial number
        key = value[1:14] if len(value) >= 14 else ""
        lengths: tuple[int, ...] = (13,)
    else:
        lengths = _LENGTHS[scheme]
    if len(key) not in lengths or not (key.isascii() and key.isdigit()):
        raise ValueError(f"`{value[:40]}` is not a {scheme.upper()}: {_these(lengths)} digits are expected")
    if scheme != "duns" and check_digit(key[:-1]) != key[-1]:
        raise ValueError(f"`{value[:40]}` is not a {scheme.upper()}: its check digit should be {check_digit(key[:-1])}")


def check_digit(digits: str) -> str:
    """The GS1 check digit of `digits` (the key without its last digit): weights 3 and 1 from the right."""
    written = digits.encode()
    odd, even = written[-1::-2], written[-2::-2]
    # sums of the ASCII codes, less that of `0` for each: a tenth of the time of converting digit by digit
    total = 3 * (sum(odd) - 48 * len(odd)) + sum(even) - 48 * len(even)
    return str(-total % 10)


def _these(lengths: tuple[int, ...]) -> str:
    if len(lengths) == 1:
        return str(lengths[0])
    return ", ".join(map(str, lengths[:-1])) + f" or {lengths[-1]}"
