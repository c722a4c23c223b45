"""The canonical forms of a signed part: senders disagree about line ends, and the digest says which one it was."""

import hashlib
import re
from collections.abc import Iterator, Sequence

from gateway.channels.as2.mime import Entity
from gateway.channels.as2.windows import Window

FORMS = ("as received", "all CRLF", "header CRLF", "header CRLF, body LF")
"""In the order in which they are tried; the first whose digest fits is the one that was signed."""

NO_EPILOGUE = "without the last line end"
"""A multipart up to its closing boundary: libas2 signs its receipts so, and sends an empty line after it."""

_TEXTUAL = re.compile(r"(text/.*|multipart/.*|message/.*|application/(edi.*|(.*\+)?(xml|json)))")


def forms_of(entity: Entity) -> Sequence[str]:
    """The forms worth trying. Line ends of a body are only touched where it is text and says nothing else."""
    textual = entity.header.encoding in ("7bit", "8bit") or (
        "content-transfer-encoding" not in entity.header.fields and _TEXTUAL.fullmatch(entity.header.media_type)
    )
    if textual and not any(b"\0" in chunk for chunk in entity.body.chunks()):
        return (*FORMS, NO_EPILOGUE) if entity.header.media_type.startswith("multipart/") else FORMS
    return ("as received", "header CRLF")


def digest(entity: Entity, form: str, algorithms: Sequence[str]) -> dict[str, bytes]:
    """The digests of header and body in this form, by algorithm, in one pass."""
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    for chunk in _chunks(entity, form):
        for one in hashes.values():
            one.update(chunk)
    return {name: one.digest() for name, one in hashes.items()}


def digest_of(window: Window, algorithm: str) -> bytes:
    """The digest of bytes as they stand."""
    hashed = hashlib.new(algorithm, usedforsecurity=False)
    for chunk in window.chunks():
        hashed.update(chunk)
    return hashed.digest()


def _chunks(entity: Entity, form: str) -> Iterator[bytes]:
    if form == "as received":
        yield from entity.content.chunks()
        return
    if form == NO_EPILOGUE:
        yield from _without_last_line_end(entity.content).chunks()
        return
    yield from _with_line_ends(entity.head, b"\r\n")
    match form:
        case "all CRLF":
            yield from _with_line_ends(entity.body, b"\r\n")
        case "header CRLF":
            yield from entity.body.chunks()
        case _:
            yield from _with_line_ends(entity.body, b"\n")


def _without_last_line_end(window: Window) -> Window:
    last = Window(window.file, max(window.start, window.end - 2), window.end).read()
    ending = 2 if last == b"\r\n" else 1 if last.endswith(b"\n") else 0
    return Window(window.file, window.start, window.end - ending)


def _with_line_ends(window: Window, ending: bytes) -> Iterator[bytes]:
    """Every CRLF and LF written as `ending`; a CR alone is no line end and stays."""
    rest = b""
    for chunk in window.chunks():
        joined = rest + chunk
        rest = b"\r" if joined.endswith(b"\r") else b""
        plain = joined[: len(joined) - len(rest)].replace(b"\r\n", b"\n")
        yield plain.replace(b"\n", ending) if ending != b"\n" else plain
    yield rest
