"""Writes an exchange of certificates, as the content of an AS2 message."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from msgspec import Struct

from gateway.channels.as2.cem.exchanges import MEDIA_TYPE, NAMESPACE, SIGNATURES, USES, ExchangedUse, Response

_WORDS = {use: word for word, use in USES.items()}
_BOUNDARY = "=-certificates"


class Written(Struct, frozen=True):
    """The content of a message to be signed and sent as any other."""

    media_type: str
    content: bytes


def write_response(response: Response) -> Written:
    """Bytes that are the same for the same response."""
    lines = [*_head("Response", response.request_id, response.sender, response.originated)]
    for one in response.answers:
        lines += ["<TrustResponse>", f"<CertStatus>{'Accepted' if one.accepted else 'Rejected'}</CertStatus>"]
        if not one.accepted:
            lines.append(f"<ReasonForRejection>{escape(one.reason, quote=False)}</ReasonForRejection>")
        lines += ["<CertificateReference>", *_identifier(one.issuer, one.serial), "</CertificateReference>"]
        lines.append("</TrustResponse>")
    return _related([*lines, "</EDIINTCertificateExchangeResponse>"], [])


def write_request(
    certificates: Sequence[tuple[x509.Certificate, Sequence[ExchangedUse]]], *, request_id: str, ours: str,
    at: datetime, respond_by: datetime, response_url: str,
) -> Written:  # fmt: skip
    """Certificates of ours that we shall use; each is attached as a certs-only PKCS #7."""
    lines = [*_head("Request", request_id, ours, at)]
    attached: list[tuple[str, bytes]] = []
    for certificate, uses in certificates:
        content_id = f"certificate-{len(attached) + 1}.{request_id}"
        attached.append((content_id, pkcs7.serialize_certificates([certificate], Encoding.DER)))
        lines.append("<TrustRequest>")
        lines += [f"<CertUsage>{_WORDS[use]}</CertUsage>" for use in uses]
        lines.append(f"<RespondByDate>{_written(respond_by)}</RespondByDate>")
        lines.append(f"<ResponseURL>{escape(response_url, quote=False)}</ResponseURL>")
        identifier = _identifier(certificate.issuer.rfc4514_string(), certificate.serial_number)
        lines += ["<EndEntity>", "<CertificateIdentifier>", *identifier, "</CertificateIdentifier>"]
        lines.append(f"<CertificateContentID>{escape(content_id, quote=False)}</CertificateContentID>")
        lines += ["</EndEntity>", "</TrustRequest>"]
    return _related([*lines, "</EDIINTCertificateExchangeRequest>"], attached)


def _head(kind: Literal["Request", "Response"], request_id: str, ours: str, at: datetime) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<EDIINTCertificateExchange{kind} xmlns="{NAMESPACE}" xmlns:ds="{SIGNATURES}" '
        f'requestId="{escape(request_id)}">'
    )
    yield f'<TradingPartnerInfo><Name qualifier="AS2">{escape(ours, quote=False)}</Name>'
    yield f"<MessageOriginated>{_written(at)}</MessageOriginated></TradingPartnerInfo>"


def _identifier(issuer: str, serial: int) -> list[str]:
    return [
        f"<ds:X509IssuerName>{escape(issuer, quote=False)}</ds:X509IssuerName>",
        f"<ds:X509SerialNumber>{serial}</ds:X509SerialNumber>",
    ]


def _related(lines: list[str], attached: list[tuple[str, bytes]]) -> Written:
    """Every exchange is a multipart/related, even a response with nothing attached: that is how others know it."""
    description = "\n".join(lines).encode()
    pieces = [_piece(f"Content-Type: {MEDIA_TYPE}", description)]
    for content_id, content in attached:
        head = f"Content-Type: application/pkcs7-mime; smime-type=certs-only\r\nContent-ID: <{content_id}>"
        pieces.append(_piece(head, content))
    boundary = _BOUNDARY
    while any(boundary.encode() in piece for piece in pieces):
        boundary += "-"
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), piece) for piece in pieces)
    media_type = f'multipart/related; type="{MEDIA_TYPE}"; boundary="{boundary}"'
    return Written(media_type, body + b"--%s--\r\n" % boundary.encode())


def _piece(head: str, content: bytes) -> bytes:
    return f"{head}\r\nContent-Transfer-Encoding: binary\r\n\r\n".encode() + content


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
