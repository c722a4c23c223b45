"""Puts the segments of a message where its structure wants them: a state machine over segment groups.

A segment goes to the first place that may hold it, looking from the last place on: further in the same group, then in
the groups around it, where a trigger opens another repetition. It never goes back. Leaving a group without one of its
mandatory segments, and exceeding a repeat, are told; a segment without a place is told, with the place it should have,
and left out. So is one that comes too late, rather than that everything up to its next place were called missing.
"""

from functools import cache

from translators.edifact.directory import Step
from translators.edifact.faults import Faults
from translators.edifact.quickplacing import quickly_arranged
from translators.edifact.structure import NO_GROUPS, GroupInstance, MessageTree, Placed, places_in, tags_in

_MOST_OPENERS = 4


def arrange(placed: list[Placed], root: Step, faults: Faults) -> MessageTree:
    """The tree of the message; faults go to `faults`."""
    tags = [each.tag or each.segment.tag for each in placed]
    tree = quickly_arranged(placed, tags, root)
    if tree is None:
        tree = carefully_arranged(placed, tags, root, faults)
    tree.placed = placed
    return tree


def carefully_arranged(placed: list[Placed], tags: list[str], root: Step, faults: Faults) -> MessageTree:
    """Segment by segment, telling everything that is not as it should be."""
    placing = _Placing(root, faults)
    for each, tag in zip(placed, tags, strict=True):
        placing.place(each, tag)
    placing.close()
    return placing.root


class _Frame:
    __slots__ = ("counts", "index", "instance", "places", "step")

    def __init__(self, step: Step, instance: GroupInstance) -> None:
        self.step = step
        self.instance = instance
        self.index = 0
        self.counts = [0] * len(step.steps)
        self.places = places_in(step)


class _Placing:
    def __init__(self, root: Step, faults: Faults) -> None:
        self.root = MessageTree(root)
        self.faults = faults
        self._frames = [_Frame(root, self.root)]
        self._tags = tags_in(root)
        self._last: Placed | None = None

    def place(self, placed: Placed, tag: str) -> None:
        """Find the place of one segment."""
        found = self._find(tag, within_limits=True) or self._find(tag, within_limits=False)
        if found is None or (self._place_before(tag) and self._skips(*found)):
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

    def _skips(self, depth: int, index: int) -> bool:
        """Whether something mandatory would be missing if the next segment stood there."""
        ways = [(frame, len(frame.step.steps)) for frame in self._frames[depth + 1 :]]
        return any(
            frame.step.steps[at].mandatory and not frame.counts[at]
            for frame, upto in [*ways, (self._frames[depth], index)]
            for at in range(frame.index, upto)
        )

    def _place_before(self, tag: str) -> str:
        """Where a segment that comes too late should stand, in words; empty for one that does not."""
        for frame in reversed(self._frames):
            if any(index < frame.index for index in frame.places.get(tag, ())):
                where = f"SG{frame.step.group}" if frame.step.group else "the message"
                return f"in {where} it stands before {frame.step.steps[frame.index].tag}"
        return ""

    def _add(self, frame: _Frame, step: Step, placed: Placed) -> None:
        instance = frame.instance
        if step.group is None:
            found = instance.segments.get(step.tag)
            if found is None:
                instance.segments[step.tag] = [placed]
            else:
                found.append(placed)
            return
        inner = GroupInstance(step, {step.tag: [placed]}, NO_GROUPS)
        if instance.groups is NO_GROUPS:
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
        text = f"the segment {_shown(placed)} has no place in this message"
        if tag in self._tags:
            place = (
                self._place_before(tag)
                or f"it stands in a group that begins with {' or '.join(_openers(self.root.step, tag)[:_MOST_OPENERS])}"
            )
            text = f"the segment {_shown(placed)} has no place here; {place}"
        self.faults.tell("position", "edifact.segment.unexpected", text, placed.segment, position=placed.position)


@cache
def _openers(root: Step, tag: str) -> tuple[str, ...]:
    """The triggers of the groups a segment may stand in; of a group it opens itself, that of the group around."""
    found: list[str] = []
    for step in root.steps:
        if step.group is not None:
            inside = any(each.tag == tag for each in step.steps[1:])
            found += [step.tag] * inside
            found += _openers(step, tag)
    return tuple(dict.fromkeys(found))


def _shown(placed: Placed) -> str:
    return placed.segment.tag[:6]
