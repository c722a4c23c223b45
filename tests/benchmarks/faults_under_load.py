"""Break everything while orders come in: does every acknowledged one arrive, once, in order?

    python tests/benchmarks/faults_under_load.py [--messages 20000] [--kills 24] [--lanes 40] [--seed 1] [--json]

Real processes on a real PostgreSQL and Valkey: one server, two workers. The client keeps its own ledger of what was
acknowledged, the destination its own of what took effect. Faults are spread over the run in a random order: server and
workers killed, PostgreSQL stopped at once and restarted, the counters flushed and stopped, a worker frozen until its
lease is another's and then woken. All the while the destination loses one answer in twenty after it has committed, and
is out or busy for three in a hundred (tests/faults/hurting_worker.py). Exit status 0 only if everything held.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from faults.freezing import all_at_work, fenced, freeze
from faults.ground import Ground, ground
from faults.holding import drained, examine
from faults.sending import Client

KINDS = ["server killed", "worker killed", "database stopped at once", "server and worker killed",
         "counters flushed", "counters stopped", "worker frozen past its lease"]  # fmt: skip


async def hurt(place: Ground, kind: str, dice: random.Random, thawing: list["asyncio.Task[bool]"]) -> None:
    """One fault, and what an operator or a supervisor does about it."""
    worker = dice.choice(place.workers)
    await asyncio.sleep(dice.uniform(0, 0.3))
    match kind:
        case "server killed":
            await asyncio.to_thread(place.server.kill)
            place.server.start()
        case "worker killed":
            await asyncio.to_thread(worker.kill)
            worker.start()
        case "server and worker killed":
            await asyncio.to_thread(place.server.kill)
            await asyncio.to_thread(worker.kill)
            place.server.start()
            worker.start()
        case "database stopped at once":
            await asyncio.to_thread(place.crash_database)
            await asyncio.sleep(dice.uniform(0, 2))
            await asyncio.to_thread(place.start_database)
        case "counters flushed":
            await asyncio.to_thread(place.flush_counters)
        case "counters stopped":
            await asyncio.to_thread(place.stop_counters)
            await asyncio.sleep(dice.uniform(0, 2))
            await asyncio.to_thread(place.start_counters)
        case "worker frozen past its lease":
            thawing.append(asyncio.create_task(freeze(place, worker)))


async def break_things(place: Ground, client: Client, kills: int, dice: random.Random, done: list[str]) -> None:
    plan = [KINDS[number % len(KINDS)] for number in range(kills)]
    dice.shuffle(plan)
    thawing: list[asyncio.Task[bool]] = []
    for number, kind in enumerate(plan, 1):
        await client.reach(number / (kills + 1))
        print(f"{client.acknowledged:>7,} acknowledged: {kind}", file=sys.stderr)
        await hurt(place, kind, dice, thawing)
        done.append(kind)
    await asyncio.gather(*thawing)


async def run(place: Ground, messages: int, lanes: int, kills: int, seed: int) -> dict[str, object]:
    dice = random.Random(seed)
    client, done = Client(place, lanes, messages // lanes), []
    await asyncio.wait_for(all_at_work(place), 60)
    started = client.last = time.monotonic()
    async with asyncio.timeout(3600), asyncio.TaskGroup() as tasks:
        tasks.create_task(client.send_all())
        tasks.create_task(break_things(place, client, kills, dice, done))
    sent = time.monotonic() - started
    drain = await drained(place, 300)
    found = await examine(place, client)
    return {
        "held": found.hold,
        "messages": client.total,
        "faults": dict(Counter(done)),
        "seconds": round(sent, 1),
        "drained_after": round(drain, 1),
        "sent_again": client.repeated,
        "longest_without_an_answer": round(client.longest_gap, 1),
        "refused_or_cut": client.statuses,
        "revived": sum(one.revived for one in (place.server, *place.workers)),
        "batches_fenced": fenced(place),
        **{name: len(value) if isinstance(value, list) else value for name, value in asdict(found).items()},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=24)
    parser.add_argument("--lanes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with ground() as place:
        place.workers = [place.hurting_worker("worker-1"), place.hurting_worker("worker-2")]
        place.start()
        report = asyncio.run(run(place, chosen.messages, chosen.lanes, chosen.kills, chosen.seed))
        if not report["held"]:
            print(place.logs()[-6000:], file=sys.stderr)
    if chosen.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name.replace('_', ' '):<28} {value}")
    return 0 if report["held"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
