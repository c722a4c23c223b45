"""Large messages are trees of small objects without a cycle; Python's collector looks for cycles in vain."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SMALL = 256 * 1024
"""Bytes of an input below which nothing is gained."""


@contextmanager
def uncollected(size: int) -> Iterator[None]:
    """While a large input of `size` bytes is read, no cycles are looked for: that alone is half of the time.

    What is not needed any more is freed as ever; only cycles wait until the reading has ended.
    """
    if size < _SMALL or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
