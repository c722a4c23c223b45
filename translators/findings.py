"""What is wrong in a document, where, and who must act."""

from typing import Literal

from msgspec import Struct


class Place(Struct, frozen=True, omit_defaults=True):
    """Where a finding lies; only the fields that make sense for the format are set.

    EDIFACT: `segment` is the tag, `segment_position` counts from UNH = 1, `element` and `component` from 1,
    `repetition` is set from the second repetition of an element on, `offset` is the byte in the interchange. XML and
    JSON: `line` and `column` count from 1, `path` is an XPath or JSON pointer.
    """

    line: int | None = None
    column: int | None = None
    path: str | None = None
    interchange: str | None = None
    message: str | None = None
    segment: str | None = None
    segment_position: int | None = None
    element: int | None = None
    component: int | None = None
    offset: int | None = None
    repetition: int | None = None
    group: str | None = None


class Finding(Struct, frozen=True, omit_defaults=True):
    """One thing wrong or remarkable in a document.

    `code` is stable and documented (`edifact.segment.missing`); `text` is a sentence in the style of the house, never
    with partner data beyond the short offending value; `syntax_code` is the UN/EDIFACT code of element 0085, or for X12
    the element of the acknowledgement and the code there (`AK403:5`).
    """

    code: str
    text: str
    place: Place = Place()
    severity: Literal["error", "warning", "information"] = "error"
    act: Literal["sender", "receiver", "operator"] = "sender"
    syntax_code: str | None = None


class Unreadable(Exception):  # noqa: N818 - a refusal, not a defect
    """The bytes are not a document we can take; `findings` holds at least one error."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(finding.text for finding in findings[:3]))
        self.findings = findings
