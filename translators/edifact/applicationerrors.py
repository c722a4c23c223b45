"""APERAK: what the application says of a message whose syntax was right (unknown item, order, unit, price).

CONTRL is for syntax, APERAK for the application, ORDRSP or RECADV for business. Directory D.96A in syntax version 1 to
3, D.08A in version 4; the segments used here are the same in both, only texts may be longer.
"""

import textwrap
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from translators.edifact.acknowledgements import NoAcknowledgement
from translators.edifact.characters import CAPITALS
from translators.edifact.envelopes import Purpose, purpose_of
from translators.edifact.examinations import InterchangeExamination, MessageExamination
from translators.edifact.outgoing import Elements, OutgoingMessage
from translators.edifact.replies import reply_bytes, reply_to
from translators.edifact.segments import Element
from translators.findings import Finding

APPLICATION_ERROR, ACKNOWLEDGED = "313", "312"
"""BGM 1001: application error message, acknowledgement message. D.96A does not have these codes of the UN's later
lists yet, so there 3055 says whose they are."""
_UN = "6"
NOT_ACCEPTED, ACCEPTED = "27", "29"
"""BGM 1225."""

REFERENCES = {
    "ORDERS": "ON", "ORDCHG": "ON", "ORDRSP": "VN", "DESADV": "AAK", "RECADV": "ALO", "DELFOR": "AAN",
    "DELJIT": "AAN", "INVOIC": "IV",
}  # fmt: skip
"""Message -> RFF 1153 of its document number; others are TN, a transaction reference."""

_CAPITALS = {**CAPITALS, "`": '"', "[": "(", "]": ")"}
_MOST_ERRORS = 999
_LINES = 5


class ErrorCodes(Struct, frozen=True, kw_only=True):
    """Codes of element 9321, on which two partners agree: there is no list of the UN's.

    `codes` maps the beginning of a finding's code (`document.value`) to theirs, the longest beginning wins. `list_id`
    (1131) and `agency` (3055) say whose list it is.
    """

    otherwise: str
    codes: Mapping[str, str] = {}
    list_id: str = ""
    agency: str = ""

    def of(self, finding: Finding) -> str:
        """The partner's code for a finding."""
        fitting = [start for start in self.codes if finding.code.startswith(start)]
        return self.codes[max(fitting, key=len)] if fitting else self.otherwise


class ApplicationTerms(Struct, frozen=True, kw_only=True):
    """What an agreement says about APERAKs.

    `answers`: every document, or only those that are not accepted. `detail`: every error with its place, or only that
    the document is not accepted.
    """

    answers: Literal["all", "rejected"] = "all"
    detail: Literal["errors", "document"] = "errors"


class ApplicationReferences(Struct, frozen=True, kw_only=True):
    """What the caller gives: the control references of the answer, its own number, and when it was prepared."""

    interchange: str
    message: str
    number: str
    prepared: datetime


def application_answer(
    interchange: InterchangeExamination,
    message: MessageExamination,
    findings: tuple[Finding, ...],
    codes: ErrorCodes,
    references: ApplicationReferences,
    terms: ApplicationTerms = ApplicationTerms(),  # noqa: B008 - frozen
) -> bytes | NoAcknowledgement:
    """The APERAK for one message: not accepted with every error among `findings`, or accepted when there is none.

    It is written in the character set of the interchange, or in a larger one where the sender himself did not keep to
    his. Raises CannotWrite when the references we were given cannot be written.
    """
    header = interchange.header
    if header is None or interchange.unb is None or not (header.sender and header.recipient):
        return NoAcknowledgement(because="the UNB does not say whom to answer", alert=True)
    if message.message.type in ("APERAK", "CONTRL"):
        return NoAcknowledgement(because="neither CONTRL nor APERAK is answered with an APERAK")
    if not purpose_of(header.test, header.version).is_processed:
        meaning = purpose_of(header.test, header.version)
        word = "echo" if meaning in (Purpose.ECHO_REQUEST, Purpose.ECHO_RESPONSE) else "test of the syntax only"
        return NoAcknowledgement(because=f"the interchange is an {word}" if word == "echo" else f"it is a {word}")
    errors = [finding for finding in findings if finding.severity == "error"][:_MOST_ERRORS]
    if not errors and terms.answers == "rejected":
        return NoAcknowledgement(because="the agreement asks for answers to what is not accepted only")
    is_v4 = header.version >= "4"
    is_capitals = interchange.unb.syntax.repertoire == "UNOA"
    segments = _segments(message, references, is_accepted=not errors, is_v4=is_v4)
    for finding in errors if terms.detail == "errors" else ():
        segments.append([[["ERC"]], [[codes.of(finding), codes.list_id, codes.agency]]])
        lines = _lines(finding, is_v4=is_v4, is_capitals=is_capitals)
        segments.append([[["FTX"]], [["AAO"]], [[""]], [[""]], lines])
    answer = OutgoingMessage(
        reference=references.message,
        type="APERAK",
        version="D",
        release="08A" if is_v4 else "96A",
        segments=tuple(segments),
    )
    content = reply_bytes(reply_to(interchange, answer, references.interchange, references.prepared))
    if content is None:
        return NoAcknowledgement(because="the message holds references that no answer can repeat", alert=True)
    return content


def _segments(
    message: MessageExamination, references: ApplicationReferences, *, is_accepted: bool, is_v4: bool
) -> list[Elements]:
    """What stands before the errors: which document it is about, and whether it is accepted."""
    own = message.message
    bgm = next((segment for segment in own.segments if segment.tag == "BGM"), None)
    document = bgm.get(2) if bgm is not None else ""
    kind, response = (ACKNOWLEDGED, ACCEPTED) if is_accepted else (APPLICATION_ERROR, NOT_ACCEPTED)
    segments: list[Elements] = [
        [[["BGM"]], [[kind] if is_v4 else [kind, "", _UN]], [[references.number]], [[response]]],
        [[["DTM"]], [["137", references.prepared.strftime("%Y%m%d%H%M"), "203"]]],
        [[["RFF"]], [["ACW", own.reference]]],
    ]
    if document:
        segments.append([[["RFF"]], [[REFERENCES.get(own.type, "TN"), document]]])
    return segments


def _lines(finding: Finding, *, is_v4: bool, is_capitals: bool) -> Element:
    """The sentence with its place, in up to five lines; in capitals for who can take no others."""
    place = finding.place
    words = [f"segment {place.segment} {place.segment_position}"] if place.segment_position else []
    words += [f"element {place.element}"] if place.element else []
    words += [f"component {place.component}"] if place.component else []
    sentence = finding.text.replace("\u2212", "-") + (f" ({', '.join(words)})" if words else "")
    if is_capitals:
        sentence = "".join(_CAPITALS.get(character, character) for character in sentence)
    return [textwrap.wrap(sentence, 512 if is_v4 else 70, max_lines=_LINES, placeholder=" ...")]
