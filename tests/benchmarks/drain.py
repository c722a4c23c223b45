"""How fast one worker delivers what waits: 20,000 recorded orders to the recording destination.

    python tests/benchmarks/drain.py [--messages 20000] [--lanes 64] [--rounds 3] [--profile] [--json]

The orders lie in the ledger before the worker starts, each a document of about 2 KB, sealed. A real worker process
opens them, writes each effect to its file, settles in batches, and gives the events their place in the audit tree.
`--profile` runs the worker in this process and prints where the time goes. The exit status is 1 below `--least`.
"""

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import statistics
import sys
import time
from pathlib import Path

import asyncpg
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))
from faults.ground import Ground, ground
from support.ledgering import an_entry, facts_of_an_order

from gateway.app import open_records
from gateway.settings import Settings, read_settings
from gateway.wayout import open_worker
from translators.examples import example

UNDELIVERED = """select count(*) from deliveries d join shards s using (destination, shard)
where (d.tick, d.position) > (s.tick, s.position)"""


async def fill(settings: Settings, messages: int, lanes: int, first: int) -> None:
    """Record orders straight into the ledger, spread over lanes."""
    order, facts = example("order.json"), facts_of_an_order()

    def numbered(n: int) -> bytes:
        return order.replace(b"PO-4711", b"PO-%09d" % n)

    async with open_records(settings, "benchmark") as ledger:
        for start in range(first, first + messages, 1000):
            numbers = range(start, min(start + 1000, first + messages))
            entries = [
                an_entry(
                    f"PO-{n:09}",
                    lane=f"lane {n % lanes}",
                    content=order.replace(b"PO-4711", b"PO-%09d" % n),
                    facts=facts,
                )
                for n in numbers
            ]
            await asyncio.gather(*(ledger.record(entry) for entry in entries))


async def drained(url: str, seconds: float = 300) -> float:
    """The moment at which nothing is pending any more."""
    connection = await asyncpg.connect(url)
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not await connection.fetchval(UNDELIVERED):
                return time.monotonic()
            await asyncio.sleep(0.05)
    finally:
        await connection.close()
    raise AssertionError("the worker did not drain")


def first_effect(effects: Path, size: int, seconds: float = 60) -> float:
    """The moment at which the worker begins: starting Python and leasing are not draining."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if effects.exists() and effects.stat().st_size > size:
            return time.monotonic()
        time.sleep(0.001)
    raise AssertionError("the worker did not begin")


def one_round(place: Ground, messages: int, lanes: int, number: int) -> dict[str, float]:
    settings = read_settings(place.environment)
    asyncio.run(fill(settings, messages, lanes, number * messages))
    size = place.effects.stat().st_size if place.effects.exists() else 0
    worker = place.process(f"worker-{number}", "worker")
    worker.start()
    try:
        started = first_effect(place.effects, size)
        ended = asyncio.run(drained(place.database_url))
        spent = psutil.Process(worker.pid).cpu_times()
    finally:
        worker.stop()
    cpu = spent.user + spent.system
    return {"seconds": ended - started, "rate": messages / (ended - started), "cpu_us": cpu / messages * 1e6}


def profile(place: Ground, messages: int, lanes: int) -> None:
    settings = read_settings(place.environment)

    async def work() -> None:
        async with open_worker(settings) as worker:
            running = asyncio.create_task(worker.run())
            await asyncio.sleep(0.5)
            await drained(place.database_url)
            await worker.stop()
            running.cancel()

    asyncio.run(fill(settings, messages, lanes, 0))
    with cProfile.Profile() as profiler:
        asyncio.run(work())
    pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(35)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--least", type=float, default=0.0, help="deliveries a second below which it fails")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with ground() as place:
        if chosen.profile:
            profile(place, chosen.messages, chosen.lanes)
            return 0
        rounds = []
        for number in range(chosen.rounds):
            rounds.append(one_round(place, chosen.messages, chosen.lanes, number))
            print(f"round {number + 1}: {rounds[-1]['rate']:,.0f}/s", file=sys.stderr)
        lines = place.effects.read_bytes().count(b"\n")
    assert lines == chosen.messages * chosen.rounds, f"{lines} effects"
    rate = statistics.median(one["rate"] for one in rounds)
    report = {
        "messages": chosen.messages, "lanes": chosen.lanes, "rate": round(rate), "cores": os.cpu_count(),
        "worker_cpu_us": round(statistics.median(one["cpu_us"] for one in rounds), 1),
        "rounds": [round(one["rate"]) for one in rounds],
    }  # fmt: skip
    if chosen.json:
        print(json.dumps(report))
    else:
        print(f"{'deliveries':>12} {'lanes':>6} {'per second':>11} {'worker CPU':>14}")
        print(f"{chosen.messages:>12,} {chosen.lanes:>6} {rate:>11,.0f} {report['worker_cpu_us']:>11} µs")
    return 0 if rate >= chosen.least else 1


if __name__ == "__main__":
    raise SystemExit(main())
