"""Times as they are written down: always UTC, always milliseconds, never rounded up."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.clock import as_text

BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 23, 8, 2, 11, 42_000, tzinfo=UTC), "2026-11-23T08:02:11.042Z"),
        (datetime(2026, 11, 23, 8, 2, 11, 42_999, tzinfo=UTC), "2026-11-23T08:02:11.042Z"),
        (datetime(2026, 11, 23, 8, 2, 11, 1, tzinfo=UTC), "2026-11-23T08:02:11.000Z"),
        (datetime(2026, 11, 23, 8, 2, 11, tzinfo=UTC), "2026-11-23T08:02:11.000Z"),
        (datetime(2026, 11, 23, 8, 2, 11, 42_000, tzinfo=BERLIN), "2026-11-23T07:02:11.042Z"),
        (datetime(987, 1, 1, 0, 0, 0, 5_000, tzinfo=UTC), "0987-01-01T00:00:00.005Z"),
    ],
)
def test_a_moment_is_written_in_utc_to_the_millisecond(moment: datetime, text: str) -> None:
    assert as_text(moment) == text
