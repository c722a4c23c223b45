"""When to try again."""

import pytest

from gateway.retries import as_schedule, wait_before_next, wait_before_reading_back


def test_a_schedule_is_kept_as_seconds() -> None:
    assert as_schedule([10, 60, 7200]) == "10, 60, 7200"


def test_each_attempt_has_its_wait_with_at_most_a_tenth_more() -> None:
    schedule = as_schedule([10, 60])
    for attempt, least in ((1, 10), (2, 60)):
        waits = [wait_before_next(schedule, attempt) for _ in range(200)]
        assert all(wait is not None and least <= wait <= least * 1.1 for wait in waits)
        assert len(set(waits)) > 100


@pytest.mark.parametrize(("schedule", "attempt"), [("10, 60", 3), ("10, 60", 99), ("", 1)])
def test_at_the_end_of_the_schedule_there_is_no_wait(schedule: str, attempt: int) -> None:
    assert wait_before_next(schedule, attempt) is None


def test_an_unknown_outcome_is_looked_up_soon_and_never_later_than_half_a_minute() -> None:
    assert [wait_before_reading_back(n) for n in (1, 2, 3, 4, 5, 6, 7, 500)] == [1, 2, 4, 8, 16, 30, 30, 30]
