"""A map as a Python program over the flat values of a message: what its rows say, written out in straight lines.

The closures of `translators.mapping` say what a map means, for every format and every message, with a trace if need be.
Over a message in which nothing is out of the ordinary a program says the same in a fraction of the time. Whatever it
does not expect - a value too many, a code that is in no table, a figure that is none - makes it give up, and the
closures read the message again and tell what is wrong.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from translators.edifact.directory import Directory
from translators.edifact.paths import EdifactSource
from translators.edifact.programpaths import Mark, ProgramNode, Walker, arguments, bound, parameters, scope_key
from translators.edifact.programvalues import Reader, append, finish, length, put
from translators.mapping.conversions import DATE_ROLES
from translators.mapping.files import MapFile
from translators.mapping.pathwords import steps_of
from translators.mapping.programtext import Block, ProgramText, Unsupported
from translators.mapping.specs import Around, Row
from translators.mapping.surroundings import copied, lift

_KNOWN = {
    "name", "to", "from_", "value", "at", "around", "rows", "use", "as_", "format", "formats", "table", "join",
    "required", "otherwise", "when", "only", "because", "write", "count", "sum", "direction",
}  # fmt: skip
"""The words of a row that programs understand. A map that uses another one is read by its closures alone."""
_EMPTY = Row()


class Filling(Struct, frozen=True):
    """The variables of the object being filled and of its number among its siblings; the parts that are open."""

    target: str = "f"
    number: str = "number"
    inside: tuple[str, ...] = ()


def program(file: MapFile, source: EdifactSource, tables: Directory) -> Callable[[Any], dict[str, Any]]:
    """The map as one function from the tree of a message to plain data; it raises ValueError where it gives up.

    `tables` are those the flat values were made by. Raises Unsupported, and ValueError for a map with a mistake in it.
    """
    text, name = _written(file, source, tables)
    function = text.compiled(name, f"<{file.path.name}>")
    empty = [None] * (text.cells - 1)

    def read(root: Any) -> dict[str, Any]:
        data: dict[str, Any] = function([root, *empty])
        return data

    return read


def listing(file: MapFile, source: EdifactSource, tables: Directory) -> str:
    """The program as text, for who wants to read what a map has become."""
    return _written(file, source, tables)[0].source


def _written(file: MapFile, source: EdifactSource, tables: Directory) -> tuple[ProgramText, str]:
    writer = _Writer(file, source, tables)
    name, body = writer.text.function("c")
    body.add("f, h, number = {}, 0, 1")
    writer.rows(file.spec.rows, ProgramNode(source.root_scope, "c[0]", body), body, Filling())
    body.add("return f")
    return writer.text, name


class _Writer:
    """Writes rows. In every function `h` counts the values found: an object around which none was is left out."""

    def __init__(self, file: MapFile, source: EdifactSource, tables: Directory) -> None:
        self.spec = file.spec
        self.text = ProgramText()
        self.walker = Walker(source, tables, self.text)
        self.reader = Reader(file, self.walker)
        self._parts: dict[object, str] = {}

    def rows(self, rows: tuple[Row, ...], spot: ProgramNode, out: Block, filling: Filling) -> None:
        """Rows one after the other, about the same node."""
        rows = tuple(row for row in rows if row.direction != "write")
        done: set[int] = set()
        for row in rows:
            if id(row) in done:
                continue
            if any(getattr(row, word) != getattr(_EMPTY, word) for word in Row.__struct_fields__ if word not in _KNOWN):
                raise Unsupported
            shared = _shared(row, rows)
            done.update(id(each) for each in shared)
            if len(shared) > 1:
                self.reader.dates(shared, spot, out, filling.target)
            elif row.when is None:
                self._row(row, spot, out, filling)
            else:
                inner = out.below(f"if {self.reader.found(row.when, spot, out, 'first')}:")
                if not row.when.startswith("/"):  # else the message says it, and not this object
                    inner.add("h += 1")
                within = spot.within(inner)
                self._row(row, within, inner, filling)
                finish(within, inner)

    def _row(self, row: Row, spot: ProgramNode, out: Block, filling: Filling) -> None:
        if row.use is not None or row.rows:
            self._block_row(row, spot, out, filling)
        elif row.value is not None:
            put(out, filling.target, row.to, repr(row.value))
        elif row.as_ == "ordinal":
            put(out, filling.target, row.to, f"str({filling.number})")
        elif row.only:
            self._only(row, spot, out)
        elif row.write is not None or row.count is not None or row.sum is not None:
            self._expected(row, spot, out)
        elif row.to.endswith("[]"):
            self._texts(row, spot, out, filling)
        elif row.paths:
            self._text(row, spot, out, filling)
        else:
            raise Unsupported

    def _only(self, row: Row, spot: ProgramNode, out: Block) -> None:
        taken = self.text.constant(frozenset(row.only))
        for path in row.paths:
            for block, value, statements in self.reader.leaves(path, spot, out):
                for statement in ("h += 1", *statements):
                    block.add(statement)
                block.below(f"if {value} not in {taken}:").add("raise Unusual")

    def _expected(self, row: Row, spot: ProgramNode, out: Block) -> None:
        for path in row.paths:
            for block, value, statements in self.reader.leaves(path, spot, out):
                inner = block if row.write is None else block.below(f"if {value} == {row.write!r}:")
                for statement in statements:
                    inner.add(statement)

    def _texts(self, row: Row, spot: ProgramNode, out: Block, filling: Filling) -> None:
        for path in row.paths:
            for block, value, statements in self.reader.leaves(path, spot, out):
                for statement in ("h += 1", *statements):
                    block.add(statement)
                within = spot.within(block)
                converted, may_be_none = self.reader.convert(row, value, within, block)
                inner = block.below(f"if {converted} is not None:") if may_be_none else block
                append(inner, filling.target, row.to, converted)
                finish(within, block)

    def _text(self, row: Row, spot: ProgramNode, out: Block, filling: Filling) -> None:
        first, *others = row.paths
        variable = self.reader.found(first, spot, out, "give up", row.join)
        for path in others:
            inner = out.below(f"if not {variable}:")
            within = spot.within(inner)
            inner.add(f"{variable} = {self.reader.found(path, within, inner, 'give up', row.join)}")
            finish(within, inner)
        inner = out.below(f"if {variable}:")
        inner.add("h += 1")
        within = spot.within(inner)
        converted, may_be_none = self.reader.convert(row, variable, within, inner)
        put(inner.below(f"if {converted} is not None:") if may_be_none else inner, filling.target, row.to, converted)
        finish(within, inner)
        if row.otherwise is not None:
            put(out.below("else:"), filling.target, row.to, repr(row.otherwise))
        elif row.required:
            out.below(f"elif {row.to!r} not in {filling.target}:").add("raise Unusual")

    def _surrounded(self, row: Row, around: Around, spot: ProgramNode, out: Block, filling: Filling) -> None:
        """See `translators.mapping.surroundings`: what a node around says is asked when there is something in it."""
        entries, said, before, entry = (self.text.fresh(letter) for letter in ("e", "f", "b", "f"))
        name = row.to.removesuffix("[]")
        number = f"{self.text.fresh('number')}"
        out.add(f"{entries} = []")
        outer, block, marks = self._nodes(around.at, spot, out)
        block.add(f"{said} = None")
        inner, deeper, own = self._nodes(row.at or "", outer, block)
        deeper.add(f"{number} = {length(filling.target, row.to)} + len({entries}) + 1")
        first = deeper.below(f"if {said} is None:")
        first.add(f"{said} = {{}}")
        for mark in marks:
            first.add(mark.hit)
        part = self._part(around.use, outer, filling.inside)
        first.add(f"h += {part}(c, {arguments(outer)}, {said}, {number})")
        copy = self.text.constant(copied)
        deeper.add(f"{entry}, {before} = {copy}({said}), h")
        for mark in own:
            deeper.add(mark.hit)
        self._fill(row, inner, deeper, Filling(entry, number, filling.inside))
        finish(inner, deeper)
        deeper.below(f"if h != {before}:").add(f"{entries}.append({entry})")
        kept = out.below(f"if {entries}:")
        if around.shared:
            kept.add(f"{before} = {length(filling.target, row.to)}")
        kept.add(f"{filling.target}.setdefault({name!r}, []).extend({entries})")
        for field in around.shared:
            lifted = self.text.constant(lift)
            kept.below(f"if not {before}:").add(f"{lifted}({field!r}, {entries}, {filling.target})")

    def _nodes(self, path: str, spot: ProgramNode, out: Block) -> tuple[ProgramNode, Block, list[Mark]]:
        """The nodes of a path, and what the conditions of its last step compared, as in reading the long way."""
        from_root, steps = steps_of(path)
        start = ProgramNode(self.walker.source.root_scope, "c[0]", out) if from_root else spot
        before, inner, _ = self.walker.walk(steps[:-1], start, out)
        return self.walker.step(steps[-1], before, inner)

    def _block_row(self, row: Row, spot: ProgramNode, out: Block, filling: Filling) -> None:
        if row.around is not None:
            if row.at is None or not row.to.endswith("[]") or "." in row.to:
                raise Unsupported
            self._surrounded(row, row.around, spot, out, filling)
            return
        if row.at is None:
            self._object(row, spot, out, filling, ())
            return
        is_one = not row.to.endswith("[]")
        if is_one:
            seen = self.text.fresh("m")
            out.add(f"{seen} = 0")
        node, inner, marks = self._nodes(row.at, spot, out)
        if is_one:
            inner.below(f"if {seen}:").add("raise Unusual")
            inner.add(f"{seen} = 1")
        self._object(row, node, inner, filling, tuple(marks))
        finish(node, inner)

    def _object(self, row: Row, spot: ProgramNode, out: Block, filling: Filling, marks: tuple[Mark, ...]) -> None:
        """What a block fills; into the object around it when it names no field."""
        if row.at is not None and not row.to:
            for mark in marks:
                out.add(mark.hit)
            self._fill(row, spot, out, filling)
            return
        target, before = self.text.fresh("f"), self.text.fresh("b")
        out.add(f"{target}, {before} = {{}}, h")
        for mark in marks:
            out.add(mark.hit)
        is_list, number = row.to.endswith("[]"), filling.number
        if is_list and row.at is not None and self._counts(row):
            number = self.text.fresh("number")
            out.add(f"{number} = {length(filling.target, row.to)} + 1")
        self._fill(row, spot, out, Filling(target, number, filling.inside))
        kept = out.below(f"if {f'{target} and ' if is_list and row.at is not None else ''}h != {before}:")
        (append if is_list else put)(kept, filling.target, row.to, target)

    def _fill(self, row: Row, spot: ProgramNode, out: Block, filling: Filling) -> None:
        if row.use is not None:
            part = self._part(row.use, spot, filling.inside)
            out.add(f"h += {part}(c, {arguments(spot)}, {filling.target}, {filling.number})")
        self.rows(row.rows, spot, out, filling)

    def _part(self, name: str, spot: ProgramNode, inside: tuple[str, ...]) -> str:
        """The function of a part, about such a node."""
        if name not in self.spec.parts or name in inside:
            raise Unsupported
        key = (name, scope_key(spot.scope))
        if key not in self._parts:
            function, body = self.text.function(f"c, {parameters(spot)}, f, number")
            body.add("h = 0")
            node = bound(spot, body)
            self.rows(self.spec.parts[name], node, body, Filling(inside=(*inside, name)))
            finish(node, body)
            body.add("return h")
            self._parts[key] = function
        return self._parts[key]

    def _counts(self, row: Row) -> bool:
        """Whether the number of an object among its siblings is asked for."""
        rows = (*row.rows, *(self.spec.parts.get(row.use, ()) if row.use is not None else ()))
        return any(each.as_ == "ordinal" or self._counts(each) for each in rows)


def _shared(row: Row, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Rows that read different things of one date: it is found once."""
    if row.as_ not in DATE_ROLES or row.format is None or row.when is not None or len(row.paths) != 1:
        return (row,)
    alike = _of_the_date(row)
    return tuple(each for each in rows if each.as_ in DATE_ROLES and _of_the_date(each) == alike)


def _of_the_date(row: Row) -> tuple[object, ...]:
    return (row.from_, row.format, row.table, row.join, row.required, row.otherwise, row.when)
