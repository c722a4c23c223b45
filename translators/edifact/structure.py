"""A message as a tree: segments in the groups its structure puts them into."""

from functools import cache

from msgspec import Struct, field

from translators.edifact.directory import Directory, Step
from translators.edifact.segments import Segment


class Placed(Struct, eq=False, gc=False):
    """A segment with its position in the message (UNH = 1).

    `tag` and `values` are there once its contents were checked: its values side by side (see `flatvalues`), None when
    they do not lie flat. `used` has a bit for every one of them that a map has understood.
    """

    segment: Segment
    position: int
    tag: str = ""
    values: tuple[str, ...] | None = None
    used: int = 0


class GroupInstance(Struct, eq=False, gc=False):
    """One repetition of a group: its segments by tag and its groups by name, each in the order of the message."""

    step: Step
    segments: dict[str, list[Placed]] = field(default_factory=dict)
    groups: dict[str, "list[GroupInstance]"] = field(default_factory=dict)


class MessageTree(GroupInstance, eq=False, gc=False):
    """The root of a message: all its segments in their order, and the tables they were checked against."""

    placed: list[Placed] = field(default_factory=list)
    tables: Directory | None = None


NO_GROUPS: dict[str, list[GroupInstance]] = {}
"""Shared by all groups without inner ones, which are most; replaced before anything is added."""


@cache
def places_in(step: Step) -> dict[str, tuple[int, ...]]:
    """Where in a group a segment may stand, by tag, the trigger left out: it opens another repetition, one level up."""
    places: dict[str, tuple[int, ...]] = {}
    for index, each in enumerate(step.steps):
        if index or not step.group:
            places[each.tag] = (*places.get(each.tag, ()), index)
    return places


@cache
def tags_in(step: Step) -> frozenset[str]:
    """Every segment a message may hold."""
    return frozenset().union(*({each.tag} | tags_in(each) for each in step.steps))
