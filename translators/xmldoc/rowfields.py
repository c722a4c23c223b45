"""What rows of a map do with the fields of the object they fill, for the walk that has to keep their order."""

from collections.abc import Mapping

from translators.mapping.specs import Row

Parts = Mapping[str, tuple[Row, ...]]
"""The parts of the map, by name."""


def inner_rows(row: Row, parts: Parts) -> tuple[Row, ...]:
    """The rows of the part a row uses, then its own."""
    return (*parts.get(row.use or "", ()), *row.rows)


def filled_fields(row: Row, parts: Parts) -> list[str]:
    """The fields of the object a row fills, dotted."""
    if row.to:
        return [row.to.removesuffix("[]")]
    return [name for inner in inner_rows(row, parts) for name in filled_fields(inner, parts)]


def counts(row: Row, parts: Parts) -> bool:
    """Whether the number of the object among its siblings matters inside."""
    return any(
        inner.as_ == "ordinal" or (not inner.to.endswith("[]") and counts(inner, parts))
        for inner in inner_rows(row, parts)
    )


def says_all(row: Row, parts: Parts) -> bool:
    """Whether all that can be in the object are values of the document."""
    return all(
        inner.value is None
        and inner.otherwise is None
        and inner.as_ != "ordinal"
        and (inner.to != "" or says_all(inner, parts))
        for inner in inner_rows(row, parts)
    )


def is_block(row: Row) -> bool:
    """Whether the row fills the one object of a field, or this object itself, out of an element below."""
    return row.at is not None and row.around is None and "." not in row.to and "[" not in row.to


def touch(one: str, other: str) -> bool:
    """Whether what the one fills is, or is part of, what the other fills."""
    return one == other or one.startswith(other + ".") or other.startswith(one + ".")
