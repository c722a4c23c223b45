"""The interchange an answer travels in: back to the sender, in the syntax, characters and separators it came in."""

from datetime import datetime

from msgspec import structs

from translators.edifact.characters import encoding_of, outside
from translators.edifact.examinations import InterchangeExamination
from translators.edifact.outgoing import OutgoingInterchange, OutgoingMessage, Party
from translators.edifact.separators import DEFAULT
from translators.edifact.writing import write_interchange

_LARGER = ("UNOB", "UNOC", "UNOY")
"""Tried in turn where a sender did not keep to the characters he named, since what he wrote has to be repeated."""


def reply_to(
    interchange: InterchangeExamination, message: OutgoingMessage, reference: str, prepared: datetime
) -> OutgoingInterchange:
    """The interchange with one message; test is answered with test. The UNB must be there.

    A UNA with control characters is not repeated: everybody reads the default separators.
    """
    unb, header, una = interchange.unb, interchange.header, interchange.una
    assert unb is not None
    assert header is not None
    version = header.version if header.version in ("1", "2", "3", "4") else "3"
    repertoire, encoding = unb.syntax.repertoire, unb.get(1, 4) if version >= "4" else ""
    if encoding_of(repertoire, encoding) is None:
        repertoire, encoding = "UNOC", ""
    has_una = una is not None and una.raw[3:9].decode("latin-1").isprintable()
    return OutgoingInterchange(
        sender=Party.of(unb, 3),
        recipient=Party.of(unb, 2),
        prepared=prepared,
        reference=reference,
        contents=(message,),
        version=version,
        repertoire=repertoire,
        encoding=encoding,
        test="1" if header.is_test else "",
        separators=unb.syntax.separators if has_una else DEFAULT,
        una=True if has_una else None,
    )


def reply_bytes(reply: OutgoingInterchange) -> bytes | None:
    """The reply in the first repertoire that has all of it; None when none has, as with control characters.

    Raises CannotWrite when the references we were given cannot be written.
    """
    said = "".join(_texts(reply))
    if _has(said, reply.repertoire, encoding_of(reply.repertoire, reply.encoding)):
        return write_interchange(reply).content
    for repertoire in _LARGER:
        if _has(said, repertoire, encoding_of(repertoire, "")):
            return write_interchange(structs.replace(reply, repertoire=repertoire, encoding="")).content
    return None


def _texts(reply: OutgoingInterchange) -> list[str]:
    parties = [[reply.sender.element, reply.recipient.element]]
    segments = [each for message in reply.contents if isinstance(message, OutgoingMessage) for each in message.segments]
    return [value for each in (*segments, *parties) for element in each for values in element for value in values]


def _has(text: str, repertoire: str, encoding: str | None) -> bool:
    try:
        return encoding is not None and outside(repertoire, text.encode(encoding)) is None
    except UnicodeEncodeError:
        return False
