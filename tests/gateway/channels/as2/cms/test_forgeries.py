"""Signatures by somebody who wants to be taken for a partner. None is accepted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from support.as2_keys import NOW, Holder, holder
from support.cms_shapes import (
    attribute,
    content_type,
    message_digest,
    sha256,
    signed_data,
    signer_info,
    signing_time,
)

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.algorithms import CONTENT_TYPE, DATA, MESSAGE_DIGEST, SIGNED_DATA, Digest
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason
from gateway.channels.as2.cms.rules import MODERN_SIGNATURES, SignatureRules
from gateway.channels.as2.cms.signatures import read_signatures

RECEIPT = b"Content-Type: multipart/report; report-type=disposition-notification\r\n\r\nprocessed"
OTHER = RECEIPT.replace(b"processed", b"processed, twice")


def partner() -> Holder:
    return holder("Kontor Steel")


def stranger() -> Holder:
    return holder("Somebody Else")


def right_attributes(content: bytes = RECEIPT) -> list[bytes]:
    return [content_type(), message_digest(sha256(content)), signing_time()]


def right_signer(holder: Holder | None = None) -> bytes:
    return signer_info(holder or partner(), attributes=right_attributes())


def accepted(blob: bytes, *, rules: SignatureRules = MODERN_SIGNATURES, content: bytes = RECEIPT) -> x509.Certificate:
    read = read_signatures(blob)
    digests = {"sha256": sha256(content)}
    return read.verify(digests, [partner().certificate], rules, NOW, opening=content[:256]).certificate


def test_the_right_one_is_accepted() -> None:
    """Or all of the following prove nothing."""
    assert accepted(signed_data(right_signer())) == partner().certificate
    assert accepted(signed_data(right_signer(), right_signer(), certificates=[partner()])) == partner().certificate


FORGERIES: dict[str, tuple[Callable[[], bytes], Reason, str]] = {
    "nobody signed": (
        lambda: signed_data(certificates=[partner()]),
        Reason.AUTHENTICATION,
        "nobody signed: the list of signers is empty",
    ),
    "a stranger signed": (
        lambda: signed_data(right_signer(stranger()), certificates=[stranger(), partner()]),
        Reason.AUTHENTICATION,
        "which is not one of this partner's",
    ),
    "a stranger signed in the partner's name": (
        lambda: signed_data(signer_info(stranger(), attributes=right_attributes(), named=partner())),
        Reason.AUTHENTICATION,
        "the signature is not that of the certificate with serial number",
    ),
    "a stranger signed beside the partner": (
        lambda: signed_data(right_signer(), right_signer(stranger())),
        Reason.AUTHENTICATION,
        "which is not one of this partner's",
    ),
    "another content was signed": (
        lambda: signed_data(signer_info(partner(), attributes=right_attributes(OTHER))),
        Reason.INTEGRITY,
        "the sha256 of the content is not the signed one",
    ),
    "another content was signed without attributes": (
        lambda: signed_data(signer_info(partner(), attributes=None, content=OTHER)),
        Reason.INSUFFICIENT_SECURITY,
        "the signature has no signed attributes, which this relation requires",
    ),
    "the digest is there twice": (
        lambda: signed_data(
            signer_info(partner(), attributes=[*right_attributes(OTHER), message_digest(sha256(RECEIPT))])
        ),
        Reason.MALFORMED,
        "the signed attribute 1.2.840.113549.1.9.4 is there twice",
    ),
    "the digest has two values": (
        lambda: signed_data(
            signer_info(partner(), attributes=[
                content_type(),
                attribute(MESSAGE_DIGEST, *(der.tagged(0x04, sha256(one)) for one in (OTHER, RECEIPT))),
            ])
        ),
        Reason.MALFORMED,
        "the signed attribute 1.2.840.113549.1.9.4 has several values",
    ),
    "the digest is missing": (
        lambda: signed_data(signer_info(partner(), attributes=[content_type(), signing_time()])),
        Reason.MALFORMED,
        "the signed attributes hold no digest of the message",
    ),
    "the kind of content is missing": (
        lambda: signed_data(signer_info(partner(), attributes=[message_digest(sha256(RECEIPT))])),
        Reason.MALFORMED,
        "the signed attributes do not say once that plain data is signed",
    ),
    "another kind of content was signed": (
        lambda: signed_data(
            signer_info(partner(), attributes=[content_type(SIGNED_DATA), message_digest(sha256(RECEIPT))])
        ),
        Reason.MALFORMED,
        "the signed attributes do not say once that plain data is signed",
    ),
    "the kind of content is there twice": (
        lambda: signed_data(
            signer_info(partner(), attributes=[*right_attributes(), attribute(CONTENT_TYPE, der.oid(SIGNED_DATA))])
        ),
        Reason.MALFORMED,
        "the signed attribute 1.2.840.113549.1.9.3 is there twice",
    ),
    "the kind of content has two values": (
        lambda: signed_data(
            signer_info(partner(), attributes=[
                attribute(CONTENT_TYPE, der.oid(DATA), der.oid(SIGNED_DATA)), message_digest(sha256(RECEIPT)),
            ])
        ),
        Reason.MALFORMED,
        "the signed attribute 1.2.840.113549.1.9.3 has several values",
    ),
    "the content lies inside as well": (
        lambda: signed_data(right_signer(), content=OTHER),
        Reason.MALFORMED,
        "the signed content must lie either beside the signature or inside it",
    ),
    "something follows": (
        lambda: signed_data(right_signer()) + b"\x00",
        Reason.MALFORMED,
        "bytes follow the end of the structure",
    ),
    "five signers": (
        lambda: signed_data(*[right_signer()] * 5),
        Reason.MALFORMED,
        "there are more than 4 signers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(name: str) -> None:
    blob, reason, detail = FORGERIES[name]
    with pytest.raises(CryptographicFailure) as failure:
        accepted(blob())
    assert failure.value.reason is reason
    assert detail in failure.value.detail
    assert str(failure.value) == "the message cannot be opened"


def test_signed_attributes_cannot_pass_as_the_content() -> None:
    """A signature with attributes, made into one without, whose content is the attributes (EUF-CMA of SignedData)."""
    attributes = der.set_of(right_attributes())
    blob = signed_data(signer_info(partner(), attributes=None, content=attributes))
    absent = SignatureRules(attributes="absent")
    with pytest.raises(CryptographicFailure) as failure:
        accepted(blob, rules=absent, content=attributes)
    assert failure.value.detail == "content signed without signed attributes must begin with a header line of MIME"
    with pytest.raises(CryptographicFailure) as failure:
        accepted(signed_data(right_signer()), rules=absent)
    assert failure.value.detail == "the signature has signed attributes; this relation is fixed to signatures without"


@pytest.mark.parametrize(("days", "whose"), [(-10, -1), (10, 1)])
def test_a_certificate_before_or_after_its_time_is_refused(days: int, whose: int) -> None:
    begins, ends = NOW + timedelta(days=days) - timedelta(days=1), NOW + timedelta(days=days + whose)
    theirs = holder("Kontor Steel", begins=min(begins, ends), ends=max(begins, ends))
    read = read_signatures(signed_data(right_signer(theirs)))
    with pytest.raises(CryptographicFailure) as failure:
        read.verify({"sha256": sha256(RECEIPT)}, [theirs.certificate], MODERN_SIGNATURES, NOW)
    assert failure.value.reason is Reason.AUTHENTICATION
    assert failure.value.detail.endswith(", not on 2026-03-14")


def test_a_weak_key_is_refused() -> None:
    theirs = holder("Kontor Steel", "rsa1024")
    read = read_signatures(signed_data(right_signer(theirs)))
    with pytest.raises(CryptographicFailure) as failure:
        read.verify({"sha256": sha256(RECEIPT)}, [theirs.certificate], MODERN_SIGNATURES, NOW)
    assert failure.value.detail == "the signer's key has 1024 bits; RSA needs 2048"


def test_a_digest_the_caller_has_not_computed_fits_nothing() -> None:
    read = read_signatures(signed_data(right_signer()))
    with pytest.raises(CryptographicFailure) as failure:
        read.verify({Digest.SHA384: bytes(48)}, [partner().certificate], MODERN_SIGNATURES, NOW)
    assert failure.value.reason is Reason.INTEGRITY
