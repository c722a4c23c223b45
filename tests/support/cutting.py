"""A way to an HTTP server that a test can cut at any place of a request or an answer.

Each connection is a thread: the gateways at both ends are processes of their own, and a cut must not wait for a loop.
"""

import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

Way = Literal["asked", "answered"]
Part = Literal["head", "body"]
_MESSAGE_ID = re.compile(rb"\r\nmessage-id: *<([^>]+)>", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Cut:
    """After this share of a request, or of its answer, the connection is gone at both ends. Of an answer whose share
    is 0 nothing is passed on, though the server has given it; `share` 1 of a request leaves the server at work."""

    way: Way
    part: Part
    share: float
    is_reset: bool = True
    """RST, as of a host that lost its state; else FIN, as of a program that ended."""
    then: Callable[[], None] | None = None
    """What happens at that very moment besides."""

    def __str__(self) -> str:
        return f"{self.share:.0%} of the {self.part} {self.way}{'' if self.is_reset else ', closed'}"


@dataclass
class Passed:
    """One request that was read, what the server answered, and how much of it was passed on; `cut` where it was."""

    asked: bytes
    given: bytes = b""
    answered: bytes = b""
    cut: Cut | None = None


@dataclass
class CuttingProxy:
    """Listens at `url` while it is open, and passes on to `port`. `cuts` meet the next Message-ID that comes by, one
    each of its requests; `met` is that Message-ID, without its brackets."""

    port: int
    cuts: list[Cut] = field(default_factory=list)
    met: str | None = None
    passed: list[Passed] = field(default_factory=list)
    is_away: bool = False
    """Nothing is passed on any more: as a partner whose server is down behind its firewall."""

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._is_closed = False
        self._without: bytes | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._is_closed = True
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()
        for one in list(self._open):
            _end(one, is_reset=True)

    def of(self, message_id: str) -> list[Passed]:
        """Requests under this Message-ID, which stands without its brackets."""
        line = f"message-id: <{message_id}>\r\n".encode()
        return [one for one in self.passed if line in one.asked]

    def meet(self, *cuts: Cut, without: bytes | None = None) -> None:
        """`without`: requests that have this in their head are let pass."""
        self.cuts, self.met, self._without = list(cuts), None, without

    def _next_cut(self, request: bytes) -> Cut | None:
        found = _MESSAGE_ID.search(request)
        if found is None or self.met not in (None, found[1].decode()):
            return None
        if self._without is not None and self._without in request[: request.find(b"\r\n\r\n")]:
            return None
        self.met = found[1].decode()
        return self.cuts.pop(0) if self.cuts else None

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._is_closed:
                here, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(here,), daemon=True).start()

    def _serve(self, here: socket.socket) -> None:
        """One connection here, one there, request by request."""
        self._open.add(here)
        cut: Cut | None = None
        there: socket.socket | None = None
        try:
            while not cut and not self.is_away and (request := _read(here)):
                there = there or socket.create_connection(("127.0.0.1", self.port), 30)
                self._open.add(there)
                cut = self._next_cut(request)
                self._pass_on(Passed(request, cut=cut), here, there)
        except OSError:
            pass
        finally:
            for one in (here, there):
                if one is not None:
                    _end(one, is_reset=cut.is_reset if cut is not None else True)
                    self._open.discard(one)

    def _pass_on(self, one: Passed, here: socket.socket, there: socket.socket) -> None:
        self.passed.append(one)
        cut = one.cut
        if cut is not None and cut.way == "asked":
            there.sendall(_share(one.asked, cut))
            _and_then(cut)
            return
        there.sendall(one.asked)
        one.given = _read(there)
        one.answered = one.given if cut is None else _share(one.given, cut)
        _and_then(cut)
        here.sendall(one.answered)


def _and_then(cut: Cut | None) -> None:
    if cut is not None and cut.then is not None:
        cut.then()


def _share(whole: bytes, cut: Cut) -> bytes:
    head = whole.find(b"\r\n\r\n") + 4
    if cut.part == "head":
        return whole[: int(head * cut.share)]
    return whole[: head + int((len(whole) - head) * cut.share)]


def _read(one: socket.socket) -> bytes:
    """A request or an answer, with a Content-Length where it has a body; empty at the end of the connection."""
    whole = b""
    while b"\r\n\r\n" not in whole:
        if not (piece := one.recv(65536)):
            return b""
        whole += piece
    head = whole.find(b"\r\n\r\n") + 4
    length = _LENGTH.search(whole[:head])
    size = head + int(length[1] if length is not None else 0)
    while len(whole) < size:
        if not (piece := one.recv(65536)):
            return b""
        whole += piece
    return whole


def _end(one: socket.socket, *, is_reset: bool) -> None:
    with suppress(OSError):
        if is_reset:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            one.shutdown(socket.SHUT_RDWR)
    one.close()
