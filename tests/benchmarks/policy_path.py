"""What the rules add to an accept: the same route of two gateways on the same ground, in one run.

    python tests/benchmarks/policy_path.py [--requests 4000] [--rounds 5] [--connections 32] [--json]

*least*: the shipped rules with one limit, and no schema for the order: what a gateway cannot do without, since nothing
is taken that no rule allows. It asks Valkey once too. *full*: six limits of requests (three rates, quotas of the day
and the month, requests under way), a quota of lines charged once the order is read, a limit with a condition, and the
JSON Schema. Rounds alternate; figures are medians over the rounds, differences are taken round by round.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from accept import RUN, free_port, ground, measure, orders, process

Figures = dict[str, float]

MANY = """
- {name: per-minute, why: a measure, mode: enforce, senders: [partner], rate: 9000000 per 1m, burst: 900000}
- {name: per-client, why: a measure, mode: enforce, senders: [partner], per: client, rate: 900000 per 1s}
- {name: per-day, why: a measure, mode: enforce, senders: [partner], quota: 1000000000 per day, zone: Europe/Berlin}
- {name: per-month, why: a measure, mode: enforce, senders: [partner], quota: 1000000000 per month, zone: Europe/Berlin}
- {name: at-once, why: a measure, mode: enforce, senders: [partner], concurrency: 1000}
- name: lines-per-day
  why: a measure
  mode: enforce
  senders: [partner]
  counts: lines
  quota: 1000000000 per day
  zone: Europe/Berlin
- name: many-lines
  why: a measure
  mode: enforce
  senders: [partner]
  counts: documents
  when: lines > 500
  rate: 900000 per 1s

# Not counted"""


def rules(least: Path, full: Path) -> None:
    """Makes the two sets out of the shipped one that lies at `least`."""
    shutil.copytree(least, full)
    limits = full / "limits.yaml"
    limits.write_text(limits.read_text().replace("\n# Not counted", MANY, 1))
    schemas = least / "schemas.yaml"
    schemas.write_text(schemas.read_text().replace("name: purchase_order", "name: remittance_advice"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=4_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--connections", type=int, default=32)
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    rounds: list[dict[str, Figures]] = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        settings, headers = stack.enter_context(ground(folder))
        sets = {"least": Path(settings["GATEWAY_POLICIES"]), "full": folder / "full"}
        rules(sets["least"], sets["full"])
        servers = {}
        for which, path in sets.items():
            port = free_port()
            given = {**settings, "GATEWAY_POLICIES": str(path), "GATEWAY_PORT": str(port)}
            servers[which] = stack.enter_context(process([*RUN, "serve"], given, port)), port
        for round_ in range(chosen.rounds + 1):
            print(f"round {round_} of {chosen.rounds}", file=sys.stderr)
            number = chosen.requests if round_ else 300
            rounds.append(
                {
                    which: measure(server, port, orders("/v1/purchase-orders", headers, number), chosen.connections)
                    for which, (server, port) in servers.items()
                }
            )
    report(rounds[1:], as_json=chosen.json)  # the first round warms up


def report(rounds: list[dict[str, Figures]], *, as_json: bool) -> None:
    median = statistics.median
    whats = rounds[0]["full"]
    rows = {which: {what: median(one[which][what] for one in rounds) for what in whats} for which in rounds[0]}
    rows["added"] = {what: median(one["full"][what] - one["least"][what] for one in rounds) for what in whats}
    if as_json:
        print(json.dumps(rows))
        return
    print(f"{'':>6} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'cpu µs':>8}")
    for which, row in rows.items():
        print(f"{which:>6} {row['rate']:8.0f} {row['p50']:8.2f} {row['p99']:8.2f} {row['cpu']:8.1f}")


if __name__ == "__main__":
    main()
