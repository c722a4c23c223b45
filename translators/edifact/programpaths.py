"""Paths of a map as loops and tests over flat values: how a program walks, what it compares, what it marks as used.

Reading the whole way (`translators.mapping`) remembers a spot for every value it used. A program marks bits instead,
one for each flat value of a segment, and where it looks at a value anyway the bits are known when it is written.
"""

from msgspec import Struct

from translators.edifact.directory import Directory, Step
from translators.edifact.flatvalues import starts_of
from translators.edifact.paths import EdifactSource
from translators.edifact.pathvalues import CompositeScope, SegmentScope, numbers_of
from translators.mapping.pathwords import Condition, PathStep, steps_of
from translators.mapping.programtext import Block, ProgramText, Unsupported

Scope = Step | SegmentScope | CompositeScope


class ProgramNode:
    """A node in the program: a variable of a group or segment, and the block in which it is bound.

    `base` is where the values of a composite start: a number, or a variable. `mask` gathers the values that are read
    there in any case.
    """

    def __init__(self, scope: Scope, variable: str, block: Block, base: int | str = 0, values: str = "") -> None:
        self.scope = scope
        self.variable = variable
        self.block = block
        self.base = base
        self.values = values
        self.mask = 0
        self.fetched: dict[str, str] = {}

    def within(self, block: Block) -> "ProgramNode":
        """The same node in a block further in."""
        inner = ProgramNode(self.scope, self.variable, block, self.base, self.values)
        inner.fetched = dict(self.fetched)
        return inner

    def value(self, at: int) -> str:
        """The expression of one of its values."""
        return f"{self.values}[{self._index(at)}]"

    def _index(self, at: int) -> str:
        return str(self.base + at) if isinstance(self.base, int) else f"{self.base} + {at}" if at else self.base

    def using(self, mask: int) -> str:
        """The statement that marks values as used; bit 0 is the first value of the segment, or of the composite."""
        if isinstance(self.base, int):
            return f"{self.variable}.used |= {mask << self.base}"
        return f"{self.variable}.used |= {mask} << {self.base}"


class Mark(Struct, frozen=True):
    """What a condition compared is understood: `statement` marks it, `hit` counts it as a value found as well."""

    statement: str
    hit: str


class Walker:
    """Writes the ways of a map's paths into a program, for the tables the flat values were made by."""

    def __init__(self, source: EdifactSource, tables: Directory, text: ProgramText) -> None:
        self.source = source
        self.tables = tables
        self.text = text
        self._starts: dict[str, tuple[int, ...]] = {}
        self._kept: dict[object, str] = {}

    def starts(self, tag: str) -> tuple[int, ...]:
        """Where the elements of a segment start among its flat values."""
        if tag not in self._starts:
            self._starts[tag] = starts_of(self.tables.segment(tag) or ())
        return self._starts[tag]

    def positions(self, name: str, spot: ProgramNode) -> list[int]:
        """Where the values of an element stand at a node, counted from its base."""
        if isinstance(spot.scope, CompositeScope):
            found = numbers_of(name, spot.scope.components)
        elif isinstance(spot.scope, SegmentScope):
            found = self._in_segment(name, spot.scope)
        else:
            raise Unsupported(f"`{name}` is no element")
        if not found:
            raise Unsupported(f"no `{name}`")
        return found

    def _in_segment(self, name: str, scope: SegmentScope) -> list[int]:
        starts = self.starts(scope.tag)
        flat = []
        for element, number in self.source.positions(name, scope):
            if element >= len(starts) or starts[element - 1] + number >= starts[element]:
                raise Unsupported(f"{scope.tag} has another shape here")
            flat.append(starts[element - 1] + number)
        return flat

    def fetch(self, spot: ProgramNode, name: str) -> str:
        """The variable with the segments or groups of a name in a group, looked up once."""
        if name not in spot.fetched:
            kind = "groups" if name.startswith("SG") and name[2:].isdigit() else "segments"
            variable = spot.fetched[name] = self.text.fresh("a")
            spot.block.first.append(f"{variable} = {spot.variable}.{kind}.get({name!r}, ())")
        return spot.fetched[name]

    def walk(self, steps: tuple[PathStep, ...], spot: ProgramNode, out: Block) -> tuple[ProgramNode, Block, list[Mark]]:
        """Loops to every node of a path: (the node, the innermost block, what all conditions on the way compared)."""
        marks: list[Mark] = []
        for step in steps:
            spot, out, compared = self.step(step, spot, out)
            marks += compared
        return spot, out, marks

    def step(self, step: PathStep, spot: ProgramNode, out: Block) -> tuple[ProgramNode, Block, list[Mark]]:
        """One step of a path: (the node, the block in which it is what the conditions want, what they compared)."""
        inner, out = self._enter(step, spot, out)
        marks = []
        for condition in step.conditions:
            test = self.test(condition, inner)
            if condition.values:
                marks.append(self.mark(condition, inner))
            out = out.below(f"if {test}:")
        return inner.within(out), out, marks

    def _enter(self, step: PathStep, spot: ProgramNode, out: Block) -> tuple[ProgramNode, Block]:
        name = step.name
        if isinstance(spot.scope, Step):
            child = self._child(name, spot.scope)
            variable = self.text.fresh("g" if isinstance(child, Step) else "p")
            body = out.below(f"for {variable} in {self.fetch(spot, name)}:")
            if isinstance(child, Step):
                return ProgramNode(child, variable, body), body
            values = self.text.fresh("v")
            body.add(f"{values} = {variable}.values")
            return ProgramNode(child, variable, body, 0, values), body
        if isinstance(spot.scope, SegmentScope):
            return self._enter_composite(step, spot.scope, spot, out)
        raise Unsupported(f"nothing lies below `{name}`")

    def _child(self, name: str, scope: Step) -> Scope:
        for step in scope.steps:
            if step.name == name:
                return step if step.group is not None else SegmentScope(name)
        raise Unsupported(f"no `{name}`")

    def _enter_composite(
        self, step: PathStep, scope: SegmentScope, spot: ProgramNode, out: Block
    ) -> tuple[ProgramNode, Block]:
        """A composite is there when something is in it; a condition that wants a value sees to that itself."""
        name = step.name
        places = self.source.composite_places(name, scope)
        starts = self.starts(scope.tag)
        if not places or any(index >= len(starts) for index, _ in places):
            raise Unsupported(f"no `{name}`")
        inner_scope = CompositeScope(name, places[0][1].components)
        bases = [starts[index - 1] for index, _ in places]
        width = min(starts[index] - starts[index - 1] for index, _ in places)
        base: int | str = bases[0]
        if len(bases) > 1:
            base = self.text.fresh("s")
            out = out.below(f"for {base} in {tuple(bases)}:")
        inner = ProgramNode(inner_scope, spot.variable, out, base, spot.values)
        if any(not condition.negated and "/" not in condition.path for condition in step.conditions):
            return inner, out
        body = out.below(f"if {' or '.join(inner.value(at) for at in range(width))}:")
        return inner.within(body), body

    def test(self, condition: Condition, spot: ProgramNode) -> str:
        """The expression that says whether a condition holds of a node."""
        from_root, steps = steps_of(condition.path)
        if not from_root and len(steps) == 1 and not isinstance(spot.scope, Step):
            values = [spot.value(at) for at in self.positions(steps[0].name, spot)]
            return self._comparison(condition, values)
        trigger = None if from_root else self._trigger(steps, spot)
        if trigger is not None:
            return self._comparison(condition, [trigger.value(at) for at in self.positions(steps[1].name, trigger)])
        if not from_root:
            return f"{self._test_function(condition, spot)}(c, {arguments(spot)})"
        key = ("root test", condition)
        if key not in self._kept:  # the same for the whole message, so it is asked once
            cell = self.text.cell()
            name, body = self.text.function("c")
            asked = self._test_function(condition, self.root_node())
            body.below(f"if c[{cell}] is None:").add(f"c[{cell}] = {asked}(c, c[0])")
            body.add(f"return c[{cell}]")
            self._kept[key] = name
        return f"{self._kept[key]}(c)"

    def root_node(self) -> ProgramNode:
        """The root of the message, outside of any function."""
        return ProgramNode(self.source.root_scope, "c[0]", Block())

    def _comparison(self, condition: Condition, values: list[str]) -> str:
        if not condition.values:
            found = " or ".join(values)
        else:
            codes = self.text.constant(condition.values)
            if len(values) == 1:
                return f"{values[0]} {'not in' if condition.negated else 'in'} {codes}"
            found = " or ".join(f"{value} in {codes}" for value in values)
        return f"not ({found})" if condition.negated else found

    def _trigger(self, steps: tuple[PathStep, ...], spot: ProgramNode) -> ProgramNode | None:
        """The trigger of a group, of which there is exactly one, when a path leads to an element of it."""
        scope = spot.scope
        if not isinstance(scope, Step) or not scope.group or len(steps) != 2 or any(each.conditions for each in steps):
            return None
        if steps[0].name != scope.tag or sum(each.name == scope.tag for each in scope.steps) != 1:
            return None
        first = f"{self.fetch(spot, scope.tag)}[0]"
        return ProgramNode(SegmentScope(scope.tag), first, spot.block, 0, f"{first}.values")

    def _test_function(self, condition: Condition, spot: ProgramNode) -> str:
        key = ("test", condition, scope_key(spot.scope))
        if key not in self._kept:
            name, body = self.text.function(f"c, {parameters(spot)}")
            _, steps = steps_of(condition.path)
            end, out, _ = self.walk(steps[:-1], bound(spot, body), body)
            test = self._comparison(
                Condition(condition.path, False, condition.values),
                [end.value(at) for at in self.positions(steps[-1].name, end)],
            )
            out.below(f"if {test}:").add(f"return {not condition.negated}")
            body.add(f"return {condition.negated}")
            self._kept[key] = name
        return self._kept[key]

    def mark(self, condition: Condition, spot: ProgramNode) -> Mark:
        """How to mark what a condition with values compared."""
        from_root, steps = steps_of(condition.path)
        here = spot if len(steps) == 1 and not from_root and not isinstance(spot.scope, Step) else None
        here = here or (None if from_root else self._trigger(steps, spot))
        if here is not None:
            places = self.positions(steps[-1].name, here)
            statement = here.using(sum(1 << at for at in places))
            if not condition.negated:
                return Mark(statement, f"h += 1; {statement}")
            return Mark(statement, f"h += bool({' or '.join(here.value(at) for at in places)}); {statement}")
        start = self.root_node() if from_root else spot
        name = self._mark_function(condition.path, start)
        call = f"{name}(c, {arguments(start)})"
        return Mark(call, f"h += {call}")

    def _mark_function(self, path: str, spot: ProgramNode) -> str:
        key = ("mark", path, scope_key(spot.scope))
        if key not in self._kept:
            name, body = self.text.function(f"c, {parameters(spot)}")
            body.add("found = 0")
            _, steps = steps_of(path)
            end, out, marks = self.walk(steps[:-1], bound(spot, body), body)
            for at in self.positions(steps[-1].name, end):
                inner = out.below(f"if {end.value(at)}:")
                inner.add("found = 1")
                inner.add(end.using(1 << at))
                for mark in marks:
                    inner.add(mark.statement)
            body.add("return found")
            self._kept[key] = name
        return self._kept[key]


def scope_key(scope: Scope) -> tuple[str, object]:
    """Equal for nodes that one function can be about."""
    if isinstance(scope, Step):
        return "group", id(scope)
    return ("segment", scope.tag) if isinstance(scope, SegmentScope) else ("composite", scope.name)


def parameters(spot: ProgramNode) -> str:
    """What a function about such a node takes: the group, the segment, or the segment and where the composite is."""
    return "n, s" if isinstance(spot.scope, CompositeScope) else "n"


def arguments(spot: ProgramNode) -> str:
    """What is handed to it."""
    return f"{spot.variable}, {spot.base}" if isinstance(spot.scope, CompositeScope) else spot.variable


def bound(spot: ProgramNode, body: Block) -> ProgramNode:
    """The node inside of such a function."""
    if isinstance(spot.scope, Step):
        return ProgramNode(spot.scope, "n", body)
    body.add("v = n.values")
    return ProgramNode(spot.scope, "n", body, "s" if isinstance(spot.scope, CompositeScope) else 0, "v")
