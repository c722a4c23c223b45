"""The tables of `tables/` for one release, in the shape the maps of UN/EDIFACT know: structures, segments, codes.

Elements are called by segment and place, as X12 people do (`BEG03`, `N104`); the parts of a composite by the number of
the data element (`MEA04.355`). Pairs that stand one behind the other (`LIN02` and `LIN03`, `LIN04` and `LIN05` …) are
repetitions of one composite, `LIN02`, with the parts `235` and `234`.
"""

from functools import cache
from importlib.resources import files

from msgspec import Struct

from translators.edifact.directory import Component, ElementRule, Step
from translators.grammar.notation import Item, SegmentLine, segments_in, structures_in
from translators.x12.hierarchy import with_levels
from translators.x12.segments import Fold

RELEASES = (
    "004010", "004020", "004030", "004040", "004050", "004060", "005010", "005020", "005030", "005040", "005050",
    "006010", "006020", "006030", "006040", "006050", "007010", "007020", "007030", "007040", "007050", "007060",
    "008010",
)  # fmt: skip
"""What GS08 may begin with; the letters of an industry may follow (`004010VICS`, `005010X230`)."""

_NUMBERS = ("R", "N0", "N2")


class Value(Component, frozen=True):
    """A component with its X12 type: AN, ID, DT, TM, R, N0 or N2."""

    type: str


class Grammar:
    """One release. What can be asked of it is what `translators.edifact.paths` asks of a directory."""

    def __init__(self, release: str) -> None:
        self.release = release
        self._segments: dict[str, tuple[tuple[ElementRule, ...], tuple[Fold, ...]]] = {}

    def structure(self, message: str) -> Step | None:
        """The root of a transaction set's structure as maps see it, or None for one there is no table of."""
        return _levelled().get(message)

    def flat(self, message: str) -> Step | None:
        """The structure as sent: hierarchical levels one behind the other."""
        known = _structures().get(message)
        return known[2] if known is not None else None

    def segment(self, tag: str) -> tuple[ElementRule, ...] | None:
        """The elements of a segment, or None for one that is not looked into."""
        found = self._segment(tag)
        return found[0] if found is not None else None

    def folds(self, tag: str) -> tuple[Fold, ...]:
        """For each element of `segment`, where it stands in the segment as sent."""
        found = self._segment(tag)
        return found[1] if found is not None else ()

    def conditions(self, tag: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The conditions between elements: `P` and the places (3, 4) in the segment as sent for `P0304`."""
        return _conditions().get(tag, ())

    def codes(self, element: str) -> frozenset[str] | None:
        """The codes of an element or component, named as in a path, where the list is closed."""
        return _codes().get(_number_of(element))

    def name(self, what: str) -> str:
        """The name of a transaction set, segment, element or data element; empty if unknown."""
        if what in _structures():
            return _structures()[what][0].partition(" ")[2]
        if what in _segments():
            return _segments()[what].name
        known = _elements().get(_number_of(what))
        return known.name if known is not None else ""

    def place_name(self, tag: str, element: int, component: int = 1) -> str:
        """What stands at a place as sent; empty if unknown."""
        for rule, fold in zip(self.segment(tag) or (), self.folds(tag), strict=True):
            if fold.is_folded and fold.at <= element < fold.at + fold.width * fold.repeats:
                return rule.components[(element - fold.at) % fold.width].name
            if not fold.is_folded and fold.at == element and fold.width:
                return rule.components[min(component, len(rule.components)) - 1].name
        return ""

    def _segment(self, tag: str) -> tuple[tuple[ElementRule, ...], tuple[Fold, ...]] | None:
        if tag not in self._segments:
            line = _segments().get(tag)
            if line is None:
                return None  # not kept: a hostile sender has many tags
            self._segments[tag] = self._built(line)
        return self._segments[tag]

    def _built(self, line: SegmentLine) -> tuple[tuple[ElementRule, ...], tuple[Fold, ...]]:
        rules, folds, at = [], [], 1
        for item in line.items:
            rules.append(self._rule(f"{line.tag}{at:02}", item))
            folds.append(Fold(at, 0 if item.is_derived else len(item.numbers), item.repeats, item.is_spread))
            at += item.width
        return tuple(rules), tuple(folds)

    def _rule(self, place: str, item: Item) -> ElementRule:
        number = item.numbers[0]
        name = _elements()[number].name if number in _elements() else ""
        parts = _composites().get(number)
        if parts is not None:
            components = tuple(self._value(each, each, mandatory=must) for each, must in parts)
            return ElementRule(place, item.mandatory, item.repeats, components, is_composite=True, name=name)
        if item.is_spread:
            components = tuple(self._value(each, each, mandatory=True) for each in item.numbers)
            return ElementRule(place, item.mandatory, item.repeats, components, is_composite=True, name=name)
        value = self._value(place, number, mandatory=item.mandatory)
        return ElementRule(place, item.mandatory, item.repeats, (value,), is_composite=False, name=name)

    def _value(self, called: str, number: str, *, mandatory: bool) -> Value:
        element = _elements()[number]
        kind = "n" if element.type in _NUMBERS else "an"
        longest = element.longest
        for since, other in element.later:
            if self.release >= since:
                longest = other
        return Value(called, element.name, mandatory, kind, element.shortest, longest, element.type)


@cache
def grammar(release: str) -> Grammar | None:
    """The tables of a release (the first six characters of GS08), or None for one we do not take."""
    return Grammar(release) if release in RELEASES else None


def messages() -> tuple[str, ...]:
    """The transaction sets there are tables of."""
    return tuple(_structures())


def group_of(message: str) -> str:
    """The functional identifier (GS01) of a transaction set; empty if unknown."""
    return _structures()[message][0].partition(" ")[0] if message in _structures() else ""


def number_of(place: str) -> str:
    """The number of the data element at a place such as `BEG03`; empty for a composite, pair or unknown place."""
    return _places().get(place, "")


class _Element(Struct, frozen=True):
    type: str
    shortest: int
    longest: int
    later: tuple[tuple[str, int], ...]
    name: str


def _number_of(element: str) -> str:
    return _places().get(element, element)


@cache
def _places() -> dict[str, str]:
    found = {}
    for line in _segments().values():
        at = 1
        for item in line.items:
            if len(item.numbers) == 1 and item.numbers[0] not in _composites():
                found[f"{line.tag}{at:02}"] = item.numbers[0]
            at += item.width
    return found


@cache
def _segments() -> dict[str, SegmentLine]:
    return segments_in(_text("segments"))


@cache
def _composites() -> dict[str, tuple[tuple[str, bool], ...]]:
    lines = segments_in(_text("composites")).values()
    return {line.tag: tuple((item.numbers[0], item.mandatory) for item in line.items) for line in lines}


@cache
def _conditions() -> dict[str, tuple[tuple[str, tuple[int, ...]], ...]]:
    found = {}
    for line in _segments().values():
        places = (tuple(int(each[at : at + 2]) for at in range(1, len(each), 2)) for each in line.conditions)
        found[line.tag] = tuple(zip((each[0] for each in line.conditions), places, strict=True))
    return found


@cache
def _structures() -> dict[str, tuple[str, str, Step]]:
    return structures_in(_text("sets"))


@cache
def _levelled() -> dict[str, Step]:
    return {message: _with_header(with_levels(root)) for message, (_, _, root) in _structures().items()}


def _with_header(root: Step) -> Step:
    """With the header of the interchange before it, so that a map can read who sent it to whom."""
    steps = (Step(tag="ISA", group=None, mandatory=False, repeats=1), *root.steps)
    return Step(tag=root.tag, group=0, mandatory=True, repeats=1, steps=steps)


@cache
def _elements() -> dict[str, _Element]:
    found = {}
    for line in _text("elements").splitlines():
        if line and not line.startswith("#"):
            number, kind, shortest, longest, *rest = line.split(" ")
            later = tuple(_later(word) for word in rest if "=" in word)
            name = " ".join(word for word in rest if "=" not in word)
            found[number] = _Element(kind, int(shortest), int(longest), later, name)
    return found


def _later(word: str) -> tuple[str, int]:
    since, _, longest = word.partition("=")
    return since, int(longest)


@cache
def _codes() -> dict[str, frozenset[str]]:
    rows = [line.split() for line in _text("codes").splitlines() if line and not line.startswith("#")]
    return {number: frozenset(codes) for number, *codes in rows}


def _text(name: str) -> str:
    return files(__package__).joinpath("tables", f"{name}.txt").read_text("utf-8")
