"""Arranges a message in which every segment has its place, by a table that is learnt from the structure as it is used.

A state is where in the structure one stands: the groups that are open and the place in each. What a tag means there is
worked out once and then looked up. Only what is right has an entry: where something mandatory would be left out, where
a segment has no place or a repeat is exceeded there is no quick way, and the careful one (`arranging`) says what is
wrong.

Repeats are left out of the states. As long as none is exceeded they do not matter to where a segment goes: the careful
way looks for another place only when one is full, and then this one gives up.
"""

from functools import cache

from msgspec import Struct

from translators.edifact.directory import Step
from translators.edifact.structure import NO_GROUPS, GroupInstance, MessageTree, Placed, places_in, tags_in

_DEEPEST = 32
"""More groups inside one another than any message has."""


class _Open(Struct, frozen=True):
    """An open group and the place in it that was filled last; -1 in a message of which nothing was read."""

    step: Step
    index: int


class _Move(Struct, frozen=True, gc=False):
    """A segment goes into the group at `depth`, as itself or (`opens`) as the trigger of a group inside it."""

    depth: int
    opens: Step | None
    name: str
    most: int
    state: "_State"


class _State:
    """`moves`: tag -> what to do, None where only the careful way will do."""

    __slots__ = ("_is_end", "moves", "opened")

    def __init__(self, opened: tuple[_Open, ...]) -> None:
        self.opened = opened
        self.moves: dict[str, _Move | None] = {}
        self._is_end: bool | None = None

    @property
    def is_end(self) -> bool:
        """Whether the message may end here."""
        if self._is_end is None:
            self._is_end = not any(_leaves_out(each, len(each.step.steps)) for each in self.opened)
        return self._is_end


class _Table:
    """The states of one structure, learnt as messages need them; any number of threads learn the same."""

    def __init__(self, root: Step) -> None:
        self.root = root
        self.start = _State((_Open(root, -1),))
        self.tags = tags_in(root)
        self._states: dict[tuple[tuple[int, int], ...], _State] = {}

    def learn(self, state: _State, tag: str) -> _Move | None:
        """The move from a state by a tag."""
        if tag not in self.tags:  # not kept: tags come from the sender
            return None
        move = state.moves[tag] = self._worked_out(state.opened, tag)
        return move

    def _worked_out(self, opened: tuple[_Open, ...], tag: str) -> _Move | None:
        for depth in range(len(opened) - 1, -1, -1):
            at = opened[depth]
            for index in places_in(at.step).get(tag, ()):
                step = at.step.steps[index]
                if index < at.index or (index == at.index and step.repeats == 1):
                    continue
                if any(_leaves_out(left, len(left.step.steps)) for left in opened[depth + 1 :]):
                    return None
                if index > at.index and _leaves_out(at, index):
                    return None
                now = (*opened[:depth], _Open(at.step, index))
                if step.group is None:
                    return _Move(depth, None, tag, step.repeats, self._state(now))
                return _Move(depth, step, step.name, step.repeats, self._state((*now, _Open(step, 0))))
        return None

    def _state(self, opened: tuple[_Open, ...]) -> _State:
        return self._states.setdefault(tuple((id(each.step), each.index) for each in opened), _State(opened))


def _leaves_out(at: _Open, upto: int) -> bool:
    """Whether something mandatory stands between the last place and `upto`; a missing UNT is told elsewhere."""
    return any(step.mandatory and step.tag != "UNT" for step in at.step.steps[at.index + 1 : upto])


@cache
def _table(root: Step) -> _Table:
    return _Table(root)


def quickly_arranged(placed: list[Placed], tags: list[str], root: Step) -> MessageTree | None:
    """The tree of a message that is as its structure wants it; None for any other."""
    table = _table(root)
    tree = MessageTree(root)
    open_groups: list[GroupInstance] = [tree] * _DEEPEST
    state = table.start
    for each, tag in zip(placed, tags, strict=True):
        move = state.moves.get(tag)
        if move is None and (tag in state.moves or (move := table.learn(state, tag)) is None):
            return None
        group, opens, name = open_groups[move.depth], move.opens, move.name
        if opens is None:
            segments = group.segments.get(name)
            if segments is None:
                group.segments[name] = [each]
            elif len(segments) < move.most:
                segments.append(each)
            else:
                return None
        else:
            inner = GroupInstance(opens, {tag: [each]}, NO_GROUPS)
            open_groups[move.depth + 1] = inner
            if group.groups is NO_GROUPS:
                group.groups = {name: [inner]}
            elif name not in group.groups:
                group.groups[name] = [inner]
            elif len(group.groups[name]) < move.most:
                group.groups[name].append(inner)
            else:
                return None
        state = move.state
    return tree if state.is_end else None
