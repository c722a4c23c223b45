"""Where the time of an accept goes: CPU of each stage where it runs, and of the whole without the HTTP server.

    python tests/benchmarks/accept_parts.py [--requests 3000] [--json]

Everything runs in one process on the parts of a gateway: tokens, rules, Valkey, PostgreSQL. 32 tasks send orders as a
server would. In half of the rounds the stages are wrapped by a clock of the thread's CPU time, whose own cost is taken
off; the whole is taken from the other half. Figures are medians over the rounds, in µs a request.
"""

import argparse
import asyncio
import gc
import importlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parent))
from accept import ground, two_kilobytes

from gateway.app import open_api
from gateway.channels.http.application import SUBMISSIONS, Api
from gateway.channels.http.heads import Incoming
from gateway.settings import read_settings

PATH = "/v1/purchase-orders"
ROUNDS = 5
AT_ONCE = 32
STAGES = {
    "the request's head, its trace": ["gateway.channels.http.submitting:read_head,idempotency_key"],
    "the token, remembered": [
        "gateway.channels.http.calling:Callers._presented", "gateway.identity.tokens:TokenVerifier.recall",
    ],
    "who it is": ["gateway.intake:find_sender,request_facts"],
    "rules before the body": ["policies.policyset:PolicySet.admit,charges"],
    "limits: packing, asking, reading the answer": [
        "gateway.counter_store:of_charges,call,answers,counted_of", "gateway.intake:limits_verdict",
    ],
    "telling the format": ["gateway.reading:understand"],
    "reading the order, with its checks": ["gateway.reading:read"],
    "rules on the document": ["policies.policyset:PolicySet.judge,schema_for,routes,document_charges"],
    "JSON Schema": ["policies.jsonschemas:JsonSchema.findings"],
    "deliveries and the statement": ["gateway.routing:Deliveries.lead", "gateway.intake:acceptance"],
    "compressing and sealing": ["gateway.ledger.payloads:Payloads.seal_accepted"],
    "rows for the ledger": ["gateway.ledger.recording:_acceptance_rows"],
    "the answer": ["gateway.channels.http.submitting:_answer"],
}  # fmt: skip
"""What is told, and the functions that are it: none of them is inside another."""

_numbers = count(1)


class Clock:
    """CPU time of this thread inside the wrapped functions, by stage, in ns."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self.calls = 0
        self.own = self._own_cost()

    def wrap(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        now = time.thread_time_ns
        spent = self.spent
        spent[stage] = 0

        def timed(*given: Any, **named: Any) -> Any:
            began = now()
            try:
                return function(*given, **named)
            finally:
                spent[stage] += now() - began - self.own

        return timed

    def _own_cost(self) -> int:
        """What a clock measures around nothing."""
        now = time.thread_time_ns
        costs = []
        for _ in range(2000):
            began = now()
            costs.append(now() - began)
        return int(statistics.median(costs))

    @contextmanager
    def running(self) -> Iterator[None]:
        """The stages are timed inside."""
        put_back: list[tuple[Any, str, Any]] = []
        for stage, places in STAGES.items():
            for place in places:
                module, _, names = place.partition(":")
                for name in names.split(","):
                    owner, attribute = self._find(module, name, names)
                    put_back.append((owner, attribute, getattr(owner, attribute)))
                    setattr(owner, attribute, self.wrap(stage, getattr(owner, attribute)))
        try:
            yield
        finally:
            for owner, attribute, function in put_back:
                setattr(owner, attribute, function)

    def _find(self, module: str, name: str, names: str) -> tuple[Any, str]:
        owner: Any = importlib.import_module(module)
        of_class = names.partition(".")[0] if "." in names else None
        if of_class is not None:
            owner = getattr(owner, of_class)
        return owner, name.rpartition(".")[2]


class Ground:
    """An open gateway without a server, and requests for it."""

    def __init__(self, api: Api, headers: dict[str, str]) -> None:
        self.api = api
        self.order = two_kilobytes()
        fields = {"host": "127.0.0.1", "content-length": str(len(self.order) + 2), **headers}
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": PATH,
            "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
            "client": ("127.0.0.1", 50000),
        }

    async def accept_one(self) -> None:
        body = self.order.replace(b"PO-4711", b"PO-%09d" % next(_numbers))

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        response = await self.api.submissions.take(Incoming(self.scope, receive), *SUBMISSIONS[PATH])
        if response.status_code != 202:
            raise SystemExit(f"an order was not accepted: {response.content!r}")

    async def send(self, requests: int) -> float:
        """µs of CPU of this process for one of `requests`, AT_ONCE of them under way."""
        left = iter(range(requests))

        async def work() -> None:
            for _ in left:
                await self.accept_one()

        started = time.process_time()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return (time.process_time() - started) / requests * 1e6


async def measure(requests: int, headers: dict[str, str]) -> dict[str, float]:
    wholes: list[float] = []
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    async with open_api(read_settings(os.environ)) as api:
        ground = Ground(api, headers)
        await ground.send(500)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 1000)
        for _ in range(ROUNDS):
            wholes.append(await ground.send(requests))
            clock = Clock()
            with clock.running():
                await ground.send(requests)
            for stage, spent in clock.spent.items():
                stages[stage].append(spent / requests / 1000)
    figures = {stage: statistics.median(found) for stage, found in stages.items()}
    whole = statistics.median(wholes)
    rest = whole - sum(figures.values())
    figures["tasks, waking up, the database's and the store's protocols"] = rest
    return {**figures, "all of it, without the HTTP server": whole}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=3000)
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with ground(folder) as (settings, headers):
            os.environ.update(settings)
            figures = uvloop.run(measure(chosen.requests, headers))
    if chosen.json:
        print(json.dumps(figures))
        return
    for stage, microseconds in figures.items():
        print(f"{microseconds:8.1f}  {stage}")


if __name__ == "__main__":
    main()
