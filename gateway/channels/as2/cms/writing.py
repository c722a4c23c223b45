"""Signatures as we write them: detached, with signed attributes, the certificate enclosed. Never SHA-1."""

from datetime import datetime
from functools import cache, lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.channels.as2.cms import algorithms, der
from gateway.channels.as2.cms.algorithms import ECDSA_OIDS, RSA, RSA_PSS, Digest, Scheme
from gateway.channels.as2.cms.rules import MODERN_DIGESTS
from gateway.channels.as2.cms.signed import identities

SigningKey = RSAPrivateKey | EllipticCurvePrivateKey

_DATA: Final = der.oid(algorithms.DATA)
_VERSION_1: Final = der.integer(1)
_CONTENT_TYPE: Final = der.sequence(der.oid(algorithms.CONTENT_TYPE), der.set_of([_DATA]))
_MESSAGE_DIGEST: Final = der.oid(algorithms.MESSAGE_DIGEST)
_SIGNING_TIME: Final = der.oid(algorithms.SIGNING_TIME)
_SIGNED_DATA: Final = der.oid(algorithms.SIGNED_DATA)


def sign(
    digest: bytes,
    algorithm: Digest,
    key: SigningKey,
    certificate: x509.Certificate,
    scheme: Scheme,
    at: datetime,
) -> bytes:
    """A detached signature (ContentInfo with SignedData, DER) over content of this digest.

    `scheme` must fit the key. Raises ValueError for SHA-1 and for a key that is not the certificate's kind.
    """
    if algorithm not in MODERN_DIGESTS:
        raise ValueError(f"{algorithm} is never written")
    attributes = (
        _CONTENT_TYPE,
        der.sequence(_SIGNING_TIME, der.set_of([der.time(at)])),
        der.sequence(_MESSAGE_DIGEST, der.set_of([der.tagged(0x04, digest)])),
    )
    signature = _signature(der.set_of(attributes), algorithm, key, scheme)
    name, enclosed = _written(certificate)
    digest_algorithm = der.sequence(der.oid(algorithm.oid))
    signer = der.sequence(
        _VERSION_1,
        name,
        digest_algorithm,
        der.set_of(attributes, tag=0xA0),
        _signature_algorithm(scheme, algorithm),
        der.tagged(0x04, signature),
    )
    signed = der.sequence(
        _VERSION_1,
        der.set_of([digest_algorithm]),
        der.sequence(_DATA),
        enclosed,
        der.set_of([signer]),
    )
    return der.sequence(_SIGNED_DATA, der.tagged(0xA0, signed))


@lru_cache(maxsize=256)
def _written(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    """IssuerAndSerialNumber, and the certificate as the one that is enclosed."""
    named, _ = identities(certificate)
    return (
        der.sequence(named.issuer, der.tagged(0x02, named.serial)),
        der.tagged(0xA0, certificate.public_bytes(Encoding.DER)),
    )


def _signature(attributes: bytes, algorithm: Digest, key: SigningKey, scheme: Scheme) -> bytes:
    if isinstance(key, RSAPrivateKey):
        if scheme is Scheme.RSA_PKCS1:
            return key.sign(attributes, PKCS1v15(), algorithm.hash)
        if scheme is Scheme.RSA_PSS:
            return key.sign(attributes, PSS(MGF1(algorithm.hash), algorithm.hash.digest_size), algorithm.hash)
    elif scheme is Scheme.ECDSA:
        return key.sign(attributes, ECDSA(algorithm.hash))
    raise ValueError(f"{scheme} does not fit the key")


@cache
def _signature_algorithm(scheme: Scheme, algorithm: Digest) -> bytes:
    match scheme:
        case Scheme.RSA_PKCS1:
            return der.sequence(der.oid(RSA), der.NULL)
        case Scheme.ECDSA:
            return der.sequence(der.oid(ECDSA_OIDS[algorithm]))
        case Scheme.RSA_PSS:
            hashed = der.sequence(der.oid(algorithm.oid), der.NULL)
            mask = der.sequence(der.oid(algorithms.MGF1), hashed)
            salt = der.integer(algorithm.hash.digest_size)
            parameters = der.sequence(der.tagged(0xA0, hashed), der.tagged(0xA1, mask), der.tagged(0xA2, salt))
            return der.sequence(der.oid(RSA_PSS), parameters)
