"""Counting inside one process: when there is no counter store, and while it is away."""

import time
from collections.abc import Callable, Sequence

from policies.limits import Charge, State

MOST_KEYS = 50_000
"""Counts kept; above it those that are whole again are dropped."""

_TRY_AGAIN_US = 2_000_000
"""What a limit that refuses without the store tells its senders to wait."""


def _now_us() -> int:
    return time.monotonic_ns() // 1000


class LocalCounters:
    """GCRA in integers, in µs of this process's monotonic clock; the same arithmetic as `counters.lua`."""

    def __init__(self, clock: Callable[[], int] = _now_us) -> None:
        self._clock = clock
        self._arrivals: dict[str, int] = {}

    def charge(self, charges: Sequence[Charge]) -> tuple[State, ...]:
        """This process is the store: every limit counts in full."""
        return self._charge(charges, 1, away=False)

    def charge_share(self, charges: Sequence[Charge], gateways: int) -> tuple[State, ...]:
        """The store is away: each limit's `on_store_loss` decides; a share is its part of the whole."""
        return self._charge(charges, max(1, gateways), away=True)

    def forget(self) -> None:
        """Drops all counts, when the store counts again."""
        self._arrivals.clear()

    def _charge(self, charges: Sequence[Charge], parts: int, *, away: bool) -> tuple[State, ...]:
        now = self._clock()
        tried = [self._try(charge, parts, now, away=away) for charge in charges]
        admitted = all(attempt.fits or not attempt.charge.enforced for attempt in tried)
        if admitted:
            self._make(tried, now)
        return tuple(attempt.state(now, made=admitted, source="share" if away else "store") for attempt in tried)

    def _try(self, charge: Charge, parts: int, now: int, *, away: bool) -> "_Attempt":
        if away and charge.on_store_loss != "local-share":
            return _Attempt(charge, 0, 0, 0, 0, counted=False)
        interval = charge.interval_us * parts
        # One charge may be larger than the share of the burst; it then takes its time at the share's rate.
        burst = max(1, charge.burst // parts, min(charge.cost, charge.burst))
        arrival = max(now, self._arrivals.get(charge.key, now))
        room = interval * burst - (arrival + interval * charge.cost - now)
        return _Attempt(charge, interval, burst, arrival, room, counted=True)

    def _make(self, attempts: Sequence["_Attempt"], now: int) -> None:
        if len(self._arrivals) > MOST_KEYS:
            self._arrivals = {key: arrival for key, arrival in self._arrivals.items() if arrival > now}
        for attempt in attempts:
            if attempt.counted and attempt.room >= 0:
                self._arrivals[attempt.charge.key] = attempt.arrival + attempt.interval * attempt.charge.cost


class _Attempt:
    """A charge looked at, before anything is counted."""

    __slots__ = ("arrival", "burst", "charge", "counted", "interval", "room")

    def __init__(self, charge: Charge, interval: int, burst: int, arrival: int, room: int, *, counted: bool) -> None:
        self.charge = charge
        self.interval = interval
        self.burst = burst
        self.arrival = arrival
        self.room = room
        self.counted = counted

    @property
    def fits(self) -> bool:
        return self.room >= 0 if self.counted else self.charge.on_store_loss == "allow"

    def state(self, now: int, *, made: bool, source: str) -> State:
        if not self.counted:
            return State(True, self.charge.burst, 0, "none") if self.fits else State(False, 0, _TRY_AGAIN_US, "none")
        arrival = self.arrival + (self.interval * self.charge.cost if made and self.fits else 0)
        remaining = max(0, (self.interval * self.burst - (arrival - now)) // self.interval)
        wait = arrival - now if self.fits else -self.room
        return State(self.fits, remaining, wait, "share" if source == "share" else "store")
