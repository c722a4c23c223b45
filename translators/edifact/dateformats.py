"""Dates, times and periods as element 2379 says they are written, checked for being real (UNCL 2379)."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache

PICTURES: dict[str, str] = {
    "2": "DDMMYY", "3": "MMDDYY", "4": "DDMMCCYY", "5": "DDMMCCYYHHmm", "6": "CCYYMMB", "7": "CCYYMMK",
    "10": "CCYYMMDDTHHmm",
    "101": "YYMMDD", "102": "CCYYMMDD", "103": "YYWWK", "105": "YYJJJ", "106": "MMDD", "107": "JJJ", "108": "WW",
    "109": "MM", "110": "DD",
    "201": "YYMMDDHHmm", "202": "YYMMDDHHmmss", "203": "CCYYMMDDHHmm", "204": "CCYYMMDDHHmmss",
    "205": "CCYYMMDDHHmmO",
    "301": "YYMMDDHHmmZ", "302": "YYMMDDHHmmssZ", "303": "CCYYMMDDHHmmZ", "304": "CCYYMMDDHHmmssZ",
    "305": "MMDDHHmm", "306": "DDHHmm",
    "401": "HHmm", "402": "HHmmss", "404": "HHmmssZ", "406": "O",
    "501": "HHmm-HHmm", "502": "HHmmss-HHmmss", "503": "HHmmssZ-HHmmssZ",
    "600": "CC", "601": "YY", "602": "CCYY", "603": "YYB", "604": "CCYYB", "608": "CCYYQ", "609": "YYMM",
    "610": "CCYYMM", "613": "YYMMA", "614": "CCYYMMA", "615": "YYWW", "616": "CCYYWW",
    "701": "YY-YY", "702": "CCYY-CCYY", "703": "YYB-YYB", "704": "CCYYB-CCYYB", "707": "YYQ-YYQ",
    "708": "CCYYQ-CCYYQ", "709": "YYMM-YYMM", "710": "CCYYMM-CCYYMM", "711": "CCYYMMDD-CCYYMMDD",
    "713": "YYMMDDHHmm-YYMMDDHHmm", "715": "YYWW-YYWW", "716": "CCYYWW-CCYYWW", "717": "YYMMDD-YYMMDD",
    "718": "CCYYMMDD-CCYYMMDD", "719": "CCYYMMDDHHmm-CCYYMMDDHHmm",
}  # fmt: skip
"""2379 -> how it is written. C century, Y year, M month, D day, H hour, m minute, s second, W ISO week, K day of the
week or week of the month, J day of the year, B half, Q quarter, A third, Z zone, O offset; `-` may be left out."""

_PARTS = {
    "CC": r"(?P<c>\d\d)", "YY": r"(?P<y>\d\d)", "MM": r"(?P<mon>0[1-9]|1[0-2])", "DD": r"(?P<d>0[1-9]|[12]\d|3[01])",
    "HH": r"(?P<h>[01]\d|2[0-4])", "mm": r"(?P<min>[0-5]\d)", "ss": r"(?P<s>[0-5]\d|60)",
    "WW": r"(?P<w>0[1-9]|[1-4]\d|5[0-3])", "JJJ": r"(?P<j>\d{3})", "K": "[1-7]", "B": "[12]", "Q": "[1-4]",
    "A": "[1-3]", "T": "T", "Z": r"(?:[A-Z]{1,5}|[+-]?\d{1,4})", "O": r"(?:[A-Z+-]?\d{4})",
}  # fmt: skip
_PICTURE = re.compile("|".join(_PARTS))
_LEAP_YEAR = 2000


@cache
def real_date(format_code: str) -> Callable[[str], bool] | None:
    """Whether a text is a real date, time or period in this format; None for a format that is not checked."""
    picture = PICTURES.get(format_code)
    if picture is None:
        return None
    halves = [re.compile(_PICTURE.sub(lambda part: _PARTS[part[0]], half) + r"\Z") for half in picture.split("-")]
    if len(halves) == 1:
        return lambda text: _is_real(text, halves[0])
    return lambda text: _is_period(text, halves[0])


def _is_period(text: str, half: re.Pattern[str]) -> bool:
    """Two ends of the same picture, with or without a hyphen between them."""
    middle = len(text) // 2
    first, second = text[:middle], text[middle:].removeprefix("-") if len(text) % 2 else text[middle:]
    return _is_real(first, half) and _is_real(second, half)


def _is_real(text: str, half: re.Pattern[str]) -> bool:
    match = half.match(text)
    if match is None or not text.isascii():
        return False
    found = match.groupdict()
    if found.get("h") == "24" and (found.get("min", "00"), found.get("s") or "00") != ("00", "00"):
        return False
    year = _year(found)
    if found.get("d") and found.get("mon"):
        return _is_day(year, int(found["mon"]), int(found["d"]))
    if found.get("j"):
        return 1 <= int(found["j"]) <= (366 if year is None or _is_day(year, 2, 29) else 365)
    if found.get("w") == "53" and year is not None:
        return date(year, 12, 28).isocalendar().week == 53
    return True


def _year(found: dict[str, str | None]) -> int | None:
    """Years of two digits: 00 to 79 are of this century, 80 to 99 of the last."""
    two = found.get("y")
    if two is None:
        return None
    century = found.get("c")
    if century is not None:
        return int(century + two) or None
    return 2000 + int(two) if int(two) < 80 else 1900 + int(two)


def _is_day(year: int | None, month: int, day: int) -> bool:
    try:
        date(_LEAP_YEAR if year is None else year, month, day)
    except ValueError:
        return False
    return True
