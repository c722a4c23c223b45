"""The walk over BER: both forms of length, segments, and every way of lying about them."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.cms.tlv import END, Walker

CAPS = Caps(depth=4, elements=50, structure=1000)


class Dripping(BytesIO):
    """Gives a few bytes at a time, however many are asked for."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(3)


def octets(encoded: str | bytes, caps: Caps = CAPS) -> bytes:
    """An octet string inside a sequence, from memory and from a file that drips: both must tell the same."""
    message = bytes.fromhex(encoded) if isinstance(encoded, str) else encoded
    held, dripped = (_outcome(Walker(source, caps)) for source in (message, Dripping(message)))
    assert held == dripped
    if isinstance(held, str):
        raise CryptographicFailure(Reason.MALFORMED, held)
    return held


def _outcome(walker: Walker) -> bytes | str:
    try:
        walker.enter(0x30, "the structure")
        content = walker.octets(0x04, "the content")
        walker.leave("the structure")
        walker.finish()
    except CryptographicFailure as failure:
        return failure.detail
    return content


@pytest.mark.parametrize("encoded", [
    "30 05 0403 616263",
    "30 80 0403 616263 0000",
    "30 81 05 0403 616263",
    "30 88 000000000000000a 0485 0000000003 616263",
    "30 80 2480 0401 61 0402 6263 0000 0000",
    "30 80 2407 0401 61 0402 6263 0000",
    "30 80 2480 0400 2480 0401 61 0400 0000 0402 6263 0000 0000",
    "30 80 2409 2407 0401 61 0402 6263 0000",
])  # fmt: skip
def test_one_content_in_many_encodings(encoded: str) -> None:
    assert octets(encoded) == b"abc"


@pytest.mark.parametrize(("encoded", "detail"), [
    ("", "the structure is missing"),
    ("31 00", "the structure is missing"),
    ("30", "the bytes end inside a structure"),
    ("30 00", "the content is missing"),
    ("30 05 0403 6162", "the bytes end inside a structure"),
    ("30 05 0404 616263 00", "an element is longer than what holds it"),
    ("30 06 0403 616263 00", "the structure holds an end mark before its end"),
    ("30 06 0403 616263 05", "the structure holds more than it may"),
    ("30 05 0403 616263 00", "bytes follow the end of the structure"),
    ("30 80 0403 616263 0000 00", "bytes follow the end of the structure"),
    ("30 80 0403 616263", "the bytes end inside a structure"),
    ("30 80 0403 616263 00", "the structure has no end mark"),
    ("30 80 0403 616263 0001", "the structure has no end mark"),
    ("30 80 0480 616263 0000", "a primitive element has no definite length"),
    ("30 05 1f03 616263", "the content is missing"),
    ("30 ff 0403 616263", "a length is not readable"),
    ("30 89 000000000000000005 0403 616263", "a length is not readable"),
    ("30 88 ffffffffffffffff 0403 616263", "an element is longer than what holds it"),
    ("30 80 2480 0201 61 0000 0000", "the content holds something that is no octet string"),
    ("30 07 2480 0403 616263 0000", "the content has no end mark"),
    ("30 80 2480 2480 2480 2480 0401 61 0000 0000 0000 0000 0000", "structures lie more than 4 deep"),
])  # fmt: skip
def test_what_lies_about_itself_is_refused(encoded: str, detail: str) -> None:
    with pytest.raises(CryptographicFailure) as failure:
        octets(encoded)
    assert failure.value.detail == detail


def test_depth_number_and_size_are_bounded() -> None:
    deep = Walker(b"\x30\x80" * 100_000, Caps())
    with pytest.raises(CryptographicFailure) as failure:
        deep.element()
    assert failure.value.detail == "structures lie more than 32 deep"
    with pytest.raises(CryptographicFailure) as failure:
        Walker(b"\x30\x80" + b"\x05\x00" * 100_000, Caps()).element()
    assert failure.value.detail == "there are more than 10000 elements"
    with pytest.raises(CryptographicFailure) as failure:
        Walker(der.tagged(0x04, bytes(1001)), CAPS).element()
    assert failure.value.detail == "a structure is longer than 1000 bytes"
    with pytest.raises(CryptographicFailure) as failure:
        octets(der.sequence(der.tagged(0x04, bytes(1001))))
    assert failure.value.detail == "the content is longer than 1000 bytes"


def test_empty_segments_without_end_are_refused() -> None:
    with pytest.raises(CryptographicFailure) as failure:
        octets(b"\x30\x80\x24\x80" + b"\x04\x00" * 20_000 + bytes(4), Caps())
    assert failure.value.detail == "the content lies in too many segments"


def test_a_long_content_may_lie_in_many_segments() -> None:
    content = bytes(range(250)) * 4
    message = b"\x30\x80\x24\x80" + der.tagged(0x04, content) * 20_000 + bytes(4)
    walker = Walker(BytesIO(message), Caps())
    walker.enter(0x30, "the structure")
    pieces = list(walker.pieces(0x04, "the content"))
    assert b"".join(pieces) == content * 20_000
    assert max(map(len, pieces)) < 70_000
    walker.leave("the structure")
    walker.finish()


elements = st.recursive(
    st.binary(max_size=40).map(lambda content: der.tagged(0x04, content)) | st.just(der.NULL),
    lambda inner: st.lists(inner, max_size=4).map(lambda found: der.sequence(*found)),
    max_leaves=12,
)


@given(elements)
def test_distinguished_encoding_is_found_again(element: bytes) -> None:
    assert der.distinguished(_loosened(element)) == element == der.distinguished(element)


def _loosened(element: bytes) -> bytes:
    """Indefinite where it may be, with a length longer than need be where it may not."""
    tag = element[0]
    walker = Walker(element, Caps())
    if not tag & 0x20:
        content = walker.value(tag, "an element")
        return bytes((tag, 0x82)) + len(content).to_bytes(2) + content
    walker.enter(tag, "an element")
    inner = b""
    while walker.tag() != END:
        inner += _loosened(walker.element())
    return bytes((tag, 0x80)) + inner + bytes(2)
