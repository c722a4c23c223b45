"""What stands around the entries of a list: a place with its lines, a consignment with its events.

Read, it is said of each entry, and what all entries say alike goes to the object around the list. Written, entries that
follow each other and say the same share one group; so the order of the list is kept, and a place may come twice.
"""

from collections.abc import Callable, Hashable
from typing import Any

from msgspec import structs

from translators.mapping.runs import Action, Run
from translators.mapping.sources import Leaves, Node, Nodes, Source, Way
from translators.mapping.specs import Row


class Found:
    """How the nodes of one step of a row are found while reading, and what their conditions compare."""

    __slots__ = ("compared", "fill", "nodes")

    def __init__(self, nodes: Nodes, compared: Leaves, fill: Action) -> None:
        self.nodes = nodes
        self.compared = compared
        self.fill = fill


def reading(row: Row, around: Found, inner: Found, source: Source) -> Action:
    """An entry for each `inner` node below each node of `around`; `shared` names go to the object around the list."""
    name = row.to.removesuffix("[]")
    shared = row.around.shared if row.around is not None else ()

    def append(run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        entries: list[Any] = []
        before = len(target.get(name, ()))
        for outer in around.nodes(node, run.root):
            below = inner.nodes(outer, run.root)
            if not below:
                continue
            at = f"{pointer}/{name}/{before + len(entries)}"
            run.use(around.compared(outer, run.root))
            said, spots = _said(run, around.fill, outer, at, before + len(entries) + 1)
            for each in below:
                hits = run.hits
                number = before + len(entries)
                at = f"{pointer}/{name}/{number}"
                entry = copied(said)
                if run.trace is not None:
                    run.trace.update({at + field: spot for field, spot in spots.items()})
                run.use(inner.compared(each, run.root))
                inner.fill(run, each, entry, at, number + 1)
                if run.hits != hits:
                    entries.append(entry)
                    if run.notes:
                        run.note(row, at, source.spot_of(each))
        if entries:
            target.setdefault(name, []).extend(entries)
            for field in shared if before == 0 else ():
                _lift(run, field, entries, target, pointer, f"{pointer}/{name}/")

    return append


def copied(said: dict[str, Any]) -> dict[str, Any]:
    """What is said of an entry, so that what it adds does not get to the others too."""
    return {field: value.copy() if isinstance(value, dict | list) else value for field, value in said.items()}


def _said(run: Run, fill: Action, outer: Node, at: str, number: int) -> tuple[dict[str, Any], dict[str, Hashable]]:
    """What a node around says, and the places of it by what follows `at` in their pointers."""
    said: dict[str, Any] = {}
    trace, run.trace = run.trace, None if run.trace is None else {}
    fill(run, outer, said, at, number)
    spots = {pointer.removeprefix(at): spot for pointer, spot in (run.trace or {}).items()}
    run.trace = trace
    return said, spots


def lift(field: str, entries: list[Any], target: dict[str, Any]) -> bool:
    """Move a field that all entries have alike to the object around them; whether it was."""
    first = entries[0].get(field)
    if field in target or first is None or any(entry.get(field) != first for entry in entries):
        return False
    target[field] = first
    for entry in entries:
        del entry[field]
    return True


def _lift(run: Run, field: str, entries: list[Any], target: dict[str, Any], pointer: str, below: str) -> None:
    """Move a field that all entries have alike, with its places and troubles."""
    if not lift(field, entries, target):
        return

    def moved(at: str) -> str:
        number, slash, rest = at.removeprefix(below).partition("/")
        is_field = at.startswith(below) and number.isdigit() and slash and (rest + "/").startswith(field + "/")
        return f"{pointer}/{rest}" if is_field else at

    run.troubles[:] = [structs.replace(each, pointer=moved(each.pointer)) for each in run.troubles]
    if run.trace is not None:
        kept: dict[str, Hashable] = {}
        for at, spot in run.trace.items():
            kept.setdefault(moved(at), spot)
        run.trace.clear()
        run.trace.update(kept)


class Written:
    """How the nodes of one step of a row are made while writing, and what is written into them."""

    __slots__ = ("fill", "way")

    def __init__(self, way: Way, fill: Callable[..., bool]) -> None:
        self.way = way
        self.fill = fill

    def open(self, writing: Any, node: Node, entry: dict[str, Any], at: str, number: int) -> Node | None:
        """A new node that says what the entry says; None where there is no room, or the entry does not fit."""
        made = self.way.open(writing.pen, node, writing.root, fresh=True)
        if made is None:
            writing.reasons.setdefault(at, "there is no room for another one")
            return None
        fits = self.fill(writing, made, entry, at, number) and self.way.holds(made, writing.root)
        return made if fits else None


def writing(name: str, around: Written, inner: Written, shared: tuple[str, ...]) -> Callable[..., bool]:
    """Entries of `name`, each in a new node below the last one of `around` if that says the same, else a new one."""

    def write(writing: Any, node: Node, data: dict[str, Any], pointer: str, _number: int) -> bool:
        lent = {field: data[field] for field in shared if _is_free(writing, data, f"{pointer}/{field}", field)}
        last, last_said = None, None
        for index, own in enumerate(data.get(name) or ()):
            at = f"{pointer}/{name}/{index}"
            if at in writing.written or not isinstance(own, dict):
                continue
            mark = writing.mark()
            entry = {**lent, **own}
            with writing.listening() as tried:
                outer = around.open(writing, node, entry, at, index + 1)
            heard = [each for each in tried if each in writing.written]  # what did not fit was taken back
            said = {each.removeprefix(at): _at(entry, each.removeprefix(at)) for each in heard}
            if outer is not None and last is not None and said == last_said:
                writing.back(mark)
                outer = last
                for each in heard:
                    writing.note(each)
            hits = writing.hits
            if outer is None or inner.open(writing, outer, entry, at, index + 1) is None or writing.hits == hits:
                writing.back(mark)
                continue
            last, last_said = outer, said
            writing.note(at)
            for field in lent.keys() - own.keys():
                for each in heard:
                    if (each + "/").startswith(f"{at}/{field}/"):
                        writing.note(f"{pointer}/{each.removeprefix(at + '/')}")
        return True

    return write


def _is_free(writing: Any, data: dict[str, Any], pointer: str, field: str) -> bool:
    """Whether the object around has the field, and no row has written it yet."""
    return field in data and not any((each + "/").startswith(pointer + "/") for each in writing.written)


def _at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value.get(step)
    return value
