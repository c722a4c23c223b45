"""One connection to the counter store, for exchanges of whole pipelines; the only home of redis.

The library connects: addresses, names and passwords, TLS, unix sockets. Then its connection is ours: reading replies
through its streams took more of the gateway's time than counting did (tests/benchmarks/limits.py).
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_SCHEMES = {"valkey": "redis", "valkeys": "rediss", "redis+unix": "unix", "valkey+unix": "unix"}


class StoreRefused(Exception):  # noqa: N818 - an answer, not a defect
    """The store's answer to one command is an error, e.g. `READONLY You can't write against a read only replica.`"""


Reply = bytes | int | None | StoreRefused
Done = Callable[[list[Reply] | Exception], None]

STORE_ERRORS = (RedisError, StoreRefused, OSError, TimeoutError, EOFError)


class Link(asyncio.Protocol):
    """Every exchange ends within `timeout` seconds, in all its replies or in an exception."""

    def __init__(self, url: str, timeout: float, script: str) -> None:
        self._timeout = timeout
        self._script = script
        scheme, _, rest = url.partition("://")
        self._pool = ConnectionPool.from_url(
            f"{_SCHEMES.get(scheme, scheme)}://{rest}",
            socket_timeout=None,
            socket_connect_timeout=timeout,
            protocol=2,
        )
        self._connection: Any = None
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._replies: list[Reply] = []
        self._expected = 0
        self._done: Done | None = None
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    async def open(self) -> None:
        """Connects anew and makes sure that the store counts. Raises one of STORE_ERRORS."""
        await self.close()
        connection: Any = self._pool.make_connection()  # type: ignore[no-untyped-call] # the library's own
        try:
            async with asyncio.timeout(self._timeout):
                await connection.connect()
                await _ask(connection, "SCRIPT", "LOAD", self._script)
                # A replica, or a server that is full, answers and does not count.
                await _ask(connection, "SET", "limit:probe", "1", "EX", 1)
                _warn_of_eviction(await _ask(connection, "INFO", "memory"))
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._connection = connection
        transport: asyncio.Transport = connection._writer.transport
        transport.set_protocol(self)
        self._transport = transport
        self._received = b""

    def exchange(self, commands: bytes, replies: int, done: Done) -> None:
        """Sends `commands`, and gives `done` their replies. One exchange at a time."""
        assert self._done is None
        assert self._transport is not None
        self._replies, self._expected, self._done = [], replies, done
        self._deadline = asyncio.get_running_loop().call_later(self._timeout, self._fail, TimeoutError())
        self._transport.write(commands)

    async def close(self) -> None:
        self._fail(ConnectionError("the connection was closed"))
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        """asyncio's: more of the replies."""
        self._received = received = self._received + data if self._received else data
        at = 0
        while len(self._replies) < self._expected:
            try:
                found = _read_reply(received, at)
            except ValueError as error:
                self._fail(ConnectionError(str(error)))
                return
            if found is None:
                break
            reply, at = found
            self._replies.append(reply)
        self._received = received[at:]
        if len(self._replies) == self._expected:
            self._finish(self._replies)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's: the store hung up."""
        self._fail(exc or ConnectionError("the store closed the connection"))

    def _fail(self, error: Exception) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
        self._finish(error)

    def _finish(self, outcome: list[Reply] | Exception) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        done, self._done, self._expected = self._done, None, 0
        if done is not None:
            done(outcome)


def _read_reply(received: bytes, at: int) -> tuple[Reply, int] | None:
    """The reply that begins at `at` and where it ends (RESP 2, without arrays, which no command of ours has); None
    when not all of it is there yet.
    """
    line_end = received.find(b"\r\n", at)
    if line_end < 0:
        return None
    kind, line, end = received[at], received[at + 1 : line_end], line_end + 2
    if kind == 0x24:  # $, a text of so many bytes
        length = int(line)
        if length < 0:
            return (None, end)
        return (received[end : end + length], end + length + 2) if len(received) >= end + length + 2 else None
    if kind == 0x3A:  # :
        return int(line), end
    if kind == 0x2B:  # +
        return line, end
    if kind == 0x2D:  # -
        return StoreRefused(line.decode(errors="replace")), end
    raise ValueError(f"the store's answer begins with {received[at : at + 1]!r}")


async def _ask(connection: Any, *words: Any) -> Any:
    await connection.send_packed_command(connection.pack_command(*words), check_health=False)
    return await connection.read_response()


def _warn_of_eviction(memory: bytes) -> None:
    """Counters that are evicted under pressure are limits that open under pressure."""
    settings = dict(line.split(b":", 1) for line in memory.splitlines() if b":" in line)
    policy = settings.get(b"maxmemory_policy", b"noeviction").decode()
    if policy != "noeviction":
        log.warning(
            "the counter store evicts keys (maxmemory-policy %s); limits may be forgotten: use noeviction", policy
        )
