"""Small steps between two versions of a JSON shape, written once and taken in both directions.

A step says what changed from the older version to the next. Forward it brings what an old client sends into the new
shape; backward it brings an answer into the shape the old client knows. Steps are data: people write them into rules,
and no step can compute anything. Places are JSON pointers in which `*` stands for every entry of a list:
`/lines/*/qty`.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct

PointerText = Annotated[
    str,
    Meta(
        pattern=r"^(/[^/\x00-\x1f]+)+$",
        max_length=200,
        description="write a JSON pointer, as in `/lines/*/quantity`",
    ),
]
FieldName = Annotated[
    str, Meta(pattern=r"^[^/*\x00-\x1f]+$", max_length=80, description="write the name of one field, without `/`")
]
Target = Annotated[
    str,
    Meta(
        pattern=r"^((/[^/\x00-\x1f]+)+|[^/*\x00-\x1f]+)$",
        max_length=200,
        description="write the new name, or for `move` a JSON pointer",
    ),
]
_KINDS = ("rename", "move", "default", "remove", "wrap")


class Unfitting(ValueError):  # noqa: N818 - says what the document is, like Unreadable
    """A document that a step cannot be taken on: `pointer` says where, in the shape it is in."""

    def __init__(self, text: str, pointer: str) -> None:
        super().__init__(text)
        self.pointer = pointer


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"as_": "as"}):
    """One of `rename`, `move`, `default`, `remove` and `wrap`, each naming a place in the older shape.

    - `rename: /lines/*/qty`, `to: quantity`: the field has another name.
    - `move: /buyer_id`, `to: /buyer/id`: the value stands elsewhere; objects on the way are made.
    - `default: /currency`, `value: EUR`: the new shape demands it. Backward it is left out.
    - `remove: /colour`: the new shape has no place for it. Backward it is `value`, or stays out without one.
    - `wrap: /weight`, `as: value`: what was a value is now an object with the value in it.
    """

    rename: PointerText | None = None
    move: PointerText | None = None
    default: PointerText | None = None
    remove: PointerText | None = None
    wrap: PointerText | None = None
    to: Target | None = None
    value: Any = UNSET
    as_: FieldName | None = None


def mistakes_in(step: Step) -> Iterator[tuple[str | None, str]]:
    """What is wrong with a step as written: the field, and a sentence."""
    kinds = [kind for kind in _KINDS if getattr(step, kind) is not None]
    if len(kinds) != 1:
        yield None, f"a step is one of {', '.join(f'`{kind}`' for kind in _KINDS)}"
        return
    kind = kinds[0]
    needs = {"rename": "to", "move": "to", "default": "value", "wrap": "as"}.get(kind)
    given = {"to": step.to is not None, "value": step.value is not UNSET, "as": step.as_ is not None}
    if needs is not None and not given[needs]:
        yield kind, f"`{kind}` needs `{needs}`"
    for name in ("to", "value", "as"):
        if given[name] and name != needs and not (kind == "remove" and name == "value"):
            yield name, f"`{name}` does not belong to `{kind}`"
    place: str = getattr(step, kind)
    if place.endswith("/*"):
        yield kind, "name a field, not the entries of a list"
    if kind == "move" and step.to is not None:
        stem = place[: place.rfind("/*") + 2] if "/*" in place else ""
        if not step.to.startswith(f"{stem}/") or "*" in step.to[len(stem) :]:
            yield "to", f"`to` begins with `{stem}/` and names one place" if stem else "`to` names one place: `/…`"
        elif f"{step.to}/".startswith(f"{place}/") or f"{place}/".startswith(f"{step.to}/"):
            yield "to", "a value cannot move into itself; use `wrap`"
    if kind == "rename" and step.to is not None and step.to.startswith("/"):
        yield "to", "`rename` gives another name in the same place; use `move`"


class Reshape:
    """The steps from one version to the next, made ready. Documents are changed in place."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._ways = [_way(step) for step in steps]

    def forward(self, document: Any) -> None:
        """From the older shape into the newer. Raises Unfitting."""
        for way in self._ways:
            way.forward(document)

    def backward(self, document: Any) -> None:
        """From the newer shape into the older. Raises Unfitting."""
        for way in reversed(self._ways):
            way.backward(document)

    def older_pointer(self, pointer: str) -> str:
        """Where in the older shape the value of a place in the newer stood."""
        for way in reversed(self._ways):
            pointer = way.older_pointer(pointer)
        return pointer


class _Way:
    """A value goes from `old` to `new` under every holder; None as `new`: there is no place for it."""

    def __init__(self, stem: list[str], old: list[str] | None, new: list[str] | None) -> None:
        self.stem = stem
        self.old = old
        self.new = new
        self.forced: Any = UNSET
        """Forward: put at `new` where nothing is."""
        self.restored: Any = UNSET
        """Backward: put at `old`."""

    def forward(self, document: Any) -> None:
        for holder, at in _holders(document, self.stem):
            value = _take(holder, self.old) if self.old is not None else UNSET
            if value is UNSET:
                value = self.forced if self.new and _look(holder, self.new) is UNSET else UNSET
            elif self.new is not None and _look(holder, self.new) is not UNSET:
                raise Unfitting(f"`{_text(self.old)}` and `{_text(self.new)}` are one field", at + _text(self.old))
            if value is not UNSET and self.new is not None:
                _put(holder, self.new, value, at)

    def backward(self, document: Any) -> None:
        for holder, at in _holders(document, self.stem):
            value = _take(holder, self.new) if self.new is not None else UNSET
            if self.old is None:
                continue
            if value is UNSET:
                value = self.restored
            if value is not UNSET and _look(holder, self.old) is UNSET:
                _put(holder, self.old, value, at)

    def older_pointer(self, pointer: str) -> str:
        if self.old is None or self.new is None:
            return pointer
        steps = pointer.split("/")[1:]
        size = len(self.stem)
        same = len(steps) >= size and all(a in ("*", b) for a, b in zip(self.stem, steps, strict=False))
        if not same or steps[size : size + len(self.new)] != self.new:
            return pointer
        return "".join(f"/{step}" for step in [*steps[:size], *self.old, *steps[size + len(self.new) :]])


class _Wrap(_Way):
    """A value becomes an object that holds it, and back."""

    def __init__(self, stem: list[str], name: str, inside: str) -> None:
        super().__init__(stem, [name], [name, inside])
        self._name, self._inside = name, inside

    def forward(self, document: Any) -> None:
        for holder, _ in _holders(document, self.stem):
            if self._name in holder:
                holder[self._name] = {self._inside: holder[self._name]}

    def backward(self, document: Any) -> None:
        for holder, _ in _holders(document, self.stem):
            value = holder.get(self._name)
            if isinstance(value, dict) and self._inside in value:
                holder[self._name] = value[self._inside]


def _way(step: Step) -> _Way:
    place = step.rename or step.move or step.default or step.remove or step.wrap
    assert place is not None, "a step that was checked names one place"
    steps = place.split("/")[1:]
    if step.move is not None:
        size = len(steps) - steps[::-1].index("*") if "*" in steps else 0
        return _Way(steps[:size], steps[size:], str(step.to).split("/")[1 + size :])
    stem, name = steps[:-1], steps[-1]
    if step.wrap is not None:
        return _Wrap(stem, name, str(step.as_))
    if step.rename is not None:
        return _Way(stem, [name], [str(step.to)])
    way = _Way(stem, [name], None) if step.remove is not None else _Way(stem, None, [name])
    if step.remove is not None:
        way.restored = step.value
    else:
        way.forced = step.value
    return way


def _holders(document: Any, stem: list[str], at: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """Every object at `stem`, with its pointer; what is not there, or is no object, holds nothing."""
    if not stem:
        if isinstance(document, dict):
            yield document, at
        return
    step, rest = stem[0], stem[1:]
    if step == "*" and isinstance(document, list):
        for number, entry in enumerate(document):
            yield from _holders(entry, rest, f"{at}/{number}")
    elif step != "*" and isinstance(document, dict) and step in document:
        yield from _holders(document[step], rest, f"{at}/{step}")


def _look(holder: dict[str, Any], path: list[str]) -> Any:
    value: Any = holder
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return UNSET
        value = value[step]
    return value


def _take(holder: dict[str, Any], path: list[str]) -> Any:
    """The value at `path`, taken away together with the objects that are empty without it."""
    value = _look(holder, path)
    if value is UNSET:
        return UNSET
    parents = [holder]
    for step in path[:-1]:
        parents.append(parents[-1][step])
    del parents[-1][path[-1]]
    for parent, step in zip(reversed(parents[:-1]), reversed(path[:-1]), strict=True):
        if not parent[step]:
            del parent[step]
    return value


def _put(holder: dict[str, Any], path: list[str], value: Any, at: str) -> None:
    for step in path[:-1]:
        holder = holder.setdefault(step, {})
        at = f"{at}/{step}"
        if not isinstance(holder, dict):
            raise Unfitting(f"`{step}` is no object, so `{path[-1]}` cannot stand in it", at)
    holder[path[-1]] = msgspec.to_builtins(value) if isinstance(value, dict | list) else value


def _text(path: list[str] | None) -> str:
    return "".join(f"/{step}" for step in path or ())
