"""The public keys of certificates as a JSON Web Key Set (RFC 7517), each named by its thumbprint (RFC 7638)."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

_CURVES = {"secp256r1": ("P-256", "ES256"), "secp384r1": ("P-384", "ES384"), "secp521r1": ("P-521", "ES512")}


def key_set(certificates: Iterable[x509.Certificate]) -> str:
    """Always the same text for the same certificates in the same order."""
    return json.dumps({"keys": [_key(one) for one in certificates]}, sort_keys=True, separators=(",", ":"))


def key_id(certificate: x509.Certificate) -> str:
    """What the partner writes as `kid` into its assertions."""
    named = json.dumps(_numbers(certificate), sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(named.encode()).digest())


def algorithm_of(certificate: x509.Certificate) -> str:
    """How assertions are signed with its key."""
    key = certificate.public_key()
    return _CURVES[key.curve.name][1] if isinstance(key, ec.EllipticCurvePublicKey) else "PS256"


def _key(certificate: x509.Certificate) -> dict[str, str]:
    return {
        **_numbers(certificate),
        "kid": key_id(certificate),
        "alg": algorithm_of(certificate),
        "use": "sig",
    }


def _numbers(certificate: x509.Certificate) -> dict[str, str]:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        point, size = key.public_numbers(), (key.key_size + 7) // 8
        return {"kty": "EC", "crv": _CURVES[key.curve.name][0], "x": _whole(point.x, size), "y": _whole(point.y, size)}
    assert isinstance(key, rsa.RSAPublicKey), "a profile is not loaded with a certificate of another kind"
    numbers = key.public_numbers()
    return {"kty": "RSA", "n": _whole(numbers.n, 0), "e": _whole(numbers.e, 0)}


def _whole(value: int, size: int) -> str:
    """Big-endian, in as many bytes as the curve's field has or as the number needs (RFC 7518, 6.2.1 and 6.3.1)."""
    return _base64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
