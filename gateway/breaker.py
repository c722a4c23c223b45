"""The circuit breaker of a destination: while it is out nothing is sent but one probe at a time."""

import time
from collections.abc import Callable
from typing import Literal

Circuit = Literal["closed", "open", "probing"]


class Breaker:
    """Opens after `failures` in a row; then lets one delivery through every `pause` seconds, doubling up to `longest`.

    `clock` is monotonic: a change of the wall clock neither opens nor closes anything.
    """

    def __init__(
        self,
        *,
        failures: int = 3,
        pause: float = 1.0,
        longest: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = failures
        self._shortest = pause
        self._longest = longest
        self._clock = clock
        self._failures = 0
        self._pause = pause
        self._until = 0.0
        self.circuit: Circuit = "closed"

    def admits(self) -> bool:
        """Whether one more may be sent now; in an open circuit the one that may is the probe."""
        if self.circuit == "closed":
            return True
        if self.circuit == "open" and self._clock() >= self._until:
            self.circuit = "probing"
            return True
        return False

    def succeeded(self) -> None:
        """The destination answered, whatever it said."""
        self.circuit, self._failures, self._pause = "closed", 0, self._shortest

    def failed(self, after: float | None = None) -> None:
        """The destination is out; it may have said for how long."""
        self._failures += 1
        if self.circuit == "probing":
            self._pause = min(self._pause * 2, self._longest)
        elif self._failures < self._allowed:
            return
        self.circuit = "open"
        self._until = self._clock() + max(self._pause, min(after or 0.0, self._longest))

    def wait(self) -> float:
        """Seconds until a probe may be tried, or so many as one that is under way may need; 0 in a closed circuit."""
        if self.circuit == "open":
            return max(0.0, self._until - self._clock())
        return self._pause if self.circuit == "probing" else 0.0

    def gave_up_probing(self) -> None:
        """The probe found nothing to send; the next one may try at once."""
        if self.circuit == "probing":
            self.circuit = "open"
