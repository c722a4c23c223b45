"""Signatures: ours, OpenSSL's, and those of somebody who wants to be taken for a partner."""

import hashlib
from pathlib import Path

import pytest
from support.as2_keys import NOW, holder
from support.openssl import openssl, write_holder

from gateway.channels.as2.cms.algorithms import Digest, Scheme
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason
from gateway.channels.as2.cms.rules import MODERN_SIGNATURES
from gateway.channels.as2.cms.signatures import read_signatures
from gateway.channels.as2.cms.writing import sign

CONTENT = b"Content-Type: application/edifact\r\n\r\nUNA:+.? 'UNB+UNOC:3+4012345000009:14+..."
DIGESTS = {digest.value: hashlib.new(digest, CONTENT).digest() for digest in Digest}

KINDS = [("rsa2048", Scheme.RSA_PKCS1), ("rsa3072", Scheme.RSA_PSS), ("secp256r1", Scheme.ECDSA)]


@pytest.mark.parametrize("digest", [Digest.SHA256, Digest.SHA384, Digest.SHA512])
@pytest.mark.parametrize(("kind", "scheme"), KINDS)
def test_what_is_signed_verifies(kind: str, scheme: Scheme, digest: Digest) -> None:
    ours = holder("Nordwerk AS2", kind)
    signature = sign(DIGESTS[digest], digest, ours.key, ours.certificate, scheme, NOW)
    signer = read_signatures(signature).verify(DIGESTS, [ours.certificate], MODERN_SIGNATURES, NOW)
    assert signer.certificate == ours.certificate
    assert signer.digest_algorithm is digest
    assert signer.signing_time == NOW


@pytest.mark.parametrize("digest", [Digest.SHA256, Digest.SHA384, Digest.SHA512])
@pytest.mark.parametrize(("kind", "scheme"), KINDS)
def test_openssl_verifies_what_is_signed(kind: str, scheme: Scheme, digest: Digest, tmp_path: Path) -> None:
    ours = holder("Nordwerk AS2", kind)
    (tmp_path / "content").write_bytes(CONTENT)
    write_holder(tmp_path, ours)
    (tmp_path / "signature").write_bytes(sign(DIGESTS[digest], digest, ours.key, ours.certificate, scheme, NOW))
    verified = openssl(
        tmp_path, "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", "content",
        "-CAfile", "certificate.pem", "-certfile", "certificate.pem", "-nointern",
        "-attime", str(int(NOW.timestamp())), "-purpose", "any",
    )  # fmt: skip
    assert verified == CONTENT


@pytest.mark.parametrize("named", [(), ("-keyid",)])
@pytest.mark.parametrize("shape", [(), ("-stream", "-indef")])
@pytest.mark.parametrize(("kind", "options"), [
    ("rsa2048", ()),
    ("rsa3072", ("-keyopt", "rsa_padding_mode:pss")),
    ("secp256r1", ()),
])  # fmt: skip
def test_what_openssl_signs_verifies(
    kind: str, options: tuple[str, ...], shape: tuple[str, ...], named: tuple[str, ...], tmp_path: Path
) -> None:
    if options and shape:
        pytest.skip("OpenSSL 3.0 cannot stream with PSS")
    theirs = holder("Kontor Steel", kind)
    (tmp_path / "content").write_bytes(CONTENT)
    write_holder(tmp_path, theirs)
    signature = openssl(
        tmp_path, "cms", "-sign", "-binary", "-in", "content", "-signer", "certificate.pem", "-inkey", "key.pem",
        "-md", "sha384", "-outform", "DER", *named, *shape, *options,
    )  # fmt: skip
    beside = None if shape else DIGESTS  # a stream of OpenSSL's encloses the content
    signer = read_signatures(signature).verify(beside, [theirs.certificate], MODERN_SIGNATURES, NOW)
    assert signer.digest_algorithm is Digest.SHA384


def test_the_signature_of_a_stranger_is_refused() -> None:
    ours, stranger = holder("Nordwerk AS2"), holder("Somebody Else")
    signature = sign(DIGESTS["sha256"], Digest.SHA256, stranger.key, stranger.certificate, Scheme.RSA_PKCS1, NOW)
    with pytest.raises(CryptographicFailure) as refused:
        read_signatures(signature).verify(DIGESTS, [ours.certificate], MODERN_SIGNATURES, NOW)
    assert refused.value.reason is Reason.AUTHENTICATION


def test_another_content_is_refused() -> None:
    ours = holder("Nordwerk AS2")
    signature = sign(bytes(32), Digest.SHA256, ours.key, ours.certificate, Scheme.RSA_PKCS1, NOW)
    with pytest.raises(CryptographicFailure) as refused:
        read_signatures(signature).verify(DIGESTS, [ours.certificate], MODERN_SIGNATURES, NOW)
    assert refused.value.reason is Reason.INTEGRITY
