"""What other products send: indefinite lengths down to the last octet, no signed attributes, key ids, SHA-1."""

import hashlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from support.as2_keys import NOW, holder
from support.as2_worlds import as_recipient
from support.cms_damaging import children_of
from support.cms_shapes import indefinite, sha256, signed_data, signer_info
from support.openssl import openssl, write_holder

from gateway.channels.as2.cms.algorithms import ENVELOPED_DATA, Cipher, Digest, Scheme, Transport
from gateway.channels.as2.cms.compressed import compress, decompress
from gateway.channels.as2.cms.encrypting import encrypt
from gateway.channels.as2.cms.enveloped import decrypt
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason
from gateway.channels.as2.cms.recipients import Recipient
from gateway.channels.as2.cms.rules import LEGACY_SIGNATURES, MODERN_ENCRYPTION, MODERN_SIGNATURES, SignatureRules
from gateway.channels.as2.cms.signatures import read_signatures
from gateway.channels.as2.cms.writing import sign

CONTENT = b"Content-Type: application/edi-x12\r\n\r\nISA*00*          *00*          *ZZ*KONTOR" + bytes(5000)
WITHOUT_ATTRIBUTES = SignatureRules(attributes="absent")


@pytest.mark.parametrize("depth", [1, 3, 5, 99])
@pytest.mark.parametrize("cipher", [Cipher.AES_128_CBC, Cipher.AES_256_GCM])
def test_an_envelope_of_indefinite_lengths_opens(cipher: Cipher, depth: int) -> None:
    ours, sealed, clear = holder("Nordwerk AS2"), BytesIO(), BytesIO()
    encrypt(BytesIO(CONTENT), sealed, [ours.certificate], cipher, Transport.RSA_OAEP_SHA256)
    message = indefinite(sealed.getvalue(), depth=depth)
    assert message.startswith(b"\x30\x80")
    decrypt(BytesIO(message), clear, [Recipient(ours.certificate, ours.key)], MODERN_ENCRYPTION)
    assert clear.getvalue() == CONTENT


@pytest.mark.parametrize("depth", [1, 3, 5, 99])
def test_compressed_data_of_indefinite_lengths_opens(depth: int) -> None:
    packed, clear = BytesIO(), BytesIO()
    compress(BytesIO(CONTENT), packed)
    decompress(BytesIO(indefinite(packed.getvalue(), segment=7, depth=depth)), clear)
    assert clear.getvalue() == CONTENT


@pytest.mark.parametrize("depth", [1, 3, 5, 99])
def test_a_signature_of_indefinite_lengths_verifies(depth: int) -> None:
    """Its attributes too, which were signed in DER whatever they came in."""
    theirs = holder("Kontor Steel")
    signature = sign(sha256(CONTENT), Digest.SHA256, theirs.key, theirs.certificate, Scheme.RSA_PKCS1, NOW)
    read = read_signatures(indefinite(signature, depth=depth))
    assert read.verify({"sha256": sha256(CONTENT)}, [theirs.certificate], MODERN_SIGNATURES, NOW).signing_time == NOW


def test_a_content_inside_its_signature_is_verified() -> None:
    theirs = holder("Kontor Steel")
    signer = signer_info(theirs, attributes=None, content=CONTENT)
    read = read_signatures(indefinite(signed_data(signer, content=CONTENT)))
    assert read.data.content == CONTENT
    assert read.verify(None, [theirs.certificate], WITHOUT_ATTRIBUTES, NOW).certificate == theirs.certificate


def test_openssl_without_signed_attributes(tmp_path: Path) -> None:
    theirs = holder("Kontor Steel")
    write_holder(tmp_path, theirs)
    (tmp_path / "content").write_bytes(CONTENT)
    signature = openssl(
        tmp_path, "cms", "-sign", "-binary", "-noattr", "-md", "sha256", "-in", "content", "-outform", "DER",
        "-signer", "certificate.pem", "-inkey", "key.pem",
    )  # fmt: skip
    read = read_signatures(signature)
    digests = {"sha256": sha256(CONTENT)}
    assert read.verify(digests, [theirs.certificate], WITHOUT_ATTRIBUTES, NOW, opening=CONTENT[:256])
    with pytest.raises(CryptographicFailure) as failure:
        read.verify(digests, [theirs.certificate], MODERN_SIGNATURES, NOW)
    assert failure.value.reason is Reason.INSUFFICIENT_SECURITY


def test_sha1_is_read_where_an_agreement_says_so_and_never_written() -> None:
    theirs = holder("Kontor Steel")
    digest = hashlib.sha1(CONTENT).digest()
    rules = SignatureRules(digests=LEGACY_SIGNATURES.digests, attributes="absent")
    read = read_signatures(signed_data(signer_info(theirs, attributes=None, content=CONTENT, digest=Digest.SHA1)))
    assert read.verify({"sha1": digest}, [theirs.certificate], rules, NOW, opening=CONTENT).digest_algorithm == "sha1"
    with pytest.raises(CryptographicFailure) as failure:
        read.verify({"sha1": digest}, [theirs.certificate], WITHOUT_ATTRIBUTES, NOW, opening=CONTENT)
    assert failure.value.detail == "the signature uses sha1, which this relation does not allow"
    with pytest.raises(ValueError, match="sha1 is never written"):
        sign(digest, Digest.SHA1, theirs.key, theirs.certificate, Scheme.RSA_PKCS1, NOW)


def test_a_moment_of_2050_and_later_is_written_and_read() -> None:
    far = datetime(2051, 1, 2, 3, 4, 5, tzinfo=UTC)
    theirs = holder("Kontor Steel", ends=far + timedelta(days=1))
    signature = sign(sha256(CONTENT), Digest.SHA256, theirs.key, theirs.certificate, Scheme.RSA_PKCS1, far)
    digests = {"sha256": sha256(CONTENT)}
    assert read_signatures(signature).verify(digests, [theirs.certificate], MODERN_SIGNATURES, far).signing_time == far


def with_the_tag_inside(sealed: bytes) -> bytes:
    """AuthEnvelopedData turned into EnvelopedData whose content ends with the tag, as Bouncy Castle's users send it."""
    (root,) = children_of(sealed)
    kind, outer = root.children or ()
    (envelope,) = outer.children or ()
    assert envelope.children
    tag = envelope.children.pop()
    content = (envelope.children[2].children or ())[2]
    kind.content, content.content = ENVELOPED_DATA, content.content + tag.content
    return root.encoded()


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 200_000])
def test_gcm_in_enveloped_data_has_its_tag_at_the_end_of_the_content(length: int):
    us, plain, sealed = holder("us"), bytes(length), BytesIO()
    encrypt(BytesIO(plain), sealed, [us.certificate], Cipher.AES_256_GCM, Transport.RSA_OAEP_SHA256)
    blob = with_the_tag_inside(sealed.getvalue())
    sink = BytesIO()
    assert decrypt(BytesIO(blob), sink, [as_recipient(us)], MODERN_ENCRYPTION).cipher is Cipher.AES_256_GCM
    assert sink.getvalue() == plain
    for at in (-1, -16):
        damaged, sink = bytearray(blob), BytesIO()
        damaged[at] ^= 1
        with pytest.raises(CryptographicFailure) as failed:
            decrypt(BytesIO(damaged), sink, [as_recipient(us)], MODERN_ENCRYPTION)
        assert (failed.value.reason, sink.getvalue()) == (Reason.DECRYPTION, b"")
