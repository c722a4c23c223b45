"""The grammar of paths, common to all formats: steps with `/`, conditions in square brackets.

`SG2[NAD/3035=BY|DP]/NAD/C080.3036`; a path that starts with `/` starts at the root of the message. A condition is
`[path=value|value]`, `[path!=value]`, `[path]` (there is a value) or `[!path]` (there is none); several must all
hold.
"""

import re

from msgspec import Struct

_CONDITION = re.compile(r"([^=!\[\]]+)(?:(!?=)([^\[\]]*))?\Z")


class Condition(Struct, frozen=True):
    """`values` is empty for a condition that only asks for a value."""

    path: str
    negated: bool
    values: frozenset[str]
    first: str = ""
    """The value that is written where several are read."""


class PathStep(Struct, frozen=True):
    """A name and what must hold of the nodes it leads to."""

    name: str
    conditions: tuple[Condition, ...] = ()


def steps_of(path: str) -> tuple[bool, tuple[PathStep, ...]]:
    """(starts at the root, steps). Raises ValueError with a sentence for a text that is no path."""
    from_root = path.startswith("/")
    steps = [_step(part, path) for part in _split(path.removeprefix("/"))]
    return from_root, tuple(steps)


def _split(path: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for character in path:
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "/" and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    if depth:
        raise ValueError(f"the brackets of `{path}` do not close")
    return [*parts, current]


def _step(part: str, path: str) -> PathStep:
    name, *rest = re.split(r"\[", part)
    if not name or any(not each.endswith("]") for each in rest):
        raise ValueError(f"`{path}` is not a path")
    return PathStep(name, tuple(_condition(each[:-1], path) for each in rest))


def _condition(text: str, path: str) -> Condition:
    if text.startswith("!"):
        return Condition(text[1:], True, frozenset())
    match = _CONDITION.match(text)
    if match is None:
        raise ValueError(f"`[{text}]` in `{path}` is not a condition")
    values = match[3].split("|") if match[3] is not None else []
    return Condition(match[1], match[2] == "!=", frozenset(values), values[0] if values else "")
