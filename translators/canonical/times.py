"""Dates and times without invented time zones: a local time stays local, an instant is UTC."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated

from msgspec import Meta, Struct

LocalTime = Annotated[time, Meta(tz=False)]
"""A wall-clock time at the place it is about; the sender named no zone."""

Instant = Annotated[datetime, Meta(tz=True)]
"""A point in time; must be UTC, which `check_instant` enforces."""

_ZONE = re.compile(r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]|[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*)\Z").match


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


class When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A day, the time of day where it is known, and the zone only where the sender named it.

    `zone`: `Z`, an offset such as `+01:00`, or a name of the IANA database such as `Europe/Berlin`.
    """

    on: date
    at: LocalTime | None = None
    zone: str | None = None

    def __post_init__(self) -> None:
        if self.zone is None:
            return
        if self.at is None:
            raise ValueError("a zone needs a time of day")
        if _ZONE(self.zone) is None:
            text = f"`{self.zone[:40]}` is no zone; write Z, an offset as in +01:00 or a name as in Europe/Berlin"
            raise ValueError(text)

    def text(self) -> str:
        """As far as it goes: `2026-11-23`, `2026-11-23T10:15:00`, with the zone behind it if there is one."""
        clock = f"T{self.at.isoformat()}" if self.at is not None else ""
        return f"{self.on.isoformat()}{clock}{self.zone or ''}"


def check_instant(instant: datetime) -> None:
    """Raise ValueError unless `instant` is UTC."""
    if instant.utcoffset() != timedelta(0):
        raise ValueError("an instant is written in UTC, as in 2026-11-23T10:15:00Z")
