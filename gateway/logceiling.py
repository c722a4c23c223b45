"""A ceiling for lines of the log that strangers cause: how much the log grows must not be theirs to decide."""

import time
from collections.abc import Callable

PER_MINUTE = 60


class LogCeiling:
    """So many lines at once, filled up steadily within a minute. `clock` is in seconds."""

    def __init__(self, per_minute: int = PER_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = self._left = float(per_minute)
        self._clock = clock
        self._at = clock()
        self._untold = 0

    def admit(self) -> int | None:
        """How many were left out since the last line, or None when this one is to be left out too."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._most / 60)
        self._at = now
        if self._left < 1:
            self._untold += 1
            return None
        self._left -= 1
        untold, self._untold = self._untold, 0
        return untold
