"""The bridge's loop: fetch, write down, acknowledge; wait longer and longer while the gateway is away."""

import asyncio
import logging
import random
from collections.abc import Awaitable
from typing import TypeVar

from plant_bridge.inbox import Inbox, NotKept
from plant_bridge.uplink import Delivery, LineDown, NotWanted, Uplink

_log = logging.getLogger(__name__)
T = TypeVar("T")

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds between attempts while the gateway is away: doubled each time, less a random part so that plants that lost it
together do not come back together."""


class Bridge:
    """Fetches for one plant. `shortest` and `longest` are the pauses while the gateway is away, in seconds."""

    def __init__(self, uplink: Uplink, inbox: Inbox, *, shortest: float = SHORTEST, longest: float = LONGEST) -> None:
        self._uplink = uplink
        self._inbox = inbox
        self._shortest, self._longest = shortest, longest
        self._unsaid: dict[str, str] = {}
        """File names by delivery, of what is on disk and not acknowledged yet: said before anything is fetched."""

    async def run(self, stop: asyncio.Event, *, wait: float = 20.0) -> None:
        """Until `stop` is set. What is being written then is finished; what is not acknowledged is offered again."""
        pause = self._shortest
        while not stop.is_set():
            try:
                await self._say_what_is_unsaid()
                for delivery in await _unless(stop, self._uplink.fetch(wait=wait)) or ():
                    await self._take(delivery)
                pause = self._shortest
            except (LineDown, OSError) as trouble:
                asked = trouble.after if isinstance(trouble, LineDown) else None
                after = max(pause * random.uniform(0.5, 1.0), asked or 0.0)  # noqa: S311 - spreads load, guards nothing
                _log.warning("%s; trying again in %.1f s", trouble, after)
                pause = min(pause * 2, self._longest)
                await _unless(stop, asyncio.sleep(after))

    async def _take(self, delivery: Delivery) -> None:
        """On disk first, then the word that it is: in the other order a power cut would lose it."""
        try:
            file = await asyncio.to_thread(self._inbox.keep, delivery.id, bytes(delivery.document))
        except NotKept as refused:
            _log.error("not taken, and not acknowledged: %s", refused)
            return
        _log.info("%s %s is %s", delivery.document_type, delivery.number, file.name)
        self._unsaid[delivery.id] = file.name
        await self._say_what_is_unsaid()

    async def _say_what_is_unsaid(self) -> None:
        for delivery_id, name in list(self._unsaid.items()):
            try:
                await self._uplink.acknowledge(delivery_id, name)
            except NotWanted as refused:
                _log.error("%s stays here, and the gateway does not want to hear of it: %s", name, refused)
            del self._unsaid[delivery_id]


async def _unless(stop: asyncio.Event, doing: Awaitable[T]) -> T | None:
    """The outcome, or None when told to stop first; what was being done is then given up."""
    task, stopping = asyncio.ensure_future(doing), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for each in (task, stopping):
            each.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)
