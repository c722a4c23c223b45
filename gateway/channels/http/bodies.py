"""Reading a request's body: never more than agreed."""

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.submissions import Rejection

_DIGITS = 18
"""Of a Content-Length that are looked at; Python refuses to convert thousands of them."""

Receive = Callable[[], Awaitable[Any]]


LATE = Rejection(
    code="request.deadline", text="the body did not arrive in time", act="send it again over a faster connection"
)


class Gone(Exception):  # noqa: N818 - a state of the world, not a defect
    """The caller went away; there is nobody to answer."""


async def read_body(receive: Receive, declared: str | None, most: int) -> bytes | Rejection:
    """The whole body, at most `most` bytes. `declared` is Content-Length, believed only to refuse.

    The caller sets the deadline. Raises Gone when the sender goes away.
    """
    if declared is not None and declared.isascii() and declared.isdigit() and int(declared[:_DIGITS]) > most:
        return _too_large(most)
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Gone
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > most:
            return _too_large(most)
        chunks.append(chunk)
        if not event.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(most: int) -> Rejection:
    text = f"at most {most} bytes are taken at once"
    return Rejection(code="request.too_large", text=text, act="split the interchange")
