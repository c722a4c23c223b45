"""The stand-in as an ASGI application: the JSON-2 protocol of Odoo 19, and `/standin/…` for faults and for looking.

GET  /web/version                     no key needed
POST /json/2/<model>/<method>         Authorization: bearer <key>; X-Odoo-Database when one is configured
GET  /standin/orders                  a page for people; with `Accept: application/json` the same as JSON
GET  /standin/faults · POST           the switches of `faults.Faults`; a POST of `{}` leaves them as they are
POST /standin/recover                 all switches off
POST /standin/seed                    more records, in the form of `seed.json`
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from gateway.destinations.odoo_standin.answers import (
    Said,
    bad_request,
    not_found,
    serialization_failure,
    type_error,
    unauthorized,
    value_error,
)
from gateway.destinations.odoo_standin.calls import carry_out, changes
from gateway.destinations.odoo_standin.faults import Faults
from gateway.destinations.odoo_standin.loading import clashed, is_load_refused
from gateway.destinations.odoo_standin.pages import orders_as_json, orders_page
from gateway.destinations.odoo_standin.seeding import Seed, plant
from gateway.destinations.odoo_standin.store import Store

BANNER = "Odoo stand-in of Partner Gateway: not Odoo, for demonstration and tests only"
BODY_LIMIT = 8 * 1024 * 1024

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class ConnectionCut(Exception):  # noqa: N818 - asked for by a fault switch, not a defect
    """The connection is to be cut without an answer; `serving` knows how."""


class _Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    media_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = {}


def application(
    store: Store, *, api_key: str, database: str | None = None, faults: Faults | None = None
) -> Application:
    """The ASGI application on `store`; callers share `faults` to switch things off without HTTP."""
    switches = faults if faults is not None else Faults()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body_of(receive)
        try:
            answered = await _route(store, switches, scope, body, api_key, database)
        except Said as said:
            answered = _Answer(said.status, said.body(), headers=said.headers)
        headers = {"content-type": answered.media_type, "x-stand-in": BANNER, **answered.headers}
        await send({
            "type": "http.response.start",
            "status": answered.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        })  # fmt: skip
        await send({"type": "http.response.body", "body": answered.body})

    return answer


async def _body_of(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            raise ConnectionCut
    return bytes(body)


async def _route(store: Store, faults: Faults, scope: Scope, body: bytes, key: str, database: str | None) -> _Answer:
    path, method = scope["path"], scope["method"]
    if path.startswith("/standin/"):
        return _standin(store, faults, scope, body)
    if faults.refuse:
        raise ConnectionCut
    if faults.latency:
        await asyncio.sleep(faults.latency)
    if faults.is_away():
        return _Answer(503, b"<h1>503 Service Unavailable</h1>", "text/html")
    if faults.hits("too_many"):
        return _Answer(429, b"too many requests", "text/plain", {"retry-after": str(faults.retry_after)})
    if path == "/web/version" and method == "GET":
        return _Answer(200, b'{"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}')
    parts = path.split("/")
    if parts[:3] != ["", "json", "2"] or len(parts) != 5 or method != "POST":
        raise not_found("Did you mean POST /json/2/<model>/<method>?")
    _check_caller(scope, key, database)
    return _call(store, faults, parts[3], parts[4], _arguments(body))


def _check_caller(scope: Scope, key: str, database: str | None) -> None:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    kind, _, shown = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not shown:
        raise unauthorized("User not authenticated, use an API Key with a Bearer Authorization header.")
    if shown != key:
        raise unauthorized("Invalid apikey")
    if database is not None and headers.get("x-odoo-database") != database:
        raise not_found("No database is selected and the requested URL was not found in the server-wide controllers.")


def _arguments(body: bytes) -> dict[str, Any]:
    try:
        arguments = msgspec.json.decode(body)
    except msgspec.DecodeError as wrong:
        raise bad_request(f"could not parse the body as json: {wrong}") from None
    return arguments if isinstance(arguments, dict) else {}


def _call(store: Store, faults: Faults, model: str, method: str, arguments: dict[str, Any]) -> _Answer:
    """Carry out one call as one transaction. A `load` that was refused leaves nothing, and still answers 200."""
    if faults.hits("fail"):
        raise Said(500, "builtins.RuntimeError", "the stand-in was told to fail")
    if changes(method) and faults.hits("clash"):
        if method == "load":
            return _Answer(200, msgspec.json.encode(clashed()))
        raise serialization_failure()
    try:
        value = carry_out(store, model, method, arguments)
    except Said:
        store.undo()
        raise
    except (ValueError, IndexError) as wrong:
        store.undo()
        raise value_error(str(wrong)) from None
    except (TypeError, KeyError) as wrong:
        store.undo()
        raise type_error(str(wrong)) from None
    if method == "load" and is_load_refused(value):
        store.undo()
    else:
        store.keep()
    if changes(method) and faults.cuts():
        raise ConnectionCut
    return _Answer(200, msgspec.json.encode(value))


def _standin(store: Store, faults: Faults, scope: Scope, body: bytes) -> _Answer:
    wants_json = any(name == b"accept" and b"application/json" in value for name, value in scope["headers"])
    match scope["method"], scope["path"]:
        case "GET", "/standin/orders" if wants_json:
            return _Answer(200, orders_as_json(store))
        case "GET", "/standin/orders":
            return _Answer(200, orders_page(store, BANNER), "text/html; charset=utf-8")
        case "GET", "/standin/faults":
            return _Answer(200, msgspec.json.encode(faults))
        case "POST", "/standin/faults":
            return _Answer(200, _switch(faults, body))
        case "POST", "/standin/recover":
            return _Answer(200, _switch(faults, msgspec.json.encode(Faults())))
        case "POST", "/standin/seed":
            with store.transaction():
                plant(store, msgspec.json.decode(body, type=Seed))
            return _Answer(200, b"{}")
    raise not_found("the stand-in has /standin/orders, /standin/faults, /standin/recover and /standin/seed")


def _switch(faults: Faults, body: bytes) -> bytes:
    known = set(Faults.__struct_fields__)
    asked = msgspec.json.decode(body or b"{}", type=dict[str, Any])
    unknown = sorted(set(asked) - known)
    if unknown:
        raise bad_request(f"unknown switch `{unknown[0]}`; use one of {', '.join(sorted(known))}")
    try:
        checked = msgspec.convert(msgspec.to_builtins(faults) | asked, Faults)
    except msgspec.ValidationError as wrong:
        raise bad_request(str(wrong)) from None
    for name in known:
        setattr(faults, name, getattr(checked, name))
    return msgspec.json.encode(faults)
