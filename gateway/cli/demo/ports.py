"""Ports of the demo, each held from before its program starts until the demo ends.

A bound socket alone does not hold a port against another demo: while a program starts, it must be free for a program
that reuses addresses, and so it is for a demo that starts in the same moment. So demos hold a lock for each port, too.
"""

import fcntl
import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.cli.demo.programs import DidNotStart

HOST = "127.0.0.1"
_TRIES = 100


class Reserved:
    """A port that is ours until it is closed: listened on by us, so that nobody else is given it."""

    def __init__(self, port: int) -> None:
        """Any port for 0. Raises OSError where it is taken, by whomever."""
        self._socket = _bound(port)
        try:
            self._socket.listen()
            self.port: int = self._socket.getsockname()[1]
            self._lock = _lock(self.port)
        except OSError:
            self._socket.close()
            raise

    def leave_to_listen(self) -> None:
        """Bound, but not listened on: a program that reuses addresses, as servers do, may now listen there, and no
        connection that anybody opens meanwhile is given the port as its own end."""
        self._socket.close()
        with suppress(OSError):  # somebody who knows of no lock was quicker: the program will say so in its log
            self._socket = _bound(self.port)

    def close(self) -> None:
        self._socket.close()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def reserve(usual: int) -> Reserved:
    """The usual port where it is free, another where not."""
    for port in (usual, *[0] * _TRIES):
        with suppress(OSError):
            return Reserved(port)
    raise DidNotStart(f"no port is free on {HOST}")


def _bound(port: int) -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last demo's connections do not take it
    try:
        one.bind((HOST, port))
    except OSError:
        one.close()
        raise
    return one


def _lock(port: int) -> int:
    """Raises BlockingIOError where another demo has it. The file stays: a lock on one that is removed holds nothing."""
    path = Path(tempfile.gettempdir()) / f"partner-gateway-demo-port-{port}"
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        lock = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock
