"""One schedule (512) or one delivery note (713) of a transmission, with the header and the transport around it."""

from collections.abc import Iterator
from typing import Any, cast

from translators.edifact.structure import GroupInstance, Placed
from translators.vda.layout import LAYOUT
from translators.vda.records import VdaRecord


def as_placed(record: VdaRecord, position: int) -> Placed:
    """A record where the maps expect a segment."""
    return Placed(cast(Any, record), position)


def record_of(placed: Placed) -> VdaRecord:
    """The record of a place."""
    record: object = placed.segment
    assert isinstance(record, VdaRecord)
    return record


def units_of(root: GroupInstance, message: str) -> Iterator[GroupInstance]:
    """What a map sees, unit by unit. The records around are placed anew in each, as positions count in the unit."""
    step = LAYOUT.structure(message)
    assert step is not None, "transmissions are of messages there is a table of"
    header = root.segments[root.step.tag][0]
    loop = next(iter(root.groups.values()), [])
    for outer in loop:
        inner = [each for name, groups in outer.groups.items() if name == step.steps[-1].name for each in groups]
        if outer.step.name == step.steps[-1].name:
            yield GroupInstance(step, {step.tag: [_again(header)]}, {outer.step.name: [outer]})
        for each in inner:
            around = {step.tag: [_again(header)], outer.step.tag: [_again(outer.segments[outer.step.tag][0])]}
            yield GroupInstance(step, around, {each.step.name: [each]})


def _again(placed: Placed) -> Placed:
    return Placed(placed.segment, placed.position)
