"""The bridge's loop: fetch, write down, acknowledge; wait longer and longer while the gateway is away."""

import asyncio
import logging
import random
from collections.abc import Awaitable
from typing import TypeVar

from plant_bridge.inbox import Inbox, NotKept
from plant_bridge.uplink import Delivery, LineDown, Uplink

_log = logging.getLogger(__name__)
T = TypeVar("T")

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds between attempts while the gateway is away: doubled each time, less a random part so that plants that lost it
together do not come back together."""


async def run(uplink: Uplink, inbox: Inbox, stop: asyncio.Event, *, wait: float = 20.0) -> None:
    """Until `stop` is set. What is being written then is finished; what was not acknowledged is offered again."""
    pause = SHORTEST
    while not stop.is_set():
        try:
            deliveries = await _unless(stop, uplink.fetch(wait=wait))
            for delivery in deliveries or ():
                await take(delivery, uplink, inbox)
            pause = SHORTEST
        except (LineDown, NotKept, OSError) as trouble:
            after = max(pause * random.uniform(0.5, 1.0), getattr(trouble, "after", None) or 0.0)  # noqa: S311
            _log.warning("%s; trying again in %.1f s", trouble, after)
            pause = min(pause * 2, LONGEST)
            await _unless(stop, asyncio.sleep(after))


async def take(delivery: Delivery, uplink: Uplink, inbox: Inbox) -> None:
    """On disk first, then the word that it is: in the other order a power cut would lose it."""
    file = await asyncio.to_thread(inbox.keep, delivery.id, bytes(delivery.document))
    await uplink.acknowledge(delivery.id, file.name)
    _log.info("%s %s is %s", delivery.document_type, delivery.number, file.name)


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
