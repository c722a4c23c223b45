"""A message run through a map: the canonical object, what is wrong with it, and what of the message was not used."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, Literal, Protocol

from msgspec import Struct

from translators.edifact.paths import EdifactSource
from translators.edifact.pathvalues import Spot
from translators.edifact.segments import Element
from translators.mapping.running import Map, Translated

_MOST_RESIDUE = 100


class HasElements(Protocol):
    """A segment or record as maps see it."""

    tag: str
    elements: list[Element]


class Told(Struct, frozen=True):
    """Something found while mapping, at a spot (position of the segment, element, repetition, component)."""

    severity: Literal["error", "warning", "information"]
    code: str
    text: str
    spot: Spot
    act: Literal["sender", "operator"] = "sender"


def mapped(
    compiled: Map,
    root: Any,
    segments: Sequence[HasElements],
    tell: Callable[[Told], None],
    named: Callable[[Spot], str],
    *,
    trace: bool = False,
) -> Translated | None:
    """What the map makes of the message under `root`; None when something refuses it, and then `tell` was told.

    `named` says how a spot is called in sentences. The residue is told as information.
    """
    translated = compiled.translate(root, trace=trace)
    is_held = translated.canonical is not None
    for trouble in translated.troubles:
        act: Literal["sender", "operator"] = "operator" if trouble.policy == "park" else "sender"
        spot: Any = trouble.spot
        tell(Told("warning" if is_held else "error", trouble.code, trouble.text, spot, act))
    if not is_held:
        return None
    left = islice(_left(segments, _waived(compiled), translated.used), _MOST_RESIDUE)
    document = compiled.kind.document_type.replace("_", " ")
    for spot in left:
        text = f"{named(spot)} has no place in {'an' if document[0] in 'aeiou' else 'a'} {document}"
        tell(Told("information", f"{compiled.spec.format}.residue", text, spot))
    return translated


def _left(
    segments: Sequence[HasElements], waived: frozenset[tuple[str, int, int]], used: set[Hashable]
) -> Iterator[Spot]:
    """Where the values stand that were neither used nor waived."""
    for position, segment in enumerate(segments, 1):
        if (segment.tag, 0, 0) in waived:
            continue
        for element, repetitions in enumerate(segment.elements[1:], 1):
            for repetition, components in enumerate(repetitions, 1):
                for component, value in enumerate(components, 1):
                    spot = (position, element, repetition, component)
                    if value and spot not in used and (segment.tag, element, component) not in waived:
                        yield spot


@cache
def _waived(compiled: Map) -> frozenset[tuple[str, int, int]]:
    source = compiled.source
    assert isinstance(source, EdifactSource)
    places: set[tuple[str, int, int]] = set()
    for waiver in compiled.spec.waived:
        if waiver.path is not None:
            tag, _, element = waiver.path.partition("/")
            places.update((tag, index, number) for index, number in source.places(tag, element))
    return frozenset(places)
