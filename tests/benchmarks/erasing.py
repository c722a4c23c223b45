"""How fast payloads whose time is over are erased, beside how fast they were recorded in the same run.

    python tests/benchmarks/erasing.py [--messages 10000] [--rounds 3] [--json]

Each round records orders of about 2 KB, ends their deliveries, and walks over them a year later, page by page, without
the pauses that the worker makes between pages. Erasing must keep up with recording: the exit status is 1 when the ratio
of the medians falls below `--least`.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))
from drain import fill
from faults.ground import ground

from gateway.app import open_records
from gateway.clock import now
from gateway.retaining import Retaining
from gateway.settings import PACKAGED, Settings, read_settings
from policies.loading import load

ENDED = """insert into attempts (message_id, number, attempt, outcome, worker)
select d.message_id, d.number, 1, 'delivered', 'benchmark' from deliveries d
where not exists (select 1 from attempts a where a.message_id = d.message_id and a.number = d.number)"""


async def one_round(settings: Settings, messages: int, number: int) -> dict[str, float]:
    rules = load(PACKAGED / "policies" / "rules")
    started = time.perf_counter()
    await fill(settings, messages, 64, number * messages)
    recorded = time.perf_counter() - started
    async with open_records(settings, "benchmark") as ledger:
        await ledger._pool.execute(ENDED)
        await ledger._pool.execute("vacuum analyze messages, payloads, attempts, deliveries, documents")
        retaining = Retaining(ledger, lambda: rules, lambda: now() + timedelta(days=400))
        started, spent = time.perf_counter(), time.process_time()
        while await retaining.page():
            pass
        erased, spent = time.perf_counter() - started, time.process_time() - spent
        left = await ledger._pool.fetchval("select count(*) from payloads")
    assert left == 0, f"{left} payloads are left"
    return {"recorded": messages / recorded, "erased": messages / erased, "cpu_us": spent / messages * 1e6}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--least", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with ground() as place:
        settings = read_settings(place.environment)
        rounds = [asyncio.run(one_round(settings, chosen.messages, number)) for number in range(chosen.rounds)]
    recorded, erased = (statistics.median(one[name] for one in rounds) for name in ("recorded", "erased"))
    report = {
        "messages": chosen.messages, "recorded": round(recorded), "erased": round(erased), "cores": os.cpu_count(),
        "ratio": round(erased / recorded, 2), "cpu_us": round(statistics.median(one["cpu_us"] for one in rounds), 1),
    }  # fmt: skip
    if chosen.json:
        print(json.dumps(report))
    else:
        print(f"{'messages':>9} {'recorded/s':>11} {'erased/s':>9} {'ratio':>6} {'CPU':>9}")
        print(
            f"{chosen.messages:>9,} {report['recorded']:>11,} {report['erased']:>9,} {report['ratio']:>6} "
            f"{report['cpu_us']:>6} µs"
        )
    return 0 if erased >= chosen.least * recorded else 1


if __name__ == "__main__":
    raise SystemExit(main())
