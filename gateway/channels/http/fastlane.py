"""The addresses that take documents, past Litestar's routing and models.

They stay registered in Litestar too, with the same function behind them: there they are documented and there they are
served when something stands in front (tests). What is skipped costs as much as proving the token, counting the limits
and checking the schema together (tests/benchmarks/accept.py).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar.response import Response
from msgspec import Struct

from gateway.channels.http.failures import answer_failure
from gateway.channels.http.heads import Incoming

Take = Callable[[Incoming], Awaitable[Response[bytes]]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

_log = logging.getLogger(__name__)


class FastLane(Struct, frozen=True):
    """An ASGI application in front of another. `posts`: what serves a POST to exactly this path."""

    application: Application
    posts: Mapping[str, Take]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        take = self.posts.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if take is None:
            await self.application(scope, receive, send)
            return
        try:
            response = await take(Incoming(scope, receive))
        except Exception as error:  # noqa: BLE001 - answered as Litestar's handlers would
            response = answer_failure(error)
        await _send(response, send)


async def _send(response: Response[bytes], send: Any) -> None:
    body = response.content
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    headers.append((b"content-type", str(response.media_type).encode("latin-1")))
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
