"""Header fields that every answer carries, and how an answer goes out where Litestar does not send it."""

from typing import Any

from litestar.response import Response

from gateway.channels.http.heads import ADMITTED_WITH, trace_of

PLAIN: list[tuple[bytes, bytes]] = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
]
"""Of every answer of the API: it is about one caller, and is what it says it is. Pages say how long they keep."""


class Answer(Response[bytes]):
    """A Litestar response of bytes, made without what its constructor asks: that takes longer than sending it."""

    def __init__(self, content: bytes, *, status_code: int, headers: dict[str, str], media_type: str) -> None:
        self.content = content
        self.status_code = status_code
        self.headers = headers
        self.media_type = media_type
        self.encoding = "utf-8"
        self.background = None
        self.cookies = []
        self.response_type_encoders = {}


async def add_fields(message: Any, scope: Any) -> None:
    """To Litestar's answers, whoever made them. Of the API, the trace and what the caller's admission told, too."""
    if message["type"] == "http.response.start":
        present = {name for name, _ in message["headers"]}
        fields = [*PLAIN, *_told(scope, present)] if scope["path"].startswith("/v1/") else PLAIN
        message["headers"] = [*message["headers"], *(field for field in fields if field[0] not in present)]


def _told(scope: Any, present: set[bytes]) -> list[tuple[bytes, bytes]]:
    """Beside a Retry-After nothing is told of limits that are not used up (rejections.fields_of)."""
    told = [(name.lower().encode(), value.encode("latin-1")) for name, value in scope.get(ADMITTED_WITH, ())]
    trace = (b"traceparent", trace_of(scope).encode())
    return [trace, *(field for field in told if b"retry-after" not in present or field[0] != b"ratelimit")]


async def send_answer(response: Response[bytes], send: Any) -> None:
    body = response.content
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    headers.append((b"content-type", str(response.media_type).encode("latin-1")))
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers + PLAIN})
    await send({"type": "http.response.body", "body": body})
