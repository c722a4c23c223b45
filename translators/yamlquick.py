"""The quick way through a YAML file without mistakes: the parser of libyaml, a dozen times as fast.

It reads what needs no explanation and nothing else: at the first sight of anything unusual it gives up, and the
strict reader of yamlfiles.py, which knows what to say, reads the file from its beginning. What both read they read
alike, place for place; a test holds them together.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

try:
    from yaml.cyaml import CParser
except ImportError:  # a PyYAML built without libyaml: every file goes the long way
    CParser = None

Place = tuple[int, int]

_UNUSUAL = re.compile("[\t\r\x85\u2028\u2029\ufeff]|^%|[|>][-+0-9]*#", re.MULTILINE)
"""Where libyaml, which reads YAML 1.1, is more generous: line breaks, tabs, directives, `|#`."""


class QuickReading(Struct, frozen=True):
    data: Any
    places: dict[str, Place]
    keys: dict[str, Place]


def read_quickly(text: str, deepest: int) -> QuickReading | None:
    """None for whatever has to be looked at by the strict reader."""
    if CParser is None or _UNUSUAL.search(text):
        return None
    walk = _Walk(text, deepest)
    try:
        data = walk.document()
    except (_Unusual, YAMLError, StopIteration):
        return None
    return QuickReading(data, walk.places, walk.keys)


class _Unusual(Exception):  # noqa: N818 - no mistake yet, only nothing for this reader
    pass


class _Walk:
    def __init__(self, text: str, deepest: int) -> None:
        self.places: dict[str, Place] = {}
        self.keys: dict[str, Place] = {}
        self._deepest = deepest
        self._events = _events(text)

    def document(self) -> Any:
        self._expect(StreamStartEvent)
        start = self._expect(DocumentStartEvent)
        if start.version is not None or start.tags:
            raise _Unusual
        data = self._value(next(self._events), "$", 1)
        self._expect(DocumentEndEvent)
        self._expect(StreamEndEvent)
        return data

    def _expect(self, kind: type[Any]) -> Any:
        event = next(self._events)
        if type(event) is not kind:
            raise _Unusual
        return event

    def _value(self, event: Any, path: str, depth: int) -> Any:
        kind = type(event)
        if kind is AliasEvent or event.anchor is not None or event.tag is not None or depth > self._deepest:
            raise _Unusual
        mark = event.start_mark
        self.places[path] = (mark.line + 1, mark.column + 1)
        if kind is ScalarEvent:
            return event.value if event.style else _plain(event.value)
        if kind is MappingStartEvent:
            return self._mapping(path, depth)
        if kind is SequenceStartEvent:
            return self._sequence(path, depth)
        raise _Unusual

    def _mapping(self, path: str, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in self._events:
            kind = type(event)
            if kind is MappingEndEvent:
                return values
            key = event.value if kind is ScalarEvent else None
            if key is None or key in values or key == "<<" or event.anchor is not None or event.tag is not None:
                raise _Unusual
            below = f"{path}.{key}"
            mark = event.start_mark
            self.keys[below] = (mark.line + 1, mark.column + 1)
            values[key] = self._value(next(self._events), below, depth + 1)
        raise _Unusual

    def _sequence(self, path: str, depth: int) -> list[Any]:
        values: list[Any] = []
        for event in self._events:
            if type(event) is SequenceEndEvent:
                return values
            values.append(self._value(event, f"{path}[{len(values)}]", depth + 1))
        raise _Unusual


def _events(text: str) -> Iterator[Any]:
    parser = CParser(text)
    while parser.check_event():
        yield parser.get_event()


_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")


def _plain(text: str) -> str | int | bool:
    """A scalar without quotes, as yamlfiles.py reads it; what is not there has to be told about."""
    if _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        raise _Unusual
    return text
