"""A load of HTTP/1.1 requests from one process: a number of connections, each sending its next when answered."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import uvloop


@dataclass
class Outcome:
    """`seconds` of wall clock for all requests; latencies in seconds; how often each status was answered."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class _Connection(asyncio.Protocol):
    """Sends one request, reads its answer by Content-Length, sends the next."""

    def __init__(self, requests: Iterator[bytes], outcome: Outcome, done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._outcome = outcome
        self._done = done
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length: ")
        length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return
        self._outcome.latencies.append(time.perf_counter() - self._sent)
        status = int(head[9:12])
        self._outcome.statuses[status] = self._outcome.statuses.get(status, 0) + 1
        self._buffer = body[length:]
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            if not self._done.done():
                self._done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined]


def run_load(port: int, requests: Iterator[bytes], connections: int) -> Outcome:
    """All of `requests`, over `connections` at once, to 127.0.0.1."""

    async def drive() -> Outcome:
        outcome = Outcome(0.0)
        loop = asyncio.get_running_loop()
        done = [loop.create_future() for _ in range(connections)]
        started = time.perf_counter()
        for one in done:
            await loop.create_connection(lambda one=one: _Connection(requests, outcome, one), "127.0.0.1", port)
        await asyncio.gather(*done)
        outcome.seconds = time.perf_counter() - started
        return outcome

    return uvloop.run(drive())


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One request as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
