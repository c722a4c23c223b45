"""The file somebody sends for help: an HTTP request or response as it was captured, a MIME file, or CMS alone."""

import binascii
import re
from base64 import b64decode
from typing import BinaryIO

from msgspec import Struct

from gateway.channels.as2.cms.algorithms import SIGNED_DATA
from gateway.channels.as2.mime import LARGEST_HEADER, Entity, Header, outermost, read_entity
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools, Window, whole

_HTTP = re.compile(rb"((?:[A-Z]{3,10} \S{1,2000} HTTP/1\.[01])|(?:HTTP/1\.[01] [0-9]{3}[^\r\n]{0,200}))\r?\n")
_PEM = re.compile(rb"-----BEGIN (PKCS7|CMS)-----(.*?)-----END \1-----", re.DOTALL)
_BASE64 = re.compile(rb"MI[A-Za-z0-9+/=\s]{20,}")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MOST_TEXT = 16 * 1024 * 1024


class Capture(Struct, frozen=True):
    """`what` names the kind of file, `problems` what the capture itself lacks."""

    what: str
    entity: Entity
    problems: tuple[str, ...] = ()


def read_capture(file: BinaryIO, spools: Spools) -> Capture:
    """Raises Unacceptable (`as2.malformed`) for what is nothing of AS2."""
    window = whole(file)
    start = window.read(LARGEST_HEADER)
    http = _HTTP.match(start)
    if http is not None:
        return _from_http(Window(file, http.end(), window.end), http[1].decode("latin-1"), spools)
    if start[:1] == b"\x30":
        return _from_cms(window, "CMS alone (DER or BER)")
    unarmored = _unarmored(window, start)
    if unarmored is not None:
        sink = spools.new()
        sink.write(unarmored)
        return _from_cms(whole(sink), "CMS alone (base64)")
    try:
        entity: Entity | None = read_entity(window)
    except Unacceptable:
        entity = None
    if entity is None or "content-type" not in entity.header.fields:
        raise Unacceptable(
            "as2.malformed",
            "it is no HTTP message, no MIME with a Content-Type and no CMS in DER, PEM or base64",
        )
    return Capture("a MIME entity", entity)


def _from_http(window: Window, line: str, spools: Spools) -> Capture:
    entity = read_entity(window)
    fields, body, problems = entity.header.fields, entity.body, []
    if fields.get("transfer-encoding", "").lower() == "chunked":
        body, complete = _dechunked(body, spools)
        problems = [] if complete else ["the last chunk is missing: the capture is cut"]
    elif (stated := fields.get("content-length", "")).isascii() and stated.isdigit() and int(stated) != body.size:
        problems = [f"Content-Length says {int(stated)} bytes and {body.size} are there: the capture is cut or changed"]
    kind = "response" if line.startswith("HTTP/") else "request"
    return Capture(f"an HTTP {kind}: {line}", outermost(fields.items(), body), tuple(problems))


def _dechunked(body: Window, spools: Spools) -> tuple[Window, bool]:
    sink, at = spools.new(), body.start
    while (size := _SIZE.match(Window(body.file, at, body.end).read(1024))) is not None:
        begins, length = at + size.end(), int(size[1], 16)
        if length == 0:
            return whole(sink), True
        chunk = Window(body.file, begins, min(begins + length, body.end))
        for piece in chunk.chunks():
            sink.write(piece)
        after = Window(body.file, chunk.end, body.end).read(2)
        at = chunk.end + (2 if after == b"\r\n" else 1 if after[:1] == b"\n" else 0)
    return whole(sink), False


def _unarmored(window: Window, start: bytes) -> bytes | None:
    if window.size > _MOST_TEXT:
        return None
    armored = _PEM.search(window.read()) if b"-----BEGIN " in start else None
    letters = armored[2] if armored is not None else window.read() if _BASE64.fullmatch(start) else None
    try:
        return b64decode(b"".join(letters.split()), validate=True) if letters is not None else None
    except binascii.Error:
        return None


def _from_cms(window: Window, what: str) -> Capture:
    is_signature = SIGNED_DATA in window.read(64)
    kind = "application/pkcs7-signature" if is_signature else "application/pkcs7-mime"
    return Capture(
        what, Entity(Header({"content-type": kind}), Window(window.file, window.start, window.start), window)
    )
