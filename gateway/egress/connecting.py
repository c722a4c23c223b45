"""How a connection is made: to an address that was checked, and to the certificate that was pinned."""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from gateway.egress.guard import Forbidden, Guard
from gateway.egress.trust import pin_of


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Everything a pool connects to passes the guard; no `local_address`, no sockets of the file system."""

    def __init__(self, guard: Guard, pins: frozenset[bytes]) -> None:
        self._guard = guard
        self._pins = pins
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The first address that answers, in the resolver's order; a dead one uses up its share of the time only."""
        assert timeout is not None
        clock = asyncio.get_running_loop().time
        ends = clock() + timeout
        try:
            async with asyncio.timeout_at(ends):
                addresses = await self._guard.addresses(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        except OSError as error:
            raise httpcore.ConnectError(f"the name does not resolve: {error.strerror or error}") from error
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            share = max(ends - clock(), 0.0) / left
            try:
                stream = await self._network.connect_tcp(address, port, share, None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
            else:
                return CheckedStream(stream, self._pins)
        raise AssertionError("the guard gives one address at least")


class CheckedStream(httpcore.AsyncNetworkStream):
    """A connection whose server must show a pinned certificate, where some are, before it is sent anything."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, pins: frozenset[bytes]) -> None:
        self._stream = stream
        self._pins = pins

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
    ) -> httpcore.AsyncNetworkStream:
        try:
            secured = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except httpcore.ConnectError as error:
            raise httpcore.ConnectError(_why_no_tls(error.__cause__)) from error
        if self._pins:
            shown = secured.get_extra_info("ssl_object").getpeercert(binary_form=True)
            if shown is None or pin_of(shown) not in self._pins:
                await secured.aclose()
                raise Forbidden("the server shows another certificate than the profile names")
        return secured

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _why_no_tls(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS with it: {(error.reason or 'unknown').replace('_', ' ').lower()}"
    return "it ended the connection while TLS was agreed"
