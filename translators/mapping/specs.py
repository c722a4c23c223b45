"""What a map file may say. See `translators/maps/README.md` for the words an EDI analyst needs."""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from translators import yamlfiles
from translators.fileproblems import FileProblems
from translators.yamlfiles import YamlFile


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a map. A value row has `from` (or `value`), a block row has `rows` or `use`.

    `to`: the canonical field, dotted; `[]` at its end appends. `from`: one path or several, the first that has a value
    wins. `at`: the nodes the block stands for, one object each. `as`: how the text is converted. `format`: the path of
    the code that says how a date is written. `table`: a table of the map. `join`: several values become one text.
    `otherwise` is written where the message says nothing. `when`: the row holds only where this path has a value.
    `only` makes a row that writes nothing and refuses other values, saying `because`.
    """

    to: str = ""
    from_: str | tuple[str, ...] | None = field(name="from", default=None)
    value: str | None = None
    at: str | None = None
    rows: "tuple[Row, ...]" = ()
    use: str | None = None
    as_: str | None = field(name="as", default=None)
    format: str | None = None
    table: str | None = None
    join: str | None = None
    required: bool = False
    otherwise: str | None = None
    when: str | None = None
    only: tuple[str, ...] = ()
    because: str = ""


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code cross-reference. `others`: what happens to a code that is not in it."""

    codes: dict[str, str]
    others: Literal["refuse", "pass"] = "refuse"


class Waiver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something in messages the map leaves out on purpose, and why."""

    path: str
    reason: str


class MapSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A map file."""

    format: Literal["edifact", "xml"]
    message: str
    version: str
    document: str
    namespaces: dict[str, str] = {}
    tables: dict[str, Table] = {}
    parts: dict[str, tuple[Row, ...]] = {}
    rows: tuple[Row, ...]
    waived: tuple[Waiver, ...] = ()


class MapFile(Struct, frozen=True):
    """A map with the file it was read from, so that what is wrong with it can be told with line and column."""

    spec: MapSpec
    file: YamlFile

    def problems(self, found: Iterable[tuple[str, str]]) -> FileProblems:
        """The exception for problems given as (path in the file, sentence)."""
        return FileProblems([self.file.problem(path, text) for path, text in found])


def load(path: Path) -> MapFile:
    """The map in `path`. Raises `translators.fileproblems.FileProblems` with file, line and column."""
    file = yamlfiles.load(path)
    return MapFile(yamlfiles.convert(file, MapSpec), file)


def shipped(name: str) -> Path:
    """Where a map that ships with the product lies, as in `orders-d96a`."""
    return Path(str(files("translators.maps").joinpath(name + ".yaml")))
