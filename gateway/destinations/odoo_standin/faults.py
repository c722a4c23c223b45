"""What can be made to go wrong in the stand-in, switched on by tests and by the demo."""

import time

from msgspec import Struct


class Faults(Struct, kw_only=True, dict=True):
    """Switches; those that count go down by one with each call they hit. All of them off is the healthy server.

    `away`: every call is answered 503, until switched back; `away_for`: the same, for so many seconds.
    `refuse`: connections are cut before a byte is answered, as of a host that is gone.
    `latency`: seconds every call takes longer.
    `drop_after_commit`: calls that change something are carried out and the connection cut instead of answered.
    `pass_before_drop`: so many changing calls are answered before the cutting begins.
    `too_many`: calls answered 429 with `Retry-After: retry_after`.
    `clash`: `load` calls that meet a serialisation clash, and write calls that fail with one after Odoo's own tries.
    `fail`: calls answered 500 by an unnamed server error.
    """

    away: bool = False
    away_for: float | None = None
    refuse: bool = False
    latency: float = 0.0
    drop_after_commit: int = 0
    pass_before_drop: int = 0
    too_many: int = 0
    retry_after: int = 1
    clash: int = 0
    fail: int = 0

    def __post_init__(self) -> None:
        self._back_at: float | None = None

    def is_away(self) -> bool:
        """Whether this call is answered 503; the seconds of `away_for` begin with the first call that asks."""
        if self.away_for is not None:
            self.away, self._back_at, self.away_for = True, time.monotonic() + self.away_for, None
        if self._back_at is not None and time.monotonic() >= self._back_at:
            self.away, self._back_at = False, None
        return self.away

    def cuts(self) -> bool:
        """Whether the connection of a call that changed something is cut now."""
        return self.drop_after_commit > 0 and not self.hits("pass_before_drop") and self.hits("drop_after_commit")

    def hits(self, name: str) -> bool:
        """Whether this call is hit by the counting switch `name`; counts it down."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0
