"""How fast documents are read, beside pydifact, ts-edifact and a bare split of the same bytes, in one run.

    python tests/benchmarks/translate.py [--megabytes 10] [--rounds 3] [--json]

Each task is run in turn, round after round, so that what else the machine does hits all of them; medians of processor
time are told, and ratios of medians. `split` is the limit: what Python needs only to cut the bytes at their separators.
"""

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

from pydifact.segmentcollection import RawSegmentCollection

sys.path.insert(0, str(Path(__file__).parent))
import ts_edifact
from interchanges import despatches, orders

from translators.edifact.examining import ExamineLimits, examine
from translators.edifact.rows import rows
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Tokenizer
from translators.examples import example
from translators.identify import identify
from translators.reading import Limits, read
from translators.writing import write

CHUNK = 1024 * 1024


def ubl_order(size: int) -> bytes:
    """A UBL order of about `size` bytes."""
    order = json.loads(example("order.json"))
    line = order["lines"][0]
    content = b""
    while len(content) < size:
        order["lines"].append({**line, "number": str(len(order["lines"]) + 1)})
        content = write(json.dumps(order).encode(), "ubl:Order:2.1")
    return content


def split(content: bytes) -> int:
    """The least anybody can do: every component as text and dropped again, release characters disregarded."""
    text = content.decode("iso8859-1")
    return sum(len([element.split(":") for element in segment.split("+")]) for segment in text.split("'"))


def segments(content: bytes) -> int:
    """Every segment with its tag and place, streamed; elements would be split when somebody asks."""
    return sum(len(segment.tag) for segment in tokenize(_chunks(content), Tokenizer()))


def tokens(content: bytes) -> int:
    """Every segment split into its elements and components, streamed."""
    return sum(len(segment.elements) for segment in tokenize(_chunks(content), Tokenizer()))


def plain(content: bytes) -> int:
    """Every segment as lists of its elements and components, without places, streamed."""
    return sum(len(row) for row in rows(_chunks(content)))


def _chunks(content: bytes) -> Iterator[bytes]:
    return (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))


def checked(content: bytes) -> int:
    limits = ExamineLimits(max_segments=10_000_000)
    found = examine(content, limits)
    assert found.is_good, found.all_findings[:3]
    return len(found.interchanges)


def to_canonical(content: bytes) -> int:
    limits = Limits(max_bytes=1 << 30, max_messages=1_000_000, max_segments=10_000_000)
    return len(read(content, identify(content[:4096], None), limits).documents)


def pydifact(content: bytes) -> int:
    warnings.simplefilter("ignore")  # it tells of tables it does not have
    return len(RawSegmentCollection.from_str(content.decode("iso8859-1")).segments)


def memory(file: Path | None) -> float:
    """MiB a process of its own needs at most to stream `file` through the tokenizer; without one, to be there."""
    command = [sys.executable, str(Path(__file__).with_name("streaming.py")), *([str(file)] if file else [])]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measured(tasks: dict[str, Callable[[], float | None]], rounds: int) -> dict[str, float]:
    """Median seconds of processor time of each task; a task that measures itself returns its seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            gc.collect()
            start = time.process_time()
            own = task()
            seconds[name].append(own if own is not None else time.process_time() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}


def repeated(task: Callable[[], object], times: int = 1) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            task()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = compared(int(chosen.megabytes * 1024 * 1024), chosen.rounds, Path(folder))
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(name)
        for key, figure in value.items():
            print(f"  {key:<60}{figure:>12}")


def compared(size: int, rounds: int, folder: Path) -> dict[str, dict[str, object]]:
    """Everything measured, by what it is."""
    long, many, order = despatches(size), orders(size // 5), ubl_order(10_000)
    file = folder / "long.edi"
    file.write_bytes(long)
    label, times = identify(order[:4096], None), 200
    tasks: dict[str, Callable[[], float | None]] = {
        "DESADV: split": repeated(lambda: split(long)),
        "DESADV: segments": repeated(lambda: segments(long)),
        "DESADV: tokens": repeated(lambda: tokens(long)),
        "DESADV: rows": repeated(lambda: plain(long)),
        "DESADV: checked": repeated(lambda: checked(long)),
        "DESADV: canonical": repeated(lambda: to_canonical(long)),
        "DESADV: pydifact": repeated(lambda: pydifact(long)),
        "ORDERS: split": repeated(lambda: split(many)),
        "ORDERS: canonical": repeated(lambda: to_canonical(many)),
        "ORDERS: pydifact": repeated(lambda: pydifact(many)),
        "UBL order: bare parse": repeated(lambda: ElementTree.fromstring(order), times),
        "UBL order: canonical": repeated(lambda: read(order, label), times),
    }
    package = ts_edifact.fetched(folder)
    if isinstance(package, Path):
        tasks["DESADV: ts-edifact, collected"] = lambda: ts_edifact.seconds(package, file, "collected")
        tasks["DESADV: ts-edifact, streamed"] = lambda: ts_edifact.seconds(package, file, "streamed")
    took = measured(tasks, rounds)
    count = long.count(b"'")
    return {
        "segments a second": {
            name.removeprefix("DESADV: "): round(count / each)
            for name, each in took.items()
            if name.startswith("DESADV")
        },
        "messages a second": {
            "orders": round(many.count(b"UNH+") / took["ORDERS: canonical"]),
            "UBL orders": round(times / took["UBL order: canonical"]),
        },
        "ratios": ratios(took) | ({"ts-edifact": package} if isinstance(package, str) else {}),
        "MiB at most, streaming": {"tokens": round(memory(file), 1), "nothing read": round(memory(None), 1)},
        "bytes": {"DESADV": len(long), "ORDERS": len(many), "UBL order": len(order)},
        "seconds": {name: round(each, 4) for name, each in took.items()},
    }


def ratios(took: dict[str, float]) -> dict[str, object]:
    """How many times as fast we are; for `split` and the bare XML parse, what part of their speed is left."""
    pairs = {
        "tokens to pydifact": ("DESADV: pydifact", "DESADV: tokens"),
        "tokens to ts-edifact, collected": ("DESADV: ts-edifact, collected", "DESADV: tokens"),
        "rows to pydifact": ("DESADV: pydifact", "DESADV: rows"),
        "rows to ts-edifact, collected": ("DESADV: ts-edifact, collected", "DESADV: rows"),
        "rows to ts-edifact, streamed": ("DESADV: ts-edifact, streamed", "DESADV: rows"),
        "segments to ts-edifact, collected": ("DESADV: ts-edifact, collected", "DESADV: segments"),
        "segments to ts-edifact, streamed": ("DESADV: ts-edifact, streamed", "DESADV: segments"),
        "checked to pydifact": ("DESADV: pydifact", "DESADV: checked"),
        "canonical despatch advice to pydifact's bare parse": ("DESADV: pydifact", "DESADV: canonical"),
        "canonical orders to pydifact's bare parse": ("ORDERS: pydifact", "ORDERS: canonical"),
        "rows to split": ("DESADV: split", "DESADV: rows"),
        "tokens to split": ("DESADV: split", "DESADV: tokens"),
        "canonical despatch advice to split": ("DESADV: split", "DESADV: canonical"),
        "canonical orders to split": ("ORDERS: split", "ORDERS: canonical"),
        "canonical UBL order to bare XML parse": ("UBL order: bare parse", "UBL order: canonical"),
    }
    return {name: round(took[slow] / took[fast], 2) for name, (slow, fast) in pairs.items() if slow in took}


if __name__ == "__main__":
    sys.exit(main())
