"""What a message said and its map did not use: the rest that is told, so that nothing is lost in silence."""

from collections.abc import Callable, Hashable, Iterator
from functools import cache
from itertools import islice, pairwise
from operator import itemgetter
from typing import Any

from translators.edifact.directory import Directory
from translators.edifact.faults import Faults
from translators.edifact.flatvalues import starts_of
from translators.edifact.paths import EdifactSource
from translators.edifact.pathvalues import Spot
from translators.edifact.structure import MessageTree, Placed
from translators.mapping.running import Map

_MOST_RESIDUE = 100


def tell_residue(tree: MessageTree, compiled: Map, used: set[Hashable], faults: Faults) -> None:
    """What was neither used nor waived, as information.

    `used` are the spots the closures of the map have used; none when its program did, which marks the segments.
    """
    left = _left(tree, _waived(compiled), used) if used or tree.tables is None else _unmarked(tree, compiled)
    for placed, (position, element, repetition, component) in islice(left, _MOST_RESIDUE):
        name = compiled.kind.document_type.replace("_", " ")
        article = "an" if name[0] in "aeiou" else "a"
        text = f"{placed.segment.tag} element {element} component {component} has no place in {article} {name}"
        faults.tell(
            "", "edifact.residue", text, placed.segment, element, component,
            position=position, repetition=repetition, severity="information",
        )  # fmt: skip


def _left(
    tree: MessageTree, waived: frozenset[tuple[str, int, int]], used: set[Hashable]
) -> Iterator[tuple[Placed, Spot]]:
    """Where the values stand that were neither used nor waived."""
    for placed in tree.placed:
        elements = placed.segment.elements
        tag = elements[0][0][0]
        if (tag, 0, 0) in waived:
            continue
        for element in range(1, len(elements)):
            for repetition, components in enumerate(elements[element], 1):
                for component, value in enumerate(components, 1):
                    if value:
                        spot = (placed.position, element, repetition, component)
                        if spot not in used and (tag, element, component) not in waived:
                            yield placed, spot


def _unmarked(tree: MessageTree, compiled: Map) -> Iterator[tuple[Placed, Spot]]:
    """The same from the marks of a program; values are looked at only where some are not marked."""
    assert tree.tables is not None
    wanted = _wanted(compiled, tree.tables)
    masks = wanted.masks
    for placed in tree.placed:
        tag = placed.tag
        rest = (masks[tag] if tag in masks else wanted.learn(tag)) & ~placed.used
        if rest and placed.values is not None and any(_getter(rest)(placed.values)):
            for at, value in enumerate(placed.values):
                if value and rest >> at & 1:
                    element, component = wanted.place(tag, at)
                    yield placed, (placed.position, element, 1, component)


@cache
def _getter(mask: int) -> Callable[[tuple[str, ...]], Any]:
    return itemgetter(*(at for at in range(mask.bit_length()) if mask >> at & 1))


class _Wanted:
    """For each segment the flat values a map has to use, as bits: all that are not waived."""

    def __init__(self, waived: frozenset[tuple[str, int, int]], tables: Directory) -> None:
        self._waived = waived
        self._tables = tables
        self.masks: dict[str, int] = {}
        self._places: dict[str, list[tuple[int, int]]] = {}

    def place(self, tag: str, at: int) -> tuple[int, int]:
        """(element, component), both from 1, of a flat value."""
        return self._places[tag][at]

    def learn(self, tag: str) -> int:
        """One bit for each value that is wanted."""
        rules = self._tables.segment(tag) or ()
        starts = starts_of(rules)
        places = [
            (element, component - start + 1)
            for element, (start, end) in enumerate(pairwise(starts), 1)
            for component in range(start, end)
        ]
        is_waived = (tag, 0, 0) in self._waived
        mask = 0 if is_waived else sum(1 << at for at, each in enumerate(places) if (tag, *each) not in self._waived)
        self._places[tag], self.masks[tag] = places, mask
        return mask


@cache
def _wanted(compiled: Map, tables: Directory) -> _Wanted:
    return _Wanted(_waived(compiled), tables)


@cache
def _waived(compiled: Map) -> frozenset[tuple[str, int, int]]:
    source = compiled.source
    assert isinstance(source, EdifactSource)
    places: set[tuple[str, int, int]] = set()
    for waiver in compiled.spec.waived:
        if waiver.path is None:
            continue
        tag, _, element = waiver.path.partition("/")
        places.update((tag, index, number) for index, number in source.places(tag, element))
    return frozenset(places)
