"""A map's rows as one walk: every element is looked at once, and its name says what is to be done with it.

The rows of `translators.mapping.compiling` search, each for itself, and are exact about everything that can be wrong.
This is the short way through documents in which nothing is, written out as a program: simple rows become lines for the
elements they are about, the others stay as they are and wait until the walk over their element is over. Whatever is
out of the ordinary raises ValueError, and the rows that search are asked instead; so no sentence of a finding comes
from here.
"""

from collections.abc import Callable
from itertools import takewhile
from typing import Any, cast

from translators.mapping.compiling import Compiler
from translators.mapping.files import MapFile
from translators.mapping.pathwords import PathStep, steps_of
from translators.mapping.programtext import ProgramText
from translators.mapping.runs import Action, Run
from translators.mapping.sources import nothing
from translators.mapping.specs import Row
from translators.xmldoc.objectsteps import (
    Compare,
    Inside,
    append_object,
    comparing_others,
    inline_object,
    keep_object,
)
from translators.xmldoc.paths import XmlSource
from translators.xmldoc.plans import Emit, Guard, Plan, Stem
from translators.xmldoc.rowfields import counts, filled_fields, inner_rows, is_block, says_all, touch
from translators.xmldoc.steps import (
    ALWAYS_SAYS,
    append_text,
    choice,
    expected,
    extension,
    keep_chosen,
    keep_part,
    keep_text,
    mark,
    note_text,
    own_choice,
    searching,
)


def compile_sweep(file: MapFile, source: XmlSource) -> Callable[[Run], dict[str, Any]] | None:
    """The map as one walk, or None for a map that has tables of the day; the program is written when first used."""
    if any(table.is_dated for table in file.tables.values()):
        return None
    made: list[Callable[..., None]] = []

    def sweep(run: Run) -> dict[str, Any]:
        if not made:
            made.append(_Sweeper(file, source).program())
        filled: dict[str, Any] = {}
        made[0](run, run.root, filled, 1)
        return filled

    return sweep


class _Sweeper(Compiler):
    source: XmlSource

    def __init__(self, file: MapFile, source: XmlSource) -> None:
        super().__init__(file, source)
        self.text = ProgramText()
        self.functions: dict[str, Any] = {}
        self._parts: dict[str, str] = {}

    def program(self) -> Callable[..., None]:
        """(run, root element, the object to be filled, 1): the whole map."""
        name = self._function(self.file.spec.rows, self.source.root_scope, ())
        made = self.text.compiled(name, f"<{self.file.path.name}>")
        self.functions.update(made.__globals__)
        return made

    def block(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> Action:
        """A block that rows which search ask for: a function of its own, known when the program is."""
        name, functions = self._function(rows, scope, inside), self.functions

        def act(run: Run, node: Any, target: dict[str, Any], _pointer: str, number: int) -> None:
            used, run.used = run.used, set()  # what was used before counts here as well
            functions[name](run, node, target, number)
            run.hits += len(run.used)
            used |= run.used
            run.used = used

        return act

    def _function(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> str:
        name, body = self.text.function("run, e, f, number")
        body.add("root, used = run.root, run.used")
        body.add("use = used.add")
        self._plan(rows, scope, inside).write(body, "e", "f", "number")
        return name

    def _plan(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> Plan:
        rows = tuple(row for row in rows if row.direction != "write")
        filled = [filled_fields(row, self.spec.parts) for row in rows]
        plan = Plan(self.text)
        for at, row in enumerate(rows):
            before, after = ({name for other in part for name in other} for part in (filled[:at], filled[at + 1 :]))
            others = before if is_block(row) else before | after  # what comes later then waits, and finds the object
            alone = not any(touch(name, other) for name in filled[at] for other in others)
            if not self._swept(plan, row, inside, alone=alone):
                self._wait(plan, row, scope, inside)
        return plan

    def _swept(self, plan: Plan, row: Row, inside: tuple[str, ...], *, alone: bool) -> bool:
        """Whether the row has become a step. `alone`: no other row of the block fills what it fills."""
        if row.when is not None or row.format is not None or row.only or row.as_ == "ordinal":
            return False
        if row.around is not None or ("." in row.to and (row.at is None or row.to.endswith("[]"))):
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
                plan.stem(way[0]).add(expected(self.text, way[1], row.write))
        return None not in ways

    def _swept_text(self, plan: Plan, row: Row) -> bool:
        ways = [self._way(path) for path in row.paths]
        convert = self._quick_conversion(row)
        is_steady = row.as_ in ALWAYS_SAYS
        if ways == [None] and is_steady and self._swept_chosen(plan, row, convert):
            return True
        if any(way is None and not path.startswith("/") for way, path in zip(ways, row.paths, strict=True)):
            return False
        if ways == [((), "")] and convert is not None and not row.required and row.otherwise is None and not is_steady:
            plan.own.add(keep_part(self.text, row.to, convert))
        elif len(ways) == 1 and ways[0] and is_steady and row.join is None and row.otherwise is None:
            tags, attribute = ways[0]
            plan.stem(tags).add(keep_text(self.text, attribute, row.to, convert, may_repeat=bool(tags)))
            if row.required:
                plan.require(row.to)
        elif ways[0] and ways[0][1] and is_steady and all(way is None or not way[0] for way in ways):
            others = [self.source.leaves(path, None) for path in row.paths[1:]]
            plan.own.add(own_choice(self.text, row, ways[0][1], others, convert))
        else:
            self._place_choice(plan, row, ways, convert)
        return True

    def _swept_chosen(self, plan: Plan, row: Row, convert: Any) -> bool:
        """The text of an element below that is the right one by its attribute, as in `cbc:ID[@schemeID=GLN]`."""
        from_root, steps = steps_of(row.paths[0])
        *above, last = steps
        way = self._way("/".join(step.name for step in steps)) if not from_root else None
        if way is None or way[1] or any(step.conditions for step in above) or not last.conditions:
            return False
        guard, _ = self._guard(last)
        if not guard.attribute or row.required or row.join is not None or row.otherwise is not None:
            return False
        plan.stem(way[0]).add(keep_chosen(self.text, guard, row.to, convert))
        return True

    def _place_choice(self, plan: Plan, row: Row, ways: list[Any], convert: Any) -> None:
        sources: list[Any] = []
        for path, way in zip(row.paths, ways, strict=True):
            if way is None:
                sources.append(self.source.leaves(path, None))
            else:
                sources.append(plan.note())
                plan.stem(way[0]).add(note_text(self.text, way[1], sources[-1]))
        is_always = row.required or row.otherwise is not None or None in ways or len(ways) > 1
        plan.wait(choice(self.text, row, sources, convert), "" if is_always else sources[0])

    def _swept_texts(self, plan: Plan, row: Row) -> bool:
        ways = [self._way(path) for path in row.paths]
        if row.as_ not in ALWAYS_SAYS or None in ways:
            return False
        convert = self._quick_conversion(row)
        for way in ways:
            if way is not None:
                note = plan.note()
                plan.stem(way[0]).add(append_text(self.text, way[1], note, convert))
                plan.wait(extension(note, row.to.removesuffix("[]")), note)
        return True

    def _swept_block(self, plan: Plan, row: Row, inside: tuple[str, ...], *, alone: bool) -> bool:
        is_list, (from_root, steps) = row.to.endswith("[]"), steps_of(row.at or "")
        if from_root or any(step.name in (".", "*") for step in steps) or not (is_list or alone):
            return False
        if counts(row, self.spec.parts) and not (is_list and alone):
            return False
        stem, compare = plan.own, None
        for step in steps:
            guard, compare = self._guard(step)
            inner = stem.below(self.source.clark(step.name))
            stem = inner.guarded(guard) if step is not steps[-1] else inner
        stem.add(self._object(plan, row, compare, self._inside(row, steps[-1], inside)), guard)
        return True

    def _object(self, plan: Plan, row: Row, compare: Compare | None, fill: Inside) -> Emit:
        to = row.to.removesuffix("[]")
        if to and not row.to.endswith("[]"):
            return keep_object(self.text, to, compare, fill, says_all=says_all(row, self.spec.parts))
        note = plan.note()
        if not to:
            return inline_object(note, compare, fill)
        plan.wait(extension(note, to), note)
        parts = self.spec.parts
        return append_object(self.text, note, compare, fill, says_all=says_all(row, parts), counts=counts(row, parts))

    def _inside(self, row: Row, step: PathStep, inside: tuple[str, ...]) -> Inside:
        """What fills an object: a part by itself is a function that all who use it share; the rest stands in line."""
        scope = self.source.clark(step.name)
        if row.use is None or row.use in inside:
            return self._plan(row.rows, scope, inside).write
        part = self.spec.parts[row.use]
        if row.rows or not row.to:
            return self._plan((*part, *row.rows), scope, (*inside, row.use)).write
        if row.use not in self._parts:
            self._parts[row.use] = self._function(part, scope, (*inside, row.use))
        name = self._parts[row.use]
        return lambda out, element, target, number: out.add(f"{name}(run, {element}, {target}, {number})")

    def _wait(self, plan: Plan, row: Row, scope: Any, inside: tuple[str, ...]) -> None:
        """The row as it searches, when its turn has come; only where the elements of one of its paths were seen."""
        if row.as_ == "ordinal" and "." not in row.to:
            plan.wait(lambda out, _element, target, number: out.add(f"{target}[{row.to!r}] = str({number})"))
            return
        ways = self._ways_to(row) if row.value is None else None
        if row.when is not None and (stem := self._stem_of_condition(plan, row.when)) is not None:
            note = plan.note()
            stem.add(mark(note))
        else:
            note = "" if ways is None else plan.note()
        plan.wait(searching(self.text, self._row(row, scope, inside)), note)
        for way in ways or ():
            plan.stem(way).add(mark(note))

    def _stem_of_condition(self, plan: Plan, path: str) -> Stem | None:
        """Where it is seen that a condition of a row may hold, or None for a path that may lead anywhere."""
        from_root, steps = steps_of(path)
        if from_root or steps[0].name[0] in ".@*" or any(step.name in (".", "*") for step in steps):
            return None
        stem = plan.own
        for step in steps:
            if not step.name.startswith("@"):
                guard, _ = self._guard(step)
                stem = stem.below(self.source.clark(step.name))
                stem = stem if guard.attribute else stem.guarded(guard)  # an attribute that decides counts as used
        return stem

    def _guard(self, step: PathStep) -> tuple[Guard, Compare | None]:
        """What must hold of the elements of a step, and what that compares."""
        _, tests, compared = self.source.step(step)
        first = step.conditions[0] if len(step.conditions) == 1 else None
        attribute = presence = ""
        if first is not None and not first.values:
            presence = first.path
        elif first is not None and first.path.startswith("@") and "" not in first.values:
            attribute = self.source.clark(first.path[1:])
        clark = self.source.clark(presence[1:]) if presence.startswith("@") else ""
        guard = Guard(step.conditions, tests, attribute, presence, clark)
        if compared is nothing:
            return guard, None
        return guard, None if attribute else comparing_others(self.text, compared)

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
        return convert if row.table is None else cast(Any, convert).quickly()

    def _ways_to(self, row: Row) -> list[tuple[str, ...]] | None:
        """The names on the ways to elements without which the row has nothing to do; None if it is to be asked always.

        What must hold on a way is left to the row.
        """
        if row.required or row.otherwise is not None or row.when is not None or row.as_ == "ordinal":
            return None
        if row.value is not None:
            return []
        if row.at is None and row.from_ is None:
            inner = [self._ways_to(each) for each in inner_rows(row, self.spec.parts) if each.direction != "write"]
            return None if None in inner else [way for each in inner if each for way in each]
        at = row.around.at if row.around is not None else row.at
        ways = [self._names_to(path) for path in ((at,) if at is not None else row.paths)]
        return None if () in ways else ways

    def _names_to(self, path: str) -> tuple[str, ...]:
        """The names of a path as far as they are known; none of one from the root, which may lead anywhere."""
        from_root, steps = steps_of(path)
        names = [] if from_root else [step.name for step in steps]
        return tuple(self.source.clark(name) for name in takewhile(lambda name: name[0] not in ".@*", names))
