"""A map's rows as closures that write: the same text as for reading, the other way round.

A row is offered what its `to` names. A constant (`{to: kind, value: contract}`) then is a question: a block takes only
objects that have it. Each entry of a list goes to the first block that can take it; what no row takes is told.
Nothing that did not fit leaves a trace, because everything is written with a pen that can go back.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from translators.fileproblems import FileProblem, FileProblems
from translators.mapping import surroundings
from translators.mapping.conversions import (
    DATE_ROLES,
    INVERSES,
    MOMENT_ROLES,
    ROLES,
    written_moment,
    written_note,
)
from translators.mapping.files import MapFile
from translators.mapping.sources import Node, Source
from translators.mapping.specs import Row
from translators.mapping.unwritten import Unwritten, unwritten
from translators.mapping.writings import Action, Writing
from translators.mapping.writtenblocks import conditional, each_entry, if_asked, in_turn, single
from translators.mapping.writtenvalues import (
    code_of,
    constant,
    date_row,
    implied,
    ordinal,
    steps_to,
    text_row,
    texts_row,
    together,
    total,
)


def compile_writer(file: MapFile, source: Source) -> Callable[[Writing], tuple[Unwritten, ...]]:
    """The map as one function that fills a message and tells what is left. Raises FileProblems."""
    compiler = _Compiler(file, source)
    actions = compiler.actions(file.spec.rows, source.root_scope, ())
    if compiler.problems:
        raise FileProblems(compiler.problems)

    def run_map(writing: Writing) -> tuple[Unwritten, ...]:
        for action in actions:
            action(writing, writing.root, writing.data, "", 1)
        return tuple(unwritten(writing.data, writing.written, writing.reasons))

    return run_map


class _Compiler:
    def __init__(self, file: MapFile, source: Source) -> None:
        self.file = file
        self.spec = file.spec
        self.source = source
        self.problems: list[FileProblem] = []

    def actions(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> list[Action]:
        """In the order of the rows; what only completes parts that are there comes last."""
        rows = tuple(row for row in rows if row.direction != "read")
        shared: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            if row.as_ in ROLES:
                shared.setdefault(row.paths, []).append(row)
        actions, last = [], []
        for row in rows:
            try:
                if row.as_ in ROLES:
                    if shared[row.paths][0] is row:
                        actions.append(self._joint(tuple(shared[row.paths]), scope))
                elif row.count is not None or row.sum is not None or row.write is not None:
                    last.append(self._completing(row, scope))
                elif (action := self._action(row, scope, inside)) is not None:
                    actions.append(action)
            except ValueError as error:
                self.problems.append(self.file.problem_of(row, str(error)))
        return [*actions, *last]

    def _action(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action | None:
        if row.use is not None or row.rows:
            return self._when(row, self._block_row(row, scope, inside), scope)
        if row.value is not None:
            return constant(row) if row.when is None else self._when(row, implied(row), scope)
        if row.as_ == "ordinal":
            return ordinal(row)
        if row.only or not row.to:
            return None
        return self._when(row, self._value_row(row, scope), scope)

    def _when(self, row: Row, action: Action, scope: Any) -> Action:
        return action if row.when is None else conditional(self.source.leaves(row.when, scope), action)

    def _block_row(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        name = row.to.removesuffix("[]")
        around = None
        if row.around is not None:
            way, scope = self.source.way(row.around.at, scope)
            around = surroundings.Written(way, self._fill(row.around.use, (), scope, inside))
        inner, scope = (None, scope) if row.at is None else self.source.way(row.at, scope)
        fill = self._fill(row.use, row.rows, scope, inside)
        asked = tuple(constant(each) for each in row.rows if each.value is not None and each.when is None)
        if asked and not row.to and row.at is None:
            return if_asked(in_turn(list(asked)), fill)
        if around is not None and row.around is not None and inner is not None:
            return surroundings.writing(name, around, surroundings.Written(inner, fill), row.around.shared)
        return each_entry(name, inner, fill) if row.to.endswith("[]") else single(name, inner, fill)

    def _fill(self, use: str | None, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> Action:
        if use is not None:
            if use in inside or use not in self.spec.parts:
                return in_turn([])  # reading has told
            rows = (*self.spec.parts[use], *rows)
            inside = (*inside, use)
        return in_turn(self.actions(_constants_first(rows), scope, inside))

    def _value_row(self, row: Row, scope: Any) -> Action:
        slots = tuple(self.source.slot(path, scope) for path in row.paths)
        back = self._inverse(row)
        if row.to.endswith("[]"):
            return texts_row(row.to.removesuffix("[]"), slots, back)
        return text_row(row, slots, back)

    def _inverse(self, row: Row) -> Callable[[str, date | None], str]:
        if row.as_ is not None and row.as_ not in INVERSES:
            raise ValueError(f"`{row.as_}` has no way back; say `direction: read`")
        convert = INVERSES[row.as_] if row.as_ is not None else None
        table = self.file.tables.get(row.table) if row.table is not None else None

        def back(text: str, day: date | None) -> str:
            text = text if table is None else code_of(table, text, day)
            return text if convert is None else convert(text)

        return back

    def _joint(self, rows: tuple[Row, ...], scope: Any) -> Action:
        """Several fields that share one place: the ends of a period, a note and its subject."""
        slot = self.source.slot(rows[0].paths[0], scope)
        roles = tuple((steps_to(row.to), ROLES[row.as_ or ""]) for row in rows)
        if rows[0].as_ not in DATE_ROLES:
            return together(roles, slot, written_moment if rows[0].as_ in MOMENT_ROLES else written_note)
        if rows[0].format is None:
            raise ValueError("needs `format`, the path of the code that says how the date is written")
        shape = self.source.slot(rows[0].format, scope)
        return date_row(roles, slot, shape, next((row.formats for row in rows if row.formats), ()))

    def _completing(self, row: Row, scope: Any) -> Action:
        slot = self.source.slot(row.paths[0], scope)
        if row.write is not None:
            text = row.write

            def complete(writing: Writing, node: Node, _data: dict[str, Any], _pointer: str, _number: int) -> bool:
                slot.fill(writing.pen, node, writing.root, text)
                return True

            return complete
        return total(row, slot)


def _constants_first(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Constants are asked before anything is written."""
    return tuple(sorted(rows, key=lambda row: row.value is None or row.when is not None))
