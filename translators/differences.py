"""What is different between two canonical objects, each as decoded from its JSON.

Lists whose entries have a key of their own (lines, packages) are in order; of the others (identifiers, references,
notes) the order means nothing, since formats group them in their own way.
"""

import json
from collections.abc import Iterator
from typing import Any

_KEYS = ("number", "id", "line", "sequence")


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """(JSON pointer in `before`, what stands there now, empty when nothing does)."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in (*before, *(each for each in after if each not in before)):
            yield from differences(before.get(name), after.get(name), f"{pointer}/{name}")
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(before, after, pointer)
    else:
        yield pointer, _shown(after)


def _in_lists(before: list[Any], after: list[Any], pointer: str) -> Iterator[tuple[str, str]]:
    others = list(after)
    left = []
    for index, each in enumerate(before):
        if _has_key(each):
            left.append((index, each))
        elif each in others:
            others.remove(each)
        else:
            left.append((index, each))
    for at, (index, each) in enumerate(left):
        yield from differences(each, others[at] if at < len(others) else None, f"{pointer}/{index}")
    for at in range(len(left), len(others)):
        yield f"{pointer}/{len(before) + at - len(left)}", _shown(others[at])


def _has_key(entry: Any) -> bool:
    return isinstance(entry, dict) and "kind" not in entry and any(name in entry for name in _KEYS)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
