"""A request's body, spooled while it is hashed: never more than agreed, never in memory as a whole."""

import hashlib
from typing import Any, BinaryIO

from gateway.channels.http.bodies import Gone, Receive
from gateway.submissions import Rejection

_DIGITS = 18


async def spool_body(receive: Receive, declared: str | None, most: int, sink: BinaryIO) -> bytes | Rejection:
    """Writes the body to `sink` and returns its SHA-256. `declared` is Content-Length, believed only to refuse.

    The caller sets the deadline. Raises Gone when the sender goes away. A write to the page cache is as long as the
    loop is held up: bodies come in pieces of some ten kilobytes.
    """
    if declared is not None and declared.isascii() and declared.isdigit() and int(declared[:_DIGITS]) > most:
        return _too_large(most)
    hashed, size = hashlib.sha256(), 0
    while True:
        event: dict[str, Any] = await receive()
        if event["type"] == "http.disconnect":
            raise Gone
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > most:
            return _too_large(most)
        hashed.update(chunk)
        sink.write(chunk)
        if not event.get("more_body"):
            return hashed.digest()


def _too_large(most: int) -> Rejection:
    text = f"at most {most} bytes are taken in one message"
    return Rejection(code="request.too_large", text=text, act="split the interchange")
