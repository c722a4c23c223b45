"""Opening one message, off the event loop: everything that is computed over its bytes, in one go."""

from msgspec import Struct

from gateway.channels.as2 import canonical
from gateway.channels.as2.answering import Exchange
from gateway.channels.as2.attachments import MEDIA_TYPES, Part, digest_of, parts_of
from gateway.channels.as2.cem.exchanges import Request, Response
from gateway.channels.as2.cem.reading import is_cem, read_cem
from gateway.channels.as2.cms.rules import Caps
from gateway.channels.as2.mic import Mic, choose_algorithm
from gateway.channels.as2.mime import Entity
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.unwrapping import Opened, Unwrapping
from gateway.channels.as2.windows import Spools


class Proven(Struct, frozen=True, kw_only=True):
    """A message that is the partner's. `digest` is the SHA-256 of its content: the same in every resend."""

    opened: Opened
    digest: bytes
    mic: Mic | None
    file_name: str | None
    media_type: str
    parts: tuple[Part, ...] = ()
    """Where it came in several."""
    certificates: Request | Response | None = None
    """Where it is no business document at all, but an exchange of certificates."""


class Unproven(Struct, frozen=True, kw_only=True):
    """What stopped it, and the check of what was signed where that can be told."""

    refused: Unacceptable
    mic: Mic | None
    encrypted: bool


def open_message(exchange: Exchange, outer: Entity, spools: Spools, most: int) -> Proven | Unproven:
    """Opens it by the relation's rules; `most` bytes may come out of it."""
    unwrapping = Unwrapping(outer, exchange.relation, spools, Caps(content=most))
    try:
        _judge_request(exchange)
        opened = unwrapping.open()
        certificates = _certificates(opened, spools)
        has_parts = certificates is None and opened.payload.header.media_type in MEDIA_TYPES
        parts = parts_of(opened.payload, spools) if has_parts else ()
        digest = digest_of(parts) if parts else canonical.digest_of(opened.content, "sha256")
        name, media_type = opened.file_name, opened.payload.header.media_type
        mic = _mic(exchange, unwrapping)
    except Unacceptable as refused:
        return Unproven(refused=refused, mic=_mic_if_any(exchange, unwrapping), encrypted=unwrapping.is_encrypted)
    return Proven(
        opened=opened, digest=digest, mic=mic, file_name=name, media_type=media_type, parts=parts,
        certificates=certificates,
    )  # fmt: skip


def _certificates(opened: Opened, spools: Spools) -> Request | Response | None:
    """An exchange of certificates, signed whatever the agreement demands of documents."""
    if not is_cem(opened.payload):
        return None
    if opened.signer is None:
        raise Unacceptable("as2.security", "an exchange of certificates is not signed, and must be")
    return read_cem(opened.payload, spools)


def _judge_request(exchange: Exchange) -> None:
    receipt = exchange.headers.receipt
    if receipt is not None and receipt.unknown_protocol is not None:
        raise Unacceptable("as2.receipt_protocol", "the receipt is to be signed by another protocol than pkcs7")
    _ = exchange.reply_url


def _mic(exchange: Exchange, unwrapping: Unwrapping) -> Mic | None:
    """Raises Unacceptable (`as2.receipt_algorithms`) when only unknown algorithms are listed."""
    receipt = exchange.headers.receipt
    if receipt is None or unwrapping.measured is None:
        return None
    signed_with = unwrapping.signer.digest_algorithm if unwrapping.signer is not None else unwrapping.claimed
    is_legacy = "sha-1" in exchange.relation.allowances
    chosen = choose_algorithm(signed_with, receipt.algorithms, legacy=is_legacy)
    if chosen is None:
        raise Unacceptable("as2.receipt_algorithms", "signed-receipt-micalg lists nothing that we compute")
    return unwrapping.measured.mic(chosen)


def _mic_if_any(exchange: Exchange, unwrapping: Unwrapping) -> Mic | None:
    try:
        return _mic(exchange, unwrapping)
    except Unacceptable:
        return None
