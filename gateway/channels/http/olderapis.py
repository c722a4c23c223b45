"""Older versions of the API, served by the newest: another address on the way in, another shape on the way out.

What goes in is reshaped where it is understood (`gateway/understanding.py`), because what was received must be kept as
it was received. Whether a version is still served, and to whom, is judged as for any other.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from gateway.channels.http.failures import answer_failure
from gateway.channels.http.heads import API_VERSION, ASKED_PATH, NEWEST, trace_of
from gateway.channels.http.sending import send_answer
from policies.olderversions import OlderVersions
from translators.jsondoc.olderjson import answered
from translators.jsondoc.reshaping import Reshape, Unfitting

_OLDER = re.compile(rf"/(?!{NEWEST}/)(v[0-9]{{1,4}})(/.*)")


class OlderApis(Struct, frozen=True):
    """An ASGI application in front of another. `nouns` are the first words of the newest version's addresses."""

    application: Callable[[Any, Any, Any], Any]
    older: Callable[[], OlderVersions]
    nouns: frozenset[str]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked = _OLDER.fullmatch(scope["path"]) if scope["type"] == "http" else None
        api = self.older().apis.get(asked[1]) if asked is not None else None
        if asked is None or api is None or api.newest != NEWEST:
            await self.application(scope, receive, send)
            return
        address = api.address(asked[2])
        if address.split("/")[1] not in self.nouns:  # judged as a version, then answered 404
            await self.application(scope, receive, send)
            return
        path = f"/{NEWEST}{address}"
        served = {**scope, "path": path, "raw_path": path.encode(), API_VERSION: asked[1], ASKED_PATH: scope["path"]}
        reshapes = api.answers(address)
        reshaping = _Reshaping(send, reshapes, lambda: trace_of(served)) if reshapes else send
        await self.application(served, receive, reshaping)


class _Reshaping:
    """Sends an answer in the older shape, once it is whole. Problems are the same in all versions."""

    def __init__(self, send: Callable[[Any], Any], reshapes: Sequence[Reshape], trace: Callable[[], str]) -> None:
        self._send = send
        self._reshapes = reshapes
        self._trace = trace
        self._start: Any = None
        self._body = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        try:
            body = answered(self._body, self._reshapes) if self._body else b""
        except Unfitting as error:  # a step of ours that does not fit our own answer
            await send_answer(answer_failure(error, self._trace()), self._send)
            return
        headers = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
        headers.append((b"content-length", b"%d" % len(body)))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_json(start: Any) -> bool:
    types = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return bool(types) and types[0].partition(b";")[0].strip() == b"application/json"
