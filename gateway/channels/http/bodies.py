"""Reading a request's body: never more than agreed, never longer than agreed, never twice."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.submissions import Rejection

Receive = Callable[[], Awaitable[Any]]


class Gone(Exception):  # noqa: N818 - a state of the world, not a defect
    """The caller went away; there is nobody to answer."""


async def read_body(receive: Receive, *, declared: str | None, most: int, seconds: float) -> bytes | Rejection:
    """The whole body, at most `most` bytes, within `seconds`. `declared` is Content-Length, believed only to refuse."""
    if declared is not None and declared.isascii() and declared.isdigit() and int(declared) > most:
        return _too_large(most)
    try:
        async with asyncio.timeout(seconds):
            body = await _collect(receive, most)
    except TimeoutError:
        text = f"the body did not arrive within {seconds:g} s"
        return Rejection(code="request.deadline", text=text, act="send it again over a faster connection")
    return _too_large(most) if body is None else body


async def _collect(receive: Receive, most: int) -> bytes | None:
    """All chunks as one; None once they are more than `most` bytes."""
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Gone
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > most:
            return None
        chunks.append(chunk)
        if not event.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(most: int) -> Rejection:
    text = f"at most {most} bytes are taken at once"
    return Rejection(code="request.too_large", text=text, act="split the interchange")
