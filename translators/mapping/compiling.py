"""A map's rows as closures that read. Compiled once; running them is a walk without any parsing.

The rows write plain data, as canonical JSON would be decoded; the canonical types then have the last word, so every
format is held to the same rules in the same sentences. The way back is in `translators.mapping.composing`.
"""

from collections.abc import Callable
from typing import Any

from translators.fileproblems import FileProblem, FileProblems
from translators.mapping import surroundings
from translators.mapping.blockrows import conditional, each_node, in_turn, nested, single, where_present
from translators.mapping.conversions import CONVERSIONS, DATE_ROLES
from translators.mapping.files import MapFile
from translators.mapping.lookups import Convert, LookUp, as_it_is
from translators.mapping.runs import Action, Run
from translators.mapping.sources import Source, nothing
from translators.mapping.specs import Around, Row
from translators.mapping.valuerows import TextRow, constant, dates, expected, only, ordinal, texts

_WORTH_ASKING = 4
"""So many rows of a block must hang on names for it to pay to look which names are there."""


def compile_rows(file: MapFile, source: Source) -> Callable[[Run], dict[str, Any]]:
    """The map as one function from a run to plain data. Raises FileProblems with everything wrong in its rows."""
    compiler = Compiler(file, source)
    action = compiler.block(file.spec.rows, source.root_scope, ())
    if compiler.problems:
        raise FileProblems(compiler.problems)

    def run_map(run: Run) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        action(run, run.root, filled, "", 1)
        return filled

    return run_map


class Compiler:
    """Makes actions of rows; a format may have a shorter way for some of them."""

    def __init__(self, file: MapFile, source: Source) -> None:
        self.file = file
        self.spec = file.spec
        self.source = source
        self.problems: list[FileProblem] = []

    def block(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> Action:
        """The rows one after the other; those whose first step is not there are not even asked, where that pays."""
        rows = tuple(row for row in rows if row.direction != "write")
        actions: list[tuple[str | None, Action]] = []
        done: set[int] = set()
        for row in rows:
            if id(row) in done:
                continue
            shared = self._shared(row, rows)
            done.update(id(each) for each in shared)
            action = self._row(row, scope, inside) if len(shared) == 1 else self._joint(shared, scope)
            actions.append((self._first(row, scope), action))
        present = self.source.present(scope)
        if present is None or sum(key is not None for key, _ in actions) < _WORTH_ASKING:
            return in_turn([action for _, action in actions])
        return where_present(tuple(actions), present)

    def _shared(self, row: Row, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Rows that read different things of one date: it is found once."""
        if row.as_ not in DATE_ROLES or row.format is None or row.when is not None or len(row.paths) != 1:
            return (row,)
        alike = (row.from_, row.format, row.table, row.join, row.required, row.otherwise, row.when)
        return tuple(
            each
            for each in rows
            if each.as_ in DATE_ROLES
            and (each.from_, each.format, each.table, each.join, each.required, each.otherwise, each.when) == alike
        )

    def _first(self, row: Row, scope: Any) -> str | None:
        if row.required or row.otherwise is not None or row.when is not None or row.value is not None:
            return None
        at = row.around.at if row.around is not None else row.at
        paths = (at,) if at is not None else row.paths
        try:
            return self.source.first(paths[0], scope) if len(paths) == 1 else None
        except ValueError:  # told when the row was compiled
            return None

    def _joint(self, rows: tuple[Row, ...], scope: Any) -> Action:
        try:
            leaves = self.source.leaves(rows[0].paths[0], scope)
            shape = self.source.leaves(rows[0].format or "", scope)
        except ValueError as error:
            self.problems += [self.file.problem_of(row, str(error)) for row in rows]
            return in_turn([])
        return dates(rows, leaves, shape)

    def _row(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        try:
            action = self._action(row, scope, inside)
            return action if row.when is None else conditional(row.when, self.source.leaves(row.when, scope), action)
        except ValueError as error:
            self.problems.append(self.file.problem_of(row, str(error)))
            return in_turn([])

    def _action(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        if row.use is not None or row.rows:
            return self._block_row(row, scope, inside)
        if row.value is not None:
            return constant(row)
        return ordinal(row) if row.as_ == "ordinal" else self._value_row(row, scope)

    def _block_row(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        if row.around is not None:
            return self._surrounded(row, row.around, scope, inside)
        if row.at is None:
            return nested(row.to, self._fill(row, scope, inside))
        nodes, scope, compared = self.source.nodes(row.at, scope)
        made = each_node if row.to.endswith("[]") else single
        fill = self._fill(row, scope, inside)
        return made(row, nodes, None if compared is nothing else compared, fill, self.source)

    def _surrounded(self, row: Row, around: Around, scope: Any, inside: tuple[str, ...]) -> Action:
        if row.at is None or not row.to.endswith("[]") or "." in row.to:
            raise ValueError('`around` belongs to a list (`to: "lines[]"`) with `at`, the nodes below those around')
        nodes, scope, compared = self.source.nodes(around.at, scope)
        outer = surroundings.Found(nodes, compared, self._part(around.use, scope, inside))
        nodes, scope, compared = self.source.nodes(row.at, scope)
        inner = surroundings.Found(nodes, compared, self._fill(row, scope, inside))
        return surroundings.reading(row, outer, inner, self.source)

    def _fill(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        """What a block says of one node: its part, then its own rows."""
        part = () if row.use is None else (self._part(row.use, scope, inside),)
        return in_turn([*part, self.block(row.rows, scope, inside)])

    def _part(self, name: str, scope: Any, inside: tuple[str, ...]) -> Action:
        if name not in self.spec.parts:
            raise ValueError(f"no part `{name}`; there are {', '.join(self.spec.parts) or 'none'}")
        if name in inside:
            raise ValueError(f"part `{name}` uses itself")
        return self.block(self.spec.parts[name], scope, (*inside, name))

    def _value_row(self, row: Row, scope: Any) -> Action:
        if row.from_ is None:
            raise ValueError("needs `from`, `value`, `rows` or `use`")
        sources = tuple(self.source.leaves(path, scope) for path in row.paths)
        if row.only:
            return only(row, sources)
        if row.write is not None or row.count is not None or row.sum is not None:
            return expected(row, sources)
        shape = self.source.leaves(row.format, scope) if row.format is not None else None
        convert = self._conversion(row)
        if row.to.endswith("[]"):
            return texts(row, sources, convert, shape)
        text = TextRow(row, sources, convert, shape, self.source)
        quick = self.source.quick(row.paths[0], scope)
        return text.read if quick is None else text.quickly(quick)

    def _conversion(self, row: Row) -> "Convert | LookUp":
        if row.as_ is not None and row.as_ not in CONVERSIONS:
            raise ValueError(f"no conversion `{row.as_}`; there are ordinal, {', '.join(CONVERSIONS)}")
        convert = CONVERSIONS[row.as_] if row.as_ is not None else as_it_is
        if row.table is None:
            return convert
        if row.table not in self.spec.tables:
            raise ValueError(f"no table `{row.table}`; there are {', '.join(self.spec.tables) or 'none'}")
        return LookUp(self.file.tables[row.table], convert)
