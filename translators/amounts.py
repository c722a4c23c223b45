"""Lengths of time and sizes as people write them in files, always with their unit."""

import re

_DURATION = re.compile(r"(\d+)?\s*([A-Za-z]+)")
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
}
_YEARS = dict.fromkeys(("year", "years"), 366 * 86_400)
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}

LONGEST_PERIOD = 366 * 86_400
"""Seconds. Counters are integers in µs inside doubles; a year keeps them far below 2**53."""


def read_duration(text: str) -> int:
    """Seconds of `10s`, `5 minutes` or `minute`."""
    seconds = _seconds(text, _UNITS, "second, minute, hour or day")
    if not 0 < seconds <= LONGEST_PERIOD:
        raise ValueError(f"`{text.strip()}` is out of range; use 1 second to 366 days")
    return seconds


def _seconds(text: str, units: dict[str, int], known: str) -> int:
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        what = "has no unit" if text.strip().isdigit() else "is not a length of time"
        raise ValueError(f"`{text.strip()}` {what}; write e.g. `10s`, `15 minutes` or `2 hours`")
    unit = units.get(match[2])
    if unit is None:
        raise ValueError(f"unknown unit `{match[2]}`; use {known}")
    return int(match[1] or 1) * unit


class Size:
    """`5 MiB`, in bytes."""

    __slots__ = ("bytes", "text")
    SCHEMA = r"^\d+ ?(B|KiB|MiB|GiB)$"

    def __init__(self, size: int, text: str) -> None:
        self.bytes = size
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Size":
        match = re.fullmatch(r"(\d{1,9})\s?([A-Za-z]*)", text)
        if match is None:
            raise ValueError(f"`{text}` is not a size; write e.g. `5 MiB`")
        if not match[2]:
            raise ValueError(f"`{text}` has no unit; write e.g. `{text} KiB`")
        if match[2] not in _BYTES:
            raise ValueError(f"unknown unit `{match[2]}`; use B, KiB, MiB or GiB")
        return cls(int(match[1]) * _BYTES[match[2]], text)


class Duration:
    """`15 minutes`, in seconds."""

    __slots__ = ("seconds", "text")
    SCHEMA = r"^\d+ ?[A-Za-z]+$"

    def __init__(self, seconds: int, text: str) -> None:
        self.seconds = seconds
        self.text = text

    @classmethod
    def from_text(cls, text: str) -> "Duration":
        return cls(read_duration(text), text.strip())


class Term(Duration):
    """How long something is kept: `30 days`, `10 years`. A year counts 366 days, so nothing goes a day too early."""

    __slots__ = ()
    LONGEST = 100 * 366 * 86_400

    @classmethod
    def from_text(cls, text: str) -> "Term":
        seconds = _seconds(text, _UNITS | _YEARS, "second, minute, hour, day or year")
        if not 0 < seconds <= cls.LONGEST:
            raise ValueError(f"`{text.strip()}` is out of range; use 1 second to 100 years")
        return cls(seconds, text.strip())
