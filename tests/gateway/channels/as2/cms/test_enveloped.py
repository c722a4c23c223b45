"""Envelopes: ours, OpenSSL's, and damaged ones."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from support.as2_keys import Holder, holder
from support.openssl import openssl, write_holder

from gateway.channels.as2.cms import der
from gateway.channels.as2.cms.algorithms import Cipher, Transport
from gateway.channels.as2.cms.encrypting import encrypt
from gateway.channels.as2.cms.enveloped import Decrypted, decrypt, read_envelope
from gateway.channels.as2.cms.failures import CryptographicFailure, Reason
from gateway.channels.as2.cms.recipients import Recipient
from gateway.channels.as2.cms.rules import LEGACY_ENCRYPTION, MODERN_ENCRYPTION, Caps, EncryptionRules

CONTENT = hashlib.shake_128(b"an order").digest(200_003)
LENGTHS = (0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 200_003)


def opened(
    message: bytes, *holders: Holder, rules: EncryptionRules = MODERN_ENCRYPTION, caps: Caps | None = None
) -> tuple[bytes, Decrypted]:
    sink = BytesIO()
    keys = [Recipient(one.certificate, one.key) for one in holders]
    decrypted = decrypt(BytesIO(message), sink, keys, rules, caps or Caps())
    return sink.getvalue(), decrypted


def sealed(content: bytes, cipher: Cipher, transport: Transport, *holders: Holder) -> bytes:
    sink = BytesIO()
    encrypt(BytesIO(content), sink, [one.certificate for one in holders], cipher, transport)
    return sink.getvalue()


def refused(message: bytes, *holders: Holder, rules: EncryptionRules = MODERN_ENCRYPTION) -> CryptographicFailure:
    sink = BytesIO(b"before")
    sink.seek(6)
    keys = [Recipient(one.certificate, one.key) for one in holders]
    with pytest.raises(CryptographicFailure) as failure:
        decrypt(BytesIO(message), sink, keys, rules)
    assert sink.getvalue() == b"before"
    return failure.value


WRITTEN = [cipher for cipher in Cipher if cipher is not Cipher.DES3_CBC]


@pytest.mark.parametrize("cipher", WRITTEN)
@pytest.mark.parametrize("transport", [one for one in Transport if one is not Transport.RSA_OAEP_SHA1])
def test_what_is_encrypted_decrypts(cipher: Cipher, transport: Transport) -> None:
    theirs, ours = holder("Kontor Steel"), holder("Nordwerk AS2")
    for length in LENGTHS:
        content, decrypted = opened(sealed(CONTENT[:length], cipher, transport, theirs, ours), ours)
        assert content == CONTENT[:length]
        assert (decrypted.cipher, decrypted.transport, decrypted.certificate) == (cipher, transport, ours.certificate)


@pytest.mark.parametrize("cipher", WRITTEN)
@pytest.mark.parametrize("transport", [Transport.RSA_PKCS1, Transport.RSA_OAEP_SHA256])
def test_openssl_opens_what_is_encrypted(cipher: Cipher, transport: Transport, tmp_path: Path) -> None:
    theirs = holder("Kontor Steel")
    write_holder(tmp_path, theirs)
    (tmp_path / "message").write_bytes(sealed(CONTENT, cipher, transport, holder("Nordwerk AS2"), theirs))
    clear = openssl(
        tmp_path, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "message",
        "-recip", "certificate.pem", "-inkey", "key.pem",
    )  # fmt: skip
    assert clear == CONTENT


OAEP = ("-keyopt", "rsa_padding_mode:oaep")
OAEP_SHA256 = (*OAEP, "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256")
FROM_OPENSSL = [
    (("-aes-128-cbc",), Cipher.AES_128_CBC, Transport.RSA_PKCS1),
    (("-aes-256-cbc", "-keyid"), Cipher.AES_256_CBC, Transport.RSA_PKCS1),
    (("-aes-256-gcm",), Cipher.AES_256_GCM, Transport.RSA_PKCS1),
    (("-aes-128-gcm", "-keyid"), Cipher.AES_128_GCM, Transport.RSA_PKCS1),
    (("-des3",), Cipher.DES3_CBC, Transport.RSA_PKCS1),
    (("-aes-256-cbc", "OAEP_SHA256"), Cipher.AES_256_CBC, Transport.RSA_OAEP_SHA256),
    (("-aes-192-cbc", "OAEP"), Cipher.AES_192_CBC, Transport.RSA_OAEP_SHA1),
]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("options", "cipher", "transport"), FROM_OPENSSL)
def test_what_openssl_encrypts_decrypts(
    options: tuple[str, ...], cipher: Cipher, transport: Transport, stream: bool, tmp_path: Path
) -> None:
    ours = holder("Nordwerk AS2")
    write_holder(tmp_path, ours)
    (tmp_path / "content").write_bytes(CONTENT)
    padding = OAEP_SHA256 if "OAEP_SHA256" in options else OAEP if "OAEP" in options else ()
    message = openssl(
        tmp_path, "cms", "-encrypt", "-binary", "-in", "content", "-outform", "DER",
        *(("-stream", "-indef") if stream else ()),
        *(option for option in options if option.startswith("-")), "-recip", "certificate.pem", *padding,
    )  # fmt: skip
    assert message.startswith(b"\x30\x80") is stream
    content, decrypted = opened(message, holder("Kontor Steel"), ours, rules=LEGACY_ENCRYPTION)
    assert content == CONTENT
    assert (decrypted.cipher, decrypted.transport) == (cipher, transport)
    if cipher is Cipher.DES3_CBC or transport is Transport.RSA_OAEP_SHA1:
        assert refused(message, ours).reason is Reason.INSUFFICIENT_SECURITY


@pytest.mark.parametrize(("cipher", "transport"), [
    (Cipher.DES3_CBC, Transport.RSA_PKCS1), (Cipher.AES_128_CBC, Transport.RSA_OAEP_SHA1),
])  # fmt: skip
def test_what_is_legacy_is_never_written(cipher: Cipher, transport: Transport) -> None:
    with pytest.raises(ValueError, match="never written"):
        sealed(b"", cipher, transport, holder("Kontor Steel"))


@pytest.mark.parametrize("kind", ["rsa1024", "secp256r1"])
def test_nothing_is_encrypted_for_a_weak_key_or_another_kind(kind: str) -> None:
    with pytest.raises(ValueError, match="2048 bits or more"):
        sealed(b"", Cipher.AES_256_GCM, Transport.RSA_PKCS1, holder("Kontor Steel", kind))


@pytest.mark.parametrize("cipher", ["-aes-256-gcm", "-aes-128-cbc"])
def test_each_of_several_recipients_opens_what_openssl_encrypts(cipher: str, tmp_path: Path) -> None:
    everybody = [holder(name) for name in ("Nordwerk AS2", "Kontor Steel", "Hafen Logistik")]
    for number, one in enumerate(everybody):
        (tmp_path / f"{number}.pem").write_bytes(one.pem)
    (tmp_path / "content").write_bytes(CONTENT)
    message = openssl(
        tmp_path, "cms", "-encrypt", "-binary", "-in", "content", "-outform", "DER", cipher, "0.pem", "1.pem", "2.pem"
    )
    for one in everybody:
        assert opened(message, one)[0] == CONTENT


def test_a_message_for_somebody_else_is_refused() -> None:
    message = sealed(CONTENT, Cipher.AES_256_GCM, Transport.RSA_PKCS1, holder("Kontor Steel"))
    failure = refused(message, holder("Nordwerk AS2"))
    assert failure.reason is Reason.DECRYPTION
    assert "none of our certificates is that" in failure.detail


@pytest.mark.parametrize("cipher", [Cipher.AES_256_GCM, Cipher.AES_256_CBC])
@pytest.mark.parametrize("transport", [Transport.RSA_PKCS1, Transport.RSA_OAEP_SHA256])
def test_a_wrong_key_and_a_wrong_content_fail_alike(cipher: Cipher, transport: Transport) -> None:
    ours = holder("Nordwerk AS2")
    message = sealed(b"x" * 48, cipher, transport, ours)
    encrypted_key = read_envelope(message).recipients[0].encrypted_key
    at = message.index(encrypted_key)
    failures = set()
    for place in (at + 1, at + 100, len(message) - 1, len(message) - 20):
        damaged = bytearray(message)
        damaged[place] ^= 1
        for _ in range(40):  # a random key gives a right padding of CBC once in 256
            sink = BytesIO()
            try:
                decrypt(BytesIO(damaged), sink, [Recipient(ours.certificate, ours.key)], MODERN_ENCRYPTION)
            except CryptographicFailure as failure:
                failures.add((str(failure), failure.reason, failure.detail))
            else:
                assert cipher is Cipher.AES_256_CBC
                assert sink.getvalue() != b"x" * 48
    assert len(failures) == 1
    assert next(iter(failures))[1] is Reason.DECRYPTION


def test_the_tag_of_gcm_cannot_be_shortened() -> None:
    ours = holder("Nordwerk AS2")
    message = sealed(CONTENT[:100], Cipher.AES_256_GCM, Transport.RSA_PKCS1, ours)
    shorter = message[:-18] + b"\x04\x0c" + message[-16:-4]
    for place in (2, 2 + 17, 2 + 21):  # the lengths of what holds the tag
        length = int.from_bytes(shorter[place : place + 2]) - 4
        shorter = shorter[:place] + length.to_bytes(2) + shorter[place + 2 :]
    assert refused(shorter, ours).detail == "the tag has another length than announced"


def test_a_gcm_message_cannot_pass_as_cbc() -> None:
    ours = holder("Nordwerk AS2")
    message = sealed(CONTENT[:96], Cipher.AES_256_GCM, Transport.RSA_PKCS1, ours)
    gcm, cbc = (der.oid(cipher.shape.oid) for cipher in (Cipher.AES_256_GCM, Cipher.AES_256_CBC))
    assert refused(message.replace(gcm, cbc), ours).reason is Reason.MALFORMED


@pytest.mark.parametrize("cipher", [Cipher.AES_256_GCM, Cipher.AES_128_CBC])
def test_nothing_may_follow(cipher: Cipher) -> None:
    ours = holder("Nordwerk AS2")
    message = sealed(CONTENT, cipher, Transport.RSA_PKCS1, ours)
    assert refused(message + b"\x00", ours).detail == "bytes follow the end of the structure"


def test_a_content_beyond_the_cap_is_refused() -> None:
    ours = holder("Nordwerk AS2")
    message = sealed(CONTENT, Cipher.AES_256_GCM, Transport.RSA_PKCS1, ours)
    with pytest.raises(CryptographicFailure) as failure:
        opened(message, ours, caps=Caps(content=200_000))
    assert failure.value.detail == "the content is longer than 200000 bytes"
