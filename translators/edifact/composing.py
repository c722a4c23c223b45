"""A message a map has filled, as segments in the order of the message's structure."""

from collections.abc import Iterator

from translators.edifact.directory import Directory, Step
from translators.edifact.drafts import draft_of
from translators.edifact.outgoing import Elements
from translators.edifact.structure import GroupInstance, Placed

_MADE_BY_THE_WRITER = ("UNH", "UNT")
_OF_TOTALS = ("MOA", "TAX", "ALC")
"""The triggers of the groups that stand in a summary section."""


def segments_of(root: GroupInstance, tables: Directory, decimal: str = ".") -> tuple[Elements, ...]:
    """The segments between UNH and UNT. Section separators (UNS) stand where the structure wants them.

    `decimal` is the decimal mark of the interchange; figures are put with a point.
    """
    return tuple(_with_mark(elements, tables, decimal) for elements in _group(root))


def _group(group: GroupInstance) -> Iterator[Elements]:
    steps = group.step.steps
    written: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.group is not None:
            for inner in group.groups.get(step.name, ()):
                if not _is_blank(inner):
                    yield from _group(inner)
        elif step.tag == "UNS" and not group.segments.get("UNS"):
            yield [[["UNS"]], [["S" if _opens_the_summary(steps[index + 1 :]) else "D"]]]
        elif step.tag not in _MADE_BY_THE_WRITER:
            yield from _segments(group, step, index, written)


def _opens_the_summary(after: tuple[Step, ...]) -> bool:
    """Whether only totals come behind a UNS; where groups of other things do, as in PARTIN, it opens the detail."""
    return all(step.group is None or step.tag in _OF_TOTALS for step in after)


def _segments(group: GroupInstance, step: Step, index: int, written: dict[str, int]) -> Iterator[Elements]:
    """Those of one place; where the structure names a segment twice, the first place takes as many as it may."""
    placed = group.segments.get(step.tag, [])
    done = written.get(step.tag, 0)
    is_last = not any(each.group is None and each.tag == step.tag for each in group.step.steps[index + 1 :])
    upto = len(placed) if is_last else min(len(placed), done + step.repeats)
    written[step.tag] = upto
    is_trigger = index == 0 and group.step.group != 0
    for each in placed[done:upto]:
        if is_trigger or not _says_nothing(each):
            yield each.segment.elements


def _says_nothing(placed: Placed) -> bool:
    return not any(value for element in draft_of(placed).elements[1:] for components in element for value in components)


def _is_blank(group: GroupInstance) -> bool:
    return all(_says_nothing(each) for placed in group.segments.values() for each in placed) and all(
        _is_blank(inner) for groups in group.groups.values() for inner in groups
    )


def _with_mark(elements: Elements, tables: Directory, decimal: str) -> Elements:
    if decimal == ".":
        return elements
    rules = tables.segment(elements[0][0][0]) or ()
    marked: Elements = [elements[0]]
    for rule, element in zip(rules, elements[1:], strict=False):
        kinds = [component.kind for component in rule.components]
        marked.append([
            [
                value.replace(".", decimal) if number < len(kinds) and kinds[number] == "n" else value
                for number, value in enumerate(components)
            ]
            for components in element
        ])  # fmt: skip
    return marked
