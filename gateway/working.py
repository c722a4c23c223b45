"""The worker: leases shards, delivers them, gives events their place in the audit. Any number may run."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.contract import Destination
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.delivering import Fenced
from gateway.ledger.leasing import LEASE_SECONDS, Lease
from gateway.ledger.ledger import Ledger
from gateway.ledger.recording import SHARDS
from gateway.ledger.sequencing import Sequencer
from gateway.observing import DEPTH, IMBALANCE, OLDEST, TREE_SIZE, show_breaker

_log = logging.getLogger(__name__)

LOOK_EVERY = 0.1
"""Seconds between looks for work where there was none."""
MEASURE_EVERY = 15.0


class Worker:
    """Runs until cancelled; `stop` lets what is under way settle and gives the shards back."""

    def __init__(self, ledger: Ledger, destinations: Sequence[Destination], sequencer: Sequencer | None) -> None:
        self._ledger = ledger
        self._destinations: Mapping[str, Destination] = {one.name: one for one in destinations}
        self._sequencer = sequencer
        self._busy: dict[Lease, asyncio.Task[None]] = {}
        self._stopping = False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_leases())
            tasks.create_task(self._measure())
            if self._sequencer is not None:
                tasks.create_task(self._sequencer.run())
            for destination in self._destinations.values():
                tasks.create_task(self._serve(destination))

    async def stop(self) -> None:
        """Take nothing new, wait for what is under way, then release."""
        self._stopping = True
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        await self._ledger.leases.release()
        for destination in self._destinations.values():
            await destination.close()

    async def _keep_leases(self) -> None:
        seated = False
        while not self._stopping:
            try:
                if not seated:
                    await self._ledger.leases.seat(self._destinations)
                    seated = True
                await self._ledger.leases.rebalance(self._destinations)
            except LedgerUnavailable:
                _log.warning("the ledger is away; leases are not renewed")
            for name, destination in self._destinations.items():
                if hasattr(destination, "set_share"):  # a paced destination is shared by the workers that serve it
                    destination.set_share(len(self._ledger.leases.of(name)) / SHARDS)
            await asyncio.sleep(LEASE_SECONDS / 5)

    async def _serve(self, destination: Destination) -> None:
        """Look for shards with work and deliver them beside each other."""
        breaker = Breaker()
        started = False
        while not self._stopping:
            try:
                if not started:
                    await destination.start()
                    started = True
                await self._look(destination, breaker)
            except LedgerUnavailable:
                await asyncio.sleep(1)
            except Exception:  # noqa: BLE001 - one destination must not end the worker
                _log.exception("destination %s cannot be served; trying again", destination.name)
                await asyncio.sleep(5)
            show_breaker(destination.name, breaker.circuit)
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self, destination: Destination, breaker: Breaker) -> None:
        idle = {one.shard: one for one in self._ledger.leases.of(destination.name) if one not in self._busy}
        if not idle or breaker.circuit == "probing":
            return
        for shard in await self._ledger.shards_with_work(destination.name, list(idle)):
            if not breaker.admits():
                return
            lease = idle[shard]
            task = asyncio.create_task(self._work_off(destination, breaker, lease))
            self._busy[lease] = task
            task.add_done_callback(partial(self._rest, lease))

    def _rest(self, lease: Lease, _: asyncio.Task[None]) -> None:
        self._busy.pop(lease, None)

    async def _work_off(self, destination: Destination, breaker: Breaker, lease: Lease) -> None:
        """One shard until it is empty, its lease is gone, or the destination is out."""
        try:
            while await deliver(self._ledger, destination, breaker, lease):
                if self._stopping or breaker.circuit == "open":
                    return
            breaker.gave_up_probing()
        except Fenced as fenced:
            _log.warning("%s", fenced)
        except LedgerUnavailable:
            breaker.gave_up_probing()
            _log.warning("the ledger is away; shard %d of %s waits", lease.shard, lease.destination)
        except Exception:  # noqa: BLE001 - one shard must not end the worker
            breaker.gave_up_probing()
            _log.exception("shard %d of %s failed", lease.shard, lease.destination)

    async def _measure(self) -> None:
        while not self._stopping:
            try:
                IMBALANCE.set((await self._ledger.balance()).imbalance)
                DEPTH.clear()
                OLDEST.clear()
                oldest: dict[str, float] = {}
                for depth in await self._ledger.depths():
                    DEPTH.labels(depth.destination, depth.state).set(depth.depth)
                    oldest[depth.destination] = max(oldest.get(depth.destination, 0.0), depth.oldest)
                for destination, age in oldest.items():
                    OLDEST.labels(destination).set(age)
                TREE_SIZE.set(await self._ledger.tree_size())
            except LedgerUnavailable:
                pass
            await asyncio.sleep(MEASURE_EVERY)
