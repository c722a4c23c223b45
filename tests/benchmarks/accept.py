"""The full accept path beside bare handlers of the same server, in one run: rates, latencies, CPU per request.

    python tests/benchmarks/accept.py [--requests 20000] [--rounds 3] [--anywhere] [--json]

Both are granian with one worker. The gateway proves the token, counts limits in Valkey, decodes, checks the schema,
seals and commits to PostgreSQL before it answers; the bare handlers decode and answer (bare.py): *bare* as Litestar's
documentation writes one, *lean* as lean as it can be made. Each server has the first core for itself; PostgreSQL,
Valkey and the load generator have the others, so that a rate is that of one core (with `--anywhere` the system places
them all). Rounds alternate between the three; figures are medians over the rounds, ratios are taken round by round.
"""

import argparse
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parent))
from load import Outcome, post, run_load

from gateway.embedded import embedded_postgresql, embedded_valkey
from translators.examples import example

Way = tuple[psutil.Process, int, str, dict[str, str]]
"""A server, its port, a path there, and the headers of a request."""

HERE = Path(__file__).parent
RUN = [sys.executable, "-m", "gateway.cli.main"]
_numbers = count(1)


@contextmanager
def process(
    command: list[str], environment: dict[str, str], port: int, cores: Collection[int] | None = None
) -> Iterator[psutil.Process]:
    """A server process, once it answers; on `cores` alone, where they are named."""
    placed = None if cores is None else partial(os.sched_setaffinity, 0, cores)
    with subprocess.Popen(
        command, env={**os.environ, **environment}, cwd=HERE, stdout=sys.stderr, preexec_fn=placed
    ) as started:
        try:
            for _ in range(200):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/health/live")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield psutil.Process(started.pid)
        finally:
            started.terminate()


def orders(path: str, headers: dict[str, str], number: int) -> Iterator[bytes]:
    """`number` requests, each with an order of its own of about 2 KB."""
    order = two_kilobytes()
    for _ in range(number):
        body = order.replace(b"PO-4711", b"PO-%09d" % next(_numbers))
        yield post(path, body, headers)


def two_kilobytes() -> bytes:
    """The example order with as many lines as make about 2,000 bytes, without white space."""
    order = json.loads(example("order.json"))
    while len(json.dumps(order, separators=(",", ":"))) > 2100 and len(order["lines"]) > 1:
        order["lines"].pop()
    order.pop("totals", None)
    return json.dumps(order, separators=(",", ":")).encode()


def cpu(server: psutil.Process) -> float:
    """Seconds of CPU used by a process and those it started."""
    processes = [server, *server.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in processes)


def measure(server: psutil.Process, port: int, requests: Iterator[bytes], connections: int) -> dict[str, float]:
    before = cpu(server)
    outcome: Outcome = run_load(port, requests, connections)
    used = cpu(server) - before
    if set(outcome.statuses) != {202}:
        raise SystemExit(f"not every request was accepted: {outcome.statuses}")
    return {
        "rate": outcome.rate,
        "p50": outcome.percentile(0.5),
        "p99": outcome.percentile(0.99),
        "cpu": used / len(outcome.latencies) * 1e6,
    }


@contextmanager
def ground(folder: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Embedded servers and an issuer: the settings of a gateway on them, and the headers of a partner's request."""
    secret = secrets.token_urlsafe(32)
    clients = folder / "clients.json"
    partner = {"client_id": "aurora-orders", "secret": secret, "audiences": ["partner-gateway"]}
    roles = {"realm_roles": ["orders.send"], "scopes": []}
    clients.write_text(json.dumps({"realms": {"partners": [{**partner, **roles}], "plants": [], "corporate": []}}))
    clients.chmod(0o600)
    issuer = free_port()
    command = ["development-issuer", "--clients", str(clients), "--state", str(folder), "--port", str(issuer)]
    with ExitStack() as stack:
        database = stack.enter_context(embedded_postgresql(folder / "postgresql", environment="development"))
        counters = stack.enter_context(embedded_valkey(folder / "valkey", environment="development"))
        stack.enter_context(process([*RUN, *command], {}, issuer))
        settings = {
            "GATEWAY_STATE": str(folder),
            "GATEWAY_KEYS": str(folder / "keys"),
            "GATEWAY_DATABASE_URL": database,
            "GATEWAY_COUNTERS_URL": counters,
            "GATEWAY_PARTNER_ISSUERS": f"http://127.0.0.1:{issuer}/realms/partners",
            "GATEWAY_POLICIES": str(generous_rules(folder)),
            "GATEWAY_LOG_LEVEL": "warning",
        }
        token = httpx.post(
            f"http://127.0.0.1:{issuer}/realms/partners/protocol/openid-connect/token",
            data={"grant_type": "client_credentials"},
            auth=("aurora-orders", secret),
        ).json()["access_token"]
        yield settings, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


@contextmanager
def gateway(folder: Path, cores: Collection[int] | None = None) -> Iterator[tuple[psutil.Process, int, dict[str, str]]]:
    """A gateway process, its port, and the headers of a partner's request."""
    port = free_port()
    with (
        ground(folder) as (settings, headers),
        process([*RUN, "serve"], {**settings, "GATEWAY_PORT": str(port)}, port, cores) as server,
    ):
        yield server, port, headers


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def generous_rules(folder: Path) -> Path:
    """The shipped rules with limits that a benchmark does not reach; they are counted all the same."""
    rules = folder / "rules"
    subprocess.run(["cp", "-r", str(HERE.parents[1] / "policies" / "rules"), str(rules)], check=True)
    limits = rules / "limits.yaml"
    limits.write_text(
        limits.read_text().replace("5000 per 1s", "900000 per 1s").replace("burst: 5000", "burst: 900000")
    )
    return rules


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--anywhere", action="store_true", help="no core is kept for the servers")
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    kept = None if chosen.anywhere else core_of_its_own()
    rows = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        full, port, headers = stack.enter_context(gateway(folder, kept))
        bare_command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop"]
        bare_port = free_port()
        bare = stack.enter_context(
            process(
                [*bare_command, "--port", str(bare_port), "--no-ws", "--http", "1", "bare:create"], {}, bare_port, kept
            )
        )
        kind = {"Content-Type": "application/json"}
        ways: dict[str, Way] = {
            "full": (full, port, "/v1/purchase-orders", headers),
            "bare": (bare, bare_port, "/orders", kind),
            "lean": (bare, bare_port, "/orders-as-bytes", kind),
        }
        for way in ways.values():
            measured(way, 500, 32)
        for connections in (32, 256):
            rounds = []
            for round_ in range(chosen.rounds):
                print(f"{connections} connections, round {round_ + 1} of {chosen.rounds}", file=sys.stderr)
                rounds.append({name: measured(way, chosen.requests, connections) for name, way in ways.items()})
            rows.append({"connections": connections, **summary(rounds)})
    report(rows, as_json=chosen.json)


def core_of_its_own() -> set[int] | None:
    """The first core, which this process and all that it starts leave from now on; None where there is only one."""
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        print("there is one core only: the servers share it with everything else", file=sys.stderr)
        return None
    os.sched_setaffinity(0, others)
    return {first}


def measured(way: Way, requests: int, connections: int) -> dict[str, float]:
    server, port, path, headers = way
    return measure(server, port, orders(path, headers, requests), connections)


def summary(rounds: list[dict[str, dict[str, float]]]) -> dict[str, float]:
    median = statistics.median
    figures = {
        f"{name}_{what}": median(one[name][what] for one in rounds) for name in rounds[0] for what in rounds[0][name]
    }
    for name in ("bare", "lean"):
        for what in ("rate", "cpu"):
            figures[f"{what}_to_{name}"] = median(one["full"][what] / one[name][what] for one in rounds)
    return figures


def report(rows: list[dict[str, float]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows))
        return
    print(f"order of {len(two_kilobytes())} bytes; medians; CPU of the server process, µs a request")
    print(f"{'conn':>5} {'':>6} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'cpu µs':>8}")
    for row in rows:
        for name in ("full", "bare", "lean"):
            figures = (row[f"{name}_{one}"] for one in ("rate", "p50", "p99", "cpu"))
            print(f"{row['connections']:>5} {name:>6} " + " ".join(f"{figure:8.1f}" for figure in figures))
        for name in ("bare", "lean"):
            print(f"{'':>5} to {name}: rate {row[f'rate_to_{name}']:.2f}, cpu {row[f'cpu_to_{name}']:.2f}")


if __name__ == "__main__":
    main()
