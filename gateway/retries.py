"""When to try again: the schedule of a routing rule, kept with each delivery as seconds: `10, 60, 300`."""

from collections.abc import Iterable
from functools import cache
from random import uniform


def as_schedule(waits: Iterable[int]) -> str:
    """The waits after the first, second, … attempt as the ledger keeps them."""
    return ", ".join(map(str, waits))


@cache
def _waits(schedule: str) -> tuple[int, ...]:
    return tuple(int(part) for part in schedule.split(",") if part.strip())


def wait_before_next(schedule: str, attempt: int) -> float | None:
    """Seconds to wait after attempt 1, 2, …, with a tenth of jitter so that many do not return at once.

    None at the end of the schedule.
    """
    steps = _waits(schedule)
    return steps[attempt - 1] * uniform(1.0, 1.1) if attempt <= len(steps) else None  # noqa: S311 - no secret


def wait_before_reading_back(attempt: int) -> float:
    """Seconds until an unknown outcome is looked up: soon at first, never more than half a minute."""
    return float(min(2 ** (attempt - 1), 30))
