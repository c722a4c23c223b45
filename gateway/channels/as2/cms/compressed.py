"""CompressedData (RFC 3274), read within bounds and written as a stream."""

import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.algorithms import COMPRESSED_DATA, DATA, ZLIB, dotted_oid
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason, malformed
from gateway.channels.as2.cms.rules import DEFAULT_CAPS, Caps
from gateway.channels.as2.cms.signed import read_algorithm
from gateway.channels.as2.cms.tlv import INTEGER, OCTETS, OID, SEQUENCE, Walker

_PIECE: Final = 1 << 16
_WHOLE: Final = 1 << 20
_HARMLESS: Final = 1 << 20
"""Below this no ratio is asked for: a short file of blanks compresses a thousandfold and does no harm."""

_COMPRESSED: Final = der.oid(COMPRESSED_DATA)
_DATA: Final = der.oid(DATA)
_VERSION_0: Final = der.integer(0)
_BY_ZLIB: Final = der.sequence(der.oid(ZLIB))
_END_MARKS: Final = bytes(2)


def decompress(source: BinaryIO, sink: BinaryIO, caps: Caps = DEFAULT_CAPS) -> int:
    """Write the content of the CompressedData in `source`, read to its end, to `sink`; its length.

    Raises CryptographicFailure (DECOMPRESSION), also where the content is longer than the caps allow; `sink` is then
    as long as before.
    """
    ends = sink.tell()
    try:
        return _decompressed(source, sink, caps)
    except CryptographicFailure as failure:
        sink.seek(ends)
        sink.truncate()
        raise CryptographicFailure(Reason.DECOMPRESSION, failure.detail) from None


def _decompressed(source: BinaryIO, sink: BinaryIO, caps: Caps) -> int:
    walker = Walker(source, caps)
    walker.enter(SEQUENCE, "the compressed message")
    if walker.value(OID, "its type") != COMPRESSED_DATA:
        raise malformed("it is no CompressedData")
    walker.enter(0xA0, "CompressedData")
    walker.enter(SEQUENCE, "CompressedData")
    walker.value(INTEGER, "the version")
    name, _ = read_algorithm(walker)
    if name != ZLIB:
        raise malformed(f"it is compressed by {dotted_oid(name)}; AS2 knows zlib alone")
    walker.enter(SEQUENCE, "the compressed content")
    if walker.value(OID, "the content's type") != DATA:
        raise malformed("what is compressed is not plain data")
    walker.enter(0xA0, "the compressed content")
    length = _inflate(walker.pieces(OCTETS, "the compressed content"), sink, caps)
    for _ in range(2):
        walker.leave("the compressed content")
    for _ in range(2):
        walker.leave("CompressedData")
    walker.leave("the compressed message")
    walker.finish()
    return length


def _inflate(pieces: Iterator[bytes], sink: BinaryIO, caps: Caps) -> int:
    inflater = zlib.decompressobj()
    came = length = 0
    for piece in pieces:
        came += len(piece)
        waiting = piece
        while waiting:
            if inflater.eof:
                raise malformed("bytes follow the end of the compressed content")
            try:
                clear = inflater.decompress(waiting, _PIECE)
            except zlib.error:
                raise malformed("the compressed content is damaged") from None
            length += len(clear)
            if length > caps.content:
                raise malformed(f"the content is longer than {caps.content} bytes")
            if length > max(_HARMLESS, came * caps.expansion):
                raise malformed(f"the content is more than {caps.expansion} times as long as its compressed bytes")
            sink.write(clear)
            waiting = inflater.unconsumed_tail or inflater.unused_data
    length += _flushed(inflater, sink)
    return length


def _flushed(inflater: "zlib._Decompress", sink: BinaryIO) -> int:
    try:
        clear = inflater.flush()
    except zlib.error:
        raise malformed("the compressed content is damaged") from None
    if not inflater.eof:
        raise malformed("the compressed content ends early")
    sink.write(clear)
    return len(clear)


def compress(source: BinaryIO, sink: BinaryIO) -> None:
    """Write CompressedData with everything from `source`: DER up to 1 MiB, beyond with the content in segments."""
    pieces = _deflate(source)
    first = []
    length = 0
    for piece in pieces:
        first.append(piece)
        length += len(piece)
        if length > _WHOLE:
            break
    else:
        content = der.sequence(_DATA, der.tagged(0xA0, der.tagged(OCTETS, *first)))
        compressed = der.sequence(_VERSION_0, _BY_ZLIB, content)
        sink.write(der.sequence(_COMPRESSED, der.tagged(0xA0, compressed)))
        return
    begins = (b"\x30\x80", _COMPRESSED, b"\xa0\x80\x30\x80", _VERSION_0, _BY_ZLIB, b"\x30\x80", _DATA)
    sink.write(b"".join((*begins, b"\xa0\x80\x24\x80")))
    for piece in chain(first, pieces):
        sink.write(der.tagged(OCTETS, piece))
    sink.write(_END_MARKS * 6)


def _deflate(source: BinaryIO) -> Iterator[bytes]:
    deflater = zlib.compressobj()
    while piece := source.read(_PIECE):
        if compressed := deflater.compress(piece):
            yield compressed
    yield deflater.flush()
