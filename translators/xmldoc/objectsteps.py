"""The lines that make an object of an element: the one of a field, one of several, or fields of the object around it.

An object that can hold constants is seen to hold more by the set of used spots; where nothing new was used, the rows
that search are asked.
"""

from collections.abc import Callable

from translators.mapping.programtext import Block, ProgramText
from translators.mapping.sources import Leaves
from translators.xmldoc.plans import Emit
from translators.xmldoc.steps import add_to

Compare = Callable[[Block, str], None]
"""(where to write, the variable of the element): what a condition has compared is understood."""
Inside = Callable[[Block, str, str, str], None]
"""Writes what fills an object: (where, the element, the object, its number)."""


def comparing_others(text: ProgramText, leaves: Leaves) -> Compare:
    """Any other condition."""
    name = text.constant(leaves)
    return lambda out, element: out.add(f"run.use({name}({element}, root))")


def keep_object(text: ProgramText, to: str, compare: Compare | None, inside: Inside, *, says_all: bool) -> Emit:
    """The one object of a field."""
    *way, last = to.split(".")

    def emit(out: Block, element: str, target: str) -> None:
        filled, before = _begun(text, out, element, compare, says_all=says_all)
        inside(out, element, filled, "0")
        for name in way:
            inner = text.fresh("f")
            out.add(f"{inner} = {target}.setdefault({name!r}, {{}})")
            target = inner
        is_empty = f"not {filled}" if says_all else f"len(used) == {before}"
        out.below(f"if {is_empty} or {last!r} in {target}:").add("raise Unusual")
        out.add(f"{target}[{last!r}] = {filled}")

    return emit


def inline_object(note: str, compare: Compare | None, inside: Inside) -> Emit:
    """Fields of the object itself that stand in an element below, of which there may be one."""

    def emit(out: Block, element: str, target: str) -> None:
        out.below(f"if {note}:").add("raise Unusual")
        out.add(f"{note} = True")
        if compare is not None:
            compare(out, element)
        inside(out, element, target, "0")

    return emit


def append_object(
    text: ProgramText, note: str, compare: Compare | None, inside: Inside, *, says_all: bool, counts: bool
) -> Emit:
    """One of several objects; left out when nothing is in it."""

    def emit(out: Block, element: str, _target: str) -> None:
        filled, before = _begun(text, out, element, compare, says_all=says_all)
        number = text.fresh("n") if counts else "0"
        if counts:
            out.add(f"{number} = 1 if {note} is None else len({note}) + 1")
        inside(out, element, filled, number)
        there = out.below(f"if {filled}:")
        if not says_all:
            there.below(f"if len(used) == {before}:").add("raise Unusual")
        add_to(there, note, filled)

    return emit


def _begun(text: ProgramText, out: Block, element: str, compare: Compare | None, *, says_all: bool) -> tuple[str, str]:
    """(the variable of a new object, that of how much was used before it)."""
    filled, before = text.fresh("f"), text.fresh("b")
    out.add(f"{filled} = {{}}" if says_all else f"{filled}, {before} = {{}}, len(used)")
    if compare is not None:
        compare(out, element)
    return filled, before
