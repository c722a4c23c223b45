"""How fast documents are read, beside pydifact and beside a bare split of the same bytes, in one run.

    python tests/benchmarks/translate.py [--megabytes 10] [--rounds 5] [--json]

Each task is run in turn, round after round, so that what else the machine does hits all of them; medians of processor
time are told, and ratios of medians. `split` is the limit: what Python needs only to cut the bytes at their separators.
"""

import argparse
import gc
import json
import statistics
import sys
import time
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

from pydifact.segmentcollection import RawSegmentCollection

from translators.edifact.examining import ExamineLimits, examine
from translators.edifact.tokens import Tokenizer, tokenize
from translators.examples import example
from translators.identify import identify
from translators.reading import Limits, read
from translators.writing import write

CHUNK = 1024 * 1024


def despatches(size: int) -> bytes:
    """One DESADV D.96A of about `size` bytes: the long messages of this world."""
    parts = [b"UNB+UNOC:3+4012345000009:14+4260001230004:14+261120:0931+1'UNH+1+DESADV:D:96A:UN'BGM+351+LS1+9'"]
    parts.append(b"DTM+137:20261120:102'NAD+SU+4260001230004::9'")
    segments, done, number = 4, sum(map(len, parts)), 0
    while done < size:
        if number % 5_000 == 0:  # SG15 may stand 9,999 times in SG10
            parts.append(b"CPS+%d'" % (number // 5_000 + 1))
            segments += 1
        number += 1
        line = (
            b"LIN+%d++4260001230103:EN'PIA+1+NL-%06d:IN'IMD+F++:::Getriebemotor 0,75 kW ?+ Flansch'"
            b"QTY+12:%d:PCE'RFF+ON:PO-%d:%d'" % (number, number, number % 97 + 1, number // 50, number % 50)
        )
        parts.append(line)
        done += len(line)
        segments += 5
    parts.append(b"UNT+%d+1'UNZ+1+1'" % (segments + 1))
    return b"".join(parts)


def orders(size: int) -> bytes:
    """An interchange of so many orders, each the example of the product, of about `size` bytes."""
    content = example("order.edi")
    start, end = content.index(b"UNH+"), content.index(b"UNZ+")
    head, message = content[:start], content[start:end]
    count = max(1, size // len(message))
    many = [
        message.replace(b"UNH+1+", b"UNH+%d+" % n).replace(b"UNT+52+1'", b"UNT+52+%d'" % n) for n in range(1, count + 1)
    ]
    return head + b"".join(many) + b"UNZ+%d+NL000815'" % count


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
    """The least anybody can do: every component as text, release characters disregarded."""
    text = content.decode("iso8859-1")
    return len([[element.split(":") for element in segment.split("+")] for segment in text.split("'")])


def tokens(content: bytes) -> int:
    """Every segment split into its elements, streamed."""
    chunks = (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))
    return sum(len(segment.elements) for segment in tokenize(chunks, Tokenizer()))


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


def measured(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of processor time of each task."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            gc.collect()
            start = time.process_time()
            task()
            seconds[name].append(time.process_time() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}


def repeated(task: Callable[[], object], times: int) -> Callable[[], None]:
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
    size = int(chosen.megabytes * 1024 * 1024)
    long, many, order = despatches(size), orders(size // 10), ubl_order(10_000)
    label = identify(order[:4096], None)
    times = 200
    took = measured(
        {
            "DESADV: split": lambda: split(long),
            "DESADV: tokens": lambda: tokens(long),
            "DESADV: checked": lambda: checked(long),
            "DESADV: pydifact": lambda: pydifact(long),
            "ORDERS: split": lambda: split(many),
            "ORDERS: canonical": lambda: to_canonical(many),
            "ORDERS: pydifact": lambda: pydifact(many),
            "UBL order: bare parse": repeated(lambda: ElementTree.fromstring(order), times),
            "UBL order: canonical": repeated(lambda: read(order, label), times),
        },
        chosen.rounds,
    )
    segments = long.count(b"'")
    figures = {
        "segments_a_second": {
            name: round(segments / took[f"DESADV: {name}"]) for name in ("split", "tokens", "checked", "pydifact")
        },
        "orders_a_second": round(many.count(b"UNH+") / took["ORDERS: canonical"]),
        "ubl_orders_a_second": round(times / took["UBL order: canonical"]),
        "ratios": {
            "tokens to pydifact": round(took["DESADV: pydifact"] / took["DESADV: tokens"], 1),
            "checked to pydifact": round(took["DESADV: pydifact"] / took["DESADV: checked"], 1),
            "canonical orders to pydifact's bare parse": round(took["ORDERS: pydifact"] / took["ORDERS: canonical"], 1),
            "split to tokens": round(took["DESADV: split"] / took["DESADV: tokens"], 2),
            "split to canonical orders": round(took["ORDERS: split"] / took["ORDERS: canonical"], 2),
            "bare XML parse to canonical": round(took["UBL order: bare parse"] / took["UBL order: canonical"], 2),
        },
        "bytes": {"DESADV": len(long), "ORDERS": len(many), "UBL order": len(order)},
        "seconds": {name: round(each, 4) for name, each in took.items()},
    }
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(name)
        for key, figure in value.items() if isinstance(value, dict) else [("", value)]:
            print(f"  {key:<45}{figure:>12}")


if __name__ == "__main__":
    sys.exit(main())
