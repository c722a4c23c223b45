"""Time limits of requests, for little: one look at all of them four times a second, not two timers for each.

with time_limits.set(seconds) as limit:
    await …                 # cancelled when it takes longer
    limit.move(seconds)     # from now on
if limit.passed: …          # the block was left by it
"""

import asyncio
from types import TracebackType

LOOK_SECONDS = 0.25
"""How late it may be noticed."""


class TimeLimit:
    """Of one block in one task. Leaving the block by it raises nothing; `passed` then says so."""

    __slots__ = ("_all", "_before", "_loop", "_task", "due", "passed")

    def __init__(self, all_of_them: "TimeLimits", seconds: float) -> None:
        self._all = all_of_them
        self._loop = all_of_them.loop
        self.due = self._loop.time() + seconds
        self.passed = False

    def move(self, seconds: float) -> None:
        """The block may take `seconds` from now on."""
        self.due = self._loop.time() + seconds

    def __enter__(self) -> "TimeLimit":
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        self._all.begin(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._all.end(self)
        if not self.passed:
            return False
        # Our own cancellation ends here; one that came from outside as well goes on.
        return self._task.uncancel() <= self._before and kind is asyncio.CancelledError

    def strike(self) -> None:
        self.passed = True
        self._task.cancel()


class TimeLimits:
    """All that are set in one event loop, in which this must be made."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()  # asked once: each time is a system call, for the process's id
        self._set: set[TimeLimit] = set()
        self._looking: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> TimeLimit:
        """Ends `seconds` from now; enter it at once."""
        return TimeLimit(self, seconds)

    def begin(self, limit: TimeLimit) -> None:
        self._set.add(limit)
        if self._looking is None:
            self._looking = self.loop.call_later(LOOK_SECONDS, self._look)

    def end(self, limit: TimeLimit) -> None:
        self._set.discard(limit)

    def _look(self) -> None:
        """Looks again as long as there is something to look at."""
        self._looking = self.loop.call_later(LOOK_SECONDS, self._look) if self._set else None
        now = self.loop.time()
        for limit in [one for one in self._set if one.due <= now and not one.passed]:
            limit.strike()
