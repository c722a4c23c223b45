"""Dates and times without invented time zones: a local time stays local, an instant is UTC."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from msgspec import Meta, Struct

LocalTime = Annotated[time, Meta(tz=False)]
"""A wall-clock time at the place it is about; the sender named no zone."""

Instant = Annotated[datetime, Meta(tz=True)]
"""A point in time; must be UTC, which `check_instant` enforces."""


class Period(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Days from `start` to `end`, both included; either may be open. One day has the same start and end."""

    start: date | None = None
    start_time: LocalTime | None = None
    end: date | None = None
    end_time: LocalTime | None = None

    def __post_init__(self) -> None:
        if self.start is None and self.end is None:
            raise ValueError("a period needs a start or an end")
        if (self.start_time and not self.start) or (self.end_time and not self.end):
            raise ValueError("a time needs its date")
        if self.start is not None and self.end is not None:
            first, last = (self.start, self.start_time or time.min), (self.end, self.end_time or time.max)
            if last < first:
                raise ValueError("a period may not end before it starts")


class Span(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """From one instant to another."""

    start: Instant
    end: Instant | None = None

    def __post_init__(self) -> None:
        check_instant(self.start)
        if self.end is not None:
            check_instant(self.end)
            if self.end < self.start:
                raise ValueError("a span may not end before it starts")


def check_instant(instant: datetime) -> None:
    """Raise ValueError unless `instant` is UTC."""
    if instant.utcoffset() != timedelta(0):
        raise ValueError("an instant is written in UTC, as in 2026-11-23T10:15:00Z")
