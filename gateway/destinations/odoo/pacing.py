"""How fast Odoo is called: evenly spaced turns whose rate grows slowly and is halved at signs of trouble (AIMD)."""

import asyncio
import time
from collections import deque
from typing import Protocol

_WINDOW = 40
_SLOW = 3.0  # the p95 of a window may be this many times the median of the quickest one seen; measured: 1.2-1.7
_NOTICEABLE = 0.25  # seconds; below this a call is never slow, whatever the ratio
_STEP = 0.1  # of the starting rate, added after a window without trouble
_FLOOR = 0.1  # of the starting rate; so much is always tried


class Clock(Protocol):
    def now(self) -> float:
        """Seconds that only grow."""

    async def sleep(self, seconds: float) -> None: ...


class MonotonicClock:
    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Pace:
    """Turns for one Odoo database in one worker; `share` is this worker's part of what the database bears."""

    def __init__(self, rate: float, ceiling: float | None = None, clock: Clock | None = None) -> None:
        self._start = rate
        self._ceiling = ceiling if ceiling is not None else rate
        self._clock: Clock = clock or MonotonicClock()
        self._rate = rate
        self._share = 1.0
        self._next = self._clock.now()
        self._seconds: deque[float] = deque(maxlen=_WINDOW)
        self._quickest: float | None = None

    @property
    def rate(self) -> float:
        """Calls a second now, of this worker."""
        return self._rate * self._share

    def set_share(self, fraction: float) -> None:
        """This worker's part of the whole, above 0 and at most 1."""
        if not 0 < fraction <= 1:
            raise ValueError(f"a share is above 0 and at most 1, not {fraction}")
        self._share = fraction

    async def turn(self) -> None:
        """Wait for the next turn; turns are given in the order asked for."""
        now = self._clock.now()
        at = max(now, self._next)
        self._next = at + 1 / self.rate
        if at > now:
            await self._clock.sleep(at - now)

    def heard(self, seconds: float) -> None:
        """A call was answered after `seconds`; every full window decides about the rate."""
        self._seconds.append(seconds)
        if len(self._seconds) < _WINDOW:
            return
        ordered = sorted(self._seconds)
        self._seconds.clear()
        median, p95 = ordered[_WINDOW // 2], ordered[int(_WINDOW * 0.95)]
        self._quickest = median if self._quickest is None else min(self._quickest, median)
        if p95 > max(_NOTICEABLE, _SLOW * self._quickest):
            self._slow_down()
        else:
            self._rate = min(self._ceiling, self._rate + _STEP * self._start)

    def stumbled(self) -> None:
        """A transient error: a clash, a 429, a 5xx, a time-out."""
        self._seconds.clear()
        self._slow_down()

    def _slow_down(self) -> None:
        self._rate = max(_FLOOR * self._start, self._rate / 2)
