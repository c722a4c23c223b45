"""The addresses that take documents, past Litestar's routing and models.

They stay registered in Litestar too, with the same function behind them: there they are documented and there they are
served when something stands in front (tests). What is skipped costs as much as proving the token, counting the limits
and checking the schema together (tests/benchmarks/accept.py).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar.response import Response
from msgspec import Struct

from gateway.channels.http.failures import answer_failure
from gateway.channels.http.heads import Incoming, trace_of
from gateway.channels.http.parameters import refuse_parameters
from gateway.channels.http.sending import send_answer

Take = Callable[[Incoming], Awaitable[Response[bytes]]]
Application = Callable[[Any, Any, Any], Awaitable[None]]


class FastLane(Struct, frozen=True):
    """An ASGI application in front of another. `posts`: what serves a POST to exactly this path.

    A HEAD is answered like the GET, without the body (RFC 9110 section 9.3.2); but a plant's inbox hides what it has
    shown, so asking for its head alone is no question there.
    """

    application: Application
    posts: Mapping[str, Take]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        take = self.posts.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if take is None:
            if scope["type"] == "http" and scope["method"] == "HEAD" and not scope["path"].startswith("/v1/plants/"):
                scope, send = {**scope, "method": "GET"}, _without_body(send)
            await self.application(scope, receive, send)
            return
        try:
            refused = refuse_parameters(scope, scope["path"]) if scope["query_string"] else None
            response = refused or await take(Incoming(scope, receive))
        except Exception as error:  # noqa: BLE001 - answered as Litestar's handlers would
            response = answer_failure(error, trace_of(scope))
        await send_answer(response, send)


def _without_body(send: Any) -> Any:
    async def send_head(message: Any) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head
