"""Reading a request's body: never more than agreed."""

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.submissions import Rejection

Receive = Callable[[], Awaitable[Any]]


LATE = Rejection(
    code="request.deadline", text="the body did not arrive in time", act="send it again over a faster connection"
)


class Gone(Exception):  # noqa: N818 - a state of the world, not a defect
    """The caller went away; there is nobody to answer."""


async def read_body(receive: Receive, declared: int | None, most: int) -> bytes | Rejection:
    """The whole body, at most `most` bytes. `declared` is its length where the server frames it by that: so much is the
    whole, and asking whether more comes would be one more turn of the event loop for each request.

    The caller sets the deadline. Raises Gone when the sender goes away.
    """
    if declared is not None and declared > most:
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
        if size == declared or not event.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(most: int) -> Rejection:
    text = f"at most {most} bytes are taken at once"
    return Rejection(code="request.too_large", text=text, act="split the interchange")
