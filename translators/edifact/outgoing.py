"""What we send: an interchange as it is to be written, its parties, groups and messages."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from translators.edifact.segments import Element, Segment, Syntax
from translators.edifact.separators import DEFAULT, Separators

Elements = list[Element]
"""A segment as the writer takes it: the tag is element 0."""


class Party(Struct, frozen=True, kw_only=True):
    """S002 or S003: identification, qualifier (0007), internal identification, and in syntax version 4 a sub-level."""

    id: str
    qualifier: str = ""
    internal: str = ""
    sub_level: str = ""

    @classmethod
    def of(cls, unb: Segment, element: int) -> "Party":
        """The sender (element 2) or recipient (3) of a UNB."""
        get = unb.get
        return cls(id=get(element, 1), qualifier=get(element, 2), internal=get(element, 3), sub_level=get(element, 4))

    @property
    def element(self) -> Element:
        """As it stands in a UNB."""
        return [[self.id, self.qualifier, self.internal, self.sub_level]]


class OutgoingMessage(Struct, frozen=True, kw_only=True):
    """A message without UNH and UNT; the writer makes both, so that the count is right."""

    reference: str
    type: str
    version: str
    release: str
    agency: str = "UN"
    association: str = ""
    access_reference: str = ""
    segments: tuple[Elements, ...]


class OutgoingGroup(Struct, frozen=True, kw_only=True):
    """A functional group (UNG): all its messages are of one type and version."""

    reference: str
    sender: Party
    recipient: Party
    messages: tuple[OutgoingMessage, ...]


class OutgoingInterchange(Struct, frozen=True, kw_only=True):
    """An interchange to be written. Control references and the time come from the caller.

    `contents` holds messages, or groups, never both. `una` None: a UNA is written where the separators are not the
    default ones. `test` is 0035 as it is to stand. `transliteration` replaces characters the repertoire does not have;
    without an entry they are refused.
    """

    sender: Party
    recipient: Party
    prepared: datetime
    reference: str
    contents: tuple[OutgoingMessage, ...] | tuple[OutgoingGroup, ...]
    version: str = "3"
    repertoire: str = "UNOC"
    encoding: str = ""
    application_reference: str = ""
    priority: str = ""
    wants_acknowledgement: bool = False
    agreement: str = ""
    test: str = ""
    separators: Separators = DEFAULT
    una: bool | None = None
    layout: str = ""
    """What stands after every terminator: nothing, or a line break."""
    transliteration: Mapping[str, str] = {}


class Written(Struct, frozen=True, kw_only=True):
    """The bytes of an interchange, and the characters that were replaced by the transliteration, sorted."""

    content: bytes
    transliterated: tuple[str, ...]


class CannotWrite(ValueError):  # noqa: N818 - a refusal of input, not a defect
    """The interchange cannot be written as asked; says which message and segment, and why."""


def syntax_of(outgoing: OutgoingInterchange, encoding: str) -> Syntax:
    """How its segments are written: repetition only from syntax version 4 on."""
    separators = outgoing.separators
    repetition = (separators.repetition or "*") if outgoing.version >= "4" else None
    own = Separators(
        separators.component,
        separators.element,
        separators.decimal,
        separators.release,
        repetition,
        separators.terminator,
        separators.explicit,
    )
    return Syntax(own, outgoing.version, outgoing.repertoire, encoding)
