"""Values in a program: found at the end of a path, converted, put into the object that is being filled."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from translators.edifact.directory import Step
from translators.edifact.programpaths import ProgramNode, Walker
from translators.mapping.conversions import CONVERSIONS, DATE_ROLES
from translators.mapping.files import MapFile
from translators.mapping.lookups import LookUp, as_it_is
from translators.mapping.pathwords import steps_of
from translators.mapping.programtext import Block, Unsupported
from translators.mapping.specs import Row

Several = Literal["give up", "first"]
"""What to do where a path has more than one value; a text instead joins them."""


def put(out: Block, target: str, to: str, expression: str) -> None:
    """`target[to] = expression`, dotted names made on the way."""
    *way, last = to.split(".")
    out.add(f"{target}{''.join(f'.setdefault({name!r}, {{}})' for name in way)}[{last!r}] = {expression}")


def append(out: Block, target: str, to: str, expression: str) -> None:
    """The same for one more entry of a list."""
    *way, last = to.removesuffix("[]").split(".")
    made = "".join(f".setdefault({name!r}, {{}})" for name in way)
    out.add(f"{target}{made}.setdefault({last!r}, []).append({expression})")


def length(target: str, to: str) -> str:
    """How many entries a list has so far."""
    *way, last = to.removesuffix("[]").split(".")
    return f"len({target}{''.join(f'.get({name!r}, {{}})' for name in way)}.get({last!r}, ()))"


class Reader:
    """Writes how a value is found and what becomes of it."""

    def __init__(self, file: MapFile, walker: Walker) -> None:
        self.file = file
        self.walker = walker
        self.text = walker.text
        self._kept: dict[object, tuple[str, int]] = {}

    def leaves(self, path: str, spot: ProgramNode, out: Block) -> list[tuple[Block, str, list[str]]]:
        """For each place of a value: (the block where it is there, its expression, what marks it as used)."""
        from_root, steps = steps_of(path)
        if steps[-1].conditions:
            raise Unsupported
        start = ProgramNode(self.walker.source.root_scope, "c[0]", out) if from_root else spot
        end, inner, marks = self.walker.walk(steps[:-1], start, out)
        statements = [mark.statement for mark in marks]
        return [
            (inner.below(f"if {end.value(at)}:"), end.value(at), [end.using(1 << at), *statements])
            for at in self.walker.positions(steps[-1].name, end)
        ]

    def found(
        self, path: str, spot: ProgramNode, out: Block, several: Several | None = None, join: str | None = None
    ) -> str:
        """The variable with the text a path leads to, empty where there is none; marked as used."""
        from_root, steps = steps_of(path)
        if from_root:
            return self._found_from_root(path, out, several, join)
        variable = self.text.fresh("t")
        if len(steps) > 1 or isinstance(spot.scope, Step):
            self._gathered(variable, self.leaves(path, spot, out), out, several, join)
            return variable
        if steps[0].conditions:
            raise Unsupported
        places = self.walker.positions(steps[0].name, spot)
        if len(places) > 1 and several == "give up" and join is None:
            self._gathered(variable, self.leaves(path, spot, out), out, several, join)
            return variable
        spot.mask |= sum(1 << at for at in places)
        values = [spot.value(at) for at in places]
        if len(values) == 1 or join is None:
            out.add(f"{variable} = {' or '.join(values)}")
        else:
            joined = f"{join!r}.join([x for x in ({', '.join(values)}) if x])"
            out.add(f"{variable} = {joined} if {' or '.join(values[1:])} else {values[0]}")
        return variable

    def _found_from_root(self, path: str, out: Block, several: Several | None, join: str | None) -> str:
        """It is the same for the whole message, so it is looked up once."""
        key = (path, several, join)
        if key not in self._kept:
            name, body = self.text.function("c")
            self._gathered("t", self.leaves(path, self.walker.root_node(), body), body, several, join)
            body.add("return t")
            self._kept[key] = (name, self.text.cell())
        name, cell = self._kept[key]
        variable = self.text.fresh("t")
        out.add(f"{variable} = c[{cell}]")
        out.below(f"if {variable} is None:").add(f"{variable} = c[{cell}] = {name}(c)")
        return variable

    def _gathered(
        self, variable: str, leaves: list[tuple[Block, str, list[str]]], out: Block, several: Several | None,
        join: str | None,
    ) -> None:  # fmt: skip
        out.first.append(f"{variable} = {'[]' if join is not None else repr('')}")
        for block, value, statements in leaves:
            for statement in statements:
                block.add(statement)
            if join is not None:
                block.add(f"{variable}.append({value})")
            elif several == "first":
                block.add(f"{variable} = {variable} or {value}")
            else:
                block.below(f"if {variable}:").add("raise Unusual")
                block.add(f"{variable} = {value}")
        if join is not None:
            out.add(f"{variable} = {join!r}.join({variable})")

    def convert(self, row: Row, variable: str, spot: ProgramNode, out: Block) -> tuple[str, bool]:
        """(the variable with the canonical text, whether it may be None)."""
        if row.as_ is not None and row.as_ not in CONVERSIONS:
            raise Unsupported
        convert = CONVERSIONS[row.as_] if row.as_ is not None else None
        if convert is None and row.table is None:
            return variable, False
        shape = self.found(row.format, spot, out, "first") if row.format is not None else repr("")
        converted = self.text.fresh("x")
        if row.table is not None:
            look_up = LookUp(self.file.tables[row.table], convert or as_it_is)
            named = self.text.constant(look_up.quickly(), ("table", row.table, row.as_))
            if convert is None:
                codes = self.text.constant(look_up.codes, ("codes", row.table))
                out.add(f"{converted} = {codes}.get({variable})")
                out = out.below(f"if {converted} is None:")
            out.add(f"{converted} = {named}({variable}, {shape})")
            return converted, convert is not None
        if row.as_ == "decimal":
            named = self.text.constant(CONVERSIONS["decimal"], "decimal")
            plain = f"{variable}.isdigit() and {variable}.isascii() and {variable}[0] != '0'"
            out.add(f"{converted} = {variable} if {plain} else {named}({variable})")
            return converted, False
        assert convert is not None
        kept = lru_cache(maxsize=1024)(convert) if row.as_ in DATE_ROLES else convert
        named = self.text.constant(kept, ("conversion", row.as_))
        out.add(f"{converted} = {named}({variable}, {shape})")
        return converted, True

    def dates(self, rows: tuple[Row, ...], spot: ProgramNode, out: Block, target: str) -> None:
        """A day, its time, the end of a period: several fields out of one text."""
        first = rows[0]
        variable = self.found(first.paths[0], spot, out, "give up", first.join)
        inner = out.below(f"if {variable}:")
        inner.add("h += 1")
        within = spot.within(inner)
        shape = self.found(first.format or "", within, inner, "first")
        roles = tuple(row.as_ or "" for row in rows)
        named = self.text.constant(_all_of(roles), ("dates", roles))
        fields = [self.text.fresh("x") for _ in rows]
        inner.add(f"{', '.join(fields)} = {named}({variable}, {shape})")
        for row, field in zip(rows, fields, strict=True):
            put(inner.below(f"if {field} is not None:"), target, row.to, field)
        finish(within, inner)


def _all_of(roles: tuple[str, ...]) -> Callable[[str, str], tuple[str | None, ...]]:
    """Several conversions of one text. Days come again and again, and say nothing about anybody, so they are kept."""
    conversions = tuple(CONVERSIONS[role] for role in roles)

    @lru_cache(maxsize=1024)
    def converted(text: str, code: str) -> tuple[str | None, ...]:
        return tuple([convert(text, code) for convert in conversions])

    return converted


def finish(spot: ProgramNode, out: Block) -> None:
    """Mark what was read at a node in any case."""
    if spot.mask:
        out.add(spot.using(spot.mask))
        spot.mask = 0
