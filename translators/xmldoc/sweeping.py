"""A map's rows as one walk: every element is looked at once, and its name says what is to be done with it.

The rows of `translators.mapping.compiling` search, each for itself, and are exact about everything that can be wrong.
This is the short way through documents in which nothing is: simple rows become steps of a table, the others stay as
they are and wait until the walk over their element is over. Whatever is out of the ordinary raises ValueError, and the
rows that search are asked instead; so no sentence of a finding comes from here.

Notes of rows that wait stand in the object being filled under their number; they are gone when the walk is over.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, cast

from translators.mapping.compiling import Compiler
from translators.mapping.files import MapFile
from translators.mapping.pathwords import PathStep, steps_of
from translators.mapping.runs import Action, Run
from translators.mapping.sources import Leaves, nothing
from translators.mapping.specs import Row
from translators.xmldoc.objectsteps import (
    Compare,
    append_object,
    comparing_attribute,
    comparing_others,
    extension,
    inline_object,
    keep_object,
)
from translators.xmldoc.paths import XmlSource
from translators.xmldoc.plans import Guard, Plan, Stem
from translators.xmldoc.steps import (
    append_text,
    choice,
    expected,
    keep_attribute,
    keep_text,
    mark,
    note_text,
    of_attribute,
    of_text,
    own_choice,
    remembering,
)

_ALWAYS_SAYS = (None, "decimal", "iso_date", "iso_time", "iso_instant")
"""Conversions that give a value for every text they take."""


def compile_sweep(file: MapFile, source: XmlSource) -> Callable[[Run], dict[str, Any]] | None:
    """The map as one walk, or None for a map that has tables of the day."""
    if any(table.is_dated for table in file.tables.values()):
        return None
    compiler = _Sweeper(file, source)
    action = compiler.block(file.spec.rows, source.root_scope, ())

    def sweep(run: Run) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        action(run, run.root, filled, "", 1)
        return filled

    return None if compiler.problems else sweep


class _Sweeper(Compiler):
    source: XmlSource

    def __init__(self, file: MapFile, source: XmlSource) -> None:
        super().__init__(file, source)
        self._numbers = count(1)

    def block(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> Action:
        """One walk over the children of an element, then the rows that waited, in their order."""
        rows = tuple(row for row in rows if row.direction != "write")
        filled = [self._filled(row) for row in rows]
        plan = Plan(self._numbers)
        for at, row in enumerate(rows):
            others = {name for other in (*filled[:at], *filled[at + 1 :]) for name in other}
            alone = not any(_touch(name, other) for name in filled[at] for other in others)
            if not self._swept(plan, row, inside, alone=alone):
                self._wait(plan, row, scope, inside)
        return plan.action()

    def _swept(self, plan: Plan, row: Row, inside: tuple[str, ...], *, alone: bool) -> bool:
        """Whether the row has become a step. `alone`: no other row of the block fills what it fills."""
        if row.when is not None or row.format is not None or row.only or row.as_ == "ordinal":
            return False
        if row.around is not None:
            return False
        if "." in row.to and (row.at is None or row.to.endswith("[]")):
            return False
        if row.value is not None:
            if alone:
                plan.constant(row.to, row.value)
            return alone
        if row.at is not None:
            return self._swept_block(plan, row, inside, alone=alone)
        if row.use is not None or row.rows or row.from_ is None:
            return False
        if row.write is not None or row.count is not None or row.sum is not None:
            return self._swept_constant(plan, row)
        return self._swept_texts(plan, row) if row.to.endswith("[]") else alone and self._swept_text(plan, row)

    def _swept_constant(self, plan: Plan, row: Row) -> bool:
        ways = [self._way(path) for path in row.paths]
        for way in ways:
            if way is not None and None not in ways:
                self._place(plan, way, expected(row.write))
        return None not in ways

    def _swept_text(self, plan: Plan, row: Row) -> bool:
        ways = [self._way(path) for path in row.paths]
        convert = self._quick_conversion(row)
        if any(way is None and not path.startswith("/") for way, path in zip(ways, row.paths, strict=True)):
            return False
        if len(ways) == 1 and ways[0] and row.as_ in _ALWAYS_SAYS and row.join is None and row.otherwise is None:
            tags, attribute = ways[0]
            plan.stem(tags).add(keep_attribute(attribute, row.to, convert) if attribute else keep_text(row.to, convert))
            if row.required:
                plan.require(row.to)
        elif ways[0] and ways[0][1] and row.as_ in _ALWAYS_SAYS and all(way is None or not way[0] for way in ways):
            others = tuple(self.source.leaves(path, None) for path in row.paths[1:])
            plan.own.add(own_choice(row, ways[0][1], others, convert))
        else:
            self._place_choice(plan, row, ways, convert)
        return True

    def _place_choice(self, plan: Plan, row: Row, ways: list[Any], convert: Any) -> None:
        sources: list[tuple[int, Leaves | None]] = []
        always = row.required or row.otherwise is not None or None in ways
        for path, way in zip(row.paths, ways, strict=True):
            number = plan.number()
            sources.append((number, None if way is not None else self.source.leaves(path, None)))
            if way is not None:
                self._place(plan, way, note_text(number))
        choose = choice(row, tuple(sources), convert)
        for number, _ in sources:
            plan.wait(number, choose, always=always and number == sources[0][0])

    def _swept_texts(self, plan: Plan, row: Row) -> bool:
        ways = [self._way(path) for path in row.paths]
        if row.as_ not in _ALWAYS_SAYS or None in ways:
            return False
        convert = self._quick_conversion(row)
        for way in ways:
            if way is not None:
                number = plan.number()
                self._place(plan, way, append_text(number, convert))
                plan.wait(number, extension(number, row.to.removesuffix("[]")))
        return True

    def _swept_block(self, plan: Plan, row: Row, inside: tuple[str, ...], *, alone: bool) -> bool:
        from_root, steps = steps_of(row.at or "")
        is_list = row.to.endswith("[]")
        if from_root or any(step.name in (".", "*") for step in steps) or not (is_list or alone):
            return False
        if self._counts(row) and not (is_list and alone):
            return False
        stem, compare = plan.own, None
        for step in steps:
            guard, compare = self._guard(step)
            inner = stem.below(self.source.clark(step.name))
            stem = inner.guarded(guard) if step is not steps[-1] else inner
        self._place_block(
            plan,
            stem,
            guard,
            row,
            self._block_fill(row, self.source.clark(steps[-1].name), inside),
            compare,
            alone=alone,
        )
        return True

    def _place_block(
        self, plan: Plan, stem: Stem, guard: Guard, row: Row, fill: Action, compare: Compare | None, *, alone: bool
    ) -> None:
        to = row.to.removesuffix("[]")
        number = plan.number()
        if row.to.endswith("[]"):
            stem.add(append_object(to if alone else number, compare, fill), guard)
            if not alone:
                plan.wait(number, extension(number, to))
        elif to:
            stem.add(keep_object(to, compare, fill), guard)
        else:
            stem.add(inline_object(number, compare, fill), guard)
            plan.forget(number)

    def _block_fill(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        if row.use is None or row.use in inside:
            return self.block(row.rows, scope, inside)
        part = self.spec.parts[row.use]
        return self.block((*part, *row.rows), scope, (*inside, row.use))

    def _wait(self, plan: Plan, row: Row, scope: Any, inside: tuple[str, ...]) -> None:
        """The row as it searches, when its turn has come; only where the first names of its paths were seen."""
        number = plan.number()
        first = self._first_names(row) if row.value is None else None
        plan.wait(number, self._row(row, scope, inside), always=first is None)
        for name in first or ():
            plan.stem((name,)).add(mark(number))

    def _place(self, plan: Plan, way: tuple[tuple[str, ...], str], take: Any) -> None:
        tags, attribute = way
        plan.stem(tags).add(of_attribute(attribute, take) if attribute else of_text(take))

    def _guard(self, step: PathStep) -> tuple[Guard, Compare | None]:
        """What must hold of the elements of a step, and what that compares."""
        _, tests, compared = self.source.step(step)
        first = step.conditions[0] if len(step.conditions) == 1 else None
        attribute = presence = ""
        if first is not None and not first.values:
            presence = first.path
        elif first is not None and first.path.startswith("@") and "" not in first.values:
            attribute = self.source.clark(first.path[1:])
        guard = Guard(step.conditions, tests, attribute, presence)
        if compared is nothing:
            return guard, None
        return guard, comparing_attribute(attribute) if attribute else comparing_others(compared)

    def _way(self, path: str) -> tuple[tuple[str, ...], str] | None:
        """(names of elements, name of an attribute or nothing) of a path without conditions below its element."""
        if path == ".":
            return (), ""
        from_root, steps = steps_of(path)
        if from_root or any(step.conditions or step.name in (".", "*") for step in steps):
            return None
        names = [step.name for step in steps]
        attribute = self.source.clark(names.pop()[1:]) if names[-1].startswith("@") else ""
        return tuple(self.source.clark(name) for name in names), attribute

    def _quick_conversion(self, row: Row) -> Any:
        if row.as_ is None and row.table is None:
            return None
        convert = self._conversion(row)
        return remembering(convert) if row.table is None else cast(Any, convert).quickly()

    def _inner(self, row: Row) -> tuple[Row, ...]:
        return (*(self.spec.parts.get(row.use, ()) if row.use is not None else ()), *row.rows)

    def _filled(self, row: Row) -> list[str]:
        """The fields of the object a row fills, dotted."""
        if row.to:
            return [row.to.removesuffix("[]")]
        return [name for inner in self._inner(row) for name in self._filled(inner)]

    def _counts(self, row: Row) -> bool:
        """Whether the number of the object among its siblings matters inside."""
        return any(
            inner.as_ == "ordinal" or (not inner.to.endswith("[]") and self._counts(inner))
            for inner in self._inner(row)
        )

    def _first_names(self, row: Row) -> set[str] | None:
        """The elements without one of which the row has nothing to do; None if it has to be asked always."""
        if row.required or row.otherwise is not None or row.when is not None or row.as_ == "ordinal":
            return None
        if row.value is not None:
            return set()
        if row.at is None and row.from_ is None:
            found = [self._first_names(inner) for inner in self._inner(row) if inner.direction != "write"]
            return None if None in found else {name for each in found if each for name in each}
        names = set()
        at = row.around.at if row.around is not None else row.at
        for path in (at,) if at is not None else row.paths:
            from_root, steps = steps_of(path)
            if from_root or steps[0].name[0] in ".@*":
                return None
            names.add(self.source.clark(steps[0].name))
        return names


def _touch(one: str, other: str) -> bool:
    return one == other or one.startswith(other + ".") or other.startswith(one + ".")
