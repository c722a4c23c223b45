"""Distinguished encoding (X.690, 10): writing it, and turning what came in any other encoding into it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from gateway.channels.as2.cms.failures import malformed
from gateway.channels.as2.cms.rules import DEFAULT_CAPS, Caps
from gateway.channels.as2.cms.tlv import CONSTRUCTED, END, OCTETS, OID, SEQUENCE, SET, Walker

NULL = b"\x05\x00"


def header(tag: int, length: int) -> bytes:
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets


def tagged(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return header(tag, len(content)) + content


def sequence(*contents: bytes) -> bytes:
    return tagged(SEQUENCE, *contents)


def set_of(elements: Iterable[bytes], tag: int = SET) -> bytes:
    return tagged(tag, *sorted(elements))


def oid(encoded: bytes) -> bytes:
    return tagged(OID, encoded)


def integer(number: int) -> bytes:
    """Not negative: all numbers we write are."""
    return tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def time(moment: datetime) -> bytes:
    """UTCTime up to 2049, GeneralizedTime from then on (RFC 5652, 11.3)."""
    moment = moment.astimezone(UTC)
    if moment.year < 2050:
        return tagged(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tagged(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def read_time(element: bytes) -> datetime:
    """A UTCTime or GeneralizedTime in UTC, to the second."""
    year = "%y" if element[:1] == b"\x17" else "%Y"
    try:
        return datetime.strptime(element[2:].decode("ascii"), f"{year}%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise malformed("a moment is not readable") from None


def distinguished(element: bytes, caps: Caps = DEFAULT_CAPS, *, depth: int = 0) -> bytes:
    """The same element with definite, shortest lengths, octet strings in one piece and sets in order."""
    if depth > caps.depth:
        raise malformed(f"structures lie more than {caps.depth} deep")
    tag = element[0]
    walker = Walker(element, caps)
    if tag == OCTETS | CONSTRUCTED:
        return tagged(OCTETS, walker.octets(OCTETS, "an octet string"))
    if not tag & CONSTRUCTED:
        return tagged(tag, walker.value(tag, "an element"))
    walker.enter(tag, "an element")
    inner = []
    while walker.tag() != END:
        inner.append(distinguished(walker.element(), caps, depth=depth + 1))
    walker.leave("an element")
    return set_of(inner) if tag == SET else tagged(tag, *inner)
