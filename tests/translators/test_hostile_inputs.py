"""Inputs made to cost: whatever they hold, they end in a finding, in linear time and in bounded memory.

Each is read at a size and at four times that size. Memory is what Python has allocated at most; time is that of the
processor, in the better of two rounds, and four times the input may take eight times as long: what is quadratic takes
sixteen.
"""

import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from translators.edifact.streams import tokenize
from translators.edifact.tokens import Agreement, Tokenizer
from translators.findings import Finding
from translators.reading import Limits
from translators.readingeach import read_each

UNB = b"UNB+UNOC:4+SENDER:14+RECEIVER:14+20261123:1200+REF1'"
UNH = b"UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'"
UNT = b"UNT+3+1'"
SMALL, TIMES = 30_000, 4
WINDOW = 64 * 1024
LIMITS = Limits(max_bytes=10**9, max_segment_bytes=8_192)


def filled(head: bytes, unit: bytes, size: int) -> bytes:
    return head + unit * ((size - len(head)) // len(unit))


STOPPED = {
    "a segment that never ends": (UNB + UNH + b"FTX+AAI+++", b"x"),
    "release characters that never end": (UNB + UNH + b"FTX+AAI+++", b"?"),
    "terminators that are all released": (UNB + UNH + b"FTX+AAI+++", b"?'"),
    "components that never end": (UNB + UNH + b"FTX+AAI+++", b":"),
    "elements that never end": (UNB + UNH + b"FTX", b"+"),
    "something else": (b"", b"MSH|^~\\&|"),
}
"""Reading stops at a limit: what comes after costs nothing."""
LONG = b"FTX+AAI" + b"+a*a:b" * 1_300 + b"'"
WHOLE = {
    "segments of one letter": (UNB + UNH, b"A'"),
    "segments without a place": (UNB + UNH, b"XXX+1:2+3'"),
    "texts with released characters": (UNB + UNH, b"FTX+AAI+++a?+b??'"),
    "empty segments": (UNB + UNH, b"'"),
    "segments as long as may be, of release characters": (UNB + UNH, b"FTX+AAI+++" + b"?'" * 4_000 + b"'"),
    "segments as long as may be, of elements": (UNB + UNH, LONG),
    "service segments of elements": (UNB + UNH, LONG.replace(b"FTX+AAI", b"UNH+1")),
    "mistakes in every segment": (UNB + UNH, b"LIN+1++A:EN:::::::::+x+y'QTY+21x:1z:PCE'DTM+137:20269999:102'"),
    "messages": (UNB, UNH + UNT),
    "messages that are not closed": (UNB, UNH),
    "groups that are not closed": (UNB, b"UNG+ORDERS+A+B+261123:1200+1+UN+D:96A'"),
    "interchanges": (b"", UNB + UNH + UNT + b"UNZ+1+REF1'"),
    "headers": (b"", UNB),
    "service string advices": (b"", b"UNA:+.?*'"),
    "text after the end": (UNB + UNH + UNT + b"UNZ+1+REF1'", b"UN"),
    "line breaks": (UNB + UNH, b"\n"),
}


def findings_of(content: bytes) -> tuple[Finding, ...]:
    read = read_each(content, LIMITS)
    return (*read.examination.all_findings, *(each for message in read.messages for each in message.findings))


def peak(work: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(2):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.parametrize("name", STOPPED)
def test_what_breaks_a_limit_is_told_and_costs_no_more_when_it_is_longer(name: str) -> None:
    small, large = (filled(*STOPPED[name], size) for size in (2 * WINDOW, 8 * WINDOW))
    assert any(each.severity == "error" for each in findings_of(small))
    assert peak(lambda: findings_of(large)) < 1.2 * peak(lambda: findings_of(small)) + 20_000


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_read_whole_is_told_in_linear_time_and_memory(name: str) -> None:
    small, large = (filled(*WHOLE[name], size) for size in (SMALL, TIMES * SMALL))
    assert findings_of(small)
    assert seconds(lambda: findings_of(large)) < 2 * TIMES * seconds(lambda: findings_of(small)) + 0.05
    of_large = peak(lambda: findings_of(large))
    assert of_large < 1.1 * TIMES * peak(lambda: findings_of(small)) + 50_000
    assert of_large < 300 * len(large)


def chunks(head: bytes, unit: bytes, size: int) -> Iterator[bytes]:
    yield head
    block = unit * max(1, WINDOW // 2 // len(unit))
    for _ in range(size // len(block)):
        yield block


KEPT = ("empty segments", "text after the end")
"""What says nothing is kept, so that it can be written back: as much memory as the input, and not more than thrice."""


@pytest.mark.parametrize("name", [*STOPPED, "segments of one letter", "interchanges", *KEPT])
def test_a_stream_is_cut_in_the_memory_of_a_window(name: str) -> None:
    head, unit = {**STOPPED, **WHOLE}[name]

    def cut(size: int) -> None:
        tokenizer = Tokenizer(Agreement(max_segment_bytes=8_192))
        for _ in tokenize(chunks(head, unit, size), tokenizer):
            pass

    few, many = peak(lambda: cut(2 * WINDOW)), peak(lambda: cut(6 * WINDOW))
    assert many < (3 * 6 * WINDOW if name in KEPT else 1.3 * few + 50_000)


TEN_MILLION = """
import resource
from translators.edifact.streams import tokenize
from translators.edifact.tokens import Tokenizer

def chunks():
    yield b"UNB+UNOC:3+A+B+261123:1200+1'UNH+1+ORDERS:D:96A:UN'"
    for _ in range(1_000):
        yield b"A+1'" * 10_000

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
counted = sum(1 for _ in tokenize(chunks(), Tokenizer()))
print(counted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_ten_million_segments_pass_in_the_memory_of_a_window() -> None:
    done = subprocess.run([sys.executable, "-c", TEN_MILLION], capture_output=True, text=True, check=True)
    counted, kilobytes = map(int, done.stdout.split())
    assert counted == 10_000_002
    assert kilobytes < 20_000
