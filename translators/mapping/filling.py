"""Puts values where a map's row says: at dotted names of the object being filled."""

from collections.abc import Callable
from typing import Any


def putter(to: str) -> Callable[[dict[str, Any], Any], None]:
    """Puts a value into an object at a dotted name."""
    *way, last = to.split(".")
    if not way:
        return lambda target, value: target.__setitem__(last, value)

    def put(target: dict[str, Any], value: Any) -> None:
        for name in way:
            target = target.setdefault(name, {})
        target[last] = value

    return put


def list_at(target: dict[str, Any], to: str, *, create: bool = False) -> list[Any]:
    """The list at a dotted name; where there is none an empty one that may not be appended to, unless `create`."""
    if "." not in to:
        found: list[Any] = target.setdefault(to, []) if create else target.get(to, _NOTHING)
        return found
    *way, last = to.split(".")
    for name in way:
        target = target.setdefault(name, {}) if create else target.get(name, {})
    return list_at(target, last, create=create)


_NOTHING: list[Any] = []
"""What is appended to is made first."""
