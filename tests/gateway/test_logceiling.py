"""What strangers make the log say has a ceiling, and what was left out is told."""

from gateway.logceiling import LogCeiling


def test_what_was_left_out_is_told_with_the_next_line() -> None:
    now = 0.0
    ceiling = LogCeiling(per_minute=2, clock=lambda: now)
    assert [ceiling.admit() for _ in range(5)] == [0, 0, None, None, None]
    now = 31.0
    assert [ceiling.admit() for _ in range(2)] == [3, None]
    now = 1000.0
    assert [ceiling.admit() for _ in range(3)] == [1, 0, None]
