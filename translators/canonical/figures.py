"""Exact decimals: text in JSON, `Decimal` in Python, never a float.

A figure has at most 18 digits before and 6 after the decimal point, no exponent, no plus sign, no leading zeros.
Trailing zeros carry no meaning here, so they are dropped: one figure has one spelling.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

FIGURE_PATTERN = r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?$"
_plain = re.compile(FIGURE_PATTERN.removesuffix("$") + r"\Z").match

_MOST_WHOLE, _MOST_DECIMALS = 18, 6

if TYPE_CHECKING:
    Figure = Decimal
else:

    class _DecimalsAreFigures(type):
        __instancecheck__ = staticmethod(type.__instancecheck__.__get__(Decimal))
        """`isinstance(value, Decimal)`, without a call into Python for every figure there is."""

    class Figure(metaclass=_DecimalsAreFigures):
        """Annotates a decimal field. msgspec does not know it and so asks `decode_figure`, where a number is refused.

        msgspec reads JSON numbers into plain `Decimal` fields and loses the sender's spelling; this is the way around.
        """


@lru_cache(4096)  # quantities and prices come again and again; what is no figure raises and is not kept
def figure(text: str) -> Decimal:
    """The exact decimal `text` spells. Raises ValueError with a sentence when it is not a plain figure."""
    whole, point, decimals = text.partition(".")
    if len(whole) <= _MOST_WHOLE and whole.isdigit() and text.isascii() and (whole[0] != "0" or whole == "0"):
        if not point:
            return Decimal(text)
        if len(decimals) <= _MOST_DECIMALS and decimals.isdigit():
            return Decimal(text.rstrip("0").rstrip("."))
    if _plain(text) is None:
        raise ValueError(_what_is_wrong_with(text))
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal("0" if text == "-0" else text)


def _what_is_wrong_with(text: str) -> str:
    shown = text if len(text) <= 40 else text[:40] + "…"
    match = re.match(r"^-?([0-9]+)(?:\.([0-9]+))?\Z", text, re.ASCII)
    if match is None:
        return f'`{shown}` is not a decimal; write digits and at most one point, as in "12.5"'
    if len(match[1].lstrip("0")) > 18:
        return f"`{shown}` has more than 18 digits before the decimal point"
    if match[2] and len(match[2]) > 6:
        return f"`{shown}` has more than 6 decimals"
    return f"`{shown}` has leading zeros"


def decode_figure(wanted: type[Any], value: object) -> Decimal:
    """msgspec's `dec_hook` for the canonical objects. Raises ValueError when `value` is not the text of a figure."""
    if wanted is not Figure:
        raise NotImplementedError(f"nothing decodes {wanted}")
    if type(value) is str:
        return figure(value)
    if isinstance(value, Decimal):  # a map may hand over what it has calculated
        text = format(value, "f") if value.is_finite() and abs(value.adjusted()) < 40 else str(value)
        return figure(text.rstrip("0").rstrip(".") if "." in text else text)
    raise TypeError('a decimal is written as text, as in "12.5"; JSON numbers are not exact')
