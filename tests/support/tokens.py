"""An issuer of the tests: signs tokens in Keycloak's shape, and is the source of its own public keys.

Signed with cryptography alone, so no library of the product has a say in what a token looks like.
"""

import base64
import hashlib
import json
import time
import uuid
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gateway.identity.issuers import Issuer, IssuerKind
from gateway.identity.keys import KeysUnavailable, UnknownKey
from gateway.identity.signatures import VerificationKey

AUDIENCE = "partner-gateway"
ISSUERS: dict[IssuerKind, Issuer] = {
    kind: Issuer(
        iss=f"https://id.tests.example/realms/{kind}",
        kind=kind,
        jwks_uri=f"https://id.tests.example/realms/{kind}/certs",
        audience=AUDIENCE,
    )
    for kind in ("partner", "plant", "corporate")
}


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class SigningKey:
    """An EC key on P-256, with its JSON Web Key."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        numbers = self._private.public_key().public_numbers()
        self.public = {
            "kty": "EC", "crv": "P-256",
            "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big")),
        }  # fmt: skip

    @property
    def thumbprint(self) -> str:
        text = json.dumps(self.public, separators=(",", ":"), sort_keys=True)
        return b64(hashlib.sha256(text.encode()).digest())

    def signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        text = ".".join(b64(json.dumps(part).encode()) for part in ({"alg": "ES256", **header}, claims))
        r, s = decode_dss_signature(self._private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


class TestIssuer:
    """A KeySource. `away`: nobody can say whether a key is ours."""

    __test__ = False

    def __init__(self) -> None:
        self._key = SigningKey()
        self.away = False

    async def find(self, issuer: Issuer, kid: str) -> VerificationKey:
        if self.away:
            raise KeysUnavailable
        if kid != "tests":
            raise UnknownKey
        return VerificationKey({"kid": kid, **self._key.public})

    def token(self, kind: IssuerKind, client: str, *roles: str, **claims: Any) -> str:
        now = int(time.time())
        good = {
            "iss": ISSUERS[kind].iss, "sub": str(uuid.uuid5(uuid.NAMESPACE_URL, client)), "aud": [AUDIENCE],
            "azp": client, "typ": "Bearer", "iat": now - 1, "exp": now + 290, "jti": str(uuid.uuid4()),
            "realm_access": {"roles": list(roles)},
        }  # fmt: skip
        return self._key.signed({"typ": "JWT", "kid": "tests"}, good | claims)

    def bound_token(self, device: SigningKey, kind: IssuerKind, client: str, *roles: str) -> str:
        return self.token(kind, client, *roles, typ="DPoP", cnf={"jkt": device.thumbprint})


def proof(device: SigningKey, token: str, method: str, url: str) -> str:
    """A DPoP proof for one request (RFC 9449 section 4.2)."""
    claims = {
        "jti": str(uuid.uuid4()), "htm": method, "htu": url, "iat": int(time.time()),
        "ath": b64(hashlib.sha256(token.encode()).digest()),
    }  # fmt: skip
    return device.signed({"typ": "dpop+jwt", "jwk": device.public}, claims)
