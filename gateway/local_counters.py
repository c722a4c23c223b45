"""Counting inside one process: when there is no counter store, and while it is away."""

import time
from collections.abc import Callable, Sequence

from policies.charges import AtOnce, Charge, Charges, Counted, Pace, Quota, State

MOST_KEYS = 50_000
"""Counts kept; above it those that are whole again are dropped."""

_TRY_AGAIN_US = 2_000_000
"""What a limit that refuses without the store tells its senders to wait."""
_SOON_US = 1_000_000
"""When a place under way may be free again, which nobody knows."""


def _monotonic_us() -> int:
    return time.monotonic_ns() // 1000


def _wall_us() -> int:
    return time.time_ns() // 1000


class LocalCounters:
    """The arithmetic of `counters.lua` in integers. Paces follow this process's monotonic clock, in µs; the windows of
    quotas its wall clock, and never go back to an earlier one.
    """

    def __init__(self, clock: Callable[[], int] = _monotonic_us, wall: Callable[[], int] = _wall_us) -> None:
        self._clock = clock
        self._wall = wall
        self._arrivals: dict[str, int] = {}
        self._quotas: dict[str, tuple[int, int]] = {}
        """By key: the start of the window last counted in, and what was used of it."""
        self._under_way: dict[str, set[int]] = {}

    def charge(self, charges: Charges, lease: int = 0) -> Counted:
        """This process is the store: every limit counts in full."""
        return self._charge(charges, lease, 1, away=False)

    def charge_share(self, charges: Charges, gateways: int, lease: int = 0) -> Counted:
        """The store is away: each limit's `on_store_loss` decides; a share is its part of the whole."""
        return self._charge(charges, lease, max(1, gateways), away=True)

    def release(self, counted: Counted) -> None:
        """Ends the leases of a request that was counted here."""
        for charge in counted.charges:
            if isinstance(charge.measure, AtOnce) and charge.key in self._under_way:
                self._under_way[charge.key].discard(counted.lease)
                if not self._under_way[charge.key]:
                    del self._under_way[charge.key]

    def undo(self, counted: Counted) -> None:
        """Takes back what was counted here, except what has grown back since and would then be given twice."""
        now = self._clock()
        since = now - counted.at_us
        for charge, state in zip(counted.charges, counted.states, strict=True):
            if not state.allowed or state.source == "none":
                continue
            match charge.measure:
                case Pace(interval_us=interval) if charge.key in self._arrivals:
                    back = max(0, interval * charge.units - since)
                    self._arrivals[charge.key] = max(now, self._arrivals[charge.key] - back)
                case Quota() if charge.key in self._quotas:
                    start, used = self._quotas[charge.key]
                    if start <= self._wall() - since:  # else it was counted in a window that is over
                        self._quotas[charge.key] = (start, max(0, used - charge.units))
                case _:
                    pass

    def forget(self) -> None:
        """Drops all counts, when the store counts again."""
        self._arrivals.clear()
        self._quotas.clear()
        self._under_way.clear()

    def _charge(self, charges: Charges, lease: int, parts: int, *, away: bool) -> Counted:
        now = self._clock()
        tried = [self._try(charge, parts, now, away=away) for charge in charges]
        admitted = all(attempt.fits or not attempt.charge.enforced for attempt in tried)
        if admitted:
            self._make(tried, lease, now)
        source = "share" if away else "store"
        states = tuple([attempt.state(made=admitted, source=source) for attempt in tried])
        return Counted(charges, states, admitted, now, lease)

    def _try(self, charge: Charge, parts: int, now: int, *, away: bool) -> "_Attempt":
        if away and charge.on_store_loss != "local-share":
            return _Uncounted(charge)
        match charge.measure:
            case Pace(interval_us=interval, most=most):
                burst = _share(charge, most, parts)
                whole = interval * parts * burst
                behind = max(0, self._arrivals.get(charge.key, now) - now)
                if behind > whole:  # what a larger limit, of earlier rules, has left
                    behind = whole
                    self._arrivals[charge.key] = now + whole
                return _PaceAttempt(charge, interval * parts, burst, behind)
            case Quota(most=most) as quota:
                wall = self._wall()
                start, used = self._quotas.get(charge.key, (0, 0))
                selected = next((bound for bound in reversed(quota.bounds[:3]) if bound <= wall), quota.bounds[0])
                if start < selected:
                    start, used = selected, 0
                end = next((bound for bound in quota.bounds if bound > start), quota.bounds[3])
                return _QuotaAttempt(charge, _share(charge, most, parts), start, used, max(1, end - wall))
            case AtOnce(most=most):
                return _AtOnceAttempt(charge, max(1, most // parts), len(self._under_way.get(charge.key, ())))

    def _make(self, attempts: Sequence["_Attempt"], lease: int, now: int) -> None:
        if len(self._arrivals) > MOST_KEYS:
            self._arrivals = {key: arrival for key, arrival in self._arrivals.items() if arrival > now}
        if len(self._quotas) > MOST_KEYS:
            latest = max(start for start, _ in self._quotas.values())
            self._quotas = {key: held for key, held in self._quotas.items() if held[0] >= latest - _LONGEST_WINDOW_US}
        for attempt in attempts:
            key = attempt.charge.key
            match attempt:
                case _PaceAttempt(fits=True):
                    self._arrivals[key] = now + attempt.behind + attempt.interval * attempt.charge.units
                case _QuotaAttempt(fits=True):
                    self._quotas[key] = (attempt.start, attempt.used + attempt.charge.units)
                case _AtOnceAttempt(fits=True):
                    self._under_way.setdefault(key, set()).add(lease)
                case _:
                    pass


_LONGEST_WINDOW_US = 31 * 86_400_000_000


def _share(charge: Charge, most: int, parts: int) -> int:
    """One charge may be larger than the share; it then takes all of it, and its time."""
    return max(1, most // parts, min(charge.cost, most) if parts > 1 else 0)


class _PaceAttempt:
    """A charge of a pace looked at, before anything is counted; `behind` is the time until it is whole, in µs."""

    def __init__(self, charge: Charge, interval: int, burst: int, behind: int) -> None:
        self.charge = charge
        self.interval = interval
        self.burst = burst
        self.behind = behind
        self.room = interval * burst - behind - interval * charge.units
        self.fits = self.room >= 0

    def state(self, *, made: bool, source: str) -> State:
        behind = self.behind + (self.interval * self.charge.units if made and self.fits else 0)
        remaining = max(0, (self.interval * self.burst - behind) // self.interval)
        return _state(remaining, behind if self.fits else -self.room, fits=self.fits, source=source)


class _QuotaAttempt:
    """The same of a quota: what is used of the window that begins at `start`, and the time until it ends."""

    def __init__(self, charge: Charge, most: int, start: int, used: int, left: int) -> None:
        self.charge = charge
        self.most = most
        self.start = start
        self.used = used
        self.left = left
        self.fits = used + charge.units <= most

    def state(self, *, made: bool, source: str) -> State:
        used = self.used + (self.charge.units if made and self.fits else 0)
        return _state(max(0, self.most - used), self.left, fits=self.fits, source=source)


class _AtOnceAttempt:
    """The same of requests under way."""

    def __init__(self, charge: Charge, most: int, under_way: int) -> None:
        self.charge = charge
        self.most = most
        self.under_way = under_way
        self.fits = under_way < most

    def state(self, *, made: bool, source: str) -> State:
        remaining = max(0, self.most - self.under_way - (1 if made and self.fits else 0))
        return _state(remaining, 0 if self.fits else _SOON_US, fits=self.fits, source=source)


class _Uncounted:
    """A charge that is let through, or refused, without a count."""

    def __init__(self, charge: Charge) -> None:
        self.charge = charge
        self.fits = charge.on_store_loss == "allow"

    def state(self, *, made: bool, source: str) -> State:  # noqa: ARG002 - it is nobody's, made or not
        return State(True, self.charge.measure.most, 0, "none") if self.fits else State(False, 0, _TRY_AGAIN_US, "none")


_Attempt = _PaceAttempt | _QuotaAttempt | _AtOnceAttempt | _Uncounted


def _state(remaining: int, reset_us: int, *, fits: bool, source: str) -> State:
    return State(fits, remaining, reset_us, "share" if source == "share" else "store")
