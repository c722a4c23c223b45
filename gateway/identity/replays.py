"""Remembering what may be used only once (the `jti` of a DPoP proof, RFC 9449 section 11.1)."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol


class ReplaysUnavailable(Exception):  # noqa: N818 - a state of the world, not a defect
    """The record of used proofs is out of reach; whoever asked must refuse."""


class ReplayCache(Protocol):
    """Says once, and only once among all processes, that a key is new."""

    async def first_use(self, key: str, seconds: int) -> bool:
        """True for the first call with `key` within `seconds`, False after. Raises ReplaysUnavailable."""


class ProcessReplays:
    """A replay record inside one process: development, tests, a single worker. Lost at a restart.

    Full of unexpired keys it raises ReplaysUnavailable: forgetting one would let its proof pass again.
    """

    def __init__(self, *, size: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._clock = clock
        self._until: OrderedDict[str, float] = OrderedDict()

    async def first_use(self, key: str, seconds: int) -> bool:
        now = self._clock()
        self._forget_expired(now)
        if self._until.get(key, 0.0) > now:
            return False
        if len(self._until) >= self._size:
            raise ReplaysUnavailable
        self._until[key] = now + seconds
        self._until.move_to_end(key)
        return True

    def _forget_expired(self, now: float) -> None:
        """Drops the oldest that have expired; they stand in order because all proofs are kept equally long."""
        while self._until:
            key, until = next(iter(self._until.items()))
            if until > now:
                return
            del self._until[key]
