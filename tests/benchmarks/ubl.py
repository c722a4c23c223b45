"""How fast a UBL order of 10 KB becomes canonical, its schema checked, beside what lxml needs for the same bytes alone.

    python tests/benchmarks/ubl.py [--rounds 15] [--json]

Each task is run in turn, round after round, so that what else the machine does hits all of them; medians of processor
time are told, and ratios of medians. The limit is lxml's parse with its XSD check: whoever validates pays that much.
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from policies.editorschemas import RULES
from translators.examples import example
from translators.identify import HEAD, identify
from translators.reading import read
from translators.writing import write
from translators.xmldoc.parsing import XmlLimits, parse
from translators.xmldoc.validating import XmlSchema

TIMES = 100
XSD = RULES / "schemas" / "ubl" / "order.xsd"


def ubl_order(size: int) -> bytes:
    """The example of the product with as many lines as come nearest to `size` bytes."""
    order = json.loads(example("order.json"))
    line = order["lines"][0]
    tried = [write(json.dumps(order).encode(), "ubl:Order:2.1")]
    while len(tried[-1]) < size:
        order["lines"].append({**line, "number": str(len(order["lines"]) + 1)})
        tried.append(write(json.dumps(order).encode(), "ubl:Order:2.1"))
    return min(tried, key=lambda content: abs(len(content) - size))


def measured(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median microseconds of processor time of each task."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            start = time.process_time()
            for _ in range(TIMES):
                task()
            seconds[name].append((time.process_time() - start) / TIMES)
    return {name: statistics.median(each) * 1e6 for name, each in seconds.items()}


def tasks_for(content: bytes) -> dict[str, Callable[[], object]]:
    label = identify(content[:HEAD], None)
    bare, schema = etree.XMLSchema(etree.parse(XSD)), XmlSchema(Path(XSD))

    def bare_validated() -> None:
        assert bare.validate(etree.fromstring(content))

    def validated() -> None:
        tree = read(content, label).tree
        assert not schema.findings(content, tree)

    return {
        "lxml: parse": lambda: etree.fromstring(content),
        "lxml: parse + XSD": bare_validated,
        "identified": lambda: identify(content[:HEAD], None),
        "safe parse": lambda: parse(content, XmlLimits()),
        "canonical": lambda: read(content, label),
        "canonical + XSD": validated,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    content = ubl_order(10_000)
    tasks = tasks_for(content)
    for task in tasks.values():
        task()
    gc.freeze()  # as the service does once it has started
    gc.set_threshold(50_000, 50, 1000)
    took = measured(tasks, chosen.rounds)
    figures = {
        "bytes": len(content),
        "microseconds": {name: round(each, 1) for name, each in took.items()},
        "a second": {name: round(1e6 / each) for name, each in took.items()},
        "ratio": round(took["canonical + XSD"] / took["lxml: parse + XSD"], 2),
    }
    if chosen.json:
        print(json.dumps(figures))
        return
    print(f"UBL order of {len(content)} bytes")
    for name, each in took.items():
        print(f"  {name:<25}{each:>10.1f} µs{1e6 / each:>10.0f} a second")
    print(f"  canonical + XSD takes {figures['ratio']} times lxml's parse + XSD")


if __name__ == "__main__":
    sys.exit(main())
