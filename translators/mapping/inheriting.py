"""One change to the rows of a map: add, replace or remove, by name."""

from collections.abc import Callable

from msgspec import structs

from translators.mapping.specs import Change, Row


class Misfit(Exception):  # noqa: N818 - a refusal of a change, not a defect
    """A change that does not fit the map it changes; the sentence says why."""


def changed(rows: tuple[Row, ...], change: Change) -> tuple[Row, ...]:
    """The rows with the change made. Raises Misfit with a sentence."""
    asked = [name for name in (change.add, change.replace, change.remove) if name is not None]
    if len(asked) != 1:
        raise Misfit("a change has one of `add`, `replace` and `remove`")
    if change.add is not None:
        return _added(rows, change, change.add)
    if change.before is not None or change.after is not None:
        raise Misfit("`before` and `after` belong to `add`")
    if change.replace is not None and not change.rows:
        raise Misfit("`replace` needs `rows`; to take a row out, use `remove`")
    if change.remove is not None and change.rows:
        raise Misfit("`remove` has no `rows`; to put others in place, use `replace`")
    return _at(rows, asked[0].split("/"), change.path, lambda _: change.rows)


def _added(rows: tuple[Row, ...], change: Change, block: str) -> tuple[Row, ...]:
    if not change.rows:
        raise Misfit("`add` needs `rows`")
    if change.before is not None and change.after is not None:
        raise Misfit("`add` has `before` or `after`, not both")
    if not block:
        return _inserted(rows, change)

    def grown(row: Row) -> tuple[Row, ...]:
        if not row.rows and row.use is not None:
            raise _elsewhere(block, row.use)
        if not row.rows:
            raise Misfit(f"`{block}` is not a block with rows of its own; use `part` to change a part")
        return (structs.replace(row, rows=_inserted(row.rows, change)),)

    return _at(rows, block.split("/"), change.path, grown)


def _inserted(rows: tuple[Row, ...], change: Change) -> tuple[Row, ...]:
    if change.before is not None:
        at = _index(rows, change.before, None)
    elif change.after is not None:
        at = max(index for index, row in enumerate(rows) if row.called == _known(rows, change.after)) + 1
    else:
        at = len(rows)
    return (*rows[:at], *change.rows, *rows[at:])


def _at(
    rows: tuple[Row, ...], names: list[str], path: str | None, made: Callable[[Row], tuple[Row, ...]]
) -> tuple[Row, ...]:
    """`rows` with the named row turned into what `made` makes of it."""
    name, *rest = names
    if not rest:
        at = _index(rows, name, path)
        return (*rows[:at], *made(rows[at]), *rows[at + 1 :])
    known = [row for row in rows if row.called == _known(rows, name)]
    holding = [index for index, row in enumerate(rows) if row in known and row.rows]
    if not holding and known[0].use is not None:
        raise _elsewhere(name, known[0].use)
    if not holding:
        raise Misfit(f"`{name}` has no rows of its own")
    if len(holding) > 1:
        raise Misfit(f"{len(holding)} blocks are called `{name}`; give them names in the map that has them")
    at = holding[0]
    return (*rows[:at], structs.replace(rows[at], rows=_at(rows[at].rows, rest, path, made)), *rows[at + 1 :])


def _elsewhere(name: str, part: str) -> Misfit:
    return Misfit(f"the rows of `{name}` are the part `{part}`; say `part: {part}`")


def _known(rows: tuple[Row, ...], name: str) -> str:
    """`name`, when a row is called so. Raises Misfit."""
    if not any(row.called == name for row in rows):
        names = list(dict.fromkeys(row.called for row in rows if row.called))
        raise Misfit(f"no row `{name}`; there are {', '.join(names) or 'none with a name'}")
    return name


def _index(rows: tuple[Row, ...], name: str, path: str | None) -> int:
    found = [index for index, row in enumerate(rows) if row.called == _known(rows, name)]
    if path is not None:
        by_path = [index for index in found if path == rows[index].at or path in rows[index].paths]
        if not by_path:
            there = [rows[index].at or ", ".join(rows[index].paths) or "no path" for index in found]
            raise Misfit(f"no row `{name}` has the path `{path}`; there are {'; '.join(there)}")
        found = by_path
    if len(found) > 1:
        raise Misfit(f"{len(found)} rows are called `{name}`; say which by its `path`")
    return found[0]
