"""Public keys as JSON (RFC 7517) and signatures (RFC 7515, 7518, 8037). The only user of PyJWT's primitives.

PyJWT answers one question here: does this signature fit these bytes under this key. Whether the key may be used at
all is decided by `unfitness`, because PyJWT takes keys meant for encryption and compares algorithms as text only.
"""

from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import InvalidKeyError

# algorithm -> (key type, curve); RSA has no curve
_SHAPES: Final[dict[str, tuple[str, str | None]]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
ALGORITHMS: Final = tuple(_SHAPES)
_PRIMITIVES: Final[dict[str, Algorithm]] = {
    name: primitive for name, primitive in get_default_algorithms().items() if name in _SHAPES
}
_PRIVATE_MEMBERS: Final = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_RSA_BITS: Final = range(2048, 8193)  # NIST SP 800-131A below; above, one check would cost milliseconds


class UnfitKey(Exception):  # noqa: N818 - a refusal, not a defect
    """This key may not verify this signature; the text says why and holds nothing of the key."""


class VerificationKey:
    """A public key with what its publisher allows it for. `members` is the JSON Web Key as published."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members
        self._loaded: dict[str, Any] = {}

    def verifies(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Whether `signature` over `signed` is this key's. Raises UnfitKey when the key must not be asked."""
        if reason := unfitness(self.members, algorithm):
            raise UnfitKey(reason)
        primitive = _PRIMITIVES[algorithm]
        if algorithm not in self._loaded:
            self._loaded[algorithm] = _load(primitive, self.members)
        return primitive.verify(signed, self._loaded[algorithm], signature)


def unfitness(members: Mapping[str, Any], algorithm: str) -> str | None:
    """Why a key with these members must not verify a signature of `algorithm`; None when it may."""
    if algorithm not in _SHAPES:
        return "the algorithm is not one we verify"
    key_type, curve = _SHAPES[algorithm]
    if any(member in members for member in _PRIVATE_MEMBERS):
        return "the key holds private parts"
    if members.get("kty") != key_type:
        return "the key is of another type than the algorithm needs"
    if curve is not None and members.get("crv") != curve:
        return "the key is on another curve than the algorithm needs"
    return _unfitness_by_intent(members, algorithm)


def _unfitness_by_intent(members: Mapping[str, Any], algorithm: str) -> str | None:
    if members.get("use", "sig") != "sig":
        return "the key is not for signatures"
    operations = members.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return "the key is not for verifying"
    if members.get("alg", algorithm) != algorithm:
        return "the key is for another algorithm"
    return None


def _load(primitive: Algorithm, members: Mapping[str, Any]) -> Any:
    try:
        key = primitive.from_jwk(dict(members))
    # PyJWT lets the errors of missing or mistyped members through as they fall
    except (InvalidKeyError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise UnfitKey("the key cannot be read") from error
    if isinstance(key, RSAPublicKey):
        exponent = key.public_numbers().e
        if key.key_size not in _RSA_BITS or exponent < 3 or exponent % 2 == 0:
            raise UnfitKey("the key is too weak or too large")
    return key
