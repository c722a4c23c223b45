"""The algorithms of AS2 messages by their object identifiers, as they stand encoded (without tag and length)."""

from enum import StrEnum
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from msgspec import Struct


def encoded_oid(dotted: str) -> bytes:
    """The content of an OBJECT IDENTIFIER (X.690, 8.19): `1.2.840` as `2a 86 48`."""
    first, second, *others = (int(arc) for arc in dotted.split("."))
    encoded = bytearray()
    for arc in (first * 40 + second, *others):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        encoded += bytes(reversed(groups))
    return bytes(encoded)


def dotted_oid(encoded: bytes) -> str:
    """The way back, for people."""
    arcs, arc = [], 0
    for octet in encoded:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    if not arcs:
        return "?"
    first = min(arcs[0] // 40, 2)
    return ".".join(str(number) for number in (first, arcs[0] - first * 40, *arcs[1:]))


DATA: Final = encoded_oid("1.2.840.113549.1.7.1")
SIGNED_DATA: Final = encoded_oid("1.2.840.113549.1.7.2")
ENVELOPED_DATA: Final = encoded_oid("1.2.840.113549.1.7.3")
COMPRESSED_DATA: Final = encoded_oid("1.2.840.113549.1.9.16.1.9")
AUTH_ENVELOPED_DATA: Final = encoded_oid("1.2.840.113549.1.9.16.1.23")

CONTENT_TYPE: Final = encoded_oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST: Final = encoded_oid("1.2.840.113549.1.9.4")
SIGNING_TIME: Final = encoded_oid("1.2.840.113549.1.9.5")

ZLIB: Final = encoded_oid("1.2.840.113549.1.9.16.3.8")


class Digest(StrEnum):
    """By the names hashlib has for them."""

    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def hash(self) -> hashes.HashAlgorithm:
        return _HASHES[self]

    @property
    def oid(self) -> bytes:
        return _DIGEST_OIDS[self]


_HASHES: Final[dict[Digest, hashes.HashAlgorithm]] = {
    Digest.SHA1: hashes.SHA1(),  # noqa: S303 - read from partners whose agreement allows it, never written
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA384: hashes.SHA384(),
    Digest.SHA512: hashes.SHA512(),
}
_DIGEST_OIDS: Final = {
    Digest.SHA1: encoded_oid("1.3.14.3.2.26"),
    Digest.SHA256: encoded_oid("2.16.840.1.101.3.4.2.1"),
    Digest.SHA384: encoded_oid("2.16.840.1.101.3.4.2.2"),
    Digest.SHA512: encoded_oid("2.16.840.1.101.3.4.2.3"),
}
DIGESTS: Final = {oid: digest for digest, oid in _DIGEST_OIDS.items()}


class Scheme(StrEnum):
    """How a digest becomes a signature."""

    RSA_PKCS1 = "rsa-pkcs1"
    RSA_PSS = "rsa-pss"
    ECDSA = "ecdsa"


RSA: Final = encoded_oid("1.2.840.113549.1.1.1")
RSA_PSS: Final = encoded_oid("1.2.840.113549.1.1.10")
MGF1: Final = encoded_oid("1.2.840.113549.1.1.8")

SIGNATURES: Final[dict[bytes, tuple[Scheme, Digest | None]]] = {
    RSA: (Scheme.RSA_PKCS1, None),
    encoded_oid("1.2.840.113549.1.1.5"): (Scheme.RSA_PKCS1, Digest.SHA1),
    encoded_oid("1.2.840.113549.1.1.11"): (Scheme.RSA_PKCS1, Digest.SHA256),
    encoded_oid("1.2.840.113549.1.1.12"): (Scheme.RSA_PKCS1, Digest.SHA384),
    encoded_oid("1.2.840.113549.1.1.13"): (Scheme.RSA_PKCS1, Digest.SHA512),
    RSA_PSS: (Scheme.RSA_PSS, None),
    encoded_oid("1.2.840.10045.4.1"): (Scheme.ECDSA, Digest.SHA1),
    encoded_oid("1.2.840.10045.4.3.2"): (Scheme.ECDSA, Digest.SHA256),
    encoded_oid("1.2.840.10045.4.3.3"): (Scheme.ECDSA, Digest.SHA384),
    encoded_oid("1.2.840.10045.4.3.4"): (Scheme.ECDSA, Digest.SHA512),
}
"""Signature algorithm -> scheme and the digest it names itself, if it names one."""

ECDSA_OIDS: Final = {digest: oid for oid, (scheme, digest) in SIGNATURES.items() if scheme is Scheme.ECDSA and digest}


class Transport(StrEnum):
    """How the key of the content comes to its recipient."""

    RSA_PKCS1 = "rsa-pkcs1"
    RSA_OAEP_SHA1 = "rsa-oaep-sha1"
    RSA_OAEP_SHA256 = "rsa-oaep-sha256"
    RSA_OAEP_SHA384 = "rsa-oaep-sha384"
    RSA_OAEP_SHA512 = "rsa-oaep-sha512"


RSA_OAEP: Final = encoded_oid("1.2.840.113549.1.1.7")
P_SPECIFIED: Final = encoded_oid("1.2.840.113549.1.1.9")
OAEP_DIGESTS: Final = {
    Transport.RSA_OAEP_SHA1: Digest.SHA1,
    Transport.RSA_OAEP_SHA256: Digest.SHA256,
    Transport.RSA_OAEP_SHA384: Digest.SHA384,
    Transport.RSA_OAEP_SHA512: Digest.SHA512,
}
OAEP_TRANSPORTS: Final = {digest: transport for transport, digest in OAEP_DIGESTS.items()}


class Cipher(StrEnum):
    """How the content is encrypted."""

    AES_128_CBC = "aes-128-cbc"
    AES_192_CBC = "aes-192-cbc"
    AES_256_CBC = "aes-256-cbc"
    AES_128_GCM = "aes-128-gcm"
    AES_192_GCM = "aes-192-gcm"
    AES_256_GCM = "aes-256-gcm"
    DES3_CBC = "3des-cbc"

    @property
    def shape(self) -> "CipherShape":
        return CIPHER_SHAPES[self]

    @property
    def is_authenticated(self) -> bool:
        """Whether a change of the ciphertext is found. If not, only a signature inside protects the content."""
        return self.shape.authenticated


class CipherShape(Struct, frozen=True):
    """`key` and `block` in bytes; `block` is what CBC pads to and the length of its first vector."""

    oid: bytes
    key: int
    block: int
    authenticated: bool
    algorithm: type[AES] | type[TripleDES]


CIPHER_SHAPES: Final = {
    Cipher.AES_128_CBC: CipherShape(encoded_oid("2.16.840.1.101.3.4.1.2"), 16, 16, False, AES),
    Cipher.AES_192_CBC: CipherShape(encoded_oid("2.16.840.1.101.3.4.1.22"), 24, 16, False, AES),
    Cipher.AES_256_CBC: CipherShape(encoded_oid("2.16.840.1.101.3.4.1.42"), 32, 16, False, AES),
    Cipher.AES_128_GCM: CipherShape(encoded_oid("2.16.840.1.101.3.4.1.6"), 16, 16, True, AES),
    Cipher.AES_192_GCM: CipherShape(encoded_oid("2.16.840.1.101.3.4.1.26"), 24, 16, True, AES),
    Cipher.AES_256_GCM: CipherShape(encoded_oid("2.16.840.1.101.3.4.1.46"), 32, 16, True, AES),
    Cipher.DES3_CBC: CipherShape(encoded_oid("1.2.840.113549.3.7"), 24, 8, False, TripleDES),
}
CIPHERS: Final = {shape.oid: cipher for cipher, shape in CIPHER_SHAPES.items()}
