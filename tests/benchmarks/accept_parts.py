"""Where the time of an accept goes: CPU of this process for each stage, and for the whole without the HTTP server.

    python tests/benchmarks/accept_parts.py [--requests 5000] [--json]

Everything runs in one process on the same parts as a gateway's: the token, the rules, Valkey, PostgreSQL. The whole is
driven by 32 tasks at once, as a server would; each stage is then timed by itself on the same order. What the whole
costs beyond its stages (tasks, waking up, deadlines) is the last row. Figures are medians of five rounds in µs.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parent))
from accept import ground, two_kilobytes

from gateway.app import open_api
from gateway.channels.http.application import SUBMISSIONS, Api
from gateway.channels.http.heads import Incoming, read_head, traceparent
from gateway.channels.http.submitting import _answer
from gateway.intake import Intake
from gateway.ledger.entries import Acceptance
from gateway.routing import choose
from gateway.settings import read_settings
from gateway.statements import Admission, acceptance
from gateway.submissions import Receipt, Submission
from policies.limits import verdict
from translators.identify import identify
from translators.reading import Limits, read

PATH = "/v1/purchase-orders"
ROUNDS = 5
AT_ONCE = 32
_numbers = count(1)


class Ground:
    """An open gateway without a server, and a request for it."""

    def __init__(self, api: Api, headers: dict[str, str]) -> None:
        self.api = api
        self.intake: Intake = api.submissions.intake
        self.order = two_kilobytes()
        fields = {"host": "127.0.0.1", "content-length": str(len(self.order) + 2), **headers}
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": PATH,
            "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
            "client": ("127.0.0.1", 50000),
        }

    def next_order(self) -> bytes:
        return self.order.replace(b"PO-4711", b"PO-%09d" % next(_numbers))

    def request(self) -> Incoming:
        body = self.next_order()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        return Incoming(self.scope, receive)

    async def accept_one(self) -> None:
        response = await self.api.submissions.take(self.request(), *SUBMISSIONS[PATH])
        if response.status_code != 202:
            raise SystemExit(f"an order was not accepted: {response.content!r}")


async def at_once(requests: int, one: Callable[[], Awaitable[Any]]) -> float:
    """µs of CPU of this process for one of `requests`, `AT_ONCE` of them under way."""
    left = iter(range(requests))

    async def work() -> None:
        for _ in left:
            await one()

    started = time.process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return (time.process_time() - started) / requests * 1e6


def alone(times: int, one: Callable[[], Any]) -> float:
    started = time.process_time()
    for _ in range(times):
        one()
    return (time.process_time() - started) / times * 1e6


async def stages(ground: Ground, requests: int) -> dict[str, float]:
    """One round."""
    api, intake = ground.api, ground.intake
    head = read_head(ground.scope)
    credential: Any = await api.submissions.callers.prove(head, SUBMISSIONS[PATH][0])
    admission: Any = await intake.admit(credential, "v1")
    assert isinstance(admission, Admission)
    charges = admission.rules.charges(admission.facts)
    states = await intake._counters.charge(charges)
    limits = Limits()

    def submission() -> Submission:
        return Submission(content=ground.next_order(), media_type="application/json", traceparent=traceparent(head))

    made = submission()
    label = identify(made.content, made.media_type)
    reading = read(made.content, label, limits)
    facts = intake._document_facts(made, admission, label, reading.documents[0])
    schema = admission.rules.schema_for(facts)
    assert schema is not None

    def entry() -> Acceptance:
        made = submission()
        reading = read(made.content, label, limits)
        routes = admission.rules.routes(facts)
        deliveries = choose(routes, reading.documents[0], 1, admission.sender.id, facts.plant)
        return acceptance(made, admission, label, reading, deliveries, [])

    def admit() -> None:
        facts = admission.facts
        admission.rules.admit(facts)
        verdict(admission.rules.charges(facts), states)

    def judge() -> None:
        facts = intake._document_facts(made, admission, label, reading.documents[0])
        admission.rules.judge(facts)
        admission.rules.schema_for(facts)
        admission.rules.routes(facts)

    entries = [entry() for _ in range(requests)]
    receipt = Receipt(message_id=str(entries[0].message_id), statement=entries[0].statement, fields=admission.fields)
    sealing = intake._ledger._payloads
    ready = iter(entries)
    reading_us = alone(requests, lambda: read(made.content, label, limits))
    submission_us = alone(requests, submission)
    sealing_us = alone(requests, lambda: sealing.seal_accepted((entries[0],)))
    found = {
        "whole, without the server": await at_once(requests, ground.accept_one),
        "head of the request and token": await at_once(
            requests, lambda: api.submissions.callers.prove(read_head(ground.scope), SUBMISSIONS[PATH][0])
        ),
        "rules before the body": alone(requests, admit),
        "limits, their share of a call to the store": await at_once(requests, lambda: intake._counters.charge(charges)),
        "telling the format": alone(requests, lambda: identify(made.content, made.media_type)),
        "reading the order, with its checks": reading_us,
        "rules on the document": alone(requests, judge),
        "JSON Schema": alone(requests, lambda: schema.check(made.content)),
        "deliveries and the statement": alone(requests, entry) - reading_us - submission_us,
        "compressing and sealing": sealing_us,
        "rows, their share of a commit": await at_once(requests, lambda: intake._ledger.record(next(ready)))
        - sealing_us,
        "the answer": alone(requests, lambda: _answer(receipt, admission.sender.id, "purchase_order", "t")),
    }
    named = sum(list(found.values())[1:])
    found["tasks, waking up, deadlines: the rest"] = found["whole, without the server"] - named
    return found


async def measure(requests: int, headers: dict[str, str]) -> dict[str, float]:
    async with open_api(read_settings(os.environ)) as api:
        ground = Ground(api, headers)
        await at_once(500, ground.accept_one)
        rounds = [await stages(ground, requests) for _ in range(ROUNDS)]
    return {name: round(statistics.median(one[name] for one in rounds), 1) for name in rounds[0]}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=5000)
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
