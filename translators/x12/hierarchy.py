"""Hierarchical levels (HL), as a ship notice has them: shipment, order, tare, pack, item, each naming its parent.

As sent they stand one behind the other. Maps see them by level, `HL_I` all items, `HL_P` all packs; from a level
upwards `in_O` is the order it lies in, `in_P` the nearest pack; and below a pack `HL_I` are the items in it. So it
does not matter in which order a sender nests his levels.

`HL05` is not sent. It holds the number of an item: its LIN01, where all items have one and no two the same, else HL01.
`HL06` then is LIN01, which is the line of the order where it is repeated from pack to pack.
"""

from msgspec import Struct

from translators.edifact.directory import Step
from translators.edifact.structure import GroupInstance
from translators.grammar.notation import MANY, Loop
from translators.x12.faults import Faults, segment_of

LEVELS = ("S", "O", "T", "P", "I")
"""Shipment, order, tare (a pallet), pack, item: codes of data element 735."""


def with_levels(flat: Step) -> Step:
    """The structure with its loop of levels, if it has one, taken apart by level."""
    at = next((index for index, step in enumerate(flat.steps) if step.name == "L_HL"), None)
    if at is None:
        return flat
    own = flat.steps[at].steps
    levels = {code: _level(f"HL_{code}") for code in LEVELS}
    around = tuple(_level(f"in_{code}") for code in LEVELS)
    for code, level in levels.items():
        below = tuple(levels[each] for each in LEVELS if each != "S" and (each, code) != ("T", "I"))
        level.steps = (*own, *around, *below)
    for link in around:
        link.steps = levels[link.name[3:]].steps
    steps = (*flat.steps[:at], *levels.values(), *flat.steps[at + 1 :])
    return Step(tag=flat.tag, group=0, mandatory=True, repeats=1, steps=steps)


def _level(label: str) -> Loop:
    return Loop(tag="HL", label=label, group=1, mandatory=False, repeats=1 if label.startswith("in_") else MANY)


class Level(GroupInstance, eq=False, gc=True):
    """A level; levels know each other in both directions, so unlike other groups the collector has to see them."""


class _Known(Struct):
    id: str
    code: str
    parent: "_Known | None"
    node: Level


def nest(root: GroupInstance, levelled: Step, faults: Faults) -> GroupInstance:
    """The tree as maps see it, from the one as sent. A level that names no level before it is told."""
    flat = root.groups.pop("L_HL", None)
    if flat is None:
        return root
    steps = {step.name: step for step in levelled.steps if step.group is not None}
    nested = GroupInstance(levelled, root.segments, root.groups)
    known: dict[str, _Known] = {}
    for each in flat:
        level = _level_of(each, steps, known, faults)
        if level is not None:
            nested.groups.setdefault(f"HL_{level.code}", []).append(level.node)
            _link(level)
            known[level.id] = level
    _number([level for level in known.values() if level.code == "I"])
    return nested


def _number(items: list[_Known]) -> None:
    given = [_line(level) for level in items]
    is_unique = all(given) and len(set(given)) == len(given)
    for level, line in zip(items, given, strict=True):
        segment = segment_of(level.node.segments["HL"][0])
        segment.elements = [*segment.wire[:5], *[[[""]] for _ in range(5 - len(segment.wire))]]
        segment.elements += [[[line if is_unique else level.id]], [["" if is_unique else line]]]


def _line(level: _Known) -> str:
    placed = level.node.segments.get("LIN")
    return segment_of(placed[0]).get(1) if placed else ""


def _level_of(flat: GroupInstance, steps: dict[str, Step], known: dict[str, _Known], faults: Faults) -> _Known | None:
    placed = flat.segments["HL"][0]
    own, parent, code = (placed.segment.get(number) for number in (1, 2, 3))
    if own in known:
        faults.element(placed, 1, "AK403:7", "x12.hierarchy", f"the level `{own[:12]}` is there already")
        return None
    if parent and parent not in known:
        text = f"the level `{own[:12]}` lies in `{parent[:12]}`, which does not stand before it"
        faults.element(placed, 2, "AK403:7", "x12.hierarchy", text)
        return None
    if code not in LEVELS:
        text = f"the level code `{code[:2]}` is not known; known are {', '.join(LEVELS)}"
        faults.element(placed, 3, "AK403:7", "x12.hierarchy", text)
        return None
    return _Known(own, code, known.get(parent), Level(steps[f"HL_{code}"], flat.segments, flat.groups))


def _link(level: _Known) -> None:
    """Ties a level to the nearest one of each code around it, and that one to it."""
    node, around = level.node, level.parent
    while around is not None:
        if f"in_{around.code}" not in node.groups:
            node.groups[f"in_{around.code}"] = [around.node]
            around.node.groups.setdefault(f"HL_{level.code}", []).append(node)
        around = around.parent
