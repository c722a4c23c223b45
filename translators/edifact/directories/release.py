"""One release in the neutral form that texts and XML are both read into, before repairs and writing."""

from collections.abc import Iterator

from msgspec import Struct, field


class Part(Struct):
    """A composite or element where it stands in a segment or composite."""

    id: str
    mandatory: bool
    repeats: int = 1


class Row(Struct):
    """A segment, or a group with its number and rows, in the structure of a message."""

    tag: str
    mandatory: bool
    repeats: int
    group: int = 0
    rows: "list[Row]" = field(default_factory=list)

    @property
    def trigger(self) -> str:
        """The tag of the segment, or of the first segment of the group."""
        return self.rows[0].tag if self.group else self.tag


class Names(Struct):
    """Short names, by kind."""

    messages: dict[str, str] = field(default_factory=dict)
    segments: dict[str, str] = field(default_factory=dict)
    composites: dict[str, str] = field(default_factory=dict)
    elements: dict[str, str] = field(default_factory=dict)


class Release(Struct):
    """Everything of one release; `elements` gives representations as in `an..35`, `codes` the short names of codes."""

    name: str
    messages: dict[str, list[Row]] = field(default_factory=dict)
    segments: dict[str, list[Part]] = field(default_factory=dict)
    composites: dict[str, list[Part]] = field(default_factory=dict)
    elements: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    names: Names = field(default_factory=Names)


def walk(rows: list[Row], path: str = "") -> Iterator[tuple[str, Row]]:
    """Every row with a path that does not depend on the numbers of groups: `LIN/RFF/DTM`.

    A group is written by its trigger and a slash; what stands twice under one path gets `#2`.
    """
    seen: dict[str, int] = {}
    for row in rows:
        name = path + row.trigger + ("/" if row.group else "")
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = name.removesuffix("/") + f"#{seen[name]}" + ("/" if row.group else "")
        yield name, row
        if row.group:
            yield from walk(row.rows, name)
