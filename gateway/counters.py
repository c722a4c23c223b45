"""Limit counters in Redis or Valkey: one atomic call for all limits of a request; the only home of redis.

Requests that arrive within one tick of the event loop, and those that arrive while an answer is awaited, go out
together as one call of `counters.lua`. A request never waits longer than `timeout` for the store: when the store is
away, each limit's `on_store_loss` decides here, and the way back is looked for in the background. No error of the
store leaves this module. One server (or a failover pair behind one address) is meant, not a sharded cluster.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from redis.asyncio import ConnectionPool
from redis.exceptions import NoScriptError, RedisError, ResponseError

from gateway.identity.replays import ProcessReplays, ReplaysUnavailable
from gateway.local_counters import LocalCounters
from policies.limits import Charge, State

log = logging.getLogger(__name__)

SCRIPT = (Path(__file__).parent / "counters.lua").read_text()
_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

_MOST_TOGETHER = 500
"""Requests in one call of the script, so that the store is never held for more than a few milliseconds."""

_Charges = tuple[Sequence[Charge], "asyncio.Future[tuple[State, ...] | None]"]
_Command = tuple[tuple[Any, ...], "asyncio.Future[Any]"]
_STORE_ERRORS = (RedisError, OSError, TimeoutError, EOFError)


class Counters:
    """Counts charges, and remembers what may be used once. `url` None: this process alone is the store.

    `gateways` says how many processes share the limits; `timeout` is in seconds.
    """

    def __init__(
        self,
        url: str | None,
        *,
        gateways: Callable[[], int] = lambda: 1,
        timeout: float = 0.25,
        longest_pause: float = 2.0,
    ) -> None:
        self._link = _Link(url, timeout) if url is not None else None
        self._gateways = gateways
        self._longest_pause = longest_pause
        self._local = LocalCounters()
        self._used = ProcessReplays()
        self._charges: list[_Charges] = []
        self._commands: list[_Command] = []
        self._sending: asyncio.Task[None] | None = None
        self._recovering: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def is_away(self) -> bool:
        """Whether limits are decided here because the store does not answer."""
        return self._recovering is not None

    async def charge(self, charges: Sequence[Charge]) -> Sequence[State]:
        """One State per charge, in their order. All are counted, or, when one that is enforced does not fit, none."""
        if not charges:
            return ()
        if self._link is None:
            return self._local.charge(charges)
        if self._recovering is None and not self._closed:
            future: asyncio.Future[tuple[State, ...] | None] = asyncio.get_running_loop().create_future()
            self._charges.append((charges, future))
            self._send_soon()
            states = await future
            if states is not None:
                return states
        return self._local.charge_share(charges, self._gateways())

    async def first_use(self, key: str, seconds: int) -> bool:
        """True for the first call with `key` within `seconds`, False after, among all gateways.

        While the store is away a single gateway decides from its own memory; several raise ReplaysUnavailable,
        because none knows what the others have seen.
        """
        try:
            if not await self._used.first_use(key, seconds):
                return False
        except ReplaysUnavailable:
            if self._link is None:
                raise
        if self._link is None:
            return True
        answer = await self._command("SET", f"used:{key}", "1", "NX", "EX", seconds)
        if answer is _NO_ANSWER:
            if self._gateways() > 1:
                raise ReplaysUnavailable
            return True
        return answer is not None

    async def ping(self) -> bool:
        """Whether the store answers; True without one."""
        return self._link is None or await self._command("PING") is not _NO_ANSWER

    async def close(self) -> None:
        """Answers what still waits from here and lets go of the connection."""
        self._closed = True
        for task in (self._sending, self._recovering):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._answer_from_here()
        if self._link is not None:
            await self._link.close()

    async def _command(self, *words: Any) -> Any:
        if self._recovering is not None or self._closed:
            return _NO_ANSWER
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._commands.append((words, future))
        self._send_soon()
        return await future

    def _send_soon(self) -> None:
        # The task starts in the next tick and so finds everything this tick has added.
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        assert self._link is not None
        try:
            while self._charges or self._commands:
                charges, self._charges = self._charges[:_MOST_TOGETHER], self._charges[_MOST_TOGETHER:]
                commands, self._commands = self._commands, []
                try:
                    await self._link.exchange(charges, commands)
                except BaseException as error:
                    self._charges[:0] = charges
                    self._commands[:0] = commands
                    # Whatever went wrong, a defect of ours included: no request may hang.
                    if not isinstance(error, Exception):
                        raise
                    self._go_on_alone(error)
        finally:
            self._sending = None

    def _go_on_alone(self, error: Exception) -> None:
        log.error("counter store away (%s); each limit's on_store_loss decides", _reason(error))
        self._recovering = asyncio.get_running_loop().create_task(self._recover())
        self._answer_from_here()

    def _answer_from_here(self) -> None:
        for _, future in self._charges:
            _resolve(future, None)
        for _, waiting in self._commands:
            _resolve(waiting, _NO_ANSWER)
        self._charges, self._commands = [], []

    async def _recover(self) -> None:
        assert self._link is not None
        pause = 0.05
        while True:
            await asyncio.sleep(pause)
            try:
                await self._link.open()
                break
            except _STORE_ERRORS:
                pause = min(pause * 2, self._longest_pause)
        self._local.forget()
        self._recovering = None
        log.warning("counter store back; limits are shared again")


_NO_ANSWER = object()


def _resolve(future: "asyncio.Future[Any]", answer: Any) -> None:
    if not future.done():  # its request may have been cancelled
        future.set_result(answer)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


_SCHEMES = {"valkey": "redis", "valkeys": "rediss", "redis+unix": "unix", "valkey+unix": "unix"}


class _Link:
    """One connection to the store. Every call ends within the time-out, in an answer or in one of _STORE_ERRORS."""

    def __init__(self, url: str, timeout: float) -> None:
        self._timeout = timeout
        # Time-outs of our own cover whole exchanges; the library's would cost a task for every write.
        scheme, _, rest = url.partition("://")
        self._pool = ConnectionPool.from_url(
            f"{_SCHEMES.get(scheme, scheme)}://{rest}",
            socket_timeout=None,
            socket_connect_timeout=timeout,
            protocol=2,
        )
        self._connection: Any = None

    async def open(self) -> None:
        """Connects anew and makes sure of the script."""
        await self.close()
        connection: Any = self._pool.make_connection()  # type: ignore[no-untyped-call] # the library's own
        try:
            async with asyncio.timeout(self._timeout):
                await connection.connect()
                await self._ask(connection, "SCRIPT", "LOAD", SCRIPT)
                # A replica, or a server that is full, answers and does not count.
                await self._ask(connection, "SET", "limit:probe", "1", "EX", 1)
                _warn_of_eviction(await self._ask(connection, "INFO", "memory"))
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._connection = connection

    async def exchange(self, charges: list[_Charges], commands: list[_Command]) -> None:
        """Sends all in one go and gives every future its answer; gives none when it raises."""
        if self._connection is None:
            await self.open()
        words = [command for command, _ in commands]
        if charges:
            words.insert(0, _evalsha([asked for asked, _ in charges]))
        try:
            async with asyncio.timeout(self._timeout):
                replies = await self._roundtrip(words)
                if charges and isinstance(replies[0], NoScriptError):
                    # FLUSHALL leaves scripts, a restart or SCRIPT FLUSH does not.
                    await self._ask(self._connection, "SCRIPT", "LOAD", SCRIPT)
                    replies[0] = (await self._roundtrip(words[:1]))[0]
        except _STORE_ERRORS:
            await self.close()
            raise
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise reply
        if charges:
            _hand_out(replies.pop(0), charges)
        for (_, future), reply in zip(commands, replies, strict=True):
            _resolve(future, reply)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _roundtrip(self, words: list[tuple[Any, ...]]) -> list[Any]:
        connection = self._connection
        await connection.send_packed_command(connection.pack_commands(words), check_health=False)
        replies: list[Any] = []
        for _ in words:
            try:
                replies.append(await connection.read_response())
            except ResponseError as error:
                replies.append(error)  # the answers to the other commands follow it
        return replies

    async def _ask(self, connection: Any, *words: Any) -> Any:
        await connection.send_packed_command(connection.pack_command(*words), check_health=False)
        return await connection.read_response()


def _evalsha(requests: list[Sequence[Charge]]) -> tuple[Any, ...]:
    keys = [f"limit:{charge.key}" for charge in chain.from_iterable(requests)]
    numbers = [
        f"{len(request)} "
        + " ".join(f"{one.interval_us} {one.burst} {one.cost} {1 if one.enforced else 0}" for one in request)
        for request in requests
    ]
    return ("EVALSHA", _SHA, len(keys), *keys, " ".join(numbers))


def _hand_out(reply: bytes, charges: list[_Charges]) -> None:
    numbers = iter(map(int, reply.split()))
    for asked, future in charges:
        states = tuple(State(next(numbers) == 1, next(numbers), next(numbers)) for _ in asked)
        _resolve(future, states)


def _warn_of_eviction(memory: bytes) -> None:
    """Counters that are evicted under pressure are limits that open under pressure."""
    settings = dict(line.split(b":", 1) for line in memory.splitlines() if b":" in line)
    policy = settings.get(b"maxmemory_policy", b"noeviction").decode()
    if policy != "noeviction":
        log.warning(
            "the counter store evicts keys (maxmemory-policy %s); limits may be forgotten: use noeviction", policy
        )
