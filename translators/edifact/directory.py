"""The tables of a directory release, loaded once and made quick to ask: structures, segments, representations."""

import json
import re
import zlib
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

_REPRESENTATION = re.compile(r"(an|a|n)(\.\.)?(\d+)")


class Component(Struct, frozen=True):
    """A data element where it stands: may be mandatory; characters `a`, `n` or `an`; shortest and longest length."""

    id: str
    name: str
    mandatory: bool
    kind: str
    shortest: int
    longest: int


class ElementRule(Struct, frozen=True):
    """A simple or composite element of a segment; a simple one has one component, itself."""

    id: str
    mandatory: bool
    repeats: int
    components: tuple[Component, ...]
    is_composite: bool


class Step(Struct, kw_only=True, eq=False):
    """A place in a message's structure: a segment, or a group with its own steps, the first being its trigger."""

    tag: str
    group: int | None
    mandatory: bool
    repeats: int
    steps: "tuple[Step, ...]" = ()

    @property
    def name(self) -> str:
        """`SG25` for a group, the tag for a segment."""
        return f"SG{self.group}" if self.group is not None else self.tag


class Directory:
    """One release with the service segments of one syntax version."""

    def __init__(self, table: dict[str, Any], service: dict[str, Any]) -> None:
        self.release: str = table["release"]
        self._elements = {**{key: [value, ""] for key, value in service["elements"].items()}, **table["elements"]}
        self._composites = {**table["composites"], **service["composites"]}
        self._segments = {**table["segments"], **service["segments"]}
        self._messages = table["messages"]
        self._rules: dict[str, tuple[ElementRule, ...] | None] = {}
        self._structures: dict[str, Step] = {}

    @property
    def messages(self) -> tuple[str, ...]:
        """The messages this release describes."""
        return tuple(self._messages)

    def segment(self, tag: str) -> tuple[ElementRule, ...] | None:
        """The elements of a segment, or None for a tag the release does not have."""
        if tag not in self._rules:
            rows = self._segments.get(tag)
            self._rules[tag] = None if rows is None else tuple(self._element(*row) for row in rows)
        return self._rules[tag]

    def structure(self, message: str) -> Step | None:
        """The root of a message's structure, or None for a message the release does not have."""
        if message not in self._messages:
            return None
        if message not in self._structures:
            steps = tuple(_step(row) for row in self._messages[message])
            self._structures[message] = Step(tag="UNH", group=0, mandatory=True, repeats=1, steps=steps)
        return self._structures[message]

    def _element(self, name: str, status: str, repeats: int) -> ElementRule:
        rows = self._composites.get(name)
        components = [self._component(*row) for row in rows] if rows else [self._component(name, status, 1)]
        return ElementRule(name, status == "M", repeats, tuple(components), rows is not None)

    def _component(self, name: str, status: str, _: int) -> Component:
        representation, label = self._elements[name]
        match = _REPRESENTATION.fullmatch(representation)
        if match is None:
            raise ValueError(f"{self.release}: element {name} has the representation `{representation}`")
        longest = int(match[3])
        return Component(name, label, status == "M", match[1], 1 if match[2] else longest, longest)


def _step(row: list[Any]) -> Step:
    if len(row) == 4:
        steps = tuple(_step(each) for each in row[3])
        return Step(tag=steps[0].tag, group=row[0], mandatory=row[1] == "M", repeats=row[2], steps=steps)
    return Step(tag=row[0], group=None, mandatory=row[1] == "M", repeats=row[2])


@cache
def directory(release: str, syntax_version: str = "3") -> Directory | None:
    """The directory of a release such as `D.96A`, or None when we have no table of it."""
    if re.fullmatch(r"[A-Z]\.\d\d[AB]", release) is None:
        return None
    file = files(__package__).joinpath("directories", release.replace(".", "").lower() + ".json.z")
    if not file.is_file():
        return None
    service = json.loads(files(__package__).joinpath("directories", "service.json").read_text("utf-8"))
    return Directory(json.loads(zlib.decompress(file.read_bytes())), service["4" if syntax_version >= "4" else "3"])
