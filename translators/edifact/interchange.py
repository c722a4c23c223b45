"""Segments to messages: the envelopes UNB/UNZ, UNG/UNE and UNH/UNT, with their counts and references checked."""

from msgspec import Struct

from translators.edifact.envelopes import check_header, check_service_segment
from translators.edifact.faults import Faults, Severity
from translators.edifact.headers import Header
from translators.edifact.segments import Segment


class Group(Struct, kw_only=True):
    """What a UNG says: its own parties, and the type of all its messages."""

    reference: str
    message_type: str
    sender: str
    sender_qualifier: str
    recipient: str
    recipient_qualifier: str
    messages: int = 0


class Message(Struct, kw_only=True):
    """One message, UNH to UNT; `header` is None where the UNB is missing."""

    header: Header | None
    group: Group | None
    reference: str
    type: str
    version: str
    release: str
    agency: str
    association: str
    segments: list[Segment]

    @property
    def directory(self) -> str:
        """The directory as people write it: `D.96A`."""
        return f"{self.version}.{self.release}"


class InterchangeReader:
    """Takes segments one by one and hands out messages as they end. `faults` tells what is wrong with the envelopes."""

    def __init__(self, faults: Faults, max_messages: int = 10_000, max_segments: int = 200_000) -> None:
        self.faults = faults
        self.header: Header | None = None
        self.interchanges = 0
        self.group: Group | None = None  # the one that is open
        self._message: Message | None = None
        self._messages = self.groups = 0
        self._references: set[tuple[str | None, str]] = set()
        self._loose = False
        self._max_messages, self._max_segments = max_messages, max_segments
        self._read = 0
        self.stopped = False

    def take(self, segment: Segment) -> Message | None:
        """The message that `segment` ends, if it ends one."""
        raw = segment.raw
        if self.stopped or raw[:3] == b"UNA":
            return None
        if raw[:2] == b"UN" and raw[2:3] in b"BGHTEZOP" and (len(raw) == 3 or raw[3:4] == segment.syntax.element):
            return self._service(segment, raw[:3].decode("ascii"))
        self.take_inner([segment])
        return None

    def take_inner(self, segments: list[Segment]) -> None:
        """Segments that open and close nothing, as many as come one after the other."""
        if self.stopped:
            return
        if self._message is None:
            if not self._loose:
                text = f"`{_tag(segments[0])}` stands outside of a message"
                self._tell(segments[0], "occurrence", "edifact.outside", text)
                self._loose = True
            return
        room = self._max_segments - len(self._message.segments)
        self._message.segments += segments
        if len(segments) > room:
            text = f"the message has more than {self._max_segments} segments"
            self._stop(segments[room], "constituents", "edifact.message.long", text)

    def finish(self) -> Message | None:
        """At the end of the input: what has not been closed."""
        if self.stopped:
            return None
        message = self._close_message(None)
        self._close_interchange(None)
        return message

    def _service(self, segment: Segment, tag: str) -> Message | None:
        self._loose = False
        if tag == "UNT":
            return self._read_unt(segment)
        if tag == "UNH":
            broken = self._close_message(segment)
            self._read_unh(segment)
            return broken
        broken = self._close_message(segment)
        if tag == "UNB":
            self._read_unb(segment)
        elif tag == "UNZ":
            self._read_unz(segment)
        elif tag == "UNG":
            self._read_ung(segment)
        elif tag == "UNE":
            self._read_une(segment)
        else:
            self._tell(segment, "unsupported", "edifact.package", f"packages ({tag}) are not taken")
        return broken

    def _read_unb(self, unb: Segment) -> None:
        if self.header is not None:
            self._close_interchange(unb)
        self.header = Header.of(unb)
        self.faults.open(self.header.reference, self.header.version)
        self.interchanges += 1
        self._messages = self.groups = 0
        self._references.clear()
        check_header(unb, self.faults)
        check_service_segment(unb, self.faults)

    def _read_ung(self, ung: Segment) -> None:
        if self.group is not None:
            self._tell(ung, "missing", "edifact.une.missing", f"the UNE of group `{self.group.reference}` is missing")
        if self._messages and not self.groups:
            self._tell(ung, "mixed", "edifact.mixed", "groups and messages stand side by side")
        self.groups += 1
        self.faults.group = ung.get(5)[:35]
        check_service_segment(ung, self.faults)
        self.group = Group(
            reference=ung.get(5), message_type=ung.get(1), sender=ung.get(2, 1), sender_qualifier=ung.get(2, 2),
            recipient=ung.get(3, 1), recipient_qualifier=ung.get(3, 2),
        )  # fmt: skip

    def _read_unh(self, unh: Segment) -> None:
        if self.header is None and not self._messages:
            self._tell(unh, "missing", "edifact.unb.missing", "the UNB is missing")
        if self.groups and self.group is None:
            self._tell(unh, "mixed", "edifact.mixed", "groups and messages stand side by side")
        self._messages += 1
        self._read += 1
        if self._read > self._max_messages:
            text = f"the input has more than {self._max_messages} messages"
            self._stop(unh, "constituents", "edifact.messages", text)
            return
        reference, identifier = unh.get(1), unh.elements[2][0] if len(unh.elements) > 2 else []
        kind, version, release, agency, association = (*identifier, "", "", "", "", "")[:5]
        self.faults.message = reference[:35]
        self._message = Message(
            header=self.header, group=self.group, reference=reference, type=kind, version=version,
            release=release, agency=agency, association=association, segments=[unh],
        )  # fmt: skip
        if self.group is not None:
            self.group.messages += 1
            if self.group.message_type and self.group.message_type != self._message.type:
                text = f"message {self._message.type[:6]} stands in a group of {self.group.message_type[:6]}"
                self._tell(unh, "types", "edifact.group.types", text, 2, 1, position=1)
        self._check_unique(unh, self._message)

    def _read_unt(self, unt: Segment) -> Message | None:
        message, self._message = self._message, None
        if message is None:
            self._tell(unt, "occurrence", "edifact.outside", "`UNT` stands outside of a message")
            return None
        message.segments.append(unt)
        position = len(message.segments)
        self._check_reference(unt, unt.get(2), message.reference, "UNH", position)
        self._check_count(unt, position, "segments, UNH and UNT included", position)
        self.faults.message = None
        return message

    def _read_une(self, une: Segment) -> None:
        group, self.group = self.group, None
        if group is None:
            self._tell(une, "occurrence", "edifact.outside", "`UNE` stands outside of a group")
            return
        self._check_reference(une, une.get(2), group.reference, "UNG")
        self._check_count(une, group.messages, "messages")
        if not group.messages:
            self._tell(une, "empty", "edifact.group.empty", "the group holds no message")
        check_service_segment(une, self.faults)
        self.faults.group = None

    def _read_unz(self, unz: Segment) -> None:
        if self.header is None:
            if not self._messages:
                self._tell(unz, "missing", "edifact.unb.missing", "the UNB is missing")
            self._messages = 0
            return
        self._close_group(unz)
        check_service_segment(unz, self.faults)
        self._check_reference(unz, unz.get(2), self.header.reference, "UNB")
        if self.groups:
            self._check_count(unz, self.groups, "groups")
        else:
            self._check_count(unz, self._messages, "messages")
            if not self._messages:
                self._tell(unz, "empty", "edifact.interchange.empty", "the interchange holds no message")
        self.header = None
        self.groups = self._messages = 0

    def _check_unique(self, unh: Segment, message: Message) -> None:
        """0062 is unique within its group or interchange; we go by the place, so a repeated one is only remarkable."""
        key = (message.group.reference if message.group else None, message.reference)
        if key in self._references:
            text = f"the message reference `{message.reference[:14]}` stands here for the second time"
            self._tell(unh, "duplicate", "edifact.reference.repeated", text, 1, position=1, severity="warning")
        self._references.add(key)

    def _check_reference(
        self, segment: Segment, found: str, wanted: str, opened_by: str, position: int | None = None
    ) -> None:
        if found != wanted:
            text = f"the {_tag(segment)} says reference `{found[:35]}`, its {opened_by} `{wanted[:35]}`"
            self._tell(segment, "references", "edifact.reference", text, 2, position=position)

    def _check_count(self, segment: Segment, counted: int, what: str, position: int | None = None) -> None:
        said = segment.get(1)
        if not (said.isascii() and said.isdigit() and len(said) <= 10 and int(said) == counted):
            text = f"the {_tag(segment)} says `{said[:10]}` {what}; there are {counted}"
            self._tell(segment, "count", "edifact.count", text, 1, position=position)

    def _close_message(self, segment: Segment | None) -> Message | None:
        message, self._message = self._message, None
        if message is not None:
            text = f"the UNT of message `{message.reference[:14]}` is missing"
            self._tell(segment or message.segments[-1], "missing", "edifact.unt.missing", text)
            self.faults.message = None
        return message

    def _close_group(self, segment: Segment | None) -> None:
        group, self.group = self.group, None
        if group is not None:
            text = f"the UNE of group `{group.reference[:14]}` is missing"
            self._tell(segment, "missing", "edifact.une.missing", text)
            self.faults.group = None

    def _close_interchange(self, segment: Segment | None) -> None:
        if self.header is not None:
            self._close_group(segment)
            text = f"the UNZ of interchange `{self.header.reference[:14]}` is missing"
            self._tell(segment, "missing", "edifact.unz.missing", text)
        self.header = None

    def _tell(
        self, segment: Segment | None, kind: str, code: str, text: str, element: int = 0, component: int = 0,
        *, position: int | None = None, severity: Severity = "error",
    ) -> None:  # fmt: skip
        self.faults.tell(kind, code, text, segment, element, component, position=position, severity=severity)

    def _stop(self, segment: Segment, kind: str, code: str, text: str) -> None:
        self._tell(segment, kind, code, text)
        self._message = None
        self.stopped = True


def _tag(segment: Segment) -> str:
    return segment.raw[:3].decode("latin-1")
