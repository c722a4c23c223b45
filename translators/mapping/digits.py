"""Conversions of formats that write figures, dates and times in digits alone: X12 and VDA.

As in `translators.mapping.conversions`: a text becomes a canonical text, and the way back is beside it.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

Conversion = Callable[[str, str], "str | None"]
Inverse = Callable[[str], str]


def digit_date(text: str, _: str = "") -> str:
    """A day as CCYYMMDD or YYMMDD; two-digit years from 80 on are of the last century."""
    digits = text if len(text) == 8 else ("20" if text[:2] < "80" else "19") + text
    found = calendar_day(digits)
    if found is None:
        raise ValueError(f"`{text[:40]}` is not a date")
    return found.isoformat()


def calendar_day(digits: str) -> date | None:
    """The day of a text CCYYMMDD, or None when there is no such day."""
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _eight(text: str) -> str:
    return text.replace("-", "")


def _six(text: str) -> str:
    if not "1980" <= text[:4] < "2080":
        raise ValueError(f"`{text}` cannot be said with a year of two digits")
    return text.replace("-", "")[2:]


def digit_time(text: str, _: str = "") -> str:
    """A local time as HHMM, HHMMSS, or with hundredths of a second behind it."""
    is_time = text.isascii() and text.isdigit() and len(text) in (4, 6, 7, 8)
    if not is_time or text[:2] > "23" or text[2:4] > "59" or text[4:6] > "59":
        raise ValueError(f"`{text[:40]}` is not a time")
    clock = f"{text[:2]}:{text[2:4]}:{text[4:6] or '00'}"
    return f"{clock}.{text[6:]}" if text[6:].strip("0") else clock


def _clock(text: str) -> str:
    digits = text[:8].replace(":", "")
    fraction = text[9:].rstrip("0")
    if len(fraction) > 2:
        raise ValueError("a time has at most hundredths of a second here")
    return digits + fraction if fraction else digits.removesuffix("00") if len(digits) == 6 else digits


def _implied(places: int) -> tuple[Conversion, Inverse]:
    """A whole number whose last `places` digits stand behind the point."""

    def read(text: str, _: str = "") -> str:
        number = text.removeprefix("-")
        if not (number.isascii() and number.isdigit()):
            raise ValueError(f"`{text[:40]}` is not a number of digits alone")
        figure = format(Decimal(text).scaleb(-places), "f")
        return figure.rstrip("0").rstrip(".") if "." in figure else figure

    def write(text: str) -> str:
        scaled = Decimal(text).scaleb(places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"`{text[:40]}` has more than {places} decimals")
        return format(scaled.to_integral_value(), "f")

    return read, write


def _of_length(length: int) -> tuple[Conversion, Inverse]:
    """Any text is read; only one of this length is written."""

    def write(text: str) -> str:
        if len(text) != length:
            raise ValueError(f"`{text[:40]}` has not {length} characters")
        return text

    return _as_it_is, write


def _as_it_is(text: str, _: str = "") -> str:
    return text


def _without_zero(text: str) -> str:
    """`0`, where it means that nothing is counted, is left out."""
    if text == "0":
        raise ValueError("nothing is counted")
    return text


def without_leading_zeros(text: str, _: str = "") -> str:
    """A number that is filled up with zeros in front; it has at least one digit."""
    return text.lstrip("0") or "0"


def sscc(text: str, _: str = "") -> str:
    """An SSCC without the application identifier `00` that may stand before it."""
    return text[2:] if len(text) == 20 and text.startswith("00") else text


_PAIRS: dict[str, tuple[Conversion, Inverse]] = {
    "digit_date": (digit_date, _eight),
    "digit_date6": (digit_date, _six),
    "digit_time": (digit_time, _clock),
    "decimals_2": _implied(2),
    "decimals_3": _implied(3),
    "length_8": _of_length(8),
    "length_12": _of_length(12),
    "length_13": _of_length(13),
    "length_14": _of_length(14),
    "counted": (_as_it_is, _without_zero),
    "sscc": (sscc, lambda text: "00" + text),
    "unpadded": (without_leading_zeros, lambda text: text),
}

DIGIT_CONVERSIONS: dict[str, Conversion] = {name: pair[0] for name, pair in _PAIRS.items()}
DIGIT_INVERSES: dict[str, Inverse] = {name: pair[1] for name, pair in _PAIRS.items()}
