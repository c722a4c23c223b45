"""Serves the stand-in over HTTP/1.1 on a socket of its own.

A small server rather than granian, because an ASGI server always answers something, and the stand-in must be able to
cut a connection after it has committed.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from gateway.destinations.odoo_standin.application import BANNER, BODY_LIMIT, Application, ConnectionCut, application
from gateway.destinations.odoo_standin.faults import Faults
from gateway.destinations.odoo_standin.seeding import plant, read_seed
from gateway.destinations.odoo_standin.store import Store

_HEAD_LIMIT = 16 * 1024
_IDLE_SECONDS = 75.0


def main(host: str, port: int, state: Path | None = None, *, api_key: str, database: str | None = None,
         seed: Path | None = None) -> None:  # fmt: skip
    """Serve until SIGINT or SIGTERM. `state` is an SQLite file that keeps the records; without it they are lost."""
    asyncio.run(_serve_until_told(host, port, state, api_key, database, seed))


async def _serve_until_told(
    host: str, port: int, state: Path | None, api_key: str, database: str | None, seed: Path | None
) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    store = open_store(state, seed)
    try:
        async with serving(application(store, api_key=api_key, database=database), host, port) as address:
            sys.stderr.write(f"{BANNER}\nlistening on {address}, orders at {address}/standin/orders\n")
            await told.wait()
    finally:
        store.close()


def open_store(state: Path | None = None, seed: Path | None = None) -> Store:
    """The records of `state`, or fresh ones, with the seed planted."""
    store = Store(state)
    with store.transaction():
        plant(store, read_seed(seed))
    return store


@asynccontextmanager
async def standing_in(
    store: Store, *, api_key: str, database: str | None = None, faults: Faults | None = None, host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[str]:  # fmt: skip
    """The stand-in on `store` inside this event loop; gives its address. Port 0 takes a free one."""
    async with serving(application(store, api_key=api_key, database=database, faults=faults), host, port) as address:
        yield address


@asynccontextmanager
async def serving(app: Application, host: str, port: int) -> AsyncIterator[str]:
    """Any ASGI application that knows `ConnectionCut`, on a socket; connections end with the block."""
    open_connections: set[asyncio.Task[None]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_connections.add(task)
        try:
            await _converse(app, reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # the block ended; asyncio's streams complain about a cancelled handler
        finally:
            open_connections.discard(task)

    server = await asyncio.start_server(meet, host, port, limit=_HEAD_LIMIT)
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(open_connections):
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)
        await server.wait_closed()


async def _converse(app: Application, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests of one connection, one after the other, until either side ends it."""
    try:
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                request = await _read_request(reader)
            if request is None:
                break
            writer.write(await _answered(app, *request))
            await writer.drain()
    except ConnectionCut:
        writer.transport.abort()
    except (ConnectionError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        pass  # the other side went away or does not speak HTTP: there is nobody to tell
    finally:
        writer.close()


async def _read_request(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes] | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = [
        (name.strip().lower().encode("latin-1"), value.strip().encode("latin-1"))
        for name, _, value in (line.partition(":") for line in lines)
    ]
    length = int(dict(headers).get(b"content-length", b"0"))
    if length > BODY_LIMIT or b"transfer-encoding" in dict(headers):
        raise ValueError("the stand-in reads bodies with a length, of at most 8 MB")
    body = await reader.readexactly(length) if length else b""
    path, _, query = target.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
    return scope, body


async def _answered(app: Application, scope: dict[str, Any], body: bytes) -> bytes:
    start: dict[str, Any] = {}
    content = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            content.extend(message.get("body", b""))

    await app(scope, receive, send)
    phrase = HTTPStatus(start["status"]).phrase
    lines = [f"HTTP/1.1 {start['status']} {phrase}".encode()]
    lines += [name + b": " + value for name, value in start["headers"]]
    lines.append(f"content-length: {len(content)}".encode())
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(content)
