"""Findings of an EDIFACT input: where they lie, and the code of data element 0085 that a CONTRL would carry."""

from typing import Literal

from msgspec import structs

from translators.edifact.segments import Segment
from translators.findings import Finding, Place

SYNTAX_CODES: dict[str, tuple[str, str]] = {
    "una": ("20", "20"),
    "version": ("2", "2"),
    "agreement": ("17", "17"),
    "value": ("12", "12"),
    "missing": ("13", "13"),
    "position": ("15", "15"),
    "constituents": ("16", "16"),
    "unsupported": ("18", "18"),
    "notation": ("19", "37"),
    "decimal_sign": ("38", "37"),
    "character": ("21", "21"),
    "charset": ("18", "46"),
    "references": ("28", "28"),
    "count": ("29", "29"),
    "mixed": ("30", "30"),
    "types": ("31", "18"),
    "empty": ("32", "32"),
    "occurrence": ("33", "33"),
    "segment_repeats": ("35", "35"),
    "group_repeats": ("36", "36"),
    "type": ("37", "37"),
    "long": ("39", "39"),
    "short": ("40", "40"),
    "trailing": ("18", "45"),
    "recipient": ("7", "7"),
    "unknown_recipient": ("43", "7"),
    "value_here": ("14", "14"),
    "sender": ("23", "23"),
    "old": ("24", "24"),
    "test": ("25", "25"),
    "duplicate": ("26", "26"),
    "security": ("27", "18"),
    "nesting": ("34", "18"),
    "network": ("41", "18"),
    "network_for_now": ("42", "18"),
    "envelope": ("18", "47"),
    "dependency": ("18", "48"),
}
"""What to send in syntax versions 1 to 3, and in 4: only codes that both generations of the code list have."""


Severity = Literal["error", "warning", "information"]


class Faults:
    """Gathers findings, up to `limit`; knows which interchange and message is being read."""

    def __init__(self, limit: int = 500) -> None:
        self.findings: list[Finding] = []
        self.limit = limit
        self.message: str | None = None
        self.group: str | None = None
        self._interchange: str | None = None
        self._is_v4 = False
        self.errors = 0
        self._located: tuple[Segment, dict[tuple[int, int], int]] | None = None

    def open(self, interchange: str, version: str) -> None:
        """From here on findings belong to this interchange."""
        self._interchange, self._is_v4 = interchange[:35], version >= "4"
        self.message = self.group = None

    def tell(
        self,
        kind: str,
        code: str,
        text: str,
        segment: Segment | None = None,
        element: int = 0,
        component: int = 0,
        *,
        position: int | None = None,
        repetition: int = 1,
        severity: Severity = "error",
    ) -> None:
        """One finding at a place; positions count from 1, and 0 means the whole."""
        if not self._has_room(severity):
            self.errors += severity == "error"
            return
        syntax_code = SYNTAX_CODES[kind][self._is_v4] if kind else None
        place = Place(
            interchange=self._interchange,
            message=self.message,
            segment=segment.raw[:3].decode("latin-1") if segment else None,
            segment_position=position or None,
            element=element or None,
            component=component or None,
            offset=self._offset(segment, element, component, repetition),
            repetition=repetition if repetition > 1 else None,
            group=self.group,
        )
        shown = text if text.isprintable() else "".join(each if each.isprintable() else "·" for each in text)
        self._keep(Finding(code, shown, place, severity, syntax_code=syntax_code))

    def _has_room(self, severity: str) -> bool:
        return len(self.findings) < (2 * self.limit if severity == "error" else self.limit)

    def _keep(self, finding: Finding) -> None:
        self.errors += finding.severity == "error"
        if self._has_room(finding.severity):
            self.findings.append(finding)

    def _offset(self, segment: Segment | None, element: int, component: int, repetition: int) -> int | None:
        """Many findings of one segment lie apart in it, so where its parts begin is looked up once."""
        if segment is None or not element:
            return segment.offset if segment is not None else None
        if self._located is None or self._located[0] is not segment:
            self._located = (segment, segment.starts())
        return segment.offset_of(element, component or 1, repetition, self._located[1])

    def pass_on(self, finding: Finding) -> None:
        """A finding that was made elsewhere, as one of this interchange and message."""
        place = structs.replace(finding.place, interchange=self._interchange, message=self.message, group=self.group)
        self._keep(structs.replace(finding, place=place))

    def warn(self, code: str, text: str, segment: Segment, element: int = 0, component: int = 0) -> None:
        """Something remarkable that does not stop the message."""
        self.tell("", code, text, segment, element, component, severity="warning")
