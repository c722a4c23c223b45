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
    too_large = Rejection(
        code="request.too_large", text=f"at most {most} bytes are taken at once", act="split the interchange"
    )
    if declared is not None and declared.isascii() and declared.isdigit() and int(declared) > most:
        return too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                event = await receive()
                if event["type"] == "http.disconnect":
                    raise Gone
                chunk = event.get("body", b"")
                size += len(chunk)
                if size > most:
                    return too_large
                chunks.append(chunk)
                if not event.get("more_body"):
                    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    except TimeoutError:
        text = f"the body did not arrive within {seconds:g} s"
        return Rejection(code="request.deadline", text=text, act="send it again over a faster connection")
