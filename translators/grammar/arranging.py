"""Puts segments where a structure wants them, and tells what has no place: the tree that maps walk on.

A segment goes to the first place that may hold it, from the last one on: further in the same loop, then in the loops
around it. What is wrong is handed to a `Teller` as a `Misplaced`, because each format has codes and words of its own.
"""

from collections.abc import Callable
from functools import cache
from typing import Literal

from msgspec import Struct

from translators.edifact.directory import Step
from translators.edifact.structure import GroupInstance, Placed


class Misplaced(Struct, frozen=True):
    """`missing`: `step` should stand before `placed` (None: before the end). Else `placed` should not stand there."""

    kind: Literal["missing", "segment_repeats", "loop_repeats", "elsewhere", "foreign"]
    step: Step | None
    placed: Placed | None
    last: Placed | None
    """What was placed before."""
    tag: str
    too_late_for: str = ""
    """For `elsewhere`: the segment before which it should stand; empty where it does not come too late."""
    within: str = ""
    """The segment that opens the loop in which it comes too late; empty for the whole."""
    openers: tuple[str, ...] = ()
    """For `elsewhere`: the segments that open the loops it may stand in."""


Teller = Callable[[Misplaced], None]


class _Frame:
    __slots__ = ("counts", "index", "instance", "places", "step")

    def __init__(self, step: Step, instance: GroupInstance, *, is_loop: bool) -> None:
        self.step = step
        self.instance = instance
        self.index = 0
        self.counts = [0] * len(step.steps)
        self.places = _places(step, is_loop)
        if is_loop:
            self.counts[0] = 1


@cache
def _places(step: Step, is_loop: bool) -> dict[str, tuple[int, ...]]:
    """Where a segment may stand, by tag; the first of a loop opens another one, which is the matter of who holds it."""
    places: dict[str, tuple[int, ...]] = {}
    for index, each in enumerate(step.steps):
        if index or not is_loop:
            places[each.tag] = (*places.get(each.tag, ()), index)
    return places


@cache
def _tags(step: Step) -> frozenset[str]:
    return frozenset().union(*({each.tag} | _tags(each) for each in step.steps))


@cache
def openers(root: Step, tag: str) -> tuple[str, ...]:
    """What opens the loops a segment may stand in; of a loop it opens itself, what opens the loop around."""
    found: list[str] = []
    for step in root.steps:
        if step.group is not None:
            found += [step.tag] * any(each.tag == tag for each in step.steps[1:])
            found += openers(step, tag)
    return tuple(dict.fromkeys(found))


def arrange(placed: list[tuple[Placed, str]], root: Step, tell: Teller) -> GroupInstance:
    """The tree of a message, from its segments with their tags."""
    arranging = _Arranging(root, tell)
    for each, tag in placed:
        arranging.place(each, tag)
    arranging.close()
    return arranging.root


class _Arranging:
    def __init__(self, root: Step, tell: Teller) -> None:
        self.root = GroupInstance(root)
        self.tell = tell
        self.known = _tags(root)
        self.frames = [_Frame(root, self.root, is_loop=False)]
        self.last: Placed | None = None

    def place(self, placed: Placed, tag: str) -> None:
        found = self._find(tag, within_limits=True) or self._find(tag, within_limits=False)
        if found is None:
            self.tell(self._without_place(placed, tag))
            return
        depth, index = found
        while len(self.frames) - 1 > depth:
            self._leave(placed)
        frame = self.frames[-1]
        if index > frame.index:
            self._check_skipped(frame, index, placed)
            frame.index = index
        frame.counts[index] += 1
        step = frame.step.steps[index]
        if frame.counts[index] == step.repeats + 1:
            kind: Literal["segment_repeats", "loop_repeats"] = (
                "segment_repeats" if step.group is None else "loop_repeats"
            )
            self.tell(Misplaced(kind, step, placed, self.last, tag))
        self._add(frame, step, placed)
        self.last = placed

    def close(self) -> None:
        while self.frames:
            self._leave(None)

    def _without_place(self, placed: Placed, tag: str) -> Misplaced:
        if tag not in self.known:
            return Misplaced("foreign", None, placed, self.last, tag)
        for frame in reversed(self.frames):
            if any(index < frame.index for index in frame.places.get(tag, ())):
                passed, within = frame.step.steps[frame.index].tag, frame.step.tag if frame.step.group else ""
                return Misplaced("elsewhere", None, placed, self.last, tag, passed, within)
        return Misplaced("elsewhere", None, placed, self.last, tag, openers=openers(self.root.step, tag))

    def _find(self, tag: str, *, within_limits: bool) -> tuple[int, int] | None:
        for depth in range(len(self.frames) - 1, -1, -1):
            frame = self.frames[depth]
            for index in frame.places.get(tag, ()):
                has_room = not within_limits or frame.counts[index] < frame.step.steps[index].repeats
                if index >= frame.index and has_room:
                    return depth, index
        return None

    def _add(self, frame: _Frame, step: Step, placed: Placed) -> None:
        if step.group is None:
            frame.instance.segments.setdefault(step.tag, []).append(placed)
            return
        inner = GroupInstance(step, {step.tag: [placed]})
        frame.instance.groups.setdefault(step.name, []).append(inner)
        self.frames.append(_Frame(step, inner, is_loop=True))

    def _leave(self, before: Placed | None) -> None:
        frame = self.frames.pop()
        self._check_skipped(frame, len(frame.step.steps), before)

    def _check_skipped(self, frame: _Frame, upto: int, before: Placed | None) -> None:
        for index in range(frame.index, upto):
            step = frame.step.steps[index]
            if step.mandatory and not frame.counts[index]:
                self.tell(Misplaced("missing", step, before, self.last, step.tag))
