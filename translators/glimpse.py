"""The numbers of documents that could not be read: where they stand as a rule, whatever else is wrong around them.

"Where is order 4711?" must find a refused order too. Nothing is validated here and nothing is believed; what is not
found is left out. Pure, bounded, and it never raises.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator

from translators.edifact.tokens import Tokenizer
from translators.vda.faults import Faults as VdaFaults
from translators.vda.records import records_in
from translators.x12.faults import Faults as X12Faults
from translators.x12.tokens import segments_in
from translators.xmldoc.glimpse import numbers_in_xml

LOOKED_AT = 64 * 1024
"""Bytes from the start."""
MOST = 50
_LONGEST = 100
_VDA_RECORDS = 2000
"""Four times as many as LOOKED_AT holds whole. Each is taken apart, however short: thousands of stumps take long."""
_STARTS_EDIFACT = (b"UNA", b"UNB", b"UNG", b"UNH")
_X12 = {"BEG": (3,), "BAK": (8, 3), "BSN": (2,), "BIG": (2,), "BFR": (2, 11, 3), "BSS": (2,), "BCH": (7, 3)}
"""The elements of a set's first segment that the maps take its number from."""
_JSON = re.compile(rb'"(?:[^"\\]|\\.)*"?|[{}\[\]:]', re.DOTALL)
"""A text without its end is one to the end: to look for it again from each quote would take for ever."""
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
"""Nor half a surrogate pair, which is no character and cannot be kept."""


def numbers_in(content: bytes) -> tuple[str, ...]:
    """At most MOST, in their order, each once."""
    start = content[:LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    found: dict[str, None] = {}
    try:
        for number in _reader_of(start)(start):
            number = number.strip()
            if 0 < len(number) <= _LONGEST and _PRINTABLE.fullmatch(number):
                found[number] = None
            if len(found) == MOST:
                break
    except (ValueError, LookupError, RecursionError):  # of damaged bytes: what was found until there is kept
        pass
    return tuple(found)


def _reader_of(start: bytes) -> Callable[[bytes], Iterable[str]]:
    if start.startswith(_STARTS_EDIFACT):
        return _edifact
    if start.startswith(b"ISA"):
        return _x12
    if start.startswith((b"511", b"711")):
        return _vda
    if start.startswith(b"{"):
        return _json
    return numbers_in_xml if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")) else lambda _: ()


def _edifact(start: bytes) -> Iterator[str]:
    """1004 of each BGM."""
    tokenizer = Tokenizer()
    for segment in (*tokenizer.feed(start), *tokenizer.finish()):
        if segment.raw[:3] == b"BGM":
            yield segment.get(2, 1)


def _x12(start: bytes) -> Iterator[str]:
    for segment in segments_in(start, X12Faults(), LOOKED_AT):
        for element in _X12.get(segment.tag, ()):
            yield segment.get(element)


def _vda(start: bytes) -> Iterator[str]:
    """The delivery note of each 713; of each 512 what derived.py makes its number: the article, and the plant."""
    for record in records_in(start, VdaFaults(), _VDA_RECORDS):
        if record.tag == "713":
            yield record.get(3)
        elif record.tag == "512":
            yield "/".join(each for each in (record.get(8), record.get(3)) if each)


def _json(start: bytes) -> Iterator[str]:
    """`number` of the outermost object."""
    depth = 0
    before = [b"", b""]
    for match in _JSON.finditer(start):
        token = match[0]
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
        elif depth == 1 and before == [b'"number"', b":"]:
            yield str(json.loads(token))
        before = [before[1], token]
