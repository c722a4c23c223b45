"""Real processes are hurt while orders come in; nothing acknowledged is lost, nothing takes effect twice.

The long form, with its figures: tests/benchmarks/faults_under_load.py and docs/fault-matrix.md.
"""

import asyncio

import pytest
from faults.freezing import all_at_work, freeze, shown_fenced
from faults.ground import ground
from faults.holding import drained, examine
from faults.sending import Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("processes")]


async def test_servers_and_workers_killed_stores_stopped_and_a_worker_frozen_lose_and_double_nothing() -> None:
    with ground() as place:
        first, second = place.workers = [place.hurting_worker("worker-1"), place.hurting_worker("worker-2")]
        await asyncio.to_thread(place.start)
        await asyncio.wait_for(all_at_work(place), 60)
        client = Client(place, lanes=24, each=40)

        async def break_things() -> None:
            await client.reach(0.1)
            await asyncio.to_thread(place.crash_database)
            await asyncio.to_thread(place.start_database)
            await client.reach(0.2)
            await asyncio.to_thread(place.server.kill)
            place.server.start()
            await client.reach(0.3)
            await asyncio.to_thread(place.flush_counters)
            await client.reach(0.4)
            await asyncio.to_thread(place.stop_counters)
            await client.reach(0.5)
            await asyncio.to_thread(place.start_counters)
            await asyncio.to_thread(second.kill)
            second.start()
            await client.reach(0.6)
            # Not across the crash of the database: what wakes with its connections cut cannot even ask, so the fence
            # would go untried.
            thawing = asyncio.create_task(freeze(place, first))
            await client.reach(0.9)
            await asyncio.to_thread(place.server.kill)
            await asyncio.to_thread(second.kill)
            second.start()
            place.server.start()
            assert await thawing, "no batch was under way when the worker was frozen"
            await asyncio.wait_for(shown_fenced(place), 30)  # it woke, and recorded nothing

        async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
            tasks.create_task(client.send_all())
            tasks.create_task(break_things())
        await drained(place, 60)
        found = await examine(place, client)
        assert found.hold, found
        assert (found.acknowledged, found.effects) == (24 * 40, 24 * 40)
        assert found.read_back > 0  # the destination did lose answers
        assert [process.stop() for process in (*place.workers, place.server)] == [0, 0, 0]
