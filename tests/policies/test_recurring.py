"""Times that come again, in their own time zone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from policies.recurring import Hours, Recurring, RecurringRule

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def recurring(**given: Any) -> Recurring:
    hours = given.pop("hours", None)
    rule = RecurringRule(
        name="x", why="y", mode="enforce", hours=Hours.from_text(hours) if hours else None,
        **{"zone": "Europe/Berlin", **given},
    )  # fmt: skip
    return Recurring(rule)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "moment", "holds"),
    [
        ({}, "2026-11-23T00:00", True),
        ({"hours": "06:00-10:00"}, "2026-11-23T05:00", True),  # six o'clock in Berlin, in winter
        ({"hours": "06:00-10:00"}, "2026-11-23T09:00", False),
        ({"hours": "06:00-10:00"}, "2026-07-23T04:00", True),  # and in summer
        ({"hours": "06:00-10:00"}, "2026-07-23T03:59", False),
        ({"hours": "18:00-24:00"}, "2026-11-23T22:59", True),
        ({"hours": "18:00-24:00"}, "2026-11-23T23:00", False),
        ({"hours": "22:00-06:00", "days": ("friday",)}, "2026-11-27T22:00", True),
        ({"hours": "22:00-06:00", "days": ("friday",)}, "2026-11-28T04:00", True),  # the night of Friday
        ({"hours": "22:00-06:00", "days": ("friday",)}, "2026-11-27T04:00", False),
        ({"days": ("monday",)}, "2026-11-22T23:30", True),  # it is Monday in Berlin
        ({"days": ("monday",)}, "2026-11-23T23:30", False),
        ({"last_days_of_month": 3}, "2026-11-27T22:00", False),
        ({"last_days_of_month": 3}, "2026-11-27T23:00", True),
        ({"last_days_of_month": 1}, "2028-02-29T12:00", True),
        ({"last_days_of_month": 1}, "2028-02-28T12:00", False),
    ],
)
def test_a_time_that_comes_again(given: dict[str, Any], moment: str, holds: bool) -> None:
    assert recurring(**given).holds(at(moment)) is holds


@pytest.mark.parametrize("text", ["6:00-10:00", "06:00", "06:00-25:00", "06:00-24:01", "07:00-07:00", "24:00-06:00"])
def test_what_is_no_span_of_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"span of hours|begins and ends"):
        Hours.from_text(text)
