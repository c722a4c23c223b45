"""What translate.py times, each in a process of its own: python translate_tasks.py TASK FILE WARM -> seconds.

WARM is a small file of the same kind, read first, so that what is made once (imports, tables, programs of maps) is
made. Seconds are of processor time. In one process one after the other they would disturb each other: objects left
between free places in memory made cutting half as fast again as it is alone.
"""

import json
import sys
import time
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

from pydifact.segmentcollection import RawSegmentCollection

from translators.edifact.examining import ExamineLimits, examine
from translators.edifact.rows import rows
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Tokenizer
from translators.identify import identify
from translators.reading import Limits, read

CHUNK = 1024 * 1024
UBL_TIMES = 200
"""A UBL order is read so often in one go."""


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


def bare_xml(content: bytes) -> None:
    for _ in range(UBL_TIMES):
        ElementTree.fromstring(content)


def ubl(content: bytes) -> None:
    label = identify(content[:4096], None)
    for _ in range(UBL_TIMES):
        read(content, label)


TASKS: dict[str, tuple[str, Callable[[bytes], object]]] = {
    "DESADV: split": ("despatches", split),
    "DESADV: segments": ("despatches", segments),
    "DESADV: tokens": ("despatches", tokens),
    "DESADV: rows": ("despatches", plain),
    "DESADV: checked": ("despatches", checked),
    "DESADV: canonical": ("despatches", to_canonical),
    "DESADV: pydifact": ("despatches", pydifact),
    "ORDERS: split": ("orders", split),
    "ORDERS: canonical": ("orders", to_canonical),
    "ORDERS: pydifact": ("orders", pydifact),
    "UBL order: bare parse": ("ubl", bare_xml),
    "UBL order: canonical": ("ubl", ubl),
}
"""By name: what is read, and how."""


def main() -> None:
    name, file, warm = sys.argv[1:]
    content, (_, task) = Path(file).read_bytes(), TASKS[name]
    task(Path(warm).read_bytes())
    started = time.process_time()
    task(content)
    print(json.dumps(time.process_time() - started))


if __name__ == "__main__":
    main()
