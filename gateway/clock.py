"""Time as it is written down: UTC, to the millisecond, `2026-11-23T08:02:11.042Z`."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now_text() -> str:
    return as_text(now())
