"""CONTRL: what we answer to an interchange, made from its examination (ISO 9735-4, and UN D.3 for syntax 1 to 3).

Nothing here knows a clock or a counter: the same interchange, terms and references give the same bytes, so that the
duplicate of an interchange can be answered with what was answered before. A CONTRL is never answered with a CONTRL.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from msgspec import Struct, structs

from translators.edifact.controlerrors import MessageErrors, first_of, sort_errors
from translators.edifact.dispositions import Disposition
from translators.edifact.envelopes import Purpose, purpose_of
from translators.edifact.examinations import GroupExamination, InterchangeExamination, MessageExamination
from translators.edifact.outgoing import Elements, OutgoingMessage, Party
from translators.edifact.replies import reply_bytes, reply_to
from translators.edifact.segments import Segment

Detail = Literal["receipt", "messages", "elements"]
"""How much an answer says: only that the interchange came (8); which messages are rejected (7, 4); and every error."""

RECEIVED, ACKNOWLEDGED, REJECTED = "8", "7", "4"
"""0083. Codes 1, 2, 3, 5 and 6 exist in the list; they are read and never sent."""


class AcknowledgementTerms(Struct, frozen=True, kw_only=True):
    """What an agreement says about answers. `names_accepted`: good messages are listed too."""

    detail: Detail = "elements"
    names_accepted: bool = False
    only_on_request: bool = False
    """Only where the UNB asks for it (0031 = 1)."""


class ControlReferences(Struct, frozen=True, kw_only=True):
    """What the caller gives: the control references of the answer and when it was prepared."""

    interchange: str
    message: str
    prepared: datetime


class Acknowledgement(Struct, frozen=True, kw_only=True):
    """A CONTRL ready to be sent. `rejected` holds the references of the messages it rejects."""

    content: bytes
    action: str
    rejected: tuple[str, ...]


class NoAcknowledgement(Struct, frozen=True, kw_only=True):
    """Nothing is answered, and why, in a sentence. With `alert` a person must look."""

    because: str
    alert: bool = False


def acknowledge(
    interchange: InterchangeExamination,
    disposition: Disposition,
    terms: AcknowledgementTerms,
    references: ControlReferences,
    *,
    is_sender_known: bool,
    between: tuple[Party, Party] | None = None,
) -> Acknowledgement | NoAcknowledgement:
    """The CONTRL for an interchange, or why there is none.

    It goes from the recipient of the interchange to its sender, or `between` us and them, where those are not who they
    should be.
    `disposition` says which messages go on; those it suspends are rejected. It is written in the character set of the
    interchange, or in a larger one where the sender himself did not keep to his. Raises CannotWrite when the control
    references we were given cannot be written.
    """
    refusal = _why_not(interchange, terms, is_sender_known=is_sender_known)
    if refusal is not None:
        return refusal
    report = _Report(interchange, disposition, terms)
    message = _message(references.message, report.segments(), is_v4=report.is_v4)
    reply = reply_to(interchange, message, references.interchange, references.prepared)
    if between is not None:
        reply = structs.replace(reply, sender=between[0], recipient=between[1])
    content = reply_bytes(reply)
    if content is None:
        return NoAcknowledgement(because="the interchange holds references that no answer can repeat", alert=True)
    return Acknowledgement(content=content, action=report.action, rejected=report.rejected)


def _why_not(
    interchange: InterchangeExamination, terms: AcknowledgementTerms, *, is_sender_known: bool
) -> NoAcknowledgement | None:
    header = interchange.header
    if interchange.unb is None or header is None or not (header.sender and header.recipient and header.reference):
        return NoAcknowledgement(because="the UNB does not say whom to answer", alert=True)
    if not (Party.of(interchange.unb, 2).id and Party.of(interchange.unb, 3).id):
        return NoAcknowledgement(because="the UNB does not say whom to answer", alert=True)
    if not is_sender_known:
        return NoAcknowledgement(because="the sender is not known", alert=True)
    if purpose_of(header.test, header.version) is Purpose.ECHO_RESPONSE:
        return NoAcknowledgement(because="an echo response is not answered")
    if interchange.messages and all(each.message.type == "CONTRL" for each in interchange.messages):
        bad = interchange.is_bad or any(each.is_bad for each in interchange.messages)
        return NoAcknowledgement(because="a CONTRL is never answered with a CONTRL", alert=bad)
    if terms.only_on_request and header.acknowledgement != "1":
        return NoAcknowledgement(because="the sender did not ask for an answer (0031)")
    return None


class _Report:
    """The segments of one CONTRL."""

    def __init__(
        self, interchange: InterchangeExamination, disposition: Disposition, terms: AcknowledgementTerms
    ) -> None:
        assert interchange.unb is not None
        self._interchange = interchange
        self._unb = interchange.unb
        self._terms = terms
        self.is_v4 = interchange.unb.syntax.version >= "4"
        self._suspended = {each.message.number for each in disposition.suspended}
        self.rejected: tuple[str, ...] = ()
        if terms.detail == "receipt":
            self.action = RECEIVED
            return
        self.action = REJECTED if interchange.is_bad else ACKNOWLEDGED
        named = (each for each in interchange.messages if interchange.is_bad or each.number in self._suspended)
        self.rejected = tuple(each.message.reference for each in named)

    def segments(self) -> list[Elements]:
        """UCI, then what is said of single messages, then of groups. A rejected interchange has nothing below it."""
        segments = [self._uci()]
        if self.action == ACKNOWLEDGED:
            loose = (each for each in self._interchange.messages if each.group is None)
            segments += self._messages(loose)
            for group in self._interchange.groups:
                segments += self._group(group)
        return segments

    def _uci(self) -> Elements:
        """0020, S002 and S003 as they came, not swapped."""
        unb = self._unb
        error = first_of(self._interchange.findings, is_v4=self.is_v4) if self.action == REJECTED else []
        return [[["UCI"]], [[unb.get(5)]], *_parties(unb), [[self.action]], *error]

    def _group(self, group: GroupExamination) -> list[Elements]:
        inner = [] if group.is_bad else self._messages(group.messages)
        if not (inner or group.is_bad or self._terms.names_accepted):
            return []
        ung = group.ung
        action = REJECTED if group.is_bad else ACKNOWLEDGED
        error = first_of(group.findings, is_v4=self.is_v4) if group.is_bad else []
        return [[[["UCF"]], [[ung.get(5)]], *_parties(ung), [[action]], *error], *inner]

    def _messages(self, messages: Iterable[MessageExamination]) -> list[Elements]:
        segments = []
        for each in messages:
            if each.message.type == "CONTRL":
                continue
            if each.number in self._suspended:
                segments += self._rejected_message(each)
            elif self._terms.names_accepted:
                segments.append(self._ucm(each, ACKNOWLEDGED, []))
        return segments

    def _rejected_message(self, message: MessageExamination) -> list[Elements]:
        errors: MessageErrors = sort_errors(message, is_v4=self.is_v4)
        ucm = self._ucm(message, REJECTED, errors.of_envelope)
        return [ucm, *(errors.segments if self._terms.detail == "elements" else [])]

    def _ucm(self, message: MessageExamination, action: str, error: Elements) -> Elements:
        unh = message.message.segments[0]
        longest = 7 if self.is_v4 else 5  # components of S009
        identifier = unh.elements[2][0][:longest] if len(unh.elements) > 2 else [""]
        return [[["UCM"]], [[unh.get(1)]], [identifier], [[action]], *error]


def _message(reference: str, segments: list[Elements], *, is_v4: bool) -> OutgoingMessage:
    version, release = ("4", "1") if is_v4 else ("D", "3")
    return OutgoingMessage(
        reference=reference, type="CONTRL", version=version, release=release, segments=tuple(segments)
    )


def _parties(envelope: Segment) -> list[list[list[str]]]:
    """Sender and recipient as they came; a damaged envelope may lack them."""
    return [envelope.elements[at][:1] if at < len(envelope.elements) else [[""]] for at in (2, 3)]
