"""How fast documents are read, beside pydifact, ts-edifact and a bare split of the same bytes, in one run.

    python tests/benchmarks/translate.py [--megabytes 10] [--rounds 3] [--json]

Each task is run in turn in a process of its own, round after round, so that what else the machine does hits all of
them; medians of processor time are told, and ratios of medians. `split` is the limit: what Python needs only to cut the
bytes at their separators.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import ts_edifact
from interchanges import despatches, orders
from translate_tasks import TASKS, UBL_TIMES

from translators.examples import example
from translators.writing import write


def ubl_order(size: int) -> bytes:
    """A UBL order of about `size` bytes."""
    order = json.loads(example("order.json"))
    line = order["lines"][0]
    content = b""
    while len(content) < size:
        order["lines"].append({**line, "number": str(len(order["lines"]) + 1)})
        content = write(json.dumps(order).encode(), "ubl:Order:2.1")
    return content


def memory(file: Path | None) -> float:
    """MiB a process of its own needs at most to stream `file` through the tokenizer; without one, to be there."""
    command = [sys.executable, str(Path(__file__).with_name("streaming.py")), *([str(file)] if file else [])]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def seconds(name: str, folder: Path) -> float:
    """Of processor time, in a process of its own."""
    file, warm = folder / TASKS[name][0], folder / f"{TASKS[name][0]}-warm"
    program = Path(__file__).with_name("translate_tasks.py")
    command = [sys.executable, str(program), name, str(file), str(warm)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measured(tasks: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Median seconds of processor time of each task."""
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for round_ in range(rounds):
        for name, task in tasks.items():
            print(f"round {round_ + 1} of {rounds}: {name}", file=sys.stderr)
            found[name].append(task())
    return {name: statistics.median(each) for name, each in found.items()}


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
    contents = {"despatches": long, "orders": many, "ubl": order}
    warm = {"despatches": despatches(100_000), "orders": orders(100_000), "ubl": order}
    for name in contents:
        (folder / name).write_bytes(contents[name])
        (folder / f"{name}-warm").write_bytes(warm[name])
    file = folder / "despatches"
    tasks: dict[str, Callable[[], float]] = {name: partial(seconds, name, folder) for name in TASKS}
    package = ts_edifact.fetched(folder)
    if isinstance(package, Path):
        for how in ("collected", "streamed"):
            tasks[f"DESADV: ts-edifact, {how}"] = partial(ts_edifact.seconds, package, file, how)
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
            "UBL orders": round(UBL_TIMES / took["UBL order: canonical"]),
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
    main()
