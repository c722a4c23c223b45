"""Random bytes of the operating system, fetched 4 KB at a time.

Asking for a few bytes lets go of the interpreter, and on a busy server another thread then takes it: that wait costs
more than the bytes. Each thread has a store of its own, and a forked process begins with an empty one, so that nobody
is ever given what somebody else was given.
"""

import os
import threading

_FETCHED = 4096


class _Store(threading.local):
    def __init__(self) -> None:
        self.bytes = b""
        self.at = 0


_store = _Store()


def random_bytes(count: int) -> bytes:
    """`count` bytes, at most 4096, fit for keys, nonces and ids that must not be guessed."""
    if count > _FETCHED:
        raise ValueError(f"at most {_FETCHED} random bytes at once, not {count}")
    end = _store.at + count
    if end > len(_store.bytes):
        _store.bytes, _store.at, end = os.urandom(_FETCHED), 0, count
    taken = _store.bytes[_store.at : end]
    _store.at = end
    return taken


def _forget() -> None:
    _store.bytes, _store.at = b"", 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
