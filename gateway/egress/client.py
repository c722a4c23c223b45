"""The one client for addresses of partners: `post`, and what came of it.

It stands on httpcore, the engine of httpx, because only there is the connection ours to make; and because what httpx
adds (redirects, cookies, proxies and passwords of the environment, decompression) is what must not happen here.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpcore
import httpx
from msgspec import Struct

from gateway.egress.connecting import CheckedNetwork
from gateway.egress.guard import Forbidden, Guard, Resolve
from gateway.egress.trust import Trust, tls_context
from gateway.networks import Networks

_PIECE = 64 * 1024
"""Bytes of a body written at a time, so that the time allowed for a stall is not the time of the whole body."""
_KEPT_SECONDS = 5.0
"""How long an idle connection is kept: below what servers keep theirs, so that we seldom write into a closing one."""


class NoAnswer(Exception):  # noqa: N818 - a normal end of a call, not a defect
    """Nothing was heard. `maybe_sent` False: the server was never given a byte of the request, it is safe to repeat."""

    def __init__(self, why: str, *, maybe_sent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.maybe_sent = maybe_sent


class Answer(Struct, frozen=True, kw_only=True):
    """What the server said. Redirects are answers. `content` is as sent, never decompressed; `complete` False: it was
    longer than asked for, or broke off, or took too long, and `content` is its beginning."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes
    complete: bool

    def header(self, name: str) -> str | None:
        """The first header of this name, which is given in small letters."""
        return next((value for known, value in self.headers if known == name), None)


class Times(Struct, frozen=True, kw_only=True):
    """Seconds: until the connection stands (name, TCP, TLS each), without a byte moving, and for everything."""

    connect: float = 10.0
    stall: float = 30.0
    total: float = 60.0


class Egress:
    """One for a process. `listed` are the networks partners may be in beside the public internet; `authorities` (PEM)
    are believed instead of the system's."""

    def __init__(
        self, listed: Networks = (), *, authorities: Path | None = None, resolve: Resolve | None = None
    ) -> None:
        self.guard = Guard(listed, resolve)
        self._authorities = authorities
        self._pools: dict[tuple[Trust, int], httpcore.AsyncConnectionPool] = {}

    async def post(
        self,
        url: str,
        content: bytes,
        headers: Mapping[str, str],
        *,
        trust: Trust = Trust(),  # noqa: B008 - frozen
        times: Times = Times(),  # noqa: B008 - frozen
        most_answer: int = 64 * 1024,
    ) -> Answer:
        """What the server answers, whatever its status. `most_answer`: bytes of its body that are read.

        Raises NoAnswer. Cancelling it closes the connection.
        """
        target = _read(url)
        request = _Request(target, content, headers, times)
        try:
            pool = self._pool(trust)
        except (OSError, ssl.SSLError) as error:
            raise NoAnswer(f"our certificate for TLS cannot be used: {error}", maybe_sent=False) from error
        try:
            async with asyncio.timeout(times.total):
                return await request.send(pool, most_answer)
        except Forbidden as refusal:
            raise NoAnswer(str(refusal), maybe_sent=False) from refusal
        except httpcore.LocalProtocolError as error:
            raise NoAnswer(f"the request cannot be written: {error}", maybe_sent=False) from error
        except TimeoutError as error:
            if request.response is not None:
                return request.answer(complete=False)
            raise NoAnswer(f"{target.host}: no answer within {times.total:g} s", maybe_sent=request.begun) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            raise NoAnswer(f"{target.host}: {str(error) or type(error).__name__}", maybe_sent=request.begun) from error

    async def connect(self, url: str, *, trust: Trust = Trust(), seconds: float = 10.0) -> None:  # noqa: B008 - frozen
        """As far as a request would go before its first byte: name, guard, TCP, TLS; then it is closed.

        Raises NoAnswer, from Forbidden where we do not go there or do not believe who is there.
        """
        target = _read(url)
        network = CheckedNetwork(self.guard, trust.pins)
        secured = target.scheme == "https"
        try:
            stream = await network.connect_tcp(target.host, target.port or (443 if secured else 80), seconds)
            try:
                if secured:
                    stream = await stream.start_tls(tls_context(trust, self._authorities), target.host, seconds)
            finally:
                await stream.aclose()
        except Forbidden as refusal:
            raise NoAnswer(str(refusal), maybe_sent=False) from refusal
        except (httpcore.NetworkError, httpcore.TimeoutException, OSError) as error:
            raise NoAnswer(f"{target.host}: {str(error) or type(error).__name__}", maybe_sent=False) from error

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    def _pool(self, trust: Trust) -> httpcore.AsyncConnectionPool:
        """Connections are shared by those alone who believe and show the same. A client's certificate that was
        replaced is read again. As many connections as callers: one slow partner never waits for another's."""
        made = trust.client.certificate.stat().st_mtime_ns if trust.client is not None else 0
        pool = self._pools.get((trust, made))
        if pool is None:
            pool = self._pools[trust, made] = httpcore.AsyncConnectionPool(
                ssl_context=tls_context(trust, self._authorities),
                max_connections=None,
                max_keepalive_connections=64,
                keepalive_expiry=_KEPT_SECONDS,
                network_backend=CheckedNetwork(self.guard, trust.pins),
            )
        return pool


class _Request:
    """One request and what was heard of it. `begun` once the first byte may have left."""

    def __init__(self, url: httpx.URL, content: bytes, headers: Mapping[str, str], times: Times) -> None:
        self.begun = False
        self.response: httpcore.Response | None = None
        self._heard = bytearray()
        own = {"host": url.netloc.decode(), "accept-encoding": "identity", "content-length": str(len(content))}
        given = {name.lower(): value for name, value in headers.items()}
        self._content = content
        self._request = httpcore.Request(
            "POST",
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in (given | own).items()],
            content=self._pieces(),
            extensions={
                "timeout": {"connect": times.connect, "read": times.stall, "write": times.stall},
                "trace": self._trace,
            },
        )

    async def send(self, pool: httpcore.AsyncConnectionPool, most: int) -> Answer:
        self.response = await pool.handle_async_request(self._request)
        try:
            return self.answer(complete=await self._hear(self.response, most))
        finally:
            await self.response.aclose()

    def answer(self, *, complete: bool) -> Answer:
        assert self.response is not None
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self.response.headers]
        return Answer(
            status=self.response.status, headers=tuple(headers), content=bytes(self._heard), complete=complete
        )

    async def _hear(self, response: httpcore.Response, most: int) -> bool:
        """The body as far as it comes; the status is known by then, so that nothing here is a failure of the call."""
        try:
            async for piece in response.aiter_stream():
                self._heard += piece[: most - len(self._heard) + 1]
                if len(self._heard) > most:
                    del self._heard[most:]
                    return False
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            return False
        return True

    async def _pieces(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), _PIECE):
            yield self._content[start : start + _PIECE]

    async def _trace(self, event: str, _: Mapping[str, Any]) -> None:
        if event == "http11.send_request_headers.started":
            self.begun = True


def _read(url: str) -> httpx.URL:
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise NoAnswer(f"the address is none: {error}", maybe_sent=False) from error
    if read.scheme not in ("http", "https") or not read.host or read.userinfo:
        raise NoAnswer("the address is none we call: https://, a host and no password", maybe_sent=False)
    return read
