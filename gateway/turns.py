"""Whose turn it is at a destination: the more urgent first, but nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count

PATIENCE = 30.0
"""Seconds after which a turn asked for counts as one rank more urgent."""


class Turns:
    """At most `places` at once. Rank 0 goes first; among equals whoever asked first. `clock` is in seconds."""

    def __init__(self, places: int, clock: Callable[[], float] | None = None) -> None:
        self._free = places
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = count()

    @asynccontextmanager
    async def taken(self, rank: int) -> AsyncIterator[None]:
        await self._take(rank)
        try:
            yield
        finally:
            self._free += 1
            self._give()

    async def _take(self, rank: int) -> None:
        if self._free > 0 and not self._waiting:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (self._clock() + rank * PATIENCE, next(self._number), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given in the very moment
                self._free += 1
                self._give()
            raise

    def _give(self) -> None:
        while self._free > 0 and self._waiting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
