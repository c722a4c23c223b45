"""Steps that make an object of an element: the one of a field, one of several, or fields of the object around it."""

from collections.abc import Callable
from typing import Any

from translators.mapping.runs import Action, Run
from translators.mapping.sources import Leaves
from translators.xmldoc.steps import Step, Target, Unusual

Compare = Callable[[Run, Any], None]
"""(run, element): what a condition has compared is understood."""


def comparing_attribute(name: str) -> Compare:
    """A condition on an attribute."""

    def compare(run: Run, element: Any) -> None:
        if element.get(name):
            run.used.add((element, name))
            run.hits += 1

    return compare


def comparing_others(leaves: Leaves) -> Compare:
    """Any other condition."""
    return lambda run, element: run.use(leaves(element, run.root))


def keep_object(to: str, compare: Compare | None, fill: Action) -> Step:
    """The one object of a field. An empty one could hide a second one, so it is unusual."""
    *way, last = to.split(".")

    def step(run: Run, element: Any, target: Target) -> None:
        filled: Target = {}
        before = run.hits
        if compare is not None:
            compare(run, element)
        fill(run, element, filled, "", 0)
        for name in way:
            target = target.setdefault(name, {})
        if last in target or run.hits == before:
            raise Unusual
        target[last] = filled

    return step


def inline_object(number: int, compare: Compare | None, fill: Action) -> Step:
    """Fields of the object itself that stand in an element below, of which there may be one."""

    def step(run: Run, element: Any, target: Target) -> None:
        if number in target:
            raise Unusual
        target[number] = True
        if compare is not None:
            compare(run, element)
        fill(run, element, target, "", 0)

    return step


def append_object(key: str | int, compare: Compare | None, fill: Action) -> Step:
    """One of several objects; left out when no value is in it."""

    def step(run: Run, element: Any, target: Target) -> None:
        others = target.get(key)
        filled: Target = {}
        before = run.hits
        if compare is not None:
            compare(run, element)
        fill(run, element, filled, "", 1 if others is None else len(others) + 1)
        if filled and run.hits != before:
            if others is None:
                target[key] = [filled]
            else:
                others.append(filled)

    return step


def extension(number: int, to: str) -> Action:
    """What was noted for a list is put behind what is there."""

    def extend(_run: Run, _node: Any, target: Target, _pointer: str, _number: int) -> None:
        target.setdefault(to, []).extend(target[number])

    return extend
