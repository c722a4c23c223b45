"""By what an interchange, group or message is known again (ISO 9735-1, 0020, 0048, 0062), and its digest.

Same key and same digest: it was sent again, and is answered as before. Same key, other digest: a conflict (0085 code
26). The keys are compared by whoever keeps them, under a unique constraint.
"""

import hashlib
from collections.abc import Iterable

from msgspec import Struct

from translators.edifact.examinations import GroupExamination, InterchangeExamination, MessageExamination
from translators.edifact.headers import Header
from translators.edifact.segments import Segment


class DuplicateKey(Struct, frozen=True):
    """`level` 1 interchange, 2 group, 3 message, 4 business document; `parts` as they stand in the segments."""

    level: int
    parts: tuple[str, ...]
    digest: str
    """SHA-256 of the segments, without what stands between them: a copy with line breaks is the same."""


def keys_of(interchange: InterchangeExamination) -> tuple[DuplicateKey, ...]:
    """The keys of the interchange, its groups and its messages, in this order; none without UNB."""
    header = interchange.header
    if header is None or interchange.unb is None:
        return ()
    parts = _parties(header)
    groups = [_of_group(group, parts) for group in interchange.groups]
    messages = [_of_message(message, parts) for message in interchange.messages]
    whole = _digest(segment for each in interchange.messages for segment in each.message.segments)
    return (DuplicateKey(1, parts, whole), *groups, *messages)


def business_key(header: Header, document_key: str, digest: str) -> DuplicateKey:
    """Level 4: the document itself, by whatever way and in whatever format it comes.

    `document_key` is the business key of the canonical document and `digest` that of its canonical body.
    """
    return DuplicateKey(4, (header.sender, header.sender_qualifier, document_key), digest)


def _parties(header: Header) -> tuple[str, ...]:
    return (
        header.sender, header.sender_qualifier, header.recipient, header.recipient_qualifier, header.reference,
    )  # fmt: skip


def _of_group(group: GroupExamination, parts: tuple[str, ...]) -> DuplicateKey:
    segments = (segment for each in group.messages for segment in each.message.segments)
    return DuplicateKey(2, (*parts, group.group.reference), _digest(segments))


def _of_message(message: MessageExamination, parts: tuple[str, ...]) -> DuplicateKey:
    group = message.group.group.reference if message.group is not None else ""
    return DuplicateKey(3, (*parts, group, message.message.reference), _digest(message.message.segments))


def _digest(segments: Iterable[Segment]) -> str:
    """Of what is said, not of how it is written: separators and release characters do not change it."""
    digest = hashlib.sha256()
    for segment in segments:
        digest.update(repr(segment.elements).encode())
    return digest.hexdigest()
