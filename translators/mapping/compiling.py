"""A map's rows as closures over one format. Compiled once; running them is a walk without any parsing.

The rows write plain data, as canonical JSON would be decoded; the canonical types then have the last word, so every
format is held to the same rules in the same sentences.
"""

from collections.abc import Callable, Hashable
from typing import Any

from msgspec import Struct, field

from translators.mapping.conversions import CONVERSIONS
from translators.mapping.sources import Leaf, Leaves, Node, Source
from translators.mapping.specs import MapSpec, Row, Table


class Trouble(Struct, frozen=True):
    """A value that could not be mapped: the sentence, where it stands, the canonical field it was for."""

    text: str
    spot: Hashable
    pointer: str
    code: str = "map.value"


class Run(Struct, kw_only=True):
    """One message on its way through a map. `trace` (canonical pointer -> spot) is kept when it is a dict."""

    root: Node
    used: set[Hashable] = field(default_factory=set)
    troubles: list[Trouble] = field(default_factory=list)
    trace: dict[str, Hashable] | None = None
    hits: int = 0
    """Values found so far; an object around which none was found is left out, whatever constants it has."""

    def use(self, leaves: list[Leaf]) -> None:
        """These values have been understood."""
        if leaves:
            self.hits += 1
            for leaf in leaves:
                self.used.add(leaf.spot)
                if leaf.also:
                    self.used.update(leaf.also)


Action = Callable[[Run, Node, dict[str, Any], str, int], None]
"""(run, node, the object being filled, its pointer, its number among its siblings from 1)."""


class Problems(Exception):  # noqa: N818 - a refusal of a map, not a defect
    """What is wrong with the rows of a map, as (path in its file, sentence)."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(text for _, text in found))
        self.found = found


def compile_rows(spec: MapSpec, source: Source) -> Callable[[Run], dict[str, Any]]:
    """The map as one function from a run to plain data. Raises Problems with everything that is wrong in its rows."""
    compiler = _Compiler(spec, source)
    action = compiler.block(spec.rows, source.root_scope, (), "$.rows")
    if compiler.problems:
        raise Problems(compiler.problems)

    def run_map(run: Run) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        action(run, run.root, filled, "", 1)
        return filled

    return run_map


class _Compiler:
    def __init__(self, spec: MapSpec, source: Source) -> None:
        self.spec = spec
        self.source = source
        self.problems: list[tuple[str, str]] = []

    def block(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...], where: str) -> Action:
        """`where` is the path of the rows in the map's file."""
        return _in_turn([self._row(row, scope, inside, f"{where}[{index}]") for index, row in enumerate(rows)])

    def _row(self, row: Row, scope: Any, inside: tuple[str, ...], where: str) -> Action:
        try:
            action = self._action(row, scope, inside, where)
            return action if row.when is None else _conditional(self.source.leaves(row.when, scope), action)
        except ValueError as error:
            self.problems.append((where, str(error)))
            return _in_turn([])

    def _action(self, row: Row, scope: Any, inside: tuple[str, ...], where: str) -> Action:
        if row.use is not None or row.rows:
            return self._block_row(row, scope, inside, where)
        if row.value is not None:
            return _constant(row)
        return self._ordinal(row) if row.as_ == "ordinal" else self._value_row(row, scope)

    def _block_row(self, row: Row, scope: Any, inside: tuple[str, ...], where: str) -> Action:
        nodes, inner_scope, compared = None, scope, None
        if row.at is not None:
            nodes, inner_scope, compared = self.source.nodes(row.at, scope)
        fills = [self.block(row.rows, inner_scope, inside, f"{where}.rows")]
        if row.use is not None:
            if row.use not in self.spec.parts:
                raise ValueError(f"no part `{row.use}`; there are {', '.join(self.spec.parts) or 'none'}")
            if row.use in inside:
                raise ValueError(f"part `{row.use}` uses itself")
            part = self.spec.parts[row.use]
            fills.insert(0, self.block(part, inner_scope, (*inside, row.use), f"$.parts.{row.use}"))
        fill = _in_turn(fills)
        if nodes is None or compared is None:
            return _nested(row.to, fill)
        if row.to.endswith("[]"):
            return _each(row.to, nodes, compared, fill, self.source)
        return _single(row.to, row.at or "", nodes, compared, fill, self.source)

    def _ordinal(self, row: Row) -> Action:
        return lambda _run, _node, target, _pointer, number: _put(target, row.to, str(number))

    def _value_row(self, row: Row, scope: Any) -> Action:
        if row.from_ is None:
            raise ValueError("needs `from`, `value`, `rows` or `use`")
        paths = (row.from_,) if isinstance(row.from_, str) else row.from_
        sources = tuple(self.source.leaves(path, scope) for path in paths)
        if row.only:
            return _only(row, sources)
        shape = self.source.leaves(row.format, scope) if row.format is not None else None
        convert = self._conversion(row)
        if row.to.endswith("[]"):
            return _texts(row.to.removesuffix("[]"), sources, convert, shape)
        return _text(row, sources, convert, shape, self.source)

    def _conversion(self, row: Row) -> Callable[[str, str], str | None]:
        if row.as_ is not None and row.as_ not in CONVERSIONS:
            raise ValueError(f"no conversion `{row.as_}`; there are ordinal, {', '.join(CONVERSIONS)}")
        convert = CONVERSIONS[row.as_] if row.as_ is not None else _as_it_is
        if row.table is None:
            return convert
        if row.table not in self.spec.tables:
            raise ValueError(f"no table `{row.table}`; there are {', '.join(self.spec.tables) or 'none'}")
        return _looked_up(row.table, self.spec.tables[row.table], convert)


def _in_turn(actions: list[Action]) -> Action:
    if len(actions) == 1:
        return actions[0]
    each = tuple(actions)

    def fill(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        for action in each:
            action(run, node, target, pointer, number)

    return fill


def _conditional(leaves: Leaves, action: Action) -> Action:
    def act(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        found = leaves(node, run.root)
        if found:
            run.use(found)
            action(run, node, target, pointer, number)

    return act


def _as_it_is(text: str, _: str) -> str:
    return text


def _looked_up(name: str, table: Table, convert: Callable[[str, str], str | None]) -> Callable[[str, str], str | None]:
    codes, passes = table.codes, table.others == "pass"

    def look_up(text: str, shape: str) -> str | None:
        converted = convert(text, shape)
        if converted is None or converted in codes:
            return codes.get(converted) if converted is not None else None
        if passes:
            return converted
        raise ValueError(f"`{text[:40]}` is not in the table `{name}`; known are {', '.join(codes)}")

    return look_up


def _constant(row: Row) -> Action:
    def put(_run: Run, _node: Node, target: dict[str, Any], _pointer: str, _number: int) -> None:
        _put(target, row.to, row.value)

    return put


def _only(row: Row, sources: tuple[Leaves, ...]) -> Action:
    def check(run: Run, node: Node, _target: dict[str, Any], pointer: str, _number: int) -> None:
        for leaves in sources:
            found = leaves(node, run.root)
            run.use(found)
            for leaf in found:
                if leaf.text not in row.only:
                    text = f"`{leaf.text[:40]}` is not taken here: {row.because}"
                    run.troubles.append(Trouble(text, leaf.spot, pointer))

    return check


def _text(
    row: Row,
    sources: tuple[Leaves, ...],
    convert: Callable[[str, str], str | None],
    shape: Leaves | None,
    source: Source,
) -> Action:
    """One text, from the first source that has one; several values there are joined, or are one too many."""
    to, join, step = row.to, row.join, "/" + row.to.replace(".", "/")

    def put(run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        for leaves in sources:
            found = leaves(node, run.root)
            if found:
                break
        else:
            if row.otherwise is not None:
                _put(target, to, row.otherwise)
            elif row.required and to not in target:
                missing = f"{row.from_ if isinstance(row.from_, str) else row.from_[0] if row.from_ else ''} is missing"
                run.troubles.append(Trouble(missing, source.spot_of(node), pointer + step, "map.missing"))
            return
        first = found[0]
        if len(found) > 1 and join is None:
            text = (
                f"{row.from_ if isinstance(row.from_, str) else 'the value'} occurs {len(found)} times; one is expected"
            )
            run.troubles.append(Trouble(text, found[1].spot, pointer + step, "map.twice"))
        text = first.text if join is None else join.join(leaf.text for leaf in found)
        run.use(found)
        if run.trace is not None:
            run.trace[pointer + step] = first.spot
        try:
            converted = convert(text, _shape_of(shape, run, node))
        except ValueError as error:
            run.troubles.append(Trouble(str(error), first.spot, pointer + step))
            return
        if converted is not None:
            _put(target, to, converted)

    return put


def _texts(
    to: str, sources: tuple[Leaves, ...], convert: Callable[[str, str], str | None], shape: Leaves | None
) -> Action:
    step = "/" + to.replace(".", "/")

    def append(run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        for leaves in sources:
            found = leaves(node, run.root)
            run.use(found)
            for leaf in found:
                try:
                    converted = convert(leaf.text, _shape_of(shape, run, node))
                except ValueError as error:
                    run.troubles.append(Trouble(str(error), leaf.spot, pointer + step))
                    continue
                if converted is not None:
                    _append(target, to, converted)

    return append


def _shape_of(shape: Leaves | None, run: Run, node: Node) -> str:
    if shape is None:
        return ""
    found = shape(node, run.root)
    if not found:
        return ""
    run.use(found)
    return found[0].text


def _each(to: str, nodes: Any, compared: Leaves, fill: Action, source: Source) -> Action:
    """One object for every node, appended to a list; an object in which nothing but constants stands is left out."""
    to = to.removesuffix("[]")
    step = "/" + to.replace(".", "/") + "/"

    def append(run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        for number, each in enumerate(nodes(node, run.root), 1):
            filled: dict[str, Any] = {}
            inner = f"{pointer}{step}{len(_list(target, to))}" if run.trace is not None else pointer
            before = run.hits
            run.use(compared(each, run.root))
            fill(run, each, filled, inner, number)
            if run.hits == before:
                continue
            if filled:
                _append(target, to, filled)
                if run.trace is not None:
                    run.trace[inner] = source.spot_of(each)

    return append


def _single(to: str, at: str, nodes: Any, compared: Leaves, fill: Action, source: Source) -> Action:
    """One object from the one node there may be."""
    step = "/" + to.replace(".", "/") if to else ""

    def put(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        found = nodes(node, run.root)
        if not found:
            return
        if len(found) > 1:
            text = f"{at} occurs {len(found)} times; one is expected"
            run.troubles.append(Trouble(text, source.spot_of(found[1]), pointer + step, "map.twice"))
        before = run.hits
        run.use(compared(found[0], run.root))
        if not to:
            fill(run, found[0], target, pointer, number)
            return
        filled: dict[str, Any] = {}
        fill(run, found[0], filled, pointer + step, number)
        if run.hits > before:
            _put(target, to, filled)
            if run.trace is not None:
                run.trace[pointer + step] = source.spot_of(found[0])

    return put


def _nested(to: str, fill: Action) -> Action:
    """An object made of values around the same node; left out when no value was there."""
    is_list = to.endswith("[]")
    name = to.removesuffix("[]")
    step = "/" + name.replace(".", "/")

    def put(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        filled: dict[str, Any] = {}
        before, troubles = run.hits, len(run.troubles)
        inner = f"{pointer}{step}/{len(_list(target, name))}" if is_list and run.trace is not None else pointer + step
        fill(run, node, filled, inner, number)
        if run.hits == before and len(run.troubles) == troubles:
            return
        (_append if is_list else _put)(target, name, filled)

    return put


def _put(target: dict[str, Any], to: str, value: Any) -> None:
    *way, last = to.split(".")
    for name in way:
        target = target.setdefault(name, {})
    target[last] = value


def _append(target: dict[str, Any], to: str, value: Any) -> None:
    _list(target, to, create=True).append(value)


def _list(target: dict[str, Any], to: str, *, create: bool = False) -> list[Any]:
    *way, last = to.split(".")
    for name in way:
        target = target.setdefault(name, {}) if create else target.get(name, {})
    found: list[Any] = target.setdefault(last, []) if create else target.get(last, [])
    return found
