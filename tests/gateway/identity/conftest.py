"""Keys, issuers and tokens to attack the verifier with. Signed with cryptography alone, so no library of the product
has a say in what a bad token looks like."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gateway.identity.issuers import Issuer
from gateway.identity.keys import UnknownKey
from gateway.identity.replays import ProcessReplays
from gateway.identity.signatures import VerificationKey
from gateway.identity.tokens import Presented, TokenVerifier

NOW = 1_795_000_000
PARTNERS = "https://id.harbourline.example/realms/partners"
PLANTS = "https://id.harbourline.example/realms/plants"
CORPORATE = "https://id.harbourline.example/realms/corporate"
AUDIENCE = "partner-gateway"
URL = "https://gateway.harbourline.example/v1/documents"


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class SigningKey:
    """A private key with its public JSON Web Key; signs with any algorithm its type can do."""

    def __init__(self, private: Any, kid: str) -> None:
        self.private = private
        self.kid = kid

    @property
    def jwk(self) -> dict[str, Any]:
        return {"kid": self.kid, **self.bare}

    @property
    def bare(self) -> dict[str, Any]:
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        if isinstance(public, ec.EllipticCurvePublicKey):
            curve = {256: "P-256", 384: "P-384", 521: "P-521"}[public.curve.key_size]
            size = (public.curve.key_size + 7) // 8
            point = public.public_numbers()
            return {
                "kty": "EC",
                "crv": curve,
                "x": b64(point.x.to_bytes(size, "big")),
                "y": b64(point.y.to_bytes(size, "big")),
            }
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}

    @property
    def thumbprint(self) -> str:
        text = json.dumps(self.bare, separators=(",", ":"), sort_keys=True)
        return b64(hashlib.sha256(text.encode()).digest())

    def sign(self, algorithm: str, message: bytes) -> bytes:
        digest = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}.get(algorithm[-3:], hashes.SHA256)()
        if algorithm.startswith("RS"):
            return self.private.sign(message, padding.PKCS1v15(), digest)
        if algorithm.startswith("PS"):
            return self.private.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        if algorithm.startswith("ES"):
            size = (self.private.curve.key_size + 7) // 8
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        return self.private.sign(message)

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


class Keychain:
    """A key source that holds what a test puts in, and counts how often it is asked."""

    def __init__(self) -> None:
        self.published: dict[tuple[str, str], VerificationKey] = {}
        self.asked = 0

    def publish(self, iss: str, jwk: dict[str, Any]) -> None:
        self.published[iss, jwk["kid"]] = VerificationKey(jwk)

    async def find(self, issuer: Issuer, kid: str) -> VerificationKey:
        self.asked += 1
        try:
            return self.published[issuer.iss, kid]
        except KeyError:
            raise UnknownKey from None


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Mint:
    """Makes tokens and proofs, good ones by default; every part can be bent."""

    def __init__(self, keys: dict[str, SigningKey]) -> None:
        self.keys = keys

    def header(self, **changes: Any) -> dict[str, Any]:
        return _changed({"alg": "RS256", "typ": "JWT", "kid": "rsa"}, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        good = {
            "iss": PARTNERS,
            "sub": "9b1c4c1e-6f0e-4a57-8f5b-3a6a6a1f1b11",
            "aud": [AUDIENCE, "account"],
            "azp": "acme-edi",
            "typ": "Bearer",
            "iat": NOW - 10,
            "exp": NOW + 290,
            "jti": "trrtcc:5d0d7b8e",
            "realm_access": {"roles": ["supplier"]},
            "resource_access": {AUDIENCE: {"roles": ["orders"]}, "other": {"roles": ["admin"]}},
            "scope": "orders:write orders:read",
        }
        return _changed(good, changes)

    def token(self, header: Any = None, claims: Any = None, *, key: str = "rsa", algorithm: str | None = None) -> str:
        header = self.header() if header is None else header
        claims = self.claims() if claims is None else claims
        return self.raw(json.dumps(header), json.dumps(claims), key=key, algorithm=algorithm or header["alg"])

    def raw(self, header: str | bytes, claims: str | bytes, *, key: str = "rsa", algorithm: str = "RS256") -> str:
        signed = ".".join(b64(part.encode() if isinstance(part, str) else part) for part in (header, claims))
        return f"{signed}.{b64(self.keys[key].sign(algorithm, signed.encode()))}"

    def hmac(self, header: dict[str, Any], secret: bytes) -> str:
        signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(self.claims()).encode())}"
        return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"

    def proof(self, token: str | None, *, key: str = "device", header: Any = None, **changes: Any) -> str:
        claims = {"jti": "e1j3V_bKic8-LAEB", "htm": "POST", "htu": URL, "iat": NOW}
        if token is not None:
            claims["ath"] = b64(hashlib.sha256(token.encode()).digest())
        head = _changed({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.keys[key].bare}, header or {})
        return self.raw(json.dumps(head), json.dumps(_changed(claims, changes)), key=key, algorithm="ES256")


def _changed(good: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Dashes stand for what Python names cannot hold; None takes a member away."""
    changed = good | changes
    return {name: value for name, value in changed.items() if value is not None}


@pytest.fixture(scope="session")
def signing_keys() -> dict[str, SigningKey]:
    return {
        "rsa": SigningKey(rsa.generate_private_key(65537, 2048), "rsa"),
        "stranger": SigningKey(rsa.generate_private_key(65537, 2048), "rsa"),
        "ec": SigningKey(ec.generate_private_key(ec.SECP256R1()), "ec"),
        "ec384": SigningKey(ec.generate_private_key(ec.SECP384R1()), "ec384"),
        "ed": SigningKey(ed25519.Ed25519PrivateKey.generate(), "ed"),
        "device": SigningKey(ec.generate_private_key(ec.SECP256R1()), "device"),
        "other-device": SigningKey(ec.generate_private_key(ec.SECP256R1()), "other-device"),
    }


@pytest.fixture
def mint(signing_keys: dict[str, SigningKey]) -> Mint:
    return Mint(signing_keys)


@pytest.fixture
def keychain(signing_keys: dict[str, SigningKey]) -> Keychain:
    keychain = Keychain()
    for name in ("rsa", "ec", "ec384", "ed"):
        for iss in (PARTNERS, PLANTS, CORPORATE):
            keychain.publish(iss, signing_keys[name].jwk)
    return keychain


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuers() -> list[Issuer]:
    return [
        Issuer(
            iss=PARTNERS,
            kind="partner",
            jwks_uri=f"{PARTNERS}/certs",
            audience=AUDIENCE,
            clients=frozenset({"acme-edi", "nordwind-api"}),
        ),
        Issuer(iss=PLANTS, kind="plant", jwks_uri=f"{PLANTS}/certs", audience=AUDIENCE),
        Issuer(iss=CORPORATE, kind="corporate", jwks_uri=f"{CORPORATE}/certs", audience=AUDIENCE, token_type="at+jwt"),
    ]


@pytest.fixture
def verifier(issuers: list[Issuer], keychain: Keychain, clock: Clock) -> TokenVerifier:
    return TokenVerifier(issuers, keychain, replays=ProcessReplays(clock=clock), clock=clock)


@pytest.fixture
def bearer():
    def present(token: str, certificate: str | None = None) -> Presented:
        return Presented(token, "Bearer", "POST", URL, certificate_thumbprint=certificate)

    return present


@pytest.fixture
def dpop():
    def present(token: str, proof: str | None, *, method: str = "POST", url: str = URL) -> Presented:
        return Presented(token, "DPoP", method, url, proof=proof)

    return present
