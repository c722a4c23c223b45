"""Findings as a CONTRL says them: the error of a service segment in UCI, UCF or UCM, all others in UCS and UCD."""

from collections.abc import Sequence

from msgspec import Struct

from translators.edifact.examinations import MessageExamination
from translators.edifact.outgoing import Elements
from translators.findings import Finding

MOST_SEGMENTS = 999
"""UCS of one message, and below:"""
MOST_ELEMENTS = 99
"""UCD of one UCS (ISO 9735-4, structure of CONTRL)."""
_UNSPECIFIED = "18"
_SERVICE = ("UNA", "UNB", "UNZ", "UNG", "UNE", "UNH", "UNT")


class MessageErrors(Struct, frozen=True, kw_only=True):
    """What is wrong in a message: 0085, segment and position for its UCM, and the UCS and UCD below it."""

    of_envelope: Elements
    segments: list[Elements]


def first_of(findings: Sequence[Finding], *, is_v4: bool) -> Elements:
    """The first error of an envelope as the last elements of UCI, UCF or UCM: 0085, the segment, the position."""
    error = next((finding for finding in findings if finding.severity == "error"), None)
    return [] if error is None else _service_error(error, is_v4=is_v4)


def sort_errors(message: MessageExamination, *, is_v4: bool) -> MessageErrors:
    """The errors of a message, each once, in the order of its segments."""
    errors = [finding for finding in message.findings if finding.severity == "error"]
    enveloped = next((finding for finding in errors if _is_of_envelope(finding)), None)
    below: dict[int, _Position] = {}
    for finding in errors:
        position = finding.place.segment_position
        if finding is not enveloped and position:
            below.setdefault(position, _Position()).add(finding, is_v4=is_v4)
    segments = [segments for position in sorted(below) for segments in below[position].written(position)]
    allowed = _first(segments, MOST_SEGMENTS)
    return MessageErrors(
        of_envelope=_service_error(enveloped, is_v4=is_v4) if enveloped is not None else [], segments=allowed
    )


class _Position:
    """The errors of one segment: those of the whole of it, and those of its elements."""

    def __init__(self) -> None:
        self._whole: list[str] = []
        self._elements: list[Elements] = []

    def add(self, finding: Finding, *, is_v4: bool) -> None:
        code = finding.syntax_code or _UNSPECIFIED
        if finding.place.element is None:
            if code not in self._whole:
                self._whole.append(code)
            return
        ucd = [[["UCD"]], [[code]], [_element_position(finding, is_v4=is_v4)]]
        if ucd not in self._elements and len(self._elements) < MOST_ELEMENTS:
            self._elements.append(ucd)

    def written(self, position: int) -> list[Elements]:
        first, *others = self._whole or [""]
        segments: list[Elements] = [[[["UCS"]], [[str(position)]], [[first]]], *self._elements]
        return [*segments, *([[["UCS"]], [[str(position)]], [[code]]] for code in others)]


def _first(segments: list[Elements], most: int) -> list[Elements]:
    kept, count = [], 0
    for segment in segments:
        count += segment[0] == [["UCS"]]
        if count > most:
            break
        kept.append(segment)
    return kept


def _is_of_envelope(finding: Finding) -> bool:
    return finding.place.segment in ("UNH", "UNT") or finding.code == "edifact.unt.missing"


def _service_error(finding: Finding, *, is_v4: bool) -> Elements:
    tag = _missing_trailer(finding.code) or finding.place.segment or ""
    position = _element_position(finding, is_v4=is_v4) if finding.place.element and tag in _SERVICE else [""]
    return [[[finding.syntax_code or _UNSPECIFIED]], [[tag if tag in _SERVICE else ""]], [position]]


def _missing_trailer(code: str) -> str | None:
    """The segment that is missing, where the finding stands at the one that came instead."""
    return {"edifact.unt.missing": "UNT", "edifact.une.missing": "UNE", "edifact.unz.missing": "UNZ"}.get(code)


def _element_position(finding: Finding, *, is_v4: bool) -> list[str]:
    """S011: the tag is position 1, so the first element is position 2; the repetition exists from version 4 on."""
    place = finding.place
    position = [str((place.element or 0) + 1), str(place.component or "")]
    return [*position, str(place.repetition)] if is_v4 and place.repetition else position
