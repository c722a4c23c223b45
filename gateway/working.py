"""The worker: leases shards, delivers them, gives events their place in the audit. Any number may run."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from msgspec import Struct

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.contract import Destination
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.delivering import Fenced
from gateway.ledger.leasing import LEASE_SECONDS, Lease
from gateway.ledger.ledger import Ledger
from gateway.ledger.sequencing import Sequencer
from gateway.ledger.sharding import PER_URGENCY, SHARDS, rank_of
from gateway.observing import DEPTH, IMBALANCE, OLDEST, TREE_SIZE, show_breaker
from gateway.turns import Turns

_log = logging.getLogger(__name__)

LOOK_EVERY = 0.1
"""Seconds between looks for work where there was none; a destination may set its own `look_every`."""
FOLLOW_EVERY = 0.5
"""Seconds between looks for destinations that have come."""
MEASURE_EVERY = 15.0


class Duty(Struct, frozen=True):
    """Something a worker does beside delivering, `every` so many seconds or more seldom; `what` ends "cannot …".

    `calls`: it calls partners, so how long it took says nothing of the load it is.
    """

    what: str
    do: Callable[[], Awaitable[None]]
    every: float
    calls: bool = False


class Worker:
    """Runs until cancelled; `stop` lets what is under way settle and gives the shards back."""

    def __init__(
        self,
        ledger: Ledger,
        destinations: Sequence[Destination],
        sequencer: Sequencer | None,
        duties: Sequence[Duty] = (),
        following: Callable[[], Sequence[Destination]] | None = None,
    ) -> None:
        """`following` answers with destinations that have come while it runs, each once; none ever goes."""
        self._ledger = ledger
        self._destinations: dict[str, Destination] = {one.name: one for one in destinations}
        self._following = following
        self._sequencer = sequencer
        self._duties = duties
        self._busy: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._seated = False
        self._stopping = False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_again("keep the leases", self._keep_leases, lambda: LEASE_SECONDS / 5))
            if self._sequencer is not None:
                tasks.create_task(_again("sequence events", self._sequencer.run, lambda: 1.0))
            for duty in (Duty("measure the ledger", self._measure, MEASURE_EVERY), *self._duties):
                tasks.create_task(_sparingly(duty))
            for destination in self._destinations.values():
                tasks.create_task(self._serve(destination))
            if self._following is not None:
                follow = partial(self._follow, self._following, tasks)
                tasks.create_task(_again("serve destinations that have come", follow, lambda: FOLLOW_EVERY))

    async def _follow(self, following: Callable[[], Sequence[Destination]], tasks: asyncio.TaskGroup) -> None:
        """Seats and leases of those that have come, at once: work for them must not wait for the next round."""
        come = [one for one in following() if one.name not in self._destinations]
        if not come or self._stopping:
            return
        await self._ledger.leases.seat([one.name for one in come])
        for destination in come:
            self._destinations[destination.name] = destination
            tasks.create_task(self._serve(destination))
        await self._keep_leases()

    async def stop(self) -> None:
        """Take nothing new, wait for what is under way, then release."""
        self._stopping = True
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        try:
            await self._ledger.leases.release()
        except LedgerUnavailable:
            _log.warning("the ledger is away; the leases end by themselves")
        for destination in self._destinations.values():
            await destination.close()

    async def _keep_leases(self) -> None:
        """Once. A worker that stops renews what is under way and takes no more."""
        if not self._seated:
            await self._ledger.leases.seat(self._destinations)
            self._seated = True
        await self._ledger.leases.rebalance(() if self._stopping else self._destinations, self._busy)
        for name, destination in self._destinations.items():
            held = len(self._ledger.leases.of(name))
            if held and hasattr(destination, "set_share"):  # a paced destination is shared by who serves it
                destination.set_share(held / SHARDS)

    async def _serve(self, destination: Destination) -> None:
        """Look for shards with work and deliver them beside each other."""
        breaker = Breaker()
        turns = Turns(destination.concurrency * PER_URGENCY)
        started = False
        while not self._stopping:
            try:
                if not started:
                    await destination.start()
                    started = True
                await self._look(destination, breaker, turns)
            except LedgerUnavailable:
                await asyncio.sleep(1)
            except Exception:  # noqa: BLE001 - one destination must not end the worker
                _log.exception("destination %s cannot be served; trying again", destination.name)
                await asyncio.sleep(5)
            show_breaker(destination.name, breaker.circuit)
            await asyncio.sleep(getattr(destination, "look_every", LOOK_EVERY))

    async def _look(self, destination: Destination, breaker: Breaker, turns: Turns) -> None:
        """The urgent first, as it matters while a probe is all that is sent. Busy is a shard, whatever its lease: one
        leased anew while its old batch is under way must wait for it."""
        idle = {one.shard: one for one in self._ledger.leases.of(destination.name) if one.place not in self._busy}
        if not idle or breaker.circuit == "probing":
            return
        for shard in sorted(await self._ledger.shards_with_work(destination.name, list(idle)), key=rank_of):
            probe = breaker.circuit != "closed"
            if self._stopping or not breaker.admits():
                return
            lease = idle[shard]
            self._busy[lease.place] = task = asyncio.create_task(
                self._work_off(destination, breaker, lease, turns, probe)
            )
            task.add_done_callback(partial(self._rest, lease))

    def _rest(self, lease: Lease, _: asyncio.Task[None]) -> None:
        self._busy.pop(lease.place, None)

    async def _work_off(
        self, destination: Destination, breaker: Breaker, lease: Lease, turns: Turns, probe: bool
    ) -> None:
        """One shard until it is empty, it is to be given up, or the destination is out."""
        try:
            while self._ledger.leases.keeps(lease) and await deliver(self._ledger, destination, breaker, lease, turns):
                if self._stopping or breaker.circuit == "open":
                    return
        except Fenced as fenced:
            _log.warning("%s", fenced)
        except LedgerUnavailable:
            _log.warning("the ledger is away; shard %d of %s waits", lease.shard, lease.destination)
        except Exception:  # noqa: BLE001 - one shard must not end the worker
            _log.exception("shard %d of %s failed", lease.shard, lease.destination)
            await asyncio.sleep(1)
        finally:
            if probe:
                breaker.gave_up_probing()

    async def _measure(self) -> None:
        IMBALANCE.set((await self._ledger.balance()).imbalance)
        oldest: dict[str, float] = {}
        depths = await self._ledger.depths()
        DEPTH.clear()
        OLDEST.clear()
        for depth in depths:
            DEPTH.labels(depth.destination, depth.state).set(depth.depth)
            oldest[depth.destination] = max(oldest.get(depth.destination, 0.0), depth.oldest)
        for destination, age in oldest.items():
            OLDEST.labels(destination).set(age)
        TREE_SIZE.set(await self._ledger.tree_size())


async def _sparingly(duty: Duty) -> None:
    """What takes longer as the ledger grows never takes more than a fiftieth of the time."""
    took = 0.0

    async def do() -> None:
        nonlocal took
        started = time.monotonic()
        await duty.do()
        took = time.monotonic() - started

    await _again(duty.what, do, lambda: duty.every if duty.calls else max(duty.every, 50 * took))


async def _again(what: str, do: Callable[[], Awaitable[None]], pause: Callable[[], float]) -> None:
    """Until cancelled, whatever goes wrong: no failure of one duty ends the others."""
    while True:
        try:
            await do()
        except LedgerUnavailable:
            _log.warning("the ledger is away; cannot %s", what)
        except Exception:  # noqa: BLE001 - see above
            _log.exception("cannot %s; trying again", what)
        await asyncio.sleep(pause())
