"""Exchanges of certificates that came, signed: kept for a person, or answered where nothing can be decided.

A certificate that is weak or has expired is rejected whoever looks; a request of nothing else is answered at once.
"""

from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.as2.cem.exchanges import Answer, ExchangedUse, Request, Response
from gateway.channels.as2.cem.writing import write_response
from gateway.channels.as2.relation import Relation
from gateway.clock import now
from gateway.identifiers import new_message_id
from gateway.ledger.certificates import CertificateExchange, ExchangedCertificate, NewLetter
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.observing import log_change
from gateway.submissions import Receipt, Rejection
from partners.certificatefiles import weakness_of


class CertificateTaking(Struct, frozen=True):
    """What is done with an exchange whose signature was verified. `take` may be called twice with the same."""

    ledger: Ledger

    async def take(self, came: Request | Response, relation: Relation) -> Receipt | Rejection:
        if came.sender != relation.agreed.theirs:
            theirs = relation.agreed.theirs
            text = f"the exchange of certificates is by `{came.sender[:128]}`, its message by `{theirs}`"
            return Rejection(code="as2.certificates", text=text)
        return await (self._asked(came, relation) if isinstance(came, Request) else self._answered(came, relation))

    async def _asked(self, came: Request, relation: Relation) -> Receipt | Rejection:
        kept = tuple(
            exchanged(one.certificate, one.uses, against=one.weakness or expiry_of(one.certificate))
            for one in came.certificates
        )
        is_hopeless = all(one.against is not None for one in kept)
        kept = tuple(replace(one, accepted=False, reason=one.against) for one in kept) if is_hopeless else kept
        new = CertificateExchange(
            id=new_message_id(),
            partner=relation.partner,
            announced_by="them",
            request_id=came.request_id,
            at=now(),
            respond_by=min((one.respond_by for one in came.certificates if one.respond_by is not None), default=None),
            certificates=kept,
            state="rejected" if is_hopeless else "pending",
            decided_at=None,
        )
        letter = response_to(new, relation.agreed.ours) if is_hopeless else None
        standing = await self.ledger.certificates.announce(new, Event.CERTIFICATE_ANNOUNCED, letter, state=new.state)
        if [one.sha256 for one in standing.certificates] != [one.sha256 for one in kept]:
            text = f"request `{came.request_id[:60]}` came with other certificates before; those stand"
            return Rejection(code="as2.certificates", text=text)
        log_change("certificate.announced", partner=relation.partner, exchange=str(standing.id), state=standing.state)
        return Receipt(message_id=str(standing.id), statement=b"")

    async def _answered(self, came: Response, relation: Relation) -> Receipt | Rejection:
        """By the serial numbers of ours; what they do not speak of they have not accepted."""
        asked = await self.ledger.certificates.of_request(relation.partner, "us", came.request_id)
        if asked is None:
            text = f"the response is to request `{came.request_id[:60]}`, which we never sent"
            return Rejection(code="as2.certificates", text=text)
        by_serial = {str(one.serial): one for one in came.answers}
        if unknown := by_serial.keys() - {one.serial for one in asked.certificates}:
            text = f"the response speaks of serial number {min(unknown)}, which the request did not hold"
            return Rejection(code="as2.certificates", text=text)
        kept = [
            replace(one, accepted=said.accepted, reason=said.reason or None)
            if (said := by_serial.get(one.serial)) is not None
            else replace(one, accepted=False, reason="they said nothing of it")
            for one in asked.certificates
        ]
        state: Literal["accepted", "rejected"] = "accepted" if all(one.accepted for one in kept) else "rejected"
        reasons = "; ".join(one.reason for one in kept if one.reason)
        if await self.ledger.certificates.decide(
            asked.id, kept, state, Event.CERTIFICATE_ANSWERED, answer=state, reason=reasons
        ):
            log_change("certificate.answered", partner=relation.partner, exchange=str(asked.id), state=state)
        return Receipt(message_id=str(asked.id), statement=b"")


def exchanged(
    certificate: x509.Certificate, uses: tuple[ExchangedUse, ...], against: str | None = None
) -> ExchangedCertificate:
    return ExchangedCertificate(
        der=certificate.public_bytes(Encoding.DER),
        uses=uses,
        sha256=certificate.fingerprint(SHA256()).hex(),
        serial=str(certificate.serial_number),
        issuer=certificate.issuer.rfc4514_string(),
        against=against,
    )


def expiry_of(certificate: x509.Certificate) -> str | None:
    """Why its time is no time to take it; None while it is valid, or will be."""
    ends = certificate.not_valid_after_utc
    return f"it expired on {ends:%Y-%m-%d}" if ends <= now() else None


def refusal_of(certificate: x509.Certificate) -> str | None:
    """What is against a certificate of ours or theirs, whoever decides."""
    return weakness_of(certificate) or expiry_of(certificate)


def response_to(exchange: CertificateExchange, ours: str) -> NewLetter:
    """Our answer to what they announced, from what was decided of each."""
    answers = tuple(
        Answer(issuer=one.issuer, serial=int(one.serial), accepted=bool(one.accepted), reason=one.reason or "")
        for one in exchange.certificates
    )
    written = write_response(Response(request_id=exchange.request_id, sender=ours, originated=now(), answers=answers))
    return NewLetter(id=new_message_id(), media_type=written.media_type, content=written.content)
