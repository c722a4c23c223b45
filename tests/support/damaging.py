"""Good inputs damaged on purpose, by every means a bad sender, a bad line or a bad person has: bytes and structure.

Every choice comes from a `random.Random`, so that a seed gives the same input again.
"""

import random
import re
from typing import Any

import msgspec

NOISE = (
    b"'", b"+", b":", b"?", b"*", b"??", b"?'", b"UNA:+.?*'", b"UNA:+.? '", b"UNG+1'", b"UNE+1+1'", b"UNB+UNOC:4'",
    b"UNH+1+ORDERS:D:96A:UN'", b"UNT+2+1'", b"UNZ+1+1'", b"\r\n", b"\xef\xbb\xbf", b"\xff", b"\x00", b"\x1a", b"1",
    b"<", b">", b"&", b"&amp;", b"&#0;", b"<a>", b"</a>", b"<![CDATA[", b"<!--", b"<?x?>", b'"', b"{", b"}", b"[", b"]",
    b",", b"null", b"1e999", b"\\u0000", b"\\ud800",
)  # fmt: skip
VALUES = (
    "", " ", "0", "-0", "-1", "1.", ".5", "1,5", "1.2.3", "1E5", "1e400", "NaN", "Infinity", "-Infinity", "1_000", "+1",
    "9" * 18, "9" * 60, "0." + "0" * 40 + "1", "\u0663", "\u00b2", "20261301", "00000000", "20260229", "202602292460",
    "2026-02-29", "2026-02-28T25:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01", "-0001-01-01", "24:00:00", "A",
    "XXX", "x" * 600, "\u00e4\u00f6\u00fc", "\u20ac", "\U0001f600", "\u202e", "DE", "EUR", "KGM", "4012345000009",
    "PCE", "102", "203", "718", "718:718",
)  # fmt: skip


def damaged(original: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """`original` with one to five damages; now and then with a piece of one of the `others`."""
    content = original
    for _ in range(chance.choice((1, 1, 1, 1, 1, 2, 3))):
        if chance.random() < 0.04:
            content = _spliced(content, chance.choice(others), chance)
        elif chance.random() < 0.25:
            content = _bytes(content, chance)
        elif content.lstrip()[:1] == b"<":
            content = _xml(content, chance)
        elif content.lstrip()[:1] == b"{":
            content = _json(content, chance)
        else:
            content = _segments(content, chance)
    return content


def _bytes(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    kind = chance.randrange(6)
    if kind == 0:
        return content[:at]
    if kind == 1:
        size = chance.choice((1, 1, 2, 8, 80))
        return content[:at] + content[at : at + size] * chance.choice((2, 3, 40)) + content[at + size :]
    if kind == 2 and at < len(content):
        return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]
    noise = chance.choice(NOISE) if chance.random() < 0.85 else chance.randbytes(chance.randint(1, 4))
    return content[:at] + noise + content[at + chance.choice((0, 0, 1, 2, 30)) :]


def _spliced(content: bytes, other: bytes, chance: random.Random) -> bytes:
    at, to = chance.randrange(len(content) + 1), chance.randrange(len(other) + 1)
    return content[:at] + other[to:]


def _segments(content: bytes, chance: random.Random) -> bytes:
    segments = content.split(b"'")
    at = chance.randrange(len(segments))
    kind = chance.randrange(7)
    if kind == 0:
        del segments[at]
    elif kind == 1:
        segments[at:at] = [segments[at]] * chance.choice((1, 1, 2, 12))
    elif kind == 2:
        to = chance.randrange(len(segments))
        segments[at], segments[to] = segments[to], segments[at]
    else:
        segments[at] = _value(segments[at], rb"[+:*]", chance)
    return b"'".join(_counted(segments) if chance.random() < 0.8 else segments)


def _counted(segments: list[bytes]) -> list[bytes]:
    """The UNT says how many segments there are, so that the damage is looked at and not only the count."""
    counted, since = [], 0
    for number, segment in enumerate(segments):
        tag = segment.lstrip()[:4]
        since = number if tag == b"UNH+" else since
        if tag == b"UNT+":
            segment = re.sub(rb"UNT\+\d*", b"UNT+%d" % (number - since + 1), segment)
        counted.append(segment)
    return counted


def _value(segment: bytes, separators: bytes, chance: random.Random) -> bytes:
    """One value of a segment is another, is gone, or stands twice."""
    values = re.split(b"(" + separators + b")", segment)
    at = 2 * chance.randrange((len(values) + 1) // 2)
    kind = chance.randrange(4)
    if kind == 0:
        values[at : at + 2] = []
    elif kind == 1:
        values[at:at] = [values[at], chance.choice((b"+", b":", b"*"))]
    else:
        values[at] = chance.choice(VALUES).encode(chance.choice(("utf-8", "latin-1")), "replace")
    return b"".join(values)


def _xml(content: bytes, chance: random.Random) -> bytes:
    """A text, an attribute or a whole element of another kind."""
    kind = chance.randrange(4)
    found = list(
        re.finditer((rb">([^<>]+)<", rb'="([^"]*)"', rb"<([\w:]+)[^<>]*>[^<>]*</\1>", rb"<[^<>]+>")[kind], content)
    )
    if not found:
        return content
    match = chance.choice(found)
    if kind < 2:
        start, end = match.span(1)
        return content[:start] + chance.choice(VALUES).encode() + content[end:]
    start, end = match.span()
    return content[:start] + match[0] * chance.choice((0, 0, 2, 3)) + content[end:]


def _json(content: bytes, chance: random.Random) -> bytes:
    try:
        data: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _bytes(content, chance)
    holders = [each for each in _holders(data) if each]
    if not holders:
        return content
    holder = chance.choice(holders)
    key: Any = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    kind = chance.randrange(5)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = chance.choice(([], {}, None, True, -1, 1.5, [[]], {"x": {}}, holder[key]))
    elif kind == 2 and isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[key] = chance.choice(VALUES)
    return msgspec.json.encode(data)


def _holders(value: Any) -> list[Any]:
    if not isinstance(value, dict | list):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(each for one in inner for each in _holders(one))]
