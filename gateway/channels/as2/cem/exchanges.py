"""Certificate exchange messages (draft-meadors-certificate-exchange-14): a new certificate, announced and answered.

Nothing here trusts a certificate. A request says which one a partner will use for what; a person compares it, puts it
into the profile, and only then is `Accepted` answered. `ResponseURL` is told and never called: answers go to the
address of the profile.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from cryptography import x509
from msgspec import Struct

MEDIA_TYPE = "application/ediint-cert-exchange+xml"
NAMESPACE = "urn:ietf:params:xml:ns:ediintcertificateexchange"
SIGNATURES = "http://www.w3.org/2000/09/xmldsig#"
ExchangedUse = Literal["verify", "encrypt", "tls-client", "tls-server"]
USES: dict[str, ExchangedUse] = {
    "digitalSignature": "verify",
    "keyEncipherment": "encrypt",
    "tlsClient": "tls-client",
    "tlsServer": "tls-server",
}
"""By `CertUsage`."""


class TrustRequest(Struct, frozen=True, kw_only=True):
    """One certificate they will use. `weakness` says why it cannot be accepted; None when nothing is against it."""

    uses: tuple[ExchangedUse, ...]
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    respond_by: datetime | None = None
    response_url: str = ""
    weakness: str | None = None


class Request(Struct, frozen=True, kw_only=True):
    """`sender` is the AS2 name in the message; whether it is that of the relation is for the caller to compare."""

    request_id: str
    sender: str
    originated: datetime
    certificates: tuple[TrustRequest, ...]


class Answer(Struct, frozen=True, kw_only=True):
    """About the certificate with this issuer (as they write it) and serial number."""

    issuer: str
    serial: int
    accepted: bool
    reason: str = ""


class Response(Struct, frozen=True, kw_only=True):
    request_id: str
    sender: str
    originated: datetime
    answers: tuple[Answer, ...]


def answer_to(request: Request, ours: str, at: datetime, refusal: Callable[[TrustRequest], str | None]) -> Response:
    """One answer for each certificate; `refusal` says why it is not taken, or None. A weak one never is."""
    answers = []
    for one in request.certificates:
        reason = one.weakness or refusal(one)
        issuer, serial = one.certificate.issuer.rfc4514_string(), one.certificate.serial_number
        answers.append(Answer(issuer=issuer, serial=serial, accepted=reason is None, reason=reason or ""))
    return Response(request_id=request.request_id, sender=ours, originated=at, answers=tuple(answers))
