"""What stands in the service segments around messages: parties, date, test indicator (ISO 9735-1, annex C)."""

from enum import Enum

from translators.edifact.contents import contents_check
from translators.edifact.dateformats import real_date
from translators.edifact.directory import directory
from translators.edifact.faults import Faults
from translators.edifact.segments import Segment
from translators.edifact.structure import Placed
from translators.findings import Finding

_NEEDED = ((2, 1, "sender"), (3, 1, "recipient"), (4, 1, "date"), (5, 1, "reference"))
_LONG_DATE = 8


class Purpose(Enum):
    """What the sender wants of an interchange (test indicator, element 0035)."""

    REAL = "real"
    TEST = "test"
    SYNTAX_ONLY = "syntax only"
    """Only the CONTRL is wanted; no message is to be processed, not even as a test."""
    ECHO_REQUEST = "echo request"
    """The interchange goes back as it came, with 0035 = 4."""
    ECHO_RESPONSE = "echo response"
    """What we asked for has come back; nothing is processed and nothing answered."""

    @property
    def is_processed(self) -> bool:
        """Whether the messages go any further; a test goes to a test system, never to production."""
        return self in (Purpose.REAL, Purpose.TEST)

    @property
    def is_answered(self) -> bool:
        """Whether a CONTRL may answer it."""
        return self is not Purpose.ECHO_RESPONSE


_PURPOSES = {
    "1": Purpose.TEST,
    "2": Purpose.SYNTAX_ONLY,
    "3": Purpose.ECHO_REQUEST,
    "4": Purpose.ECHO_RESPONSE,
}


def purpose_of(indicator: str, version: str) -> Purpose:
    """What 0035 says. Before syntax version 4 only 1 is known; whatever else stands there is a test to be safe."""
    if indicator in ("", "0"):
        return Purpose.REAL
    return _PURPOSES.get(indicator, Purpose.TEST) if version >= "4" else Purpose.TEST


def check_header(unb: Segment, faults: Faults) -> None:
    """Tell what is missing in a UNB, a date that is none, a test indicator nobody knows."""
    for element, component, name in _NEEDED:
        if not unb.get(element, component):
            faults.tell("missing", "edifact.unb", f"the UNB has no {name}", unb, element, component)
    version = unb.syntax.version
    is_v4 = version >= "4"
    date, time = unb.get(4, 1), unb.get(4, 2)
    if date and (len(date) == _LONG_DATE) != is_v4:
        text = f"the date of the UNB has {len(date)} digits in syntax version {version}"
        faults.warn("edifact.unb.date", text, unb, 4, 1)
    is_date, is_time = real_date("102" if len(date) == _LONG_DATE else "101"), real_date("401")
    assert is_date is not None
    assert is_time is not None
    if date and not is_date(date):
        faults.warn("edifact.unb.date", f"`{date[:8]}` in the UNB is not a date", unb, 4, 1)
    if time and not is_time(time):
        faults.warn("edifact.unb.date", f"`{time[:8]}` in the UNB is not a time", unb, 4, 2)
    known = ("", "0", "1", "2", "3", "4") if is_v4 else ("", "0", "1")
    if unb.get(11) not in known:
        text = f"the test indicator `{unb.get(11)[:5]}` is not known in syntax version {version}"
        faults.tell("test", "edifact.unb.test", text, unb, 11)


_DATE_AND_TIME = 4
_COUNT_AND_REFERENCE = ("UNE", "UNZ")


def check_service_segment(segment: Segment, faults: Faults) -> None:
    """The elements of UNB, UNG, UNE or UNZ by the service directory of their syntax version.

    What the reader of the interchange tells in better words is left to it: what is missing in a UNB, dates, counts and
    references. Partners agree on qualifiers of their own (0007), so no codes are checked.
    """
    version = segment.syntax.version
    tables = directory("4.1" if version >= "4" else "D.3", version)
    assert tables is not None
    own = Faults(faults.limit)
    contents_check(tables, segment.syntax.separators, version).check(Placed(segment, 0), own, "off")
    for finding in own.findings:
        if not _is_told_elsewhere(finding):
            faults.pass_on(finding)


def _is_told_elsewhere(finding: Finding) -> bool:
    place = finding.place
    if place.segment in _COUNT_AND_REFERENCE:
        return finding.code != "edifact.element.constituents"
    if place.segment == "UNB":
        is_needed = any(element == place.element for element, _, _ in _NEEDED)
        return place.element == _DATE_AND_TIME or (finding.code == "edifact.element.missing" and is_needed)
    return place.element == _DATE_AND_TIME and finding.code == "edifact.element.value"
