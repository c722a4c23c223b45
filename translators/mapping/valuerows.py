"""Rows that read a value: from the first path that has one, converted, into a field."""

from collections.abc import Hashable
from typing import Any

from translators.mapping.conversions import CONVERSIONS
from translators.mapping.filling import list_at, putter
from translators.mapping.lookups import Convert, LookUp, Unknown, as_it_is
from translators.mapping.runs import LEAVE_OUT, Action, Run, Trouble
from translators.mapping.sources import SEVERAL, Leaf, Leaves, Node, Quick, Source
from translators.mapping.specs import Row


def constant(row: Row) -> Action:
    """`value`: always the same."""
    put, to, value = putter(row.to), row.to, row.value

    def put_value(_run: Run, _node: Node, target: dict[str, Any], _pointer: str, _number: int) -> None:
        target[to] = value

    def put_deep(_run: Run, _node: Node, target: dict[str, Any], _pointer: str, _number: int) -> None:
        put(target, value)

    return put_deep if "." in to else put_value


def ordinal(row: Row) -> Action:
    """`as: ordinal`: the number of the object among its siblings."""
    put = putter(row.to)
    return lambda _run, _node, target, _pointer, number: put(target, str(number))


def only(row: Row, sources: tuple[Leaves, ...]) -> Action:
    """`only`: any other value is refused."""

    def check(run: Run, node: Node, _target: dict[str, Any], pointer: str, _number: int) -> None:
        for leaves in sources:
            found = leaves(node, run.root)
            run.use(found)
            if found and run.rows is not None:
                run.rows.add(id(row))
            for text, spot, _ in found:
                if text not in row.only:
                    sentence = f"`{text[:40]}` is not taken here: {row.because}"
                    run.troubles.append(Trouble(sentence, spot, pointer))

    return check


def expected(row: Row, sources: tuple[Leaves, ...]) -> Action:
    """What we would write ourselves is understood; it says nothing, so it fills nothing. Anything else is residue."""

    def check(run: Run, node: Node, _target: dict[str, Any], _pointer: str, _number: int) -> None:
        for leaves in sources:
            for text, spot, also in leaves(node, run.root):
                if row.write is None or text == row.write:
                    run.used.add(spot)
                    run.used.update(also)
                    if run.rows is not None:
                        run.rows.add(id(row))

    return check


class TextRow:
    """One text, from the first source that has one; several values there are joined, or are one too many."""

    def __init__(
        self, row: Row, sources: tuple[Leaves, ...], convert: Any, shape: Leaves | None, source: Source
    ) -> None:
        self.row = row
        self.sources = sources
        self.convert = convert
        self.shape = shape
        self.source = source
        self.step = "/" + row.to.replace(".", "/")
        self.put = putter(row.to)
        self.is_plain = convert is as_it_is
        self.is_dated = isinstance(convert, LookUp) and convert.is_dated

    def read(self, run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        """The whole way."""
        found = _first_of(self.sources, node, run.root)
        if not found:
            self._miss(run, node, target, pointer)
            return
        text, spot, _ = found[0]
        run.use(found)
        if len(found) > 1:
            text = self._several(run, found, pointer)
        self.take(run, node, target, pointer, text, spot)

    def take(self, run: Run, node: Node, target: dict[str, Any], pointer: str, text: str, spot: Hashable) -> None:
        """A text that was found: convert it and put it."""
        if run.notes:
            run.note(self.row, pointer + self.step, spot)
        if self.is_plain:
            self.put(target, text)
            return
        convert = self.convert.on(run.day) if self.is_dated else self.convert
        converted = _converted(convert, text, self.shape, run, node, spot, pointer + self.step)
        if converted is not None:
            self.put(target, converted)

    def quickly(self, quick: Quick) -> Action:
        """The short way for what is there once, which is nearly always so."""
        read, take, to, row = self.read, self.take, self.row.to, self.row
        is_flat = "." not in to and not self.is_dated and self.shape is None
        convert = None if self.is_plain else self.convert
        if isinstance(convert, LookUp):
            convert = convert.quickly()
        is_optional = len(self.sources) == 1 and row.otherwise is None and not row.required

        def read_quickly(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
            found = quick(node)
            if found is None and is_optional:
                return
            if found is None or found is SEVERAL:
                read(run, node, target, pointer, number)
                return
            run.hits += 1
            run.used.add(found[1])
            if not is_flat or run.notes:
                take(run, node, target, pointer, found[0], found[1])
            elif convert is None:
                target[to] = found[0]
            else:
                try:
                    converted = convert(found[0], "")
                except ValueError:  # told by the whole way
                    take(run, node, target, pointer, found[0], found[1])
                    return
                if converted is not None:
                    target[to] = converted

        return read_quickly

    def _miss(self, run: Run, node: Node, target: dict[str, Any], pointer: str) -> None:
        if self.row.otherwise is not None:
            self.put(target, self.row.otherwise)
        elif self.row.required and self.row.to not in target:
            text, code, policy = f"{self.row.paths[0]} is missing", "map.missing", "refuse"
            if self.row.required == LEAVE_OUT:
                text, code, policy = f"{text}, so `{pointer.rpartition('/')[2]}` is left out", "map.left_out", LEAVE_OUT
            if self.row.because:
                text = f"{text}: {self.row.because}"
            run.troubles.append(Trouble(text, self.source.spot_of(node), pointer + self.step, code, policy))

    def _several(self, run: Run, found: list[Leaf], pointer: str) -> str:
        if self.row.join is not None:
            return self.row.join.join([leaf[0] for leaf in found])
        named = self.row.from_ if isinstance(self.row.from_, str) else "the value"
        sentence = f"{named} occurs {len(found)} times; one is expected"
        run.troubles.append(Trouble(sentence, found[1][1], pointer + self.step, "map.twice"))
        return found[0][0]


def dates(rows: tuple[Row, ...], leaves: Leaves, shape: Leaves) -> Action:
    """A day, its time, the end of a period: several fields out of one text."""
    fields = tuple((row, "/" + row.to.replace(".", "/"), CONVERSIONS[row.as_ or ""], putter(row.to)) for row in rows)
    first = rows[0]

    def read(run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        found = leaves(node, run.root)
        if not found:
            return
        run.use(found)
        text, spot, _ = found[0]
        if len(found) > 1:
            if first.join is None:
                sentence = f"{first.paths[0]} occurs {len(found)} times; one is expected"
                run.troubles.append(Trouble(sentence, found[1][1], pointer + fields[0][1], "map.twice"))
            else:
                text = first.join.join([leaf[0] for leaf in found])
        code = _shape_of(shape, run, node)
        for row, step, convert, put in fields:
            if run.notes:
                run.note(row, pointer + step, spot)
            try:
                converted = convert(text, code)
            except ValueError as error:
                run.troubles.append(Trouble(str(error), spot, pointer + step))
                continue
            if converted is not None:
                put(target, converted)

    return read


def _first_of(sources: tuple[Leaves, ...], node: Node, root: Node) -> list[Leaf]:
    for leaves in sources:
        found = leaves(node, root)
        if found:
            return found
    return []


def _converted(
    convert: Convert, text: str, shape: Leaves | None, run: Run, node: Node, spot: Hashable, pointer: str
) -> str | None:
    """The canonical text, or None with the trouble told."""
    try:
        return convert(text, _shape_of(shape, run, node) if shape is not None else "")
    except Unknown as unknown:
        run.troubles.append(Trouble(str(unknown), spot, pointer, "map.code", unknown.policy))
        return unknown.value
    except ValueError as error:
        run.troubles.append(Trouble(str(error), spot, pointer))
        return None


def texts(row: Row, sources: tuple[Leaves, ...], convert: Any, shape: Leaves | None) -> Action:
    """Every value of every source, appended to a list."""
    to = row.to.removesuffix("[]")
    step = "/" + to.replace(".", "/")
    dated = isinstance(convert, LookUp) and convert.is_dated

    def append(run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        for leaves in sources:
            found = leaves(node, run.root)
            if not found:
                continue
            run.use(found)
            if run.rows is not None:
                run.rows.add(id(row))
            for text, spot, _ in found:
                into = convert.on(run.day) if dated else convert
                converted = _converted(into, text, shape, run, node, spot, pointer + step)
                if converted is not None:
                    if run.trace is not None:
                        run.trace[f"{pointer}{step}/{len(list_at(target, to))}"] = spot
                    list_at(target, to, create=True).append(converted)

    return append


def _shape_of(shape: Leaves, run: Run, node: Node) -> str:
    found = shape(node, run.root)
    if not found:
        return ""
    run.use(found)
    return found[0][0]
