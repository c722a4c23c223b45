"""What is done with an element on a walk: the steps `translators.xmldoc.sweeping` puts together."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from translators.mapping.runs import Action, Run
from translators.mapping.sources import Leaves
from translators.mapping.specs import Row
from translators.xmldoc.looking import Test

Target = dict[Any, Any]
"""The object being filled; under numbers stand the notes of rows that wait for their turn."""
Step = Callable[[Run, Any, Target], None]
"""(run, element, target). Raises ValueError where the rows that search must be asked."""
Take = Callable[[Run, Any, str, Target], None]
"""(run, spot, text, target)."""
Convert = Callable[[str, str], str | None] | None


_SHORT = 32
"""Characters of a text worth remembering."""


class Unusual(ValueError):  # noqa: N818 - not always an error
    """Something the short way does not understand."""


def remembering(convert: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    """A conversion that knows the short texts it has met: days and figures come again and again."""
    known = lru_cache(2048)(convert)
    return lambda text, shape: known(text, shape) if len(text) < _SHORT else convert(text, shape)


def all_of(steps: tuple[Step, ...]) -> Step:
    """One after the other."""
    if len(steps) == 1:
        return steps[0]

    def take_all(run: Run, element: Any, target: Target) -> None:
        for step in steps:
            step(run, element, target)

    return take_all


def walk(table: dict[str, Step]) -> Step:
    """The children by their names."""

    def walk_on(run: Run, element: Any, target: Target) -> None:
        for child in element:
            step = table.get(child.tag)
            if step is not None:
                step(run, child, target)

    return walk_on


def where(tests: tuple[Test, ...], step: Step) -> Step:
    """A step for elements of which all tests hold."""

    def test_first(run: Run, element: Any, target: Target) -> None:
        for test in tests:
            if not test(element, run.root):
                return
        step(run, element, target)

    return test_first


def either(test: Test, holds: Step, otherwise: Step) -> Step:
    """One of two steps."""

    def look(run: Run, element: Any, target: Target) -> None:
        (holds if test(element, run.root) else otherwise)(run, element, target)

    return look


def by_attribute(name: str, table: dict[str | None, Step], otherwise: Step | None) -> Step:
    """Steps for certain values of an attribute, and one for all others."""

    def look(run: Run, element: Any, target: Target) -> None:
        step = table.get(element.get(name), otherwise)
        if step is not None:
            step(run, element, target)

    return look


def keep_text(to: str, convert: Convert) -> Step:
    """The text of the element, the one value of a field."""

    def step(run: Run, element: Any, target: Target) -> None:
        text = element.text
        if text and (text := text.strip()):
            if to in target:
                raise Unusual
            target[to] = text if convert is None else convert(text, "")
            run.used.add(element)
            run.hits += 1

    return step


def keep_attribute(name: str, to: str, convert: Convert) -> Step:
    """An attribute of the element, the one value of a field."""

    def step(run: Run, element: Any, target: Target) -> None:
        text = element.get(name)
        if text:
            if to in target:
                raise Unusual
            target[to] = text if convert is None else convert(text, "")
            run.used.add((element, name))
            run.hits += 1

    return step


def of_text(take: Take) -> Step:
    """A step that takes the text of the element."""

    def step(run: Run, element: Any, target: Target) -> None:
        text = element.text
        if text and (text := text.strip()):
            take(run, element, text, target)

    return step


def of_attribute(name: str, take: Take) -> Step:
    """A step that takes an attribute of the element."""

    def step(run: Run, element: Any, target: Target) -> None:
        text = element.get(name)
        if text:
            take(run, (element, name), text, target)

    return step


def append_text(number: int, convert: Convert) -> Take:
    """One of several values of a field; they are noted in the order of the document."""

    def take(run: Run, spot: Any, text: str, target: Target) -> None:
        target.setdefault(number, []).append(text if convert is None else convert(text, ""))
        run.used.add(spot)
        run.hits += 1

    return take


def note_text(number: int) -> Take:
    """A value that may be taken, when the others are known."""

    def take(_run: Run, spot: Any, text: str, target: Target) -> None:
        target.setdefault(number, []).append((text, spot, ()))

    return take


def expected(wanted: str | None) -> Take:
    """A value that is understood and says nothing."""

    def take(run: Run, spot: Any, text: str, _target: Target) -> None:
        if wanted is None or text == wanted:
            run.used.add(spot)

    return take


def mark(number: int) -> Step:
    """That a row has something to look for."""

    def step(_run: Run, _element: Any, target: Target) -> None:
        target[number] = True

    return step


def own_choice(row: Row, name: str, others: tuple[Leaves, ...], convert: Convert) -> Step:
    """An attribute of the element, or else the first other source that has a value; none lies below the element."""
    to = row.to

    def step(run: Run, element: Any, target: Target) -> None:
        text = element.get(name)
        if text:
            run.used.add((element, name))
            run.hits += 1
            target[to] = text if convert is None else convert(text, "")
            return
        for leaves in others:
            found = leaves(element, run.root)
            if found:
                target[to] = _chosen(row, run, found, convert)
                return
        _missed(row, target)

    return step


def choice(row: Row, sources: tuple[tuple[int, Leaves | None], ...], convert: Convert) -> Action:
    """The first source that has a value wins."""

    def choose(run: Run, node: Any, target: Target, _pointer: str, _number: int) -> None:
        if row.to in target:  # each source that was noted asks for the choice
            return
        for number, leaves in sources:
            found = target.get(number) if leaves is None else leaves(node, run.root)
            if found:
                converted = _chosen(row, run, found, convert)
                if converted is not None:
                    target[row.to] = converted
                break
        else:
            _missed(row, target)

    return choose


def _chosen(row: Row, run: Run, found: list[Any], convert: Convert) -> str | None:
    text: str = found[0][0]
    if len(found) > 1:
        if row.join is None:
            raise Unusual
        text = row.join.join([leaf[0] for leaf in found])
    run.use(found)
    return text if convert is None else convert(text, "")


def _missed(row: Row, target: Target) -> None:
    if row.otherwise is not None:
        target[row.to] = row.otherwise
    elif row.required:
        raise Unusual
