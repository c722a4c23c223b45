"""The step of a signature: who signed, how, whether it holds, and if not, exactly why."""

import hashlib
import warnings
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from msgspec import Struct

from gateway.channels.as2 import canonical
from gateway.channels.as2.cms.algorithms import Digest
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason
from gateway.channels.as2.cms.rules import SignatureRules
from gateway.channels.as2.cms.signatures import Signatures, VerifiedSigner, public_key, read_signatures
from gateway.channels.as2.cms.signed import Signer, identities
from gateway.channels.as2.inspecting.steps import Step, described
from gateway.channels.as2.mime import Entity


class Looked(Struct, frozen=True):
    """`form` is the canonical form that was signed, the first where none fits; `inside` the content of an opaque
    signature."""

    step: Step
    form: str = canonical.FORMS[0]
    digest: Digest = Digest.SHA256
    inside: bytes | None = None


def look_at_signature(
    blob: bytes, signed: Entity | None, pinned: Sequence[x509.Certificate], at: datetime, claimed: str | None = None
) -> Looked:
    """`signed` is None where the content lies inside, or is not at hand; `claimed` is what `micalg` says."""
    title = "Signature (CMS SignedData)"
    try:
        signatures = read_signatures(blob)
    except CryptographicFailure as failure:
        return Looked(Step(title=title, problems=(failure.detail,)))
    data = signatures.data
    enclosed = _readable(data.certificates)
    facts = [fact for signer in data.signers for fact in _facts(signer, (*pinned, *enclosed))]
    facts.append(("certificates enclosed", "; ".join(map(described, enclosed)) or "none"))
    digest = data.signers[0].digest if data.signers else Digest.SHA256
    if signed is None and data.content is None:
        step = Step(title=title, facts=tuple(facts), problems=("the signed content is not in this file",))
        return Looked(step, digest=digest)
    form, proofs, problems = _verdict(signatures, signed, pinned, enclosed, at)
    if claimed is not None and claimed != digest:
        problems = (*problems, f"`micalg` says {claimed}, the signature uses {digest}")
    if signed is not None:
        facts.append((f"{digest} of the content", canonical.digest(signed, form, [digest])[digest].hex()))
        facts.append(("line ends", form))
    elif data.content is not None:
        facts.append((f"{digest} of the content", hashlib.new(digest, data.content).hexdigest()))
        problems = (*problems, "the content lies inside the signature; AS2 wants multipart/signed")
    step = Step(title=title, facts=tuple(facts), proofs=proofs, problems=problems)
    return Looked(step, form, digest, data.content)


def _readable(encoded: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    """Those that can be read to the last field; `cryptography` reads each field when it is asked for."""
    found = []
    with warnings.catch_warnings(action="ignore"):
        for one in encoded:
            try:
                certificate = x509.load_der_x509_certificate(one)
                _ = described(certificate), identities(certificate), public_key(certificate)
            except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, CryptographicFailure):
                continue  # a hint that cannot be read is none
            found.append(certificate)
    return tuple(found)


def _facts(signer: Signer, known: Sequence[x509.Certificate]) -> list[tuple[str, str]]:
    named = [one for one in known if signer.identity in identities(one)]
    facts = [
        ("signer", described(named[0]) if named else f"the certificate with {signer.identity}, which is not at hand"),
        ("algorithm", f"{signer.scheme} with {signer.digest}"),
    ]
    if signer.digest is Digest.SHA1:
        facts.append(("needs", "the legacy exception `sha-1`"))
    attributes = signer.attributes
    if attributes is None:
        return [*facts, ("signed attributes", "none"), ("needs", "the legacy exception `no-signed-attributes`")]
    if attributes.signing_time is not None:
        facts.append(("signing time", f"{attributes.signing_time:%Y-%m-%d %H:%M:%S} UTC, as the signer says"))
    facts.append((f"signed {signer.digest}", attributes.message_digest.hex()))
    return facts


def _verdict(
    signatures: Signatures,
    signed: Entity | None,
    pinned: Sequence[x509.Certificate],
    enclosed: Sequence[x509.Certificate],
    at: datetime,
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The form that fits, what holds and what does not."""
    try:
        form, signer = _verified(signatures, signed, pinned or enclosed, at)
    except CryptographicFailure as failure:
        detail = failure.detail
        if not pinned and not enclosed and failure.reason is Reason.AUTHENTICATION:
            detail = "no certificate is at hand to verify with: --partner-cert, or --profile"
        return canonical.FORMS[0], (), (detail,)
    proofs = ("the content is the one that was signed", f"the signature was made with the key of {_subject(signer)}")
    if not pinned:
        return form, proofs, ("whose certificate that is was not checked: --partner-cert, or --profile",)
    return form, (*proofs, "that certificate is one of the partner's"), ()


def _subject(signer: VerifiedSigner) -> str:
    return signer.certificate.subject.rfc4514_string() or "no subject"


def _verified(
    signatures: Signatures, signed: Entity | None, candidates: Sequence[x509.Certificate], at: datetime
) -> tuple[str, VerifiedSigner]:
    """Raises CryptographicFailure: the first mismatch when no form fits."""
    bare = any(signer.attributes is None for signer in signatures.data.signers)
    rules = SignatureRules(digests=frozenset(Digest), attributes="absent" if bare else "required")
    if signed is None:
        return canonical.FORMS[0], signatures.verify(None, candidates, rules, at)
    mismatch: CryptographicFailure | None = None
    for form in canonical.forms_of(signed):

        def digest_of(digest: Digest, form: str = form) -> bytes:
            return canonical.digest(signed, form, [digest])[digest]

        try:
            return form, signatures.verify(digest_of, candidates, rules, at, opening=signed.content.read(256))
        except CryptographicFailure as failure:
            if failure.reason is not Reason.INTEGRITY:
                raise
            mismatch = mismatch or failure
    assert mismatch is not None
    raise mismatch
