"""Findings of an X12 input: where they lie, and the code an acknowledgement would carry for them.

`syntax_code` names the element of the acknowledgement and the code there: `AK403:5` is code 5 of the element that says
what is wrong with a data element (IK403 in a 999 means the same), `AK304`, `AK502` and `AK905` are those for segments,
transaction sets and functional groups, `TA105` the one for the interchange.
"""

from typing import Literal

from translators.edifact.structure import Placed
from translators.findings import Finding, Place
from translators.x12.segments import Segment

Severity = Literal["error", "warning", "information"]


class Faults:
    """Gathers findings up to a limit, of errors up to twice as many; knows which interchange, group and set is read."""

    def __init__(self, limit: int = 500) -> None:
        self.limit = limit
        self.findings: list[Finding] = []
        self.errors = 0
        self.interchange: str | None = None
        self.group: str | None = None
        self.message: str | None = None

    def tell(
        self,
        syntax_code: str,
        code: str,
        text: str,
        segment: Segment | None = None,
        element: int = 0,
        component: int = 0,
        *,
        position: int = 0,
        repetition: int = 1,
        severity: Severity = "error",
    ) -> None:
        """One finding; places are those in the segment as sent and count from 1, 0 means the whole."""
        offset = None
        if segment is not None:
            offset = segment.offset_of(element, component, repetition) if element else segment.offset
        place = Place(
            interchange=self.interchange,
            group=self.group,
            message=self.message,
            segment=segment.tag[:3] if segment is not None else None,
            segment_position=position or None,
            element=element or None,
            component=component or None,
            offset=offset,
            repetition=repetition if repetition > 1 else None,
        )
        self.errors += severity == "error"
        if len(self.findings) < self.limit * (2 if severity == "error" else 1):
            shown = "".join(each if each.isprintable() else "·" for each in text)
            self.findings.append(Finding(code, shown, place, severity, syntax_code=syntax_code or None))

    def element(
        self, placed: Placed, element: int, syntax_code: str, code: str, text: str, component: int = 0,
        repetition: int = 1,
    ) -> None:  # fmt: skip
        """Something wrong at an element as sent."""
        self.tell(
            syntax_code, code, text, segment_of(placed), element, component,
            position=placed.position, repetition=repetition,
        )  # fmt: skip

    def warn(
        self, code: str, text: str, segment: Segment | None = None, element: int = 0, position: int = 0
    ) -> None:  # fmt: skip
        """Something remarkable that stops nothing."""
        self.tell("", code, text, segment, element, position=position, severity="warning")


def segment_of(placed: Placed) -> Segment:
    """The segment as one of X12; `Placed` is shared with UN/EDIFACT."""
    segment: object = placed.segment
    assert isinstance(segment, Segment)
    return segment
