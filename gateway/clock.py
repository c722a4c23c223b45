"""Time as it is written down: UTC, to the millisecond, `2026-11-23T08:02:11.042Z`."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def as_text(moment: datetime) -> str:
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds")[:-6] + "Z"


def now_text() -> str:
    return as_text(now())
