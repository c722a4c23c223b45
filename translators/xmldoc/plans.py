"""The walk over an element as it is written out: which lines for which child, and what waits until it is over."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from translators.mapping.pathwords import Condition
from translators.mapping.programtext import Block, ProgramText
from translators.xmldoc.looking import Test

Emit = Callable[[Block, str, str], None]
"""(where to write, the variable of the element, that of the object being filled)."""
Late = Callable[[Block, str, str, str], None]
"""The same for when the walk is over, with the variable of the object's number among its siblings."""

_FEW = 3
"""So many children are told apart one after the other; more by halves."""


class Guard(Struct, frozen=True):
    """What must hold of an element.

    `attribute`: the name, in Clark's notation, of the one whose value alone decides, and is understood by that;
    `presence`: the path whose having a value alone decides; where that is an attribute, `clark` is its name in Clark's
    notation. Guards that hang on the same are asked once.
    """

    conditions: tuple[Condition, ...] = ()
    tests: tuple[Test, ...] = ()
    attribute: str = ""
    presence: str = ""
    clark: str = ""


class Stem:
    """What is to be done with the elements of one name, and with those below them."""

    def __init__(self) -> None:
        self._steps: list[tuple[Guard, Emit]] = []
        self._below: dict[str, Stem] = {}
        self._guarded: dict[tuple[Condition, ...], tuple[Guard, Stem]] = {}

    def add(self, emit: Emit, guard: Guard = Guard()) -> None:  # noqa: B008 - frozen
        """One more step."""
        self._steps.append((guard, emit))

    def below(self, tag: str) -> "Stem":
        """For the children of this name."""
        return self._below.setdefault(tag, Stem())

    def guarded(self, guard: Guard) -> "Stem":
        """For those of the elements of which the guard holds."""
        return self._guarded.setdefault(guard.conditions, (guard, Stem()))[1] if guard.conditions else self

    def write(self, text: ProgramText, out: Block, element: str, target: str) -> None:
        """Everything that is to be done with an element."""
        steps = [*self._steps, *((guard, stem.emit(text)) for guard, stem in self._guarded.values())]
        for guard, emit in steps:
            if not guard.attribute and not guard.presence:
                tests = " and ".join(f"{text.constant(test)}({element}, root)" for test in guard.tests)
                emit(out.below(f"if {tests}:") if tests else out, element, target)
        for name in dict.fromkeys(guard.attribute for guard, _ in steps if guard.attribute):
            value = text.fresh("a")
            out.add(f"{value} = {element}.get({name!r})")
            for guard, emit in steps:
                if guard.attribute == name:
                    is_in = "not in" if guard.conditions[0].negated else "in"
                    values = text.constant(guard.conditions[0].values)
                    inner = out.below(f"if {value} {is_in} {values}:")
                    inner.add(f"{value} and use(({element}, {name!r}))")
                    emit(inner, element, target)
        for path in dict.fromkeys(guard.presence for guard, _ in steps if guard.presence):
            self._write_present(
                [(guard, emit) for guard, emit in steps if guard.presence == path], text, out, (element, target)
            )
        self._write_below(text, out, element, target)

    def emit(self, text: ProgramText) -> Emit:
        """Writes the stem where it is asked for."""
        return lambda out, element, target: self.write(text, out, element, target)

    def _write_present(
        self, alike: list[tuple[Guard, Emit]], text: ProgramText, out: Block, about: tuple[str, str]
    ) -> None:
        """Steps that hang on there being a value; whether there is one is asked once."""
        first, holds = alike[0][0], text.fresh("p")
        asked = f"{text.constant(first.tests[0])}({about[0]}, root)"
        if first.clark:
            asked = f"{'not ' if first.conditions[0].negated else ''}{about[0]}.get({first.clark!r})"
        out.add(f"{holds} = {asked}")
        for guard, emit in alike:
            same = guard.conditions[0].negated is first.conditions[0].negated
            emit(out.below(f"if {'' if same else 'not '}{holds}:"), *about)

    def _write_below(self, text: ProgramText, out: Block, element: str, target: str) -> None:
        if not self._below:
            return
        child = text.fresh("e")
        loop = out.below(f"for {child} in {element}[:]:")  # a list of all is made faster than one after the other
        stems = list(self._below.values())
        if len(stems) == 1:
            stems[0].write(text, loop.below(f"if {child}.tag == {next(iter(self._below))!r}:"), child, target)
            return
        which, numbers = text.fresh("k"), {tag: number for number, tag in enumerate(self._below)}
        loop.add(f"{which} = {text.constant(numbers, (self, 'numbers'))}.get({child}.tag, -1)")
        known = loop.below(f"if {which} >= 0:")

        def write(part: list[Stem], first: int, inner: Block) -> None:
            if len(part) <= _FEW:
                for number, stem in enumerate(part, first):
                    word = "if" if number == first else "elif"
                    stem.write(text, inner.below(f"{word} {which} == {number}:"), child, target)
                return
            half = len(part) // 2
            write(part[:half], first, inner.below(f"if {which} < {first + half}:"))
            write(part[half:], first + half, inner.below("else:"))

        write(stems, 0, known)


class Plan:
    """Constants, steps on the element itself and its children, and what waits, in the order of the rows.

    A note is a variable, None at the beginning; what waits for one is done when a step has set it.
    """

    def __init__(self, text: ProgramText) -> None:
        self.text = text
        self.own = Stem()
        self._notes: list[str] = []
        self._constants: list[tuple[str, Any]] = []
        self._required: list[str] = []
        self._late: list[tuple[str, Late]] = []

    def constant(self, to: str, value: Any) -> None:
        """A value that needs no looking."""
        self._constants.append((to, value))

    def require(self, to: str) -> None:
        """What must be there when the walk is over."""
        self._required.append(to)

    def note(self) -> str:
        """A variable for a note."""
        self._notes.append(self.text.fresh("x"))
        return self._notes[-1]

    def wait(self, late: Late, note: str = "") -> None:
        """Something for when the walk is over, always or if there is a note."""
        self._late.append((note, late))

    def stem(self, tags: Iterable[str]) -> Stem:
        """Where the steps for elements at the end of these names are put."""
        stem = self.own
        for tag in tags:
            stem = stem.below(tag)
        return stem

    def write(self, out: Block, element: str, target: str, number: str) -> None:
        """The walk over one element."""
        if self._notes:
            out.add(f"{' = '.join(self._notes)} = None")
        for to, value in self._constants:
            out.add(f"{target}[{to!r}] = {value!r}")
        self.own.write(self.text, out, element, target)
        for note, late in self._late:
            late(out.below(f"if {note} is not None:") if note else out, element, target, number)
        for to in self._required:
            out.below(f"if {to!r} not in {target}:").add("raise Unusual")
