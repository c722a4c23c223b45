"""The walk over an element as it is put together: which step for which child, and what waits until it is over."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from msgspec import Struct

from translators.mapping.pathwords import Condition
from translators.mapping.runs import Action, Run
from translators.xmldoc.looking import Test
from translators.xmldoc.steps import Step, Target, Unusual, all_of, by_attribute, either, walk, where


class Guard(Struct, frozen=True):
    """What must hold of an element.

    `attribute`: the name, in Clark's notation, of the one whose value alone decides; `presence`: the path whose having
    a value alone decides. Guards that hang on the same are asked once.
    """

    conditions: tuple[Condition, ...] = ()
    tests: tuple[Test, ...] = ()
    attribute: str = ""
    presence: str = ""


class Stem:
    """What is to be done with the elements of one name, and with those below them."""

    def __init__(self) -> None:
        self._steps: list[tuple[Guard, Step]] = []
        self._below: dict[str, Stem] = {}
        self._guarded: dict[tuple[Condition, ...], tuple[Guard, Stem]] = {}

    def add(self, step: Step, guard: Guard = Guard()) -> None:  # noqa: B008 - frozen
        """One more step."""
        self._steps.append((guard, step))

    def below(self, tag: str) -> "Stem":
        """For the children of this name."""
        return self._below.setdefault(tag, Stem())

    def guarded(self, guard: Guard) -> "Stem":
        """For those of the elements of which the guard holds."""
        return self._guarded.setdefault(guard.conditions, (guard, Stem()))[1] if guard.conditions else self

    def table(self) -> dict[str, Step]:
        """The steps for the children."""
        return {tag: stem.step() for tag, stem in self._below.items()}

    def step(self) -> Step:
        """Everything together."""
        return all_of((*self.own_steps(), *((walk(self.table()),) if self._below else ())))

    def own_steps(self) -> tuple[Step, ...]:
        """What is to be done with the elements themselves."""
        guarded = [*self._steps, *((guard, stem.step()) for guard, stem in self._guarded.values())]
        steps = [
            where(guard.tests, step) if guard.tests else step
            for guard, step in guarded
            if not guard.attribute and not guard.presence
        ]
        for path in dict.fromkeys(guard.presence for guard, _ in guarded if guard.presence):
            steps.append(_by_presence([(guard, step) for guard, step in guarded if guard.presence == path]))
        for name in dict.fromkeys(guard.attribute for guard, _ in guarded if guard.attribute):
            alike = [(guard.conditions[0], step) for guard, step in guarded if guard.attribute == name]
            steps.append(_by_value(name, alike))
        return tuple(steps)


def _by_value(name: str, alike: list[tuple[Condition, Step]]) -> Step:
    """Steps that hang on one attribute: for each value that is named those that want it, for the rest the others."""
    values = {value for condition, _ in alike for value in condition.values}
    table: dict[str | None, Step] = {}
    for value in values:
        wanted = tuple(step for condition, step in alike if (value in condition.values) is not condition.negated)
        table[value] = all_of(wanted) if wanted else _nothing
    others = tuple(step for condition, step in alike if condition.negated)
    return by_attribute(name, table, all_of(others) if others else None)


def _by_presence(alike: list[tuple[Guard, Step]]) -> Step:
    """Steps that hang on there being a value."""
    first = alike[0][0]
    with_it = tuple(step for guard, step in alike if not guard.conditions[0].negated)
    without = tuple(step for guard, step in alike if guard.conditions[0].negated)
    found, missing = (all_of(steps) if steps else _nothing for steps in (with_it, without))
    return either(first.tests[0], *((missing, found) if first.conditions[0].negated else (found, missing)))


def _nothing(_run: Run, _element: Any, _target: Target) -> None:
    """For a value nobody wants."""


class Plan:
    """Constants, steps on the element itself, the table of its children, and what waits.

    What waits has a number, in the order of the rows; it is done when a step has left a note under it, or `always`.
    """

    def __init__(self, numbers: "count[int]") -> None:
        self.own = Stem()
        self._numbers = numbers
        self._constants: dict[str, Any] = {}
        self._required: list[str] = []
        self._forgotten: list[int] = []
        self._late: list[tuple[int, Action, bool]] = []

    def constant(self, to: str, value: Any) -> None:
        """A value that needs no looking."""
        self._constants[to] = value

    def require(self, to: str) -> None:
        """What must be there when the walk is over."""
        self._required.append(to)

    def number(self) -> int:
        """A number for a note."""
        return next(self._numbers)

    def wait(self, number: int, action: Action, *, always: bool = False) -> None:
        """An action for when the walk is over."""
        self._late.append((number, action, always))

    def forget(self, number: int) -> None:
        """A note that is of no use any more when the walk is over."""
        self._forgotten.append(number)

    def stem(self, tags: Iterable[str]) -> Stem:
        """Where the steps for elements at the end of these names are put."""
        stem = self.own
        for tag in tags:
            stem = stem.below(tag)
        return stem

    def action(self) -> Action:
        """The walk."""
        steps, table, constants = self.own.own_steps(), self.own.table(), self._constants
        late, required, forgotten = tuple(self._late), tuple(self._required), tuple(self._forgotten)
        if not table and not late:
            return _leaf(constants, steps, required)
        if not late and not constants and not forgotten and not steps:
            return _branch(table, required)

        def fill(run: Run, node: Any, target: Target, pointer: str, number: int) -> None:
            target.update(constants)
            for step in steps:
                step(run, node, target)
            for child in node:
                found = table.get(child.tag)
                if found is not None:
                    found(run, child, target)
            for key, action, always in late:
                if key in target or always:
                    action(run, node, target, pointer, number)
                    target.pop(key, None)
            for to in required:
                if to not in target:
                    raise Unusual
            for key in forgotten:
                target.pop(key, None)

        return fill


def _leaf(constants: dict[str, Any], steps: tuple[Step, ...], required: tuple[str, ...]) -> Action:
    """For an element about whose children nobody asks."""

    def fill(run: Run, node: Any, target: Target, _pointer: str, _number: int) -> None:
        if constants:
            target.update(constants)
        for step in steps:
            step(run, node, target)
        for to in required:
            if to not in target:
                raise Unusual

    return fill


def _branch(table: dict[str, Step], required: tuple[str, ...]) -> Action:
    """For an element of which nothing is asked but its children."""

    def fill(run: Run, node: Any, target: Target, _pointer: str, _number: int) -> None:
        for child in node:
            found = table.get(child.tag)
            if found is not None:
                found(run, child, target)
        for to in required:
            if to not in target:
                raise Unusual

    return fill
