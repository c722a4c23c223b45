"""Compressed messages: written, read, and built to fill a disk."""

import hashlib
import zlib
from io import BytesIO

import pytest

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.algorithms import COMPRESSED_DATA, DATA, ZLIB
from gateway.channels.as2.cms.compressed import compress, decompress
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason
from gateway.channels.as2.cms.rules import Caps


def compressed(content: bytes) -> bytes:
    sink = BytesIO()
    compress(BytesIO(content), sink)
    return sink.getvalue()


def decompressed(message: bytes, caps: Caps | None = None) -> bytes:
    sink = BytesIO()
    length = decompress(BytesIO(message), sink, caps or Caps())
    assert length == len(sink.getvalue())
    return sink.getvalue()


def refused(message: bytes, caps: Caps | None = None) -> str:
    sink = BytesIO(b"before")
    sink.seek(6)
    with pytest.raises(CryptographicFailure) as failure:
        decompress(BytesIO(message), sink, caps or Caps())
    assert sink.getvalue() == b"before"
    assert failure.value.reason is Reason.DECOMPRESSION
    return failure.value.detail


def message_of(stream: bytes, *, by: bytes = ZLIB) -> bytes:
    content = der.sequence(der.oid(DATA), der.tagged(0xA0, der.tagged(0x04, stream)))
    data = der.sequence(der.integer(0), der.sequence(der.oid(by)), content)
    return der.sequence(der.oid(COMPRESSED_DATA), der.tagged(0xA0, data))


@pytest.mark.parametrize("length", [0, 1, 65_536, 3_000_000])
def test_what_is_compressed_decompresses(length: int) -> None:
    content = hashlib.shake_128(b"an order").digest(length)
    message = compressed(content)
    assert message.startswith(b"\x30\x80") is (length > 1 << 20)
    assert decompressed(message) == content


def test_short_blanks_may_compress_a_thousandfold() -> None:
    assert decompressed(compressed(b" " * 900_000)) == b" " * 900_000


def test_a_bomb_is_refused_early() -> None:
    deflater = zlib.compressobj(9)
    stream = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(200)) + deflater.flush()
    assert len(stream) < 210_000
    assert refused(message_of(stream)) == "the content is more than 100 times as long as its compressed bytes"
    assert refused(message_of(stream), Caps(expansion=5000, content=1 << 25)) == (
        "the content is longer than 33554432 bytes"
    )


def test_what_is_damaged_is_refused() -> None:
    stream = zlib.compress(b"an order " * 1000)
    assert refused(message_of(stream[:-1])) == "the compressed content ends early"
    assert refused(message_of(stream[:-1] + bytes((stream[-1] ^ 1,)))) == "the compressed content is damaged"
    assert refused(message_of(stream + b"x")) == "bytes follow the end of the compressed content"
    assert refused(message_of(stream) + b"\0") == "bytes follow the end of the structure"
    assert refused(message_of(b"")) == "the compressed content ends early"


def test_only_zlib_is_known() -> None:
    assert refused(message_of(b"", by=DATA)) == "it is compressed by 1.2.840.113549.1.7.1; AS2 knows zlib alone"
