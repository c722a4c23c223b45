"""A partner's host name becomes addresses once, and every one of them is checked before the first is connected to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from gateway.egress.addresses import read_address, why_forbidden
from gateway.networks import Networks
from gateway.observing import EGRESS_FORBIDDEN

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Every address of a host. Raises OSError where it has none."""

_MOST_ADDRESSES = 32


class Forbidden(Exception):  # noqa: N818 - a refusal, not a defect
    """The host is, or may turn out to be, where we do not go; the text says why and is fit for a log."""


class Guard:
    """`listed` are the networks that partners may be in beside the public internet."""

    def __init__(self, listed: Networks, resolve: Resolve | None = None) -> None:
        self._listed = listed
        self._resolve = resolve or _Resolver().resolve

    async def addresses(self, host: str, port: int) -> list[str]:
        """Where `host` may be connected to, literally: a second resolution could answer otherwise (DNS rebinding).

        One forbidden address forbids the host, since which of them is connected to is left to chance. Raises
        Forbidden, and OSError where the name does not resolve.
        """
        found = [read_address(text) for text in dict.fromkeys(await self._resolve(host, port))]
        if not found:
            raise OSError("the name has no address")
        for address in found:
            why = why_forbidden(address, self._listed)
            if why is not None:
                EGRESS_FORBIDDEN.inc()
                raise Forbidden(f"{host} is at {address} ({why}), which GATEWAY_EGRESS_NETWORKS does not list")
        return [str(address) for address in found[:_MOST_ADDRESSES]]


class _Resolver:
    """The system's, in threads of its own: names that hang hold up each other, but nothing else of this process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="resolve")

    async def resolve(self, host: str, port: int) -> list[str]:
        def ask() -> list[str]:
            return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]

        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)
