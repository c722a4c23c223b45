"""Times of XML documents: as the sender's clock showed them, or as instants; never with a zone nobody named."""

import pytest

from translators.mapping.conversions import iso_instant, iso_moment_date, iso_moment_time


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23T10:15:00+01:00", "2026-11-23T09:15:00Z"),
        ("2026-11-23T23:59:59-05:00", "2026-11-24T04:59:59Z"),
        ("2026-11-23T10:15:00.0Z", "2026-11-23T10:15:00Z"),
        ("2026-11-23T10:15:00.1234567Z", "2026-11-23T10:15:00.123456Z"),
    ],
)
def test_an_instant_is_written_in_utc(text: str, instant: str) -> None:
    assert iso_instant(text) == instant


@pytest.mark.parametrize(
    "text", ["2026-11-23T10:15:00", "2026-11-23", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not an instant; write it with its zone, as in 2026-11-23T10:15:00\+01:00"
    ):
        iso_instant(text)


def test_a_moment_keeps_the_day_and_the_time_of_the_senders_clock() -> None:
    assert iso_moment_date("2026-11-23T23:15:00-08:00") == "2026-11-23"
    assert iso_moment_time("2026-11-23T23:15:00-08:00") == "23:15:00"
    assert iso_moment_time("2026-11-23") is None
    with pytest.raises(ValueError, match="`2026-11-23Tnoon` is not a time"):
        iso_moment_time("2026-11-23Tnoon")
