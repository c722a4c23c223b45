"""Tokens of the development issuer: signed like Keycloak 26's, with keys that survive a restart."""

import time
import uuid
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.identity.development_clients import DevelopmentClient

_ALGORITHM: Final = "RS256"
_BITS: Final = 2048
# A stable subject per client, as a realm's service account has
_SUBJECTS: Final = uuid.UUID("6f0d2a5e-1f0e-5b0a-9f57-2f6d1c1b3a10")


class RealmSigner:
    """The signing key of one realm, made on first use and kept in `state` (mode 0600)."""

    def __init__(self, realm: str, issuer: str, state: Path) -> None:
        self.issuer = issuer
        self._realm = realm
        self._key = _load_or_make(state / f"{realm}.pem")

    def published(self) -> dict[str, Any]:
        """The JSON Web Key Set with the public half."""
        return {"keys": [self._key.as_dict(private=False)]}

    def access_token(self, client: DevelopmentClient, scope: str, proof_key: str | None) -> str:
        """An access token in the shape of a Keycloak service account's, bound to `proof_key` if there is one."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "exp": now + client.lifetime_seconds,
            "iat": now,
            "jti": f"trrtcc:{uuid.uuid4()}",
            "iss": self.issuer,
            "aud": list(client.audiences),
            "sub": str(uuid.uuid5(_SUBJECTS, f"{self._realm}/{client.client_id}")),
            "typ": "DPoP" if proof_key else "Bearer",
            "azp": client.client_id,
            "acr": "1",
            "realm_access": {"roles": list(client.realm_roles)},
            "resource_access": {name: {"roles": list(roles)} for name, roles in client.client_roles.items()},
            "scope": scope,
            "preferred_username": f"service-account-{client.client_id}",
            "client_id": client.client_id,
        }
        if client.plant is not None:
            claims["plant"] = client.plant
        if proof_key is not None:
            claims["cnf"] = {"jkt": proof_key, "kc-jkt-type": "DPoP"}
        header = {"alg": _ALGORITHM, "typ": "JWT", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])


def _load_or_make(place: Path) -> RSAKey:
    if not place.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = RSAKey.generate_key(_BITS)
        part = place.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_bytes(made.as_pem(private=True))
        part.replace(place)
    key = RSAKey.import_key(place.read_bytes(), {"use": "sig", "alg": _ALGORITHM})
    key.ensure_kid()
    return key
