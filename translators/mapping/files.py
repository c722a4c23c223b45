"""Map files: loaded with everything they inherit, so that each row still knows the file and line it stands in."""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from translators import yamlfiles
from translators.fileproblems import FileProblem, FileProblems
from translators.mapping.crossrefs import CrossReference, load_table, written_here
from translators.mapping.inheriting import Misfit, changed
from translators.mapping.specs import Extension, MapSpec, Row
from translators.yamlfiles import YamlFile

_DEEPEST = 8


class Origin(Struct, frozen=True):
    """Where something of a map is written."""

    file: YamlFile
    path: str


class MapFile(Struct, frozen=True):
    """A map with its tables and with the places of its rows, so that what is wrong can be told with line and column.

    `origins`: by `id()` of the row, which the spec keeps alive. `files`: the file itself first, then what it extends.
    """

    spec: MapSpec
    tables: dict[str, CrossReference]
    origins: dict[int, Origin]
    files: tuple[YamlFile, ...]

    @property
    def path(self) -> Path:
        """The map's own file."""
        return self.files[0].path

    def problems(self, found: Iterable[tuple[str, str]]) -> FileProblems:
        """The exception for problems given as (path in the file, sentence); a head word may be inherited."""
        return FileProblems([self._holding(path).problem(path, text) for path, text in found])

    def problem_of(self, row: Row, text: str) -> FileProblem:
        """A problem of one row, where it is written."""
        origin = self.origins[id(row)]
        return origin.file.problem(origin.path, text)

    def _holding(self, path: str) -> YamlFile:
        return next((file for file in self.files if path in file.places), self.files[0])


def load(path: Path) -> MapFile:
    """The map in `path`. Raises `translators.fileproblems.FileProblems` with file, line and column.

    What it extends is looked for beside it, then among the maps that ship. So are its tables.
    """
    return _load(path, ())


def shipped(name: str) -> Path:
    """Where a map that ships with the product lies, as in `orders-d96a`."""
    return Path(str(files("translators") / "maps" / f"{name}.yaml"))


def _load(path: Path, below: tuple[Path, ...]) -> MapFile:
    file = yamlfiles.load(path)
    if not isinstance(file.data, dict) or "extends" not in file.data:
        spec = yamlfiles.convert(file, MapSpec)
        return MapFile(spec, _tables(spec, file), _origins(spec, file), (file,))
    extension = yamlfiles.convert(file, Extension)
    base_path = _beside(path, extension.extends)
    if base_path is None:
        raise FileProblems([file.problem("$.extends", f"there is no map `{extension.extends}`")])
    if base_path.resolve() in (each.resolve() for each in (path, *below)) or len(below) >= _DEEPEST:
        raise FileProblems([file.problem("$.extends", "this map extends itself")])
    base = _load(base_path, (path, *below))
    return _extended(base, extension, file)


def _extended(base: MapFile, extension: Extension, file: YamlFile) -> MapFile:
    told = {
        name: getattr(extension, name) for name in ("message", "version", "root", "doctype", "gs1_keys", "reads_only")
    }
    origins = {**base.origins, **_origins(extension, file)}
    parts = {**base.spec.parts, **extension.parts}
    rows = base.spec.rows
    problems = []
    for number, change in enumerate(extension.changes):
        try:
            if change.part is None:
                rows = changed(rows, change)
            else:
                parts[change.part] = changed(_part(parts, change.part), change)
        except Misfit as misfit:
            problems.append(file.problem(f"$.changes[{number}]", str(misfit)))
        _keep_origins(origins, base, (rows, *parts.values()))
    if problems:
        raise FileProblems(problems)
    spec = structs.replace(
        base.spec,
        **{name: value for name, value in told.items() if value is not None},
        namespaces={**base.spec.namespaces, **extension.namespaces},
        order={**base.spec.order, **extension.order},
        tables={**base.spec.tables, **extension.tables},
        parts=parts,
        rows=rows,
        waived=(*base.spec.waived, *extension.waived),
        samples=extension.samples,
    )
    tables = {**base.tables, **_tables(extension, file)}
    return MapFile(spec, tables, origins, (file, *base.files))


def _part(parts: dict[str, tuple[Row, ...]], name: str) -> tuple[Row, ...]:
    if name not in parts:
        raise Misfit(f"no part `{name}`; there are {', '.join(parts) or 'none'}")
    return parts[name]


def _keep_origins(origins: dict[int, Origin], base: MapFile, blocks: Iterable[tuple[Row, ...]]) -> None:
    """A block row that was rebuilt around changed rows keeps the place of the row it was rebuilt from."""
    for rows in blocks:
        for row in _each_row(rows):
            if id(row) not in origins:
                inside = next((origins[id(each)] for each in _each_row(row.rows) if id(each) in origins), None)
                origins[id(row)] = inside if inside is not None else Origin(base.files[0], "$.rows")


def _each_row(rows: tuple[Row, ...]) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from _each_row(row.rows)


def _origins(spec: MapSpec | Extension, file: YamlFile) -> dict[int, Origin]:
    found: dict[int, Origin] = {}

    def note(rows: tuple[Row, ...], where: str) -> None:
        for index, row in enumerate(rows):
            found[id(row)] = Origin(file, f"{where}[{index}]")
            note(row.rows, f"{where}[{index}].rows")

    for name, part in spec.parts.items():
        note(part, f"$.parts.{name}")
    if isinstance(spec, MapSpec):
        note(spec.rows, "$.rows")
    else:
        for index, change in enumerate(spec.changes):
            note(change.rows, f"$.changes[{index}].rows")
    return found


def _tables(spec: MapSpec | Extension, file: YamlFile) -> dict[str, CrossReference]:
    found = {}
    for name, table in spec.tables.items():
        if table.file is None:
            found[name] = written_here(name, table)
            continue
        path = _beside(file.path, table.file)
        if path is None:
            raise FileProblems([file.problem(f"$.tables.{name}.file", f"there is no table `{table.file}`")])
        loaded = load_table(path)
        found[name] = msgspec.structs.replace(loaded, writes={**loaded.writes, **table.writes})
    return found


def _beside(path: Path, name: str) -> Path | None:
    """A file named in a map: a name without folders, looked for beside the map and among those that ship."""
    if Path(name).name != name:
        return None
    return next((each for each in (path.with_name(name + ".yaml"), shipped(name)) if each.is_file()), None)
