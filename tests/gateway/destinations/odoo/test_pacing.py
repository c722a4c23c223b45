"""Turns, growth and halving, on a clock of the test's own."""

import pytest

from gateway.destinations.odoo.pacing import Pace


class HandClock:
    def __init__(self) -> None:
        self.at = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.at += seconds


async def _hear(pace: Pace, seconds: float, times: int = 40) -> None:
    for _ in range(times):
        pace.heard(seconds)


async def test_turns_are_spaced_by_the_rate() -> None:
    clock = HandClock()
    pace = Pace(5, clock=clock)
    for _ in range(3):
        await pace.turn()
    assert clock.slept == [0.2, 0.2]


async def test_an_idle_time_gives_no_burst() -> None:
    clock = HandClock()
    pace = Pace(5, clock=clock)
    await pace.turn()
    clock.at += 60
    await pace.turn()
    await pace.turn()
    assert clock.slept == [0.2]


async def test_trouble_halves_the_rate_down_to_a_tenth() -> None:
    pace = Pace(8, clock=HandClock())
    pace.stumbled()
    assert pace.rate == 4
    for _ in range(10):
        pace.stumbled()
    assert pace.rate == pytest.approx(0.8)


async def test_a_quiet_window_adds_a_tenth_up_to_the_ceiling() -> None:
    pace = Pace(10, ceiling=11.5, clock=HandClock())
    await _hear(pace, 0.05, 39)
    assert pace.rate == 10
    await _hear(pace, 0.05, 1)
    assert pace.rate == 11
    await _hear(pace, 0.05)
    assert pace.rate == 11.5


async def test_without_a_ceiling_the_rate_only_recovers() -> None:
    pace = Pace(10, clock=HandClock())
    await _hear(pace, 0.05)
    assert pace.rate == 10
    pace.stumbled()
    await _hear(pace, 0.05)
    assert pace.rate == 6


async def test_a_slow_tail_halves_the_rate() -> None:
    pace = Pace(10, clock=HandClock())
    await _hear(pace, 0.2)
    await _hear(pace, 0.2, 37)
    await _hear(pace, 0.7, 3)
    assert pace.rate == 5


async def test_a_tail_nobody_notices_is_not_slow() -> None:
    pace = Pace(10, clock=HandClock())
    await _hear(pace, 0.01)
    await _hear(pace, 0.01, 37)
    await _hear(pace, 0.2, 3)
    assert pace.rate == 10


async def test_trouble_starts_the_window_anew() -> None:
    pace = Pace(10, clock=HandClock())
    await _hear(pace, 0.05, 39)
    pace.stumbled()
    await _hear(pace, 0.05, 39)
    assert pace.rate == 5


async def test_a_share_is_a_part_of_the_whole() -> None:
    clock = HandClock()
    pace = Pace(10, clock=clock)
    pace.set_share(0.25)
    await pace.turn()
    await pace.turn()
    assert (pace.rate, clock.slept) == (2.5, [0.4])


@pytest.mark.parametrize("fraction", [0, -1, 1.5])
def test_a_share_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match=f"^a share is above 0 and at most 1, not {fraction}$"):
        Pace(10, clock=HandClock()).set_share(fraction)
