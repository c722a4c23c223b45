"""Where a map reads a canonical field from: told when the field is missing."""

from collections.abc import Iterator

from translators.mapping.specs import MapSpec, Row

MOST = 3
"""Places that are told of one field."""


def whence(spec: MapSpec, pointer: str) -> str:
    """The paths from which `spec` reads the field of `pointer`, as the map says them; nothing where it reads none."""
    field = tuple(word for word in pointer.split("/") if word and not word.isdigit())
    paths = sorted(dict.fromkeys(_paths(spec, spec.rows, field)), key=_is_in_place_of_another)
    return " or ".join(paths[:MOST])


def _paths(spec: MapSpec, rows: tuple[Row, ...], field: tuple[str, ...]) -> Iterator[str]:
    for row in rows:
        if row.direction == "write":
            continue
        to = tuple(word.removesuffix("[]") for word in row.to.split(".") if word)
        if to[: len(field)] == field:
            yield from _own(row)
        elif len(to) < len(field) and field[: len(to)] == to and (row.rows or row.use):
            inner = (*row.rows, *spec.parts.get(row.use or "", ()))
            yield from _paths(spec, inner, field[len(to) :])


def _own(row: Row) -> Iterator[str]:
    if row.at is not None:
        yield row.at
    elif row.paths:
        yield from row.paths
    else:
        for inner in row.rows:
            yield from _own(inner)


def _is_in_place_of_another(path: str) -> bool:
    """Whether it is read only where something else is not there."""
    return "[/" in path
