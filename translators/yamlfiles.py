"""Strict reading of the YAML files that people edit: rules, profiles and maps.

The language is YAML 1.2 without its traps: no anchors, aliases, tags, merge keys, directives, duplicate keys or
second documents, and no guessing of types. A plain `600` is a whole number, a plain `true` or `false` is a boolean,
everything else is text (`010`, `1_000`, `1e3`, `no`, `1:30`, `2027-03-01`), so units and dates are read by the types
that hold them. We read the parser's events and not its nodes, because only events tell an explicit tag from an
implied one and say where an alias stands.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import msgspec
from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from translators.fileproblems import FileProblem, FileProblems
from translators.yamlmistakes import every_mistake
from translators.yamlplaces import place_behind
from translators.yamlquick import read_quickly

__all__ = ["FileProblem", "FileProblems", "FromText", "YamlFile", "convert", "load", "read"]

T = TypeVar("T")

MOST_BYTES = 1024 * 1024
DEEPEST = 32

# Longer digits are identifiers somebody forgot to quote, never amounts.
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NOTHING = {"", "~", "null"}


class YamlFile(Struct, frozen=True):
    """A file as read. `places` and `keys` map `$.rules[0].name` to (line, column), counted from 1."""

    path: Path
    content: bytes
    data: Any
    places: dict[str, tuple[int, int]]
    """Where the value of a path begins."""
    keys: dict[str, tuple[int, int]]
    """Where the key of a path stands."""

    def problem(self, path: str, text: str, *, at_key: bool = False) -> FileProblem:
        """A problem at `path`, or at its nearest ancestor that has a place."""
        line, column = self._nearest(path, at_key=at_key)
        return FileProblem(self.path, line, column, text)

    def problem_inside(self, path: str, before: str, text: str) -> FileProblem:
        """A problem inside the text at `path`, behind `before`, however the text is quoted or folded."""
        line, column = place_behind(before, self.content.decode(), self._nearest(path, at_key=False))
        return FileProblem(self.path, line, column, text)

    def _nearest(self, path: str, *, at_key: bool) -> tuple[int, int]:
        if at_key and path in self.keys:
            return self.keys[path]
        while path not in self.places and path != "$":
            path = path[: max(path.rfind("."), path.rfind("["), 1)]
        return self.places.get(path, (0, 0))


@runtime_checkable
class FromText(Protocol):
    """A type written as one text in a file (`5 per 1s`); raises ValueError with a sentence."""

    @classmethod
    def from_text(cls, text: str) -> Any: ...


def load(path: Path) -> YamlFile:
    """Reads one file; raises FileProblems with every problem found."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise FileProblems([FileProblem(path, 0, 0, f"cannot be read: {reason}")]) from None
    return read(path, content)


def read(path: Path, content: bytes) -> YamlFile:
    """As `load`, for bytes already at hand; `path` is only named in problems."""
    if len(content) > MOST_BYTES:
        raise FileProblems([FileProblem(path, 0, 0, "the file is larger than 1 MiB; split it")])
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise FileProblems([FileProblem(path, line, column, "the file is not UTF-8")]) from None
    quick = read_quickly(text, DEEPEST)
    if quick is not None:
        return YamlFile(path, content, quick.data, quick.places, quick.keys)
    return _read_strictly(path, content, text)


def _read_strictly(path: Path, content: bytes, text: str) -> YamlFile:
    """Takes its time, and knows what to say about each mistake."""
    reading = _Reading(path, text)
    data = reading.document()
    if reading.problems:
        raise FileProblems(reading.problems)
    return YamlFile(path, content, data, reading.places, reading.keys)


class _Reading:
    """One pass over the parser's events; goes on after a mistake wherever the rest still makes sense."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.problems: list[FileProblem] = []
        self.places: dict[str, tuple[int, int]] = {}
        self.keys: dict[str, tuple[int, int]] = {}
        self.events: Iterator[Any] = iter(YAML(typ="safe", pure=True).parse(text))

    def document(self) -> Any:
        try:
            return self._document()
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._complain_at(mark.line, mark.column, f"not valid YAML: {error.problem or error.context}")
        except YAMLError as error:
            # The reader of characters knows an offset and no line.
            offset = int(getattr(error, "position", 0) or 0)
            before = self.text[:offset]
            column = offset - (before.rfind("\n") + 1)
            self._complain_at(before.count("\n"), column, "a control character is not allowed")
        except _TooDeep:
            pass
        return None

    def _document(self) -> Any:
        event = next(self.events)
        assert isinstance(event, StreamStartEvent)
        event = next(self.events)
        if isinstance(event, StreamEndEvent):
            self._complain_at(0, 0, "the file is empty")
            return None
        assert isinstance(event, DocumentStartEvent)
        if event.version is not None or event.tags:
            self._complain_at(0, 0, "directives (`%`) are not allowed; the file is YAML 1.2 as it is")
        data = self._value(next(self.events), "$", 1)
        event = next(self.events)
        assert isinstance(event, DocumentEndEvent)
        event = next(self.events)
        if not isinstance(event, StreamEndEvent):
            self._complain(event, "only one document is allowed in a file; begin another file")
        return data

    def _value(self, event: Any, path: str, depth: int) -> Any:
        self.places[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if depth > DEEPEST:
            self._complain(event, f"nested deeper than {DEEPEST} levels")
            raise _TooDeep
        self._refuse_decorations(event)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path, depth)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        return None

    def _refuse_decorations(self, event: NodeEvent) -> None:
        if isinstance(event, AliasEvent):
            self._complain(event, f"aliases (`*{event.anchor}`) are not allowed; write the value out")
        elif event.anchor is not None:
            self._complain(event, f"anchors (`&{event.anchor}`) are not allowed; write the value where it is used")
        tag = getattr(event, "ctag", None)
        if tag is not None:
            self._complain(event, f"tags (`{_written(tag)}`) are not allowed; write the plain value")

    def _mapping(self, path: str, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event, path, depth)
            below = f"{path}.{key}"
            if key in values:
                self._complain(event, f"`{key}` is written twice; first on line {self.keys[below][0]}")
                below = f"{path}.{key} again"
            self.keys[below] = (event.start_mark.line + 1, event.start_mark.column + 1)
            value = self._value(next(self.events), below, depth + 1)
            values.setdefault(key, value)
        return values

    def _key(self, event: Any, path: str, depth: int) -> str:
        if not isinstance(event, ScalarEvent):
            self._value(event, f"{path}.?", depth + 1)
            self._complain(event, "a key must be plain text")
            return "?"
        self._refuse_decorations(event)
        if event.value == "<<" and event.style is None:
            self._complain(event, "merge keys (`<<`) are not allowed; write the fields out")
        return str(event.value)

    def _sequence(self, path: str, depth: int) -> list[Any]:
        values: list[Any] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            values.append(self._value(event, f"{path}[{len(values)}]", depth + 1))
        return values

    def _scalar(self, event: ScalarEvent, path: str) -> str | int | bool | None:
        text = str(event.value)
        if event.style is not None:
            return text
        if text in ("true", "false"):
            return text == "true"
        if _WHOLE_NUMBER.fullmatch(text):
            return int(text)
        if text in _NOTHING:
            # What is not there stands nowhere: the parser places it on the next line, people look at the key.
            line, column = self.keys.get(path, self.places[path])
            self._complain_at(line - 1, column - 1, "no value is given; write one or leave the key out")
            return None
        return text

    def _complain(self, event: Any, text: str) -> None:
        self._complain_at(event.start_mark.line, event.start_mark.column, text)

    def _complain_at(self, line: int, column: int, text: str) -> None:
        self.problems.append(FileProblem(self.path, line + 1, column + 1, text))


class _TooDeep(Exception):  # noqa: N818 - ends the reading; the problem is already noted
    pass


def _written(tag: Any) -> str:
    """The tag as the person wrote it."""
    handle, suffix = tag.handle or "", tag.suffix or ""
    return f"{handle}{suffix}" or "!"


def convert(file: YamlFile, type: type[T]) -> T:  # noqa: A002 - the word msgspec uses
    """The file's data as `type`; raises FileProblems with every problem found, as people wrote it.

    Types with `from_text` are read by it. After a mistake in an entry of a list the other entries are still looked
    at, and an unknown key that is nearly a known one is taken for it, so that one run shows what there is to do.
    """
    try:
        return msgspec.convert(file.data, type, dec_hook=_from_text)
    except msgspec.ValidationError:
        found = every_mistake(file.data, type, lambda data: msgspec.convert(data, type, dec_hook=_from_text))
    raise FileProblems(file.problem(one.path, one.text, at_key=one.at_key) for one in found)


def _from_text(type: type[Any], value: Any) -> Any:  # noqa: A002 - the word msgspec uses
    if not issubclass(type, FromText):
        raise NotImplementedError(f"{type} has no from_text")
    if isinstance(value, bool | list | dict):
        raise ValueError("expected text")  # noqa: TRY004 - msgspec reports ValueError with its place
    # A number without its unit is shown to the type, which knows which unit is missing.
    return type.from_text(str(value))
