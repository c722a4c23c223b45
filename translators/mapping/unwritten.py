"""What of a canonical object a message does not carry: the largest parts of which nothing was written."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct


class Unwritten(Struct, frozen=True):
    """A part of the canonical object the message does not carry, and why."""

    pointer: str
    reason: str


def unwritten(data: dict[str, Any], written: set[str], reasons: dict[str, str]) -> Iterator[Unwritten]:
    """The parts of `data` none of whose pointers is `written`; `reasons` are by pointer, of the part or in it."""
    for name, value in data.items():
        if name != "kind":
            _, lost = missing(value, f"/{name}", written)
            for each in lost:
                yield Unwritten(each, _reason(reasons, each))


def missing(value: Any, pointer: str, written: set[str]) -> tuple[bool, list[str]]:
    """Of one value: (whether something below was written, pointers that were not)."""
    if isinstance(value, dict):
        below = [missing(each, f"{pointer}/{name}", written) for name, each in value.items()]
    elif isinstance(value, list):
        below = [missing(each, f"{pointer}/{index}", written) for index, each in enumerate(value)]
    else:
        return pointer in written, [] if pointer in written else [pointer]
    if any(found for found, _ in below) or not below:
        return True, [each for _, lost in below for each in lost]
    return False, [pointer]


def _reason(reasons: dict[str, str], pointer: str) -> str:
    return next((text for known, text in reasons.items() if known == pointer or known.startswith(pointer + "/")), "")
