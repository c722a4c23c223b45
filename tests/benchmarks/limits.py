"""Six limits of a request beside a bare INCR, and what limits cost the gateway's own process, in one run.

    python tests/benchmarks/limits.py [--requests 300] [--rounds 7] [--json]

32 callers at once, each sending its next when answered, against the embedded Valkey. *bare*: each caller has a
connection of its own and sends `INCR` of a key of its own, over the leanest client there is (an asyncio protocol that
writes ready bytes and counts newlines). *library*: the same through redis-py. *one*, *six*: `Counters.charge` and the
verdict, for one limit and for six: three rates, a quota of the day, one of the month, and requests under way,
which are let go too. Each caller is a partner of its own, so no two share a key. Rounds alternate; figures are medians
over the rounds, ratios are taken round by round.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psutil
import redis
import redis.asyncio
import uvloop

from gateway.counters import Counters
from gateway.embedded import embedded_valkey
from policies.charges import AtOnce, Charge, Charges, Pace, Quota
from policies.limits import verdict
from policies.periods import Period, microseconds, three_windows
from policies.verdicts import Allowed, RuleRef

CALLERS = 32
Figures = dict[str, float]


def six(partner: int) -> Charges:
    """Limits that are never reached, and are counted all the same."""

    def quota(period: Period) -> Quota:
        before, start, end, after = three_windows(datetime.now(UTC), period, ZoneInfo("Europe/Berlin"))
        return Quota(10**9, (microseconds(before), microseconds(start), microseconds(end), microseconds(after)))

    rate = Pace(10, 1_000_000)
    measures = [rate, rate, rate, quota("day"), quota("month"), AtOnce(100)]
    return Charges(
        Charge(
            rule=RuleRef("limits", f"limit-{number}", "limits.yaml", number),
            key=f"{{partner:{partner}}}:limit-{number}",
            account=f"{{partner:{partner}}}",
            measure=measure,
            announcement=f'"limit-{number}";q={measure.most};w=10',
        )
        for number, measure in enumerate(measures)
    )


class Bare(asyncio.Protocol):
    """INCR after INCR on one connection; the time of each goes to `times`."""

    def __init__(self, key: bytes, number: int, times: list[float], done: "asyncio.Future[None]") -> None:
        self._command = b"*2\r\n$4\r\nINCR\r\n$%d\r\n%b\r\n" % (len(key), key)
        self._left = number
        self._times = times
        self._done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        if not data.endswith(b"\r\n"):
            return
        self._times.append(time.perf_counter() - self._sent)
        self._left -= 1
        if self._left:
            self._send()
        else:
            self._done.set_result(None)
            self._transport.close()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._command)  # type: ignore[attr-defined]


async def bare(url: str, number: int) -> list[float]:
    loop, times, server = asyncio.get_running_loop(), list[float](), urlsplit(url)
    done = [loop.create_future() for _ in range(CALLERS)]
    for caller, one in enumerate(done):
        key = b"bare:%d" % caller
        await loop.create_connection(partial(Bare, key, number, times, one), server.hostname, server.port)
    await asyncio.gather(*done)
    return times


async def timed(number: int, call: Callable[[int], Awaitable[None]]) -> list[float]:
    """Each of the callers' requests is a task of its own, as a server's are."""
    times: list[float] = []

    async def caller(which: int) -> None:
        for _ in range(number):
            sent = time.perf_counter()
            await asyncio.get_running_loop().create_task(call(which))  # type: ignore[arg-type]
            times.append(time.perf_counter() - sent)

    await asyncio.gather(*(caller(which) for which in range(CALLERS)))
    return times


async def library(url: str, number: int) -> list[float]:
    clients = [redis.asyncio.Redis.from_url(url) for _ in range(CALLERS)]

    async def call(which: int) -> None:
        await clients[which].incr(f"library:{which}")

    await timed(1, call)
    times = await timed(number, call)
    for client in clients:
        await client.aclose()
    return times


async def limits(url: str, number: int, limits_each: int) -> list[float]:
    counters = Counters(url, timeout=5)
    charges = [Charges(six(which)[:limits_each]) for which in range(CALLERS)]

    async def call(which: int) -> None:
        if not isinstance(verdict(await counters.charge(charges[which])), Allowed):
            raise SystemExit("a limit was reached: the figures would be those of refusals")

    await timed(1, call)
    times = await timed(number, call)
    await counters.close()
    return times


async def one(url: str, number: int) -> list[float]:
    return await limits(url, number, 1)


async def all_six(url: str, number: int) -> list[float]:
    return await limits(url, number, 6)


RUNS: dict[str, Callable[[str, int], Awaitable[list[float]]]] = {
    "bare": bare,
    "library": library,
    "one": one,
    "six": all_six,
}


def measure(run: Callable[[str, int], Awaitable[list[float]]], url: str, number: int) -> Figures:
    with redis.Redis.from_url(url) as client:
        server = psutil.Process(client.info("server")["process_id"])
    theirs, ours = sum(server.cpu_times()[:2]), time.process_time()
    times = sorted(uvloop.run(run(url, number)))  # type: ignore[arg-type]
    theirs, used = sum(server.cpu_times()[:2]) - theirs, time.process_time() - ours
    return {
        "p50": statistics.median(times) * 1e6,
        "p99": times[int(len(times) * 0.99)] * 1e6,
        "cpu": used / len(times) * 1e6,
        "store_cpu": theirs / len(times) * 1e6,
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=300, help="of each caller, each round")
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    rounds: list[dict[str, Figures]] = []
    with tempfile.TemporaryDirectory() as folder, embedded_valkey(Path(folder), environment="development") as url:
        for _ in range(chosen.rounds + 1):
            rounds.append({name: measure(run, url, chosen.requests) for name, run in RUNS.items()})
    report(rounds[1:], as_json=chosen.json)  # the first round warms up


def report(rounds: list[dict[str, Figures]], *, as_json: bool) -> None:
    median = statistics.median
    figures = ("p50", "p99", "cpu", "store_cpu")
    rows = {name: {what: median(one[name][what] for one in rounds) for what in figures} for name in RUNS}
    for name in RUNS:
        rows[name]["times_bare"] = median(one[name]["p50"] / one["bare"]["p50"] for one in rounds)
    if as_json:
        print(json.dumps(rows))
        return
    print(f"{CALLERS} callers; medians; CPU of this process and of the store, µs each")
    print(f"{'':>8} {'p50 µs':>9} {'p99 µs':>9} {'cpu µs':>8} {'store µs':>9} {'× bare':>7}")
    for name, row in rows.items():
        times = f"{row['p50']:9.0f} {row['p99']:9.0f}"
        print(f"{name:>8} {times} {row['cpu']:8.1f} {row['store_cpu']:9.1f} {row['times_bare']:7.2f}")


if __name__ == "__main__":
    main()
