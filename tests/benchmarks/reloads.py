"""Rules change while orders come in, in a gateway of its own process: is every order answered, and judged by one set?

    python tests/benchmarks/reloads.py [--reloads 10] [--senders 8] [--json]

A real server on a real PostgreSQL and Valkey; rules are put in force as `policy promote` does it and noticed by its
own watch; one reload takes some four seconds, so 1,000 of them run for an hour and a bit. Exit status 0 only if every
order was answered 202, every revision a receipt names is one that was put in force, the limit each answer names is of
that revision, and the server's memory did not grow by more than a tenth after the first fifth of the reloads.
"""

import argparse
import asyncio
import json
import re
import sys
import time
from pathlib import Path

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))
from faults.ground import Ground, ground
from faults.sending import an_order

from gateway.cli.policy.release import put_in_force
from policies.folders import read_folder
from policies.loading import load

_LIMIT = re.compile(r'"standard-requests-(\d+)"')


def next_set(rules: Path, number: int) -> str:
    """Puts set `number` in force: its limit carries the number. Returns the revision."""
    files = read_folder(rules)
    text = re.sub(r"name: standard-requests[-0-9]*", f"name: standard-requests-{number}", files["limits.yaml"].decode())
    put_in_force(files | {"limits.yaml": text.encode()}, rules)
    return load(rules).revision


async def send(place: Ground, sender: int, answers: list[tuple[int, str, str]], done: asyncio.Event) -> None:
    """Revision and limit of every answer."""
    number, token, until = 0, "", 0.0
    async with httpx.AsyncClient(base_url=place.url, timeout=30) as client:
        while not done.is_set():
            if time.monotonic() > until:
                token, until = await asyncio.to_thread(place.token), time.monotonic() + 60
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            answer = await client.post("/v1/documents", content=an_order(sender, number), headers=headers)
            number += 1
            revision = json.loads(answer.json()["statement"])["policy"] if answer.status_code == 202 else ""
            answers.append((answer.status_code, revision, answer.headers.get("ratelimit-policy", "")))


async def reload_and_wait(place: Ground, rules: Path, number: int) -> str:
    revision = next_set(rules, number)
    async with httpx.AsyncClient(base_url=place.url) as client, asyncio.timeout(60):
        while (await client.get("/health/ready")).json()["rules"]["revision"] != revision:
            await asyncio.sleep(0.1)
    return revision


def resident(place: Ground) -> float:
    parent = psutil.Process(place.server.pid)
    return sum(one.memory_info().rss for one in (parent, *parent.children(recursive=True))) / 2**20


async def run(place: Ground, reloads: int, senders: int) -> dict[str, object]:
    rules = Path(place.environment["GATEWAY_POLICIES"])
    numbers = {await reload_and_wait(place, rules, 0): 0}
    answers: list[tuple[int, str, str]] = []
    done, started, memory = asyncio.Event(), time.monotonic(), []
    sending = [asyncio.create_task(send(place, sender, answers, done)) for sender in range(senders)]
    for number in range(1, reloads + 1):
        numbers[await reload_and_wait(place, rules, number)] = number
        memory.append(resident(place))
    done.set()
    await asyncio.gather(*sending)
    named = [(_LIMIT.search(policy), revision) for status, revision, policy in answers if status == 202]
    mixed = sum(found is None or numbers.get(revision) != int(found[1]) for found, revision in named)
    lost = sum(status != 202 for status, _, _ in answers)
    settled = memory[len(memory) // 5 :]
    return {
        "reloads": reloads,
        "orders": len(answers),
        "lost": lost,
        "mixed": mixed,
        "sets seen": len({revision for _, revision, _ in answers}),
        "seconds": round(time.monotonic() - started, 1),
        "MiB": [round(min(settled), 1), round(settled[-1], 1)],
        "held": not lost and not mixed and settled[-1] <= 1.1 * min(settled),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reloads", type=int, default=10)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with ground() as place:
        place.start()
        found = asyncio.run(run(place, chosen.reloads, chosen.senders))
    print(json.dumps(found) if chosen.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0 if found["held"] else 1


if __name__ == "__main__":
    sys.exit(main())
