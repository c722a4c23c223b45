"""Puts the segments of a message where its structure wants them: a state machine over segment groups.

A segment goes to the first place that may hold it, looking from the last place on: further in the same group, then in
the groups around it, where a trigger opens another repetition. It never goes back. Leaving a group without one of its
mandatory segments, and exceeding a repeat, are told; a segment without a place is told and left out.
"""

from functools import cache

from msgspec import Struct, field

from translators.edifact.directory import Step
from translators.edifact.faults import Faults
from translators.edifact.segments import Segment


class Placed(Struct, eq=False, gc=False):
    """A segment with its position in the message (UNH = 1)."""

    segment: Segment
    position: int


class GroupInstance(Struct, eq=False, gc=False):
    """One repetition of a group: its segments by tag and its groups by name, each in the order of the message."""

    step: Step
    segments: dict[str, list[Placed]] = field(default_factory=dict)
    groups: dict[str, "list[GroupInstance]"] = field(default_factory=dict)


_NO_GROUPS: dict[str, list[GroupInstance]] = {}
"""Shared by all groups without inner ones, which are most; replaced before anything is added."""


class _Frame:
    __slots__ = ("counts", "index", "instance", "places", "step")

    def __init__(self, step: Step, instance: GroupInstance) -> None:
        self.step = step
        self.instance = instance
        self.index = 0
        self.counts = [0] * len(step.steps)
        self.places = _places(step)


@cache
def _places(step: Step) -> dict[str, tuple[int, ...]]:
    """Where in a group a segment may stand, by tag, the trigger left out: it opens another repetition, one level up."""
    places: dict[str, tuple[int, ...]] = {}
    for index, each in enumerate(step.steps):
        if index or not step.group:
            places[each.tag] = (*places.get(each.tag, ()), index)
    return places


@cache
def _tags(step: Step) -> frozenset[str]:
    """Every segment a message may hold."""
    return frozenset().union(*({each.tag} | _tags(each) for each in step.steps))


def arrange(placed: list[Placed], root: Step, faults: Faults) -> GroupInstance:
    """The tree of the message; faults go to `faults`."""
    placing = _Placing(root, faults)
    for each in placed:
        placing.place(each, each.segment.tag)
    placing.close()
    return placing.root


class _Placing:
    def __init__(self, root: Step, faults: Faults) -> None:
        self.root = GroupInstance(root)
        self.faults = faults
        self._frames = [_Frame(root, self.root)]
        self._tags = _tags(root)
        self._last: Placed | None = None

    def place(self, placed: Placed, tag: str) -> None:
        """Find the place of one segment."""
        found = self._find(tag, within_limits=True) or self._find(tag, within_limits=False)
        if found is None:
            self._tell_no_place(placed, tag)
            return
        depth, index = found
        while len(self._frames) - 1 > depth:
            self._leave(placed)
        frame = self._frames[-1]
        if index > frame.index:
            self._check_skipped(frame, index, placed)
            frame.index = index
        frame.counts[index] += 1
        step = frame.step.steps[index]
        if frame.counts[index] == step.repeats + 1:
            self._tell_too_many(step, placed)
        self._add(frame, step, placed)
        self._last = placed

    def close(self) -> None:
        """The message has ended: everything mandatory that is still to come is missing."""
        while self._frames:
            self._leave(None)

    def _find(self, tag: str, *, within_limits: bool) -> tuple[int, int] | None:
        for depth in range(len(self._frames) - 1, -1, -1):
            frame = self._frames[depth]
            steps, counts = frame.step.steps, frame.counts
            for index in frame.places.get(tag, ()):
                if index >= frame.index and (not within_limits or counts[index] < steps[index].repeats):
                    return depth, index
        return None

    def _add(self, frame: _Frame, step: Step, placed: Placed) -> None:
        instance = frame.instance
        if step.group is None:
            found = instance.segments.get(step.tag)
            if found is None:
                instance.segments[step.tag] = [placed]
            else:
                found.append(placed)
            return
        inner = GroupInstance(step, {step.tag: [placed]}, _NO_GROUPS)
        if instance.groups is _NO_GROUPS:
            instance.groups = {step.name: [inner]}
        else:
            instance.groups.setdefault(step.name, []).append(inner)
        opened = _Frame(step, inner)
        opened.counts[0] = 1
        self._frames.append(opened)

    def _leave(self, before: Placed | None) -> None:
        frame = self._frames.pop()
        self._check_skipped(frame, len(frame.step.steps), before)

    def _check_skipped(self, frame: _Frame, upto: int, before: Placed | None) -> None:
        for index in range(frame.index, upto):
            step = frame.step.steps[index]
            # A missing UNT is told by who reads the interchange and knows what came instead.
            if step.mandatory and not frame.counts[index] and step.tag != "UNT":
                self._tell_missing(step, frame, before)

    def _tell_missing(self, step: Step, frame: _Frame, before: Placed | None) -> None:
        what = f"segment {step.tag}" if step.group is None else f"group SG{step.group} ({step.tag})"
        where = f" in SG{frame.step.group}" if frame.step.group else ""
        at = self._last or before
        self.faults.tell(
            "missing",
            "edifact.segment.missing",
            f"the mandatory {what} is missing{where}" + (f" before {_shown(before)}" if before else ""),
            at.segment if at else None,
            position=at.position if at else None,
        )

    def _tell_too_many(self, step: Step, placed: Placed) -> None:
        kind = "segment_repeats" if step.group is None else "group_repeats"
        what = f"segment {step.tag}" if step.group is None else f"group SG{step.group} ({step.tag})"
        text = f"the {what} occurs more than {step.repeats} {'time' if step.repeats == 1 else 'times'}"
        self.faults.tell(kind, "edifact.repeats", text, placed.segment, position=placed.position)

    def _tell_no_place(self, placed: Placed, tag: str) -> None:
        if not tag:
            text, code = "a segment has no tag", "edifact.segment.tag"
            self.faults.tell("missing", code, text, placed.segment, position=placed.position)
            return
        where = "has no place here" if tag in self._tags else "has no place in this message"
        text = f"the segment {_shown(placed)} {where}"
        self.faults.tell("position", "edifact.segment.unexpected", text, placed.segment, position=placed.position)


def _shown(placed: Placed) -> str:
    return placed.segment.tag[:6]
