"""A message a map has filled, as segments in the order of its structure."""

from collections.abc import Iterator

from translators.edifact.directory import Step
from translators.edifact.drafts import draft_of
from translators.edifact.segments import Element
from translators.edifact.structure import GroupInstance, Placed

Elements = list[Element]
"""A segment as it is filled: the tag is element 0."""


def segments_of(group: GroupInstance, without: frozenset[str] = frozenset()) -> Iterator[Elements]:
    """The segments of a group and the groups in it; `without`: segments and groups somebody else writes."""
    steps = group.step.steps
    written: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.name in without:
            continue
        if step.group is not None:
            for inner in group.groups.get(step.name, ()):
                if not is_blank(inner):
                    yield from segments_of(inner, without)
        else:
            yield from segments_at(group, step, index, written)


def segments_at(group: GroupInstance, step: Step, index: int, written: dict[str, int]) -> Iterator[Elements]:
    """Those of one place; where the structure names a segment twice, the first place takes as many as it may."""
    placed = group.segments.get(step.tag, [])
    done = written.get(step.tag, 0)
    is_last = not any(each.group is None and each.tag == step.tag for each in group.step.steps[index + 1 :])
    upto = len(placed) if is_last else min(len(placed), done + step.repeats)
    written[step.tag] = upto
    is_trigger = index == 0 and group.step.group != 0
    for each in placed[done:upto]:
        if is_trigger or not _says_nothing(each):
            yield draft_of(each).elements


def is_blank(group: GroupInstance) -> bool:
    """Whether nothing stands in a group but tags."""
    return all(_says_nothing(each) for placed in group.segments.values() for each in placed) and all(
        is_blank(inner) for groups in group.groups.values() for inner in groups
    )


def _says_nothing(placed: Placed) -> bool:
    return not any(value for element in draft_of(placed).elements[1:] for components in element for value in components)
