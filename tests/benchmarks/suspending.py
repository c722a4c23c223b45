"""How long after `partner suspend` a server and its partner notice, and after `resume`?

    python tests/benchmarks/suspending.py [--rounds 10] [--json]

A real server in a process of its own, on a real PostgreSQL. Each round writes a suspension into the ledger as the
command does, and sends orders until the first is refused with `sender.suspended`; then the same for the resumption.
Exit status 0 only if every change held within a second.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))
from faults.ground import Ground, ground
from faults.sending import an_order

from gateway.ledger import partners
from gateway.ledger.database import open_pool

PARTNER = "aurora"
WHO = {"actor": "benchmark", "reason": "how long it takes"}
PROMISED = 1.0
"""Seconds, on every channel."""


async def until(place: Ground, client: httpx.AsyncClient, wanted: int, numbers: list[int]) -> float:
    """Seconds until an order is answered with this status."""
    started = time.perf_counter()
    headers = {"authorization": f"Bearer {place.token()}", "content-type": "application/json"}
    async with asyncio.timeout(10):
        while True:
            numbers[0] += 1
            answer = await client.post("/v1/documents", content=an_order(1, numbers[0]), headers=headers)
            if answer.status_code == wanted:
                return time.perf_counter() - started
            await asyncio.sleep(0.005)


async def run(place: Ground, rounds: int) -> dict[str, object]:
    pool = await open_pool(place.database_url, size=1)
    suspended, resumed, numbers = [], [], [0]
    try:
        async with httpx.AsyncClient(base_url=place.url, timeout=30) as client:
            await until(place, client, 202, numbers)
            for number in range(rounds):
                await asyncio.sleep(0.05 * (number % 10))  # so that the looks are met at every distance
                await partners.suspend(pool, PARTNER, **WHO)
                suspended.append(await until(place, client, 403, numbers))
                await partners.resume(pool, PARTNER, **WHO)
                resumed.append(await until(place, client, 202, numbers))
    finally:
        await pool.close()
    return {
        "rounds": rounds,
        "suspended, median and longest in ms": _told(suspended),
        "resumed, median and longest in ms": _told(resumed),
        "held": max(*suspended, *resumed) <= PROMISED,
    }


def _told(seconds: list[float]) -> list[int]:
    return [round(1000 * statistics.median(seconds)), round(1000 * max(seconds))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with ground() as place:
        place.start()
        found = asyncio.run(run(place, chosen.rounds))
    print(json.dumps(found) if chosen.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0 if found["held"] else 1


if __name__ == "__main__":
    sys.exit(main())
