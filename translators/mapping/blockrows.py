"""Rows that hold rows: one object for every node of a path, one for the only node, one around the same node."""

from collections.abc import Callable, Container
from typing import Any

from translators.mapping.filling import list_at, putter
from translators.mapping.runs import LEAVE_OUT, Action, Run, Trouble
from translators.mapping.sources import Leaves, Node, Source
from translators.mapping.specs import Row


def in_turn(actions: list[Action]) -> Action:
    """One action after the other."""
    if len(actions) == 1:
        return actions[0]
    each = tuple(actions)

    def fill(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        for action in each:
            action(run, node, target, pointer, number)

    return fill


def conditional(path: str, leaves: Leaves, action: Action) -> Action:
    """A row with `when`: only where these values are. What the whole message says is no value of this object."""
    is_value = not path.startswith("/")

    def act(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        found = leaves(node, run.root)
        if found:
            before = run.hits
            run.use(found)
            if not is_value:
                run.hits = before
            action(run, node, target, pointer, number)

    return act


def where_present(actions: tuple[tuple[str | None, Action], ...], present: Callable[[Node], Container[str]]) -> Action:
    """The actions whose first step is there, in turn."""

    def fill(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        there = present(node)
        for key, action in actions:
            if key is None or key in there:
                action(run, node, target, pointer, number)

    return fill


def each_node(row: Row, nodes: Any, compared: Leaves | None, fill: Action, source: Source) -> Action:
    """One object for every node, appended to a list; an object in which nothing but constants stands is left out."""
    to = row.to.removesuffix("[]")
    step = "/" + to.replace(".", "/") + "/"

    def append(run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        found = nodes(node, run.root)
        if not found:
            return
        filling: list[Any] = list_at(target, to)
        for each in found:
            filled: dict[str, Any] = {}
            inner = f"{pointer}{step}{len(filling)}" if run.trace is not None else pointer
            before = run.hits
            if compared is not None:
                run.use(compared(each, run.root))
            fill(run, each, filled, inner, len(filling) + 1)
            if filled and run.hits != before:
                if not filling:
                    filling = list_at(target, to, create=True)
                filling.append(filled)
                if run.notes:
                    run.note(row, inner, source.spot_of(each))

    return append


def single(row: Row, nodes: Any, compared: Leaves | None, fill: Action, source: Source) -> Action:
    """One object from the one node there may be."""
    to = row.to
    step, put_object = ("/" + to.replace(".", "/"), putter(to)) if to else ("", putter("?"))

    def put(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        found = nodes(node, run.root)
        if not found:
            return
        if len(found) > 1:
            text = f"{row.at} occurs {len(found)} times; one is expected"
            run.troubles.append(Trouble(text, source.spot_of(found[1]), pointer + step, "map.twice"))
        before, told = run.hits, len(run.troubles)
        if compared is not None:
            run.use(compared(found[0], run.root))
        if not to:
            fill(run, found[0], target, pointer, number)
        else:
            filled: dict[str, Any] = {}
            fill(run, found[0], filled, pointer + step, number)
            if run.hits == before or _cannot_be(run, told, pointer + step):
                return
            put_object(target, filled)
            if run.notes:
                run.note(row, pointer + step, source.spot_of(found[0]))
        if run.rows is not None and run.hits > before:
            run.rows.add(id(row))

    return put


def _cannot_be(run: Run, told: int, pointer: str) -> bool:
    """Whether a field of the object is missing without which it is left out; it has been told since."""
    return any(each.policy == LEAVE_OUT and each.pointer.rpartition("/")[0] == pointer for each in run.troubles[told:])


def nested(to: str, fill: Action) -> Action:
    """An object made of values around the same node; left out when no value was there."""
    is_list = to.endswith("[]")
    name = to.removesuffix("[]")
    step = "/" + name.replace(".", "/") if name else ""
    put_object = putter(name or "?")

    def put(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        filled: dict[str, Any] = {}
        before, troubles = run.hits, len(run.troubles)
        inner = f"{pointer}{step}/{len(list_at(target, name))}" if is_list and run.trace is not None else pointer + step
        fill(run, node, filled, inner, number)
        if run.hits == before and len(run.troubles) == troubles:
            return
        if is_list:
            list_at(target, name, create=True).append(filled)
        elif not name:
            target.update(filled)
        else:
            put_object(target, filled)

    return put
