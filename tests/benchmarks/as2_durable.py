"""Receiving AS2 messages of 4 KB as the service does: judged, translated, committed, then answered by a signed receipt.

    python tests/benchmarks/as2_durable.py [--messages 150] [--rounds 5] [--json]

Everything of `POST /as2` but the HTTP server runs here in one process, on an embedded PostgreSQL and Valkey, 16
messages at once. Beside it, in alternating rounds, the bare RSA of as many messages (see as2_receive.py). Figures are
CPU of this process and the clock's rate; the ratio is that of the medians of CPU. The aim: 400 a second and core.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does
sys.path.insert(0, str(Path(__file__).parent))
from accept import ground
from as2_receive import BYTES, bare, seconds
from support.as2_serving import URL, outgoing
from support.certificates import write_pair

from gateway.app import open_api
from gateway.channels.as2.building import Built, build
from gateway.channels.as2.relation import Relation
from gateway.channels.http.application import Api
from gateway.channels.http.heads import Incoming
from gateway.cli.demo.partner_files import PartnerFiles
from gateway.settings import read_settings
from translators.examples import example

AT_ONCE = 16
_numbers = count(1)


def messages(how_many: int, theirs: Relation) -> list[Built]:
    """Orders that no other message has, with as many blank lines between segments as make 4 KB."""
    order = example("order.edi").replace(b"4012345000009", b"4098765000027")  # as the partner that sends it
    made = []
    for number in (next(_numbers) for _ in range(how_many)):
        content = order.replace(b"PO-4711", b"PO-%09d" % number).replace(b"NL000815", b"NL%06d" % number)
        padded = content + b"\r\n" * ((BYTES - len(content)) // 2)
        made.append(build(outgoing(padded, f"<{number}@werra.example>"), theirs))
    return made


async def take(api: Api, built: Built) -> None:
    fields = {"host": "127.0.0.1", "content-length": str(len(built.body)), **dict(built.headers)}
    scope = {
        "type": "http", "method": "POST", "path": "/as2", "client": ("127.0.0.1", 50000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": built.body, "more_body": False}

    response = await api.as2.take(Incoming(scope, receive))
    if response.status_code != 200 or b"; processed\r\n" not in response.content:
        raise SystemExit(f"a message was not taken: {response.content!r}")


async def take_all(api: Api, built: list[Built]) -> tuple[float, float]:
    """Seconds of CPU and of the clock."""
    left: Iterator[Built] = iter(built)

    async def work() -> None:
        for one in left:
            await take(api, one)

    clock, began = time.monotonic(), time.process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return time.process_time() - began, time.monotonic() - clock


def many(operations: Callable[[], None], times: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            operations()

    return run


async def measure(how_many: int, rounds: int, theirs: Callable[[], Relation]) -> dict[str, float]:
    operate = many(bare(), how_many)
    wholes, clocks, rsa = [], [], []
    async with open_api(read_settings(os.environ)) as api:
        await take_all(api, messages(how_many, theirs()))
        for _ in range(rounds):
            whole, clock = await take_all(api, messages(how_many, theirs()))
            wholes.append(whole / how_many)
            clocks.append(clock / how_many)
            rsa.append(seconds(operate) / how_many)
    cpu, clock, of_rsa = map(statistics.median, (wholes, clocks, rsa))
    return {
        "received_per_s": round(1 / clock), "received_per_s_of_cpu": round(1 / cpu), "ratio": round(cpu / of_rsa, 2),
        "received_us": round(cpu * 1e6), "bare_rsa_us": round(of_rsa * 1e6),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        files = PartnerFiles(folder / "partners", folder / "partner-keys", folder / "theirs")
        for keys, owner in ((files.ours, "bergmann"), (files.theirs, "werra")):  # of the length that is compared with
            write_pair(keys, owner, begins=datetime(2020, 1, 1, tzinfo=UTC), ends=datetime(2060, 1, 1, tzinfo=UTC))
        files.write(URL)
        with ground(folder) as (settings, _):
            os.environ.update(settings)
            os.environ.update(GATEWAY_PARTNERS=str(files.folder), GATEWAY_PARTNER_KEYS=str(folder / "partner-keys"))
            figures = uvloop.run(measure(chosen.messages, chosen.rounds, files.werra()))
    if chosen.json:
        print(json.dumps(figures))
        return
    print(
        f"{figures['received_per_s']} messages/s, {figures['received_per_s_of_cpu']} a second of CPU here, "
        f"{figures['ratio']} times their RSA ({figures['received_us']} against {figures['bare_rsa_us']} µs of CPU)"
    )


if __name__ == "__main__":
    main()
