"""The lines of a walk for one row: a value is kept, an object begun, a choice made.

In a program `run` is the run, `used` its set of spots, `use` adds to it, `root` is the root of the document.
"""

from collections.abc import Callable
from typing import Any

from translators.mapping.programtext import Block, ProgramText, Unusual
from translators.mapping.runs import Run
from translators.mapping.sources import Leaf
from translators.mapping.specs import Row
from translators.xmldoc.plans import Emit, Guard, Late

Convert = Callable[[str, str], str | None] | None
ALWAYS_SAYS = (None, "decimal", "iso_date", "iso_time", "iso_instant")
"""Conversions that give a value for every text they take."""
_SHORT, _MANY = 32, 4096
"""Characters of a text worth remembering, and how many texts are."""


class Remembering(dict[str, str | None]):
    """A conversion that knows the short texts it has met: days, units and figures come again and again."""

    def __init__(self, convert: Callable[[str, str], str | None]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, text: str) -> str | None:
        value = self._convert(text, "")
        if len(text) < _SHORT:
            if len(self) >= _MANY:
                self.clear()
            self[text] = value
        return value


def converted(text: ProgramText, convert: Convert, variable: str) -> str:
    """The expression of a converted value."""
    return variable if convert is None else f"{text.constant(Remembering(convert), ('known', convert))}[{variable}]"


def found(text: ProgramText, attribute: str, out: Block, element: str) -> tuple[Block, str, str]:
    """(the block where there is a value, its variable, its spot): the text of an element or an attribute."""
    value = text.fresh("t")
    if attribute:
        out.add(f"{value} = {element}.get({attribute!r})")
        return out.below(f"if {value}:"), value, f"({element}, {attribute!r})"
    out.add(f"{value} = {element}.text")
    return out.below(f"if {value} and ({value} := {value}.strip()):"), value, element


def keep_text(text: ProgramText, attribute: str, to: str, convert: Convert, *, may_repeat: bool) -> Emit:
    """The one value of a field."""

    def emit(out: Block, element: str, target: str) -> None:
        inner, value, spot = found(text, attribute, out, element)
        if may_repeat:
            inner.below(f"if {to!r} in {target}:").add("raise Unusual")
        inner.add(f"{target}[{to!r}] = {converted(text, convert, value)}")
        inner.add(f"use({spot})")

    return emit


def keep_chosen(text: ProgramText, guard: Guard, to: str, convert: Convert) -> Emit:
    """The one value of a field, of an element whose attribute is the right one; both are then understood."""

    def emit(out: Block, element: str, target: str) -> None:
        attribute, values = text.fresh("a"), text.constant(guard.conditions[0].values)
        out.add(f"{attribute} = {element}.get({guard.attribute!r})")
        chosen = out.below(f"if {attribute} {'not in' if guard.conditions[0].negated else 'in'} {values}:")
        inner, value, spot = found(text, "", chosen, element)
        inner.below(f"if {to!r} in {target}:").add("raise Unusual")
        inner.add(f"{target}[{to!r}] = {converted(text, convert, value)}")
        inner.add(f"use({spot})")
        inner.add(f"{attribute} and use(({element}, {guard.attribute!r}))")

    return emit


def keep_part(text: ProgramText, to: str, convert: Callable[[str, str], str | None]) -> Emit:
    """What a conversion takes out of the element's own text, which may be nothing."""
    name = text.constant(convert)

    def emit(out: Block, element: str, target: str) -> None:
        inner, value, spot = found(text, "", out, element)
        inner.add(f"use({spot})")
        part = text.fresh("t")
        inner.below(f'if ({part} := {name}({value}, "")) is not None:').add(f"{target}[{to!r}] = {part}")

    return emit


def append_text(text: ProgramText, attribute: str, note: str, convert: Convert) -> Emit:
    """One of several values of a field; they are noted in the order of the document."""

    def emit(out: Block, element: str, _target: str) -> None:
        inner, value, spot = found(text, attribute, out, element)
        add_to(inner, note, converted(text, convert, value))
        inner.add(f"use({spot})")

    return emit


def note_text(text: ProgramText, attribute: str, note: str) -> Emit:
    """A value that may be taken, when the others are known."""

    def emit(out: Block, element: str, _target: str) -> None:
        inner, value, spot = found(text, attribute, out, element)
        add_to(inner, note, f"({value}, {spot}, ())")

    return emit


def expected(text: ProgramText, attribute: str, wanted: str | None) -> Emit:
    """A value that is understood and says nothing."""

    def emit(out: Block, element: str, _target: str) -> None:
        inner, value, spot = found(text, attribute, out, element)
        (inner if wanted is None else inner.below(f"if {value} == {wanted!r}:")).add(f"use({spot})")

    return emit


def mark(note: str) -> Emit:
    """That a row has something to look for."""
    return lambda out, _element, _target: out.add(f"{note} = True")


def add_to(out: Block, note: str, expression: str) -> None:
    """One more entry of a list that is made with the first."""
    out.below(f"if {note} is None:").add(f"{note} = []")
    out.add(f"{note}.append({expression})")


def extension(note: str, to: str) -> Late:
    """What was noted for a list is put behind what is there."""

    def late(out: Block, _element: str, target: str, _number: str) -> None:
        out.add(f"{target}[{to!r}] = {target}[{to!r}] + {note} if {to!r} in {target} else {note}")

    return late


def searching(text: ProgramText, action: Any) -> Late:
    """A row that searches, when its turn has come."""
    name = text.constant(action)
    return lambda out, element, target, number: out.add(f'{name}(run, {element}, {target}, "", {number})')


def choice(text: ProgramText, row: Row, sources: list[Any], convert: Convert) -> Late:
    """The first source that has a value wins: notes, or what looks for values by itself."""
    if row.join is None and row.as_ in ALWAYS_SAYS and all(isinstance(each, str) for each in sources):
        return _noted_choice(text, row, sources, convert)
    looked = [each if isinstance(each, str) else f"{text.constant(each)}({{}}, root)" for each in sources]
    choose = text.constant(chooser(row, convert))

    def late(out: Block, element: str, target: str, _number: str) -> None:
        out.add(f"{choose}(run, {' or '.join(looked).format(element)}, {target})")

    return late


def _noted_choice(text: ProgramText, row: Row, notes: list[str], convert: Convert) -> Late:
    """A choice among notes, one value of which is taken as it is found."""

    def late(out: Block, _element: str, target: str, _number: str) -> None:
        chosen, value, spot = text.fresh("x"), text.fresh("t"), text.fresh("e")
        out.add(f"{chosen} = {' or '.join(notes)}")
        inner = out.below(f"if {chosen}:")
        inner.below(f"if len({chosen}) > 1:").add("raise Unusual")
        inner.add(f"{value}, {spot}, _ = {chosen}[0]")
        inner.add(f"{target}[{row.to!r}] = {converted(text, convert, value)}")
        inner.add(f"use({spot})")
        if row.otherwise is not None:
            out.below("else:").add(f"{target}[{row.to!r}] = {row.otherwise!r}")
        elif row.required:
            out.below("else:").add("raise Unusual")

    return late


def own_choice(text: ProgramText, row: Row, attribute: str, others: list[Any], convert: Convert) -> Emit:
    """An attribute of the element, or else the first other source that has a value; none lies below the element."""
    choose = text.constant(chooser(row, convert))
    looked = " or ".join(f"{text.constant(each)}({{}}, root)" for each in others) or "None"

    def emit(out: Block, element: str, target: str) -> None:
        inner, value, spot = found(text, attribute, out, element)
        inner.add(f"{target}[{row.to!r}] = {converted(text, convert, value)}")
        inner.add(f"use({spot})")
        out.below("else:").add(f"{choose}(run, {looked.format(element)}, {target})")

    return emit


def chooser(row: Row, convert: Convert) -> Callable[[Run, list[Leaf] | None, dict[str, Any]], None]:
    """Puts the values that were chosen."""
    to, join, otherwise, is_required = row.to, row.join, row.otherwise, row.required

    def choose(run: Run, values: list[Leaf] | None, target: dict[str, Any]) -> None:
        if not values:
            if otherwise is not None:
                target[to] = otherwise
            elif is_required:
                raise Unusual
            return
        text = values[0][0]
        if len(values) > 1:
            if join is None:
                raise Unusual
            text = join.join([leaf[0] for leaf in values])
        run.use(values)
        put = text if convert is None else convert(text, "")
        if put is not None:
            target[to] = put

    return choose
