"""A message of several parts (RFC 6362): business documents, and what accompanies them.

What declares itself EDI is a document. Of the other types that documents come in, a part is one where its first bytes
are; the root of the message must be. Everything else (drawings, certificates of analysis, PDF) accompanies the document
before it, or the first where none is before.
"""

import hashlib

from msgspec import Struct

from gateway.channels.as2 import canonical
from gateway.channels.as2.filenames import file_name
from gateway.channels.as2.mime import Entity, decoded, read_entity, split
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools, Window
from translators.findings import Unreadable
from translators.identify import HEAD, identify

MEDIA_TYPES = ("multipart/related", "multipart/mixed")
_ALWAYS = ("application/edifact", "application/edi-x12", "application/edi-consent")
_PERHAPS = ("application/xml", "text/xml", "application/json", "application/octet-stream", "text/plain")


class Part(Struct, frozen=True, kw_only=True):
    """`digest` is the SHA-256 of its content, which has no transfer encoding any more."""

    number: int
    content: Window
    media_type: str
    file_name: str | None
    digest: bytes
    is_document: bool


def parts_of(payload: Entity, spools: Spools) -> tuple[Part, ...]:
    """All parts in order. Raises Unacceptable (`as2.malformed`, `as2.file_name`)."""
    entities = [read_entity(window) for window in split(payload).parts]
    if not entities:
        raise Unacceptable("as2.malformed", "a multipart has no part")
    start = payload.header.parameter("start")
    ids = [each.header.fields.get("content-id", "").strip() for each in entities]
    root = ids.index(start.strip()) if start is not None and start.strip() in ids else 0
    return tuple(_part(number, each, spools, is_root=number == root + 1) for number, each in enumerate(entities, 1))


def digest_of(parts: tuple[Part, ...]) -> bytes:
    """The same in every resend, whatever its boundary."""
    told = (f"{one.media_type}|{one.file_name or ''}|{one.digest.hex()}\n" for one in parts)
    return hashlib.sha256("".join(told).encode()).digest()


def _part(number: int, entity: Entity, spools: Spools, *, is_root: bool) -> Part:
    media_type = entity.header.media_type
    if media_type.startswith(("multipart/", "message/")) or "pkcs7" in media_type:
        raise Unacceptable("as2.malformed", f"part {number} of the message is {media_type}, and parts hold no others")
    content = decoded(entity, spools)
    return Part(
        number=number,
        content=content,
        media_type=media_type,
        file_name=file_name(entity.header),
        digest=canonical.digest_of(content, "sha256"),
        is_document=media_type in _ALWAYS or (media_type in _PERHAPS and (is_root or _is_known(content, media_type))),
    )


def _is_known(content: Window, media_type: str) -> bool:
    try:
        identify(content.read(HEAD), media_type)
    except Unreadable:
        return False
    return True
