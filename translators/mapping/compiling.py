"""A map's rows as closures that read. Compiled once; running them is a walk without any parsing.

The rows write plain data, as canonical JSON would be decoded; the canonical types then have the last word, so every
format is held to the same rules in the same sentences. The way back is in `translators.mapping.composing`.
"""

from collections.abc import Callable, Container, Hashable
from datetime import date
from typing import Any

from msgspec import Struct

from translators.fileproblems import FileProblem, FileProblems
from translators.mapping.conversions import CONVERSIONS, DATE_ROLES
from translators.mapping.crossrefs import CrossReference
from translators.mapping.files import MapFile
from translators.mapping.sources import SEVERAL, Leaf, Leaves, Node, Quick, Source, nothing
from translators.mapping.specs import Row

_WORTH_ASKING = 4
"""So many rows of a block must hang on names for it to pay to look which names are there."""


class Trouble(Struct, frozen=True):
    """A value that could not be mapped: the sentence, where it stands, the canonical field it was for.

    `policy` is that of the cross-reference which does not have a code: `refuse` stops the document, `park` holds it.
    """

    text: str
    spot: Hashable
    pointer: str
    code: str = "map.value"
    policy: str = "refuse"


class Run:
    """One message on its way through a map. `trace` (canonical pointer -> spot) is kept when it is a dict.

    `hits` counts values; an object around which none was found is left out, whatever constants it has. `day` chooses
    among the entries of dated tables. `rows`, when it is a set, gathers which rows were used.
    """

    __slots__ = ("day", "hits", "notes", "root", "rows", "trace", "troubles", "used")

    def __init__(
        self,
        root: Node,
        *,
        trace: dict[str, Hashable] | None = None,
        day: date | None = None,
        rows: set[int] | None = None,
    ) -> None:
        self.root = root
        self.used: set[Hashable] = set()
        self.troubles: list[Trouble] = []
        self.trace = trace
        self.day = day
        self.rows = rows
        self.notes = trace is not None or rows is not None
        self.hits = 0

    def note(self, row: Row, pointer: str, spot: Hashable) -> None:
        """That `row` gave the value at `pointer`, for who asked."""
        if self.trace is not None:
            self.trace[pointer] = spot
        if self.rows is not None:
            self.rows.add(id(row))

    def use(self, leaves: list[Leaf]) -> None:
        """These values have been understood."""
        if leaves:
            self.hits += 1
            add = self.used.add
            for _, spot, also in leaves:
                add(spot)
                if also:
                    self.used.update(also)


Action = Callable[[Run, Node, dict[str, Any], str, int], None]
"""(run, node, the object being filled, its pointer, its number among its siblings from 1)."""
Convert = Callable[[str, str], str | None]


class Unknown(ValueError):  # noqa: N818 - not always an error
    """A code that a cross-reference which does not refuse does not have; `value` is what goes on in its place."""

    def __init__(self, text: str, value: str, policy: str) -> None:
        super().__init__(text)
        self.value = value
        self.policy = policy


def compile_rows(file: MapFile, source: Source) -> Callable[[Run], dict[str, Any]]:
    """The map as one function from a run to plain data. Raises FileProblems with everything wrong in its rows."""
    compiler = _Compiler(file, source)
    action = compiler.block(file.spec.rows, source.root_scope, ())
    if compiler.problems:
        raise FileProblems(compiler.problems)

    def run_map(run: Run) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        action(run, run.root, filled, "", 1)
        return filled

    return run_map


class _Compiler:
    def __init__(self, file: MapFile, source: Source) -> None:
        self.file = file
        self.spec = file.spec
        self.source = source
        self.problems: list[FileProblem] = []

    def block(self, rows: tuple[Row, ...], scope: Any, inside: tuple[str, ...]) -> Action:
        """The rows one after the other; those whose first step is not there are not even asked, where that pays."""
        rows = tuple(row for row in rows if row.direction != "write")
        actions: list[tuple[str | None, Action]] = []
        done: set[int] = set()
        for row in rows:
            if id(row) in done:
                continue
            shared = self._shared(row, rows)
            done.update(id(each) for each in shared)
            action = self._row(row, scope, inside) if len(shared) == 1 else self._joint(shared, scope)
            actions.append((self._first(row, scope), action))
        present = self.source.present(scope)
        if present is None or sum(key is not None for key, _ in actions) < _WORTH_ASKING:
            return _in_turn([action for _, action in actions])
        return _where_present(tuple(actions), present)

    def _shared(self, row: Row, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Rows that read different things of one date: it is found once."""
        if row.as_ not in DATE_ROLES or row.format is None or row.when is not None or len(row.paths) != 1:
            return (row,)
        alike = (row.from_, row.format, row.table, row.join, row.required, row.otherwise, row.when)
        return tuple(
            each
            for each in rows
            if each.as_ in DATE_ROLES
            and (each.from_, each.format, each.table, each.join, each.required, each.otherwise, each.when) == alike
        )

    def _first(self, row: Row, scope: Any) -> str | None:
        if row.required or row.otherwise is not None or row.when is not None or row.value is not None:
            return None
        paths = (row.at,) if row.at is not None else row.paths
        try:
            return self.source.first(paths[0], scope) if len(paths) == 1 else None
        except ValueError:  # told when the row was compiled
            return None

    def _joint(self, rows: tuple[Row, ...], scope: Any) -> Action:
        try:
            leaves = self.source.leaves(rows[0].paths[0], scope)
            shape = self.source.leaves(rows[0].format or "", scope)
        except ValueError as error:
            self.problems += [self.file.problem_of(row, str(error)) for row in rows]
            return _in_turn([])
        return _dates(rows, leaves, shape)

    def _row(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        try:
            action = self._action(row, scope, inside)
            return action if row.when is None else _conditional(self.source.leaves(row.when, scope), action)
        except ValueError as error:
            self.problems.append(self.file.problem_of(row, str(error)))
            return _in_turn([])

    def _action(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        if row.use is not None or row.rows:
            return self._block_row(row, scope, inside)
        if row.value is not None:
            return _constant(row)
        return _ordinal(row) if row.as_ == "ordinal" else self._value_row(row, scope)

    def _block_row(self, row: Row, scope: Any, inside: tuple[str, ...]) -> Action:
        nodes, inner_scope, compared = None, scope, None
        if row.at is not None:
            nodes, inner_scope, compared = self.source.nodes(row.at, scope)
        fills = [self.block(row.rows, inner_scope, inside)]
        if row.use is not None:
            if row.use not in self.spec.parts:
                raise ValueError(f"no part `{row.use}`; there are {', '.join(self.spec.parts) or 'none'}")
            if row.use in inside:
                raise ValueError(f"part `{row.use}` uses itself")
            fills.insert(0, self.block(self.spec.parts[row.use], inner_scope, (*inside, row.use)))
        fill = _in_turn(fills)
        if nodes is None or compared is None:
            return _nested(row.to, fill)
        compared = None if compared is nothing else compared
        if row.to.endswith("[]"):
            return _each(row, nodes, compared, fill, self.source)
        return _single(row, nodes, compared, fill, self.source)

    def _value_row(self, row: Row, scope: Any) -> Action:
        if row.from_ is None:
            raise ValueError("needs `from`, `value`, `rows` or `use`")
        sources = tuple(self.source.leaves(path, scope) for path in row.paths)
        if row.only:
            return _only(row, sources)
        if row.write is not None or row.count is not None or row.sum is not None:
            return _expected(row, sources)
        shape = self.source.leaves(row.format, scope) if row.format is not None else None
        convert = self._conversion(row)
        if row.to.endswith("[]"):
            return _texts(row, sources, convert, shape)
        text = _Text(row, sources, convert, shape, self.source)
        quick = self.source.quick(row.paths[0], scope)
        return text.read if quick is None else text.quickly(quick)

    def _conversion(self, row: Row) -> "Convert | _LookUp":
        if row.as_ is not None and row.as_ not in CONVERSIONS:
            raise ValueError(f"no conversion `{row.as_}`; there are ordinal, {', '.join(CONVERSIONS)}")
        convert = CONVERSIONS[row.as_] if row.as_ is not None else _as_it_is
        if row.table is None:
            return convert
        if row.table not in self.spec.tables:
            raise ValueError(f"no table `{row.table}`; there are {', '.join(self.spec.tables) or 'none'}")
        return _LookUp(self.file.tables[row.table], convert)


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


class _LookUp:
    """A cross-reference with what is to be done before; dated tables look at the day of the run."""

    def __init__(self, table: CrossReference, convert: Convert) -> None:
        self._table = table
        self._passes = table.others == "pass"
        self._convert = convert
        self._codes = None if table.is_dated else table.reading(None)
        self._by_day: dict[date | None, dict[str, str]] = {}

    def on(self, day: date | None) -> Convert:
        """The conversion as of a day."""
        codes = self._codes
        if codes is None:
            if day not in self._by_day:
                self._by_day = {**dict(list(self._by_day.items())[-400:]), day: self._table.reading(day)}
            codes = self._by_day[day]
        return lambda text, shape: self._looked_up(codes, text, shape)

    def quickly(self) -> Convert:
        """The conversion when the day does not matter: a code that is there is one look away."""
        codes, convert = self._codes or {}, self._convert
        if convert is not _as_it_is:
            return lambda text, shape: self._looked_up(codes, text, shape)

        def look_up(text: str, shape: str) -> str | None:
            return codes[text] if text in codes else self._looked_up(codes, text, shape)

        return look_up

    def __call__(self, text: str, shape: str) -> str | None:
        return self._looked_up(self._codes or {}, text, shape)

    @property
    def is_dated(self) -> bool:
        return self._codes is None

    def _looked_up(self, codes: dict[str, str], text: str, shape: str) -> str | None:
        converted = self._convert(text, shape)
        if converted is None or converted in codes:
            return codes.get(converted) if converted is not None else None
        if self._passes:
            return converted
        sentence = f"`{text[:40]}` is not in the table `{self._table.name}`"
        if self._table.others == "park":
            raise Unknown(sentence + "; a person has to add it", converted, "park")
        known = list(codes)
        more = f" and {len(known) - 40} more" if len(known) > 40 else ""
        raise ValueError(f"{sentence}; known are {', '.join(known[:40])}{more}")


def _constant(row: Row) -> Action:
    put, to, value = _putter(row.to), row.to, row.value

    def put_value(_run: Run, _node: Node, target: dict[str, Any], _pointer: str, _number: int) -> None:
        target[to] = value

    def put_deep(_run: Run, _node: Node, target: dict[str, Any], _pointer: str, _number: int) -> None:
        put(target, value)

    return put_deep if "." in to else put_value


def _ordinal(row: Row) -> Action:
    put = _putter(row.to)
    return lambda _run, _node, target, _pointer, number: put(target, str(number))


def _only(row: Row, sources: tuple[Leaves, ...]) -> Action:
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


def _expected(row: Row, sources: tuple[Leaves, ...]) -> Action:
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


class _Text:
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
        self.put = _putter(row.to)
        self.is_plain = convert is _as_it_is
        self.is_dated = isinstance(convert, _LookUp) and convert.is_dated

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
        if isinstance(convert, _LookUp):
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
            text = f"{self.row.paths[0]} is missing"
            run.troubles.append(Trouble(text, self.source.spot_of(node), pointer + self.step, "map.missing"))

    def _several(self, run: Run, found: list[Leaf], pointer: str) -> str:
        if self.row.join is not None:
            return self.row.join.join([leaf[0] for leaf in found])
        named = self.row.from_ if isinstance(self.row.from_, str) else "the value"
        sentence = f"{named} occurs {len(found)} times; one is expected"
        run.troubles.append(Trouble(sentence, found[1][1], pointer + self.step, "map.twice"))
        return found[0][0]


def _dates(rows: tuple[Row, ...], leaves: Leaves, shape: Leaves) -> Action:
    """A day, its time, the end of a period: several fields out of one text."""
    fields = tuple((row, "/" + row.to.replace(".", "/"), CONVERSIONS[row.as_ or ""], _putter(row.to)) for row in rows)
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


def _where_present(actions: tuple[tuple[str | None, Action], ...], present: Callable[[Node], Container[str]]) -> Action:
    def fill(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        there = present(node)
        for key, action in actions:
            if key is None or key in there:
                action(run, node, target, pointer, number)

    return fill


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


def _texts(row: Row, sources: tuple[Leaves, ...], convert: Any, shape: Leaves | None) -> Action:
    to = row.to.removesuffix("[]")
    step = "/" + to.replace(".", "/")
    dated = isinstance(convert, _LookUp) and convert.is_dated

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
                        run.trace[f"{pointer}{step}/{len(_list(target, to))}"] = spot
                    _list(target, to, create=True).append(converted)

    return append


def _shape_of(shape: Leaves, run: Run, node: Node) -> str:
    found = shape(node, run.root)
    if not found:
        return ""
    run.use(found)
    return found[0][0]


def _each(row: Row, nodes: Any, compared: Leaves | None, fill: Action, source: Source) -> Action:
    """One object for every node, appended to a list; an object in which nothing but constants stands is left out."""
    to = row.to.removesuffix("[]")
    step = "/" + to.replace(".", "/") + "/"

    def append(run: Run, node: Node, target: dict[str, Any], pointer: str, _number: int) -> None:
        found = nodes(node, run.root)
        if not found:
            return
        filling: list[Any] = _list(target, to)
        for each in found:
            filled: dict[str, Any] = {}
            inner = f"{pointer}{step}{len(filling)}" if run.trace is not None else pointer
            before = run.hits
            if compared is not None:
                run.use(compared(each, run.root))
            fill(run, each, filled, inner, len(filling) + 1)
            if filled and run.hits != before:
                if not filling:
                    filling = _list(target, to, create=True)
                filling.append(filled)
                if run.notes:
                    run.note(row, inner, source.spot_of(each))

    return append


def _single(row: Row, nodes: Any, compared: Leaves | None, fill: Action, source: Source) -> Action:
    """One object from the one node there may be."""
    to = row.to
    step, put_object = ("/" + to.replace(".", "/"), _putter(to)) if to else ("", _putter("?"))

    def put(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        found = nodes(node, run.root)
        if not found:
            return
        if len(found) > 1:
            text = f"{row.at} occurs {len(found)} times; one is expected"
            run.troubles.append(Trouble(text, source.spot_of(found[1]), pointer + step, "map.twice"))
        before = run.hits
        if compared is not None:
            run.use(compared(found[0], run.root))
        if not to:
            fill(run, found[0], target, pointer, number)
        else:
            filled: dict[str, Any] = {}
            fill(run, found[0], filled, pointer + step, number)
            if run.hits == before:
                return
            put_object(target, filled)
            if run.notes:
                run.note(row, pointer + step, source.spot_of(found[0]))
        if run.rows is not None and run.hits > before:
            run.rows.add(id(row))

    return put


def _nested(to: str, fill: Action) -> Action:
    """An object made of values around the same node; left out when no value was there."""
    is_list = to.endswith("[]")
    name = to.removesuffix("[]")
    step = "/" + name.replace(".", "/")
    put_object = _putter(name)

    def put(run: Run, node: Node, target: dict[str, Any], pointer: str, number: int) -> None:
        filled: dict[str, Any] = {}
        before, troubles = run.hits, len(run.troubles)
        inner = f"{pointer}{step}/{len(_list(target, name))}" if is_list and run.trace is not None else pointer + step
        fill(run, node, filled, inner, number)
        if run.hits == before and len(run.troubles) == troubles:
            return
        if is_list:
            _list(target, name, create=True).append(filled)
        else:
            put_object(target, filled)

    return put


def _putter(to: str) -> Callable[[dict[str, Any], Any], None]:
    """Puts a value into an object at a dotted name."""
    *way, last = to.split(".")
    if not way:
        return lambda target, value: target.__setitem__(last, value)

    def put(target: dict[str, Any], value: Any) -> None:
        for name in way:
            target = target.setdefault(name, {})
        target[last] = value

    return put


def _list(target: dict[str, Any], to: str, *, create: bool = False) -> list[Any]:
    if "." not in to:
        found: list[Any] = target.setdefault(to, []) if create else target.get(to, _NOTHING)
        return found
    *way, last = to.split(".")
    for name in way:
        target = target.setdefault(name, {}) if create else target.get(name, {})
    return _list(target, last, create=create)


_NOTHING: list[Any] = []
"""What is appended to is made first."""
