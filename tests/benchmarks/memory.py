"""Does memory stay flat? 100,000 orders through a server and a worker, their resident memory sampled on the way.

    python tests/benchmarks/memory.py [--messages 100000] [--lanes 32] [--most 0.15] [--json]

The first tenth fills caches and pools and is not judged. After it the memory at the end may be at most `--most` above
the lowest, plus what the recording stand-in keeps for each effect to write none twice (STAND_IN bytes; a real
destination keeps that itself). Figures are MiB, of the whole process group.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))
from faults.ground import Ground, Process, ground
from faults.holding import drained, examine
from faults.sending import Client

STAND_IN = 200
"""Bytes: an id of 50 characters in a set."""


def resident(process: Process) -> float:
    """MiB of a process and its children."""
    parent = psutil.Process(process.pid)
    return sum(one.memory_info().rss for one in (parent, *parent.children(recursive=True))) / 2**20


async def sample(place: Ground, client: Client, taken: list[tuple[int, float, float]]) -> None:
    while True:
        taken.append((client.acknowledged, resident(place.server), resident(place.workers[0])))
        print(f"{taken[-1][0]:>8,} server {taken[-1][1]:6.1f} worker {taken[-1][2]:6.1f} MiB", file=sys.stderr)
        await client.reach(min(1.0, (client.acknowledged + client.total / 20) / client.total))
        if client.acknowledged == client.total:
            return


def judge(series: list[tuple[int, float]], most: float, kept: float) -> dict[str, float | bool]:
    """`series`: acknowledged and MiB after the warm-up; `kept` is what the stand-in holds by design."""
    low, end = min(mib for _, mib in series), statistics.median(mib for _, mib in series[-3:])
    allowed = low * (1 + most) + kept
    return {"lowest": round(low, 1), "end": round(end, 1), "allowed": round(allowed, 1), "flat": end <= allowed}


async def run(place: Ground, messages: int, lanes: int, most: float) -> dict[str, object]:
    client = Client(place, lanes, messages // lanes)
    taken: list[tuple[int, float, float]] = []
    started = client.last = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(client.send_all())
        tasks.create_task(sample(place, client, taken))
    seconds = time.monotonic() - started
    await drained(place, 120)
    taken.append((client.acknowledged, resident(place.server), resident(place.workers[0])))
    found = await examine(place, client)
    judged = [one for one in taken if one[0] >= messages / 10]
    kept = found.effects * STAND_IN / 2**20
    return {
        "messages": client.total,
        "seconds": round(seconds, 1),
        "server": judge([(n, server) for n, server, _ in judged], most, 0.0),
        "worker": judge([(n, worker) for n, _, worker in judged], most, kept),
        "held": found.hold,
        "samples": [(n, round(server, 1), round(worker, 1)) for n, server, worker in taken],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--lanes", type=int, default=32)
    parser.add_argument("--most", type=float, default=0.15)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with ground() as place:
        place.start()
        report = asyncio.run(run(place, chosen.messages, chosen.lanes, chosen.most))
    if chosen.json:
        print(json.dumps(report))
    else:
        print(f"{'':<8} {'lowest':>8} {'end':>8} {'allowed':>8}  flat   ({report['messages']:,} messages, MiB)")
        for name in ("server", "worker"):
            one = report[name]
            assert isinstance(one, dict)
            flat = "yes" if one["flat"] else "no"
            print(f"{name:<8} {one['lowest']:>8} {one['end']:>8} {one['allowed']:>8}  {flat}")
    parts = [report["server"], report["worker"]]
    return 0 if report["held"] and all(isinstance(one, dict) and one["flat"] for one in parts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
