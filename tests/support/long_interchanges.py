"""Interchanges of as many orders as wanted, made as a stream."""

import os
import re
from collections.abc import Iterator

from translators.examples import example

_ORDER = example("order.edi")
_HEAD, _TAIL = _ORDER.index(b"UNH"), _ORDER.index(b"UNZ")


def orders(how_many: int, reference: str = "NL000815", first: int = 1, noise: int = 0) -> Iterator[bytes]:
    """One interchange; its orders are `PO-0000001` and so on, each with as many lines of text that none has twice."""
    yield _ORDER[:_HEAD].replace(b"NL000815", reference.encode())
    message = _ORDER[_HEAD:_TAIL]
    segments = int(re.search(rb"UNT\+(\d+)", message)[1]) + noise  # type: ignore[index]
    for number in range(first, first + how_many):
        own = message.replace(b"PO-4711", b"PO-%07d" % number).replace(b"UNH+1+", b"UNH+%d+" % number, 1)
        text = os.urandom(35 * noise).hex().encode()
        lines = b"".join(b"FTX+PUR+++%s'\n" % text[at : at + 70] for at in range(0, len(text), 70))
        at = own.index(b"FTX+PUR")
        yield re.sub(rb"UNT\+\d+\+1'", b"UNT+%d+%d'" % (segments, number), own[:at] + lines + own[at:])
    yield b"UNZ+%d+%s'\n" % (how_many, reference.encode())


def interchange(how_many: int, reference: str = "NL000815", first: int = 1) -> bytes:
    return b"".join(orders(how_many, reference, first))
