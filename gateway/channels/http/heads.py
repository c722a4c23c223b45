"""What of a request's head matters here, picked out once."""

import re
from collections.abc import Awaitable, Callable, Sequence
from random import getrandbits
from typing import Any

from litestar import Request
from msgspec import Struct

from gateway.networks import Networks, is_in
from gateway.submissions import Rejection

NEWEST = "v1"
"""The version of the API that the handlers serve; `olderapis.py` leads older ones to it."""
API_VERSION = "gateway.api_version"
ASKED_PATH = "gateway.asked_path"
"""In the scope of a request that came to an older version: which, and at what path."""
_TRACE = "gateway.trace"
ADMITTED_WITH = "gateway.admitted_with"
"""In the scope of a request: the trace it is handled under, and the header fields that its admission told. Every answer
carries both, whoever makes it (sending.py)."""

HttpRequest = Request[Any, Any, Any]
_PICKED = {
    b"authorization", b"dpop", b"content-type", b"content-length", b"idempotency-key", b"traceparent",
    b"x-forwarded-for", b"accept", b"transfer-encoding",
}  # fmt: skip
_DIGITS = 18
"""Of a Content-Length that are converted; Python refuses to convert thousands of them, and more is too large anyway."""
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")
_KEY = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,200})"|([\x21\x23-\x7e]{1,200})')


class Incoming(Struct, frozen=True):
    """A request as ASGI hands it over."""

    scope: Any
    receive: Callable[[], Awaitable[Any]]


class Head(Struct, frozen=True):
    """Header fields by lower-case name; a repeated one is joined by a comma, as RFC 9110 section 5.3 has it."""

    fields: dict[str, str]
    raw: Sequence[tuple[bytes, bytes]]
    peer: str
    method: str
    path: str
    """As the caller wrote it."""
    trace: str
    """The traceparent that this request is handled under."""
    api_version: str = NEWEST

    def get(self, name: str) -> str | None:
        return self.fields.get(name)

    def content_length(self) -> int | None:
        """Bytes of the body; None where nobody says, or where a transfer coding overrides it (RFC 9112, 6.3)."""
        text = self.fields.get("content-length")
        if text is None or not (text.isascii() and text.isdigit()) or "transfer-encoding" in self.fields:
            return None
        return int(text) if len(text) <= _DIGITS else 10**_DIGITS


def read_head(scope: Any) -> Head:
    fields: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in _PICKED:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            fields[key] = f"{fields[key]}, {text}" if key in fields else text
    client = scope.get("client")
    peer = client[0] if client else ""
    path = scope.get(ASKED_PATH) or scope["path"]
    trace = scope.get(_TRACE)
    if trace is None:
        trace = scope[_TRACE] = _traceparent(fields.get("traceparent", ""))
    return Head(fields, scope["headers"], peer, scope["method"], path, trace, scope.get(API_VERSION, NEWEST))


def trace_of(scope: Any) -> str:
    """The same, for whoever answers without having read the head: a failure is told under the request's own trace."""
    return scope.get(_TRACE) or read_head(scope).trace


def address_of(head: Head, trusted: Networks) -> str:
    """The caller's address: the peer's, or what the nearest proxy we trust saw."""
    address = head.peer
    seen = [part.strip() for part in (head.get("x-forwarded-for") or "").split(",") if part.strip()]
    while seen and is_in(address, trusted):
        address = seen.pop()
    return address


def idempotency_key(head: Head) -> str | Rejection | None:
    """The Idempotency-Key: a structured string, `"…"`, or the same without quotes, at most 200 characters."""
    text = head.get("idempotency-key")
    if text is None:
        return None
    matched = _KEY.fullmatch(text)
    if matched is None:
        return Rejection(
            code="request.malformed",
            text="the Idempotency-Key is not one string of 1 to 200 printable characters",
            act="send a UUID or the document's number in quotes",
        )
    quoted = matched[1]
    return matched[2] if quoted is None else quoted.replace('\\"', '"').replace("\\\\", "\\")


def _traceparent(callers: str) -> str:
    """The caller's trace continued with a step of our own, or a new trace (W3C Trace Context)."""
    matched = _TRACEPARENT.fullmatch(callers)
    span = f"{getrandbits(64) or 1:016x}"
    if matched is None:
        return f"00-{getrandbits(128) or 1:032x}-{span}-00"
    return f"00-{matched[1]}-{span}-{matched[2]}"
