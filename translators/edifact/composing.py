"""A message a map has filled, as segments in the order of the message's structure."""

from collections.abc import Iterator

from translators.edifact.directory import Directory, Step
from translators.edifact.outgoing import Elements
from translators.edifact.structure import GroupInstance
from translators.grammar.composing import is_blank, segments_at

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
                if not is_blank(inner):
                    yield from _group(inner)
        elif step.tag == "UNS" and not group.segments.get("UNS"):
            yield [[["UNS"]], [["S" if _opens_the_summary(steps[index + 1 :]) else "D"]]]
        elif step.tag not in _MADE_BY_THE_WRITER:
            yield from segments_at(group, step, index, written)


def _opens_the_summary(after: tuple[Step, ...]) -> bool:
    """Whether only totals come behind a UNS; where groups of other things do, as in PARTIN, it opens the detail."""
    return all(step.group is None or step.tag in _OF_TOTALS for step in after)


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
