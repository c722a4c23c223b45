"""Rows that hold rows, writing: each entry of a list, the only object there is, or the fields of the object around."""

from typing import Any

from translators.mapping.sources import Leaves, Node, Way
from translators.mapping.unwritten import missing
from translators.mapping.writings import Action, Writing
from translators.mapping.writtenvalues import steps_to, value_at


def in_turn(actions: list[Action]) -> Action:
    """One action after the other, as long as the object may stand here."""
    each = tuple(actions)

    def fill(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        return all(action(writing, node, data, pointer, number) for action in each)

    return fill


def conditional(leaves: Leaves, action: Action) -> Action:
    """A row with `when`: only where these values are."""

    def act(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        return not leaves(node, writing.root) or action(writing, node, data, pointer, number)

    return act


def if_asked(asked: Action, fill: Action) -> Action:
    """Fields of the object around, for objects that have the constants."""

    def act(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        return not asked(writing, node, data, pointer, number) or fill(writing, node, data, pointer, number)

    return act


def each_entry(name: str, way: Way | None, fill: Action) -> Action:
    """Every entry of a list that no row has taken yet and this one can take."""
    steps = steps_to(name)
    step = "/" + "/".join(steps)

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        for index, entry in enumerate(value_at(data, steps) or ()):
            at = f"{pointer}{step}/{index}"
            if at in writing.written or not isinstance(entry, dict):
                continue
            mark = writing.mark()
            target = node if way is None else way.open(writing.pen, node, writing.root, fresh=True)
            if target is None:
                writing.reasons.setdefault(at, "there is no room for another one")
                continue
            fits = fill(writing, target, entry, at, index + 1) and writing.hits > mark[1]
            if fits and (way is None or way.holds(target, writing.root)):
                writing.note(at)
            else:
                writing.back(mark)
        return True

    return write


def single(name: str, way: Way | None, fill: Action) -> Action:
    """One object, or, without a name, fields of the object around."""
    steps = steps_to(name) if name else ()
    step = "".join("/" + each for each in steps)

    def write(writing: Writing, node: Node, data: dict[str, Any], pointer: str, number: int) -> bool:
        inner = value_at(data, steps) if steps else data
        if not isinstance(inner, dict) or (steps and pointer + step in writing.written):
            return True
        if way is None and steps and not missing(inner, pointer + step, writing.written)[1]:
            return True  # another place for what a row above has said completely
        mark = writing.mark()
        target = node if way is None else way.open(writing.pen, node, writing.root, fresh=False)
        if target is None:
            writing.reasons.setdefault(pointer + step, "there is no room for it")
            return True
        fits = fill(writing, target, inner, pointer + step, number)
        if not fits or writing.hits == mark[1] or not (way is None or way.holds(target, writing.root)):
            writing.back(mark)
            return fits or bool(steps)
        return True

    return write
