"""How often somebody who has proven nothing may try: per address, in this process alone, before anything is opened.

The limits of the rules count only for senders who have proven who they are; else a stranger could use up a partner's.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

PER_MINUTE = 120
MOST_ADDRESSES = 10_000


class Strangers:
    """Each address has a handful of tries, filled up steadily. Who proves himself gets his try back."""

    def __init__(self, per_minute: int = PER_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, address: str) -> bool:
        """Takes one try."""
        left = self._now_left(address)
        if left < 1:
            return False
        self._keep(address, left - 1)
        return True

    def proven(self, address: str) -> None:
        self._keep(address, min(self._most, self._now_left(address) + 1))

    def _now_left(self, address: str) -> float:
        left, at = self._left.get(address, (self._most, self._clock()))
        return min(self._most, left + (self._clock() - at) * self._most / 60)

    def _keep(self, address: str, left: float) -> None:
        self._left[address] = (left, self._clock())
        self._left.move_to_end(address)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
