"""A realm as an administrator leaves it to onboarding, and partners to bring into it."""

import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography import x509
from keycloak import KeycloakAdmin

from partners.onboarding.access import NEEDED_ROLES, Access
from partners.onboarding.realm import Realm
from tests.real.keycloak_server import Keycloak

CLIENT = "partner-onboarding"


@dataclass
class Onboarded:
    """A realm of its own for each test module; `admin` is its administrator, `access` our account there."""

    server: Keycloak
    realm: str
    admin: KeycloakAdmin
    access: Access

    def open(self, **changed: Any) -> Realm:
        return Realm(Access(**{name: getattr(self.access, name) for name in Access.__struct_fields__} | changed))

    @property
    def issuer(self) -> str:
        return f"{self.server.url}/realms/{self.realm}"

    @property
    def token_address(self) -> str:
        return f"{self.issuer}/protocol/openid-connect/token"

    def claims(self, **form: Any) -> dict[str, Any]:
        """Of a token that Keycloak gives; a refusal is an AssertionError with its words."""
        return read_claims(self.ask(self.token_address, form))

    def ask(self, address: str, form: dict[str, Any], verify: Any = True) -> httpx.Response:
        with httpx.Client(trust_env=False, verify=verify) as client:
            return client.post(address, data={"grant_type": "client_credentials", **form})


def prepare(server: Keycloak, realm: str) -> Onboarded:
    """What docs/onboarding.md asks of the administrator, done."""
    master = _admin(server, "master")
    master.create_realm({"realm": realm, "enabled": True, "accessTokenLifespan": 300})
    admin = _admin(server, realm)
    secret = secrets.token_urlsafe(24)
    made = admin.create_client(
        {"clientId": CLIENT, "enabled": True, "serviceAccountsEnabled": True, "standardFlowEnabled": False,
         "secret": secret}
    )  # fmt: skip
    give_roles(admin, made, NEEDED_ROLES)
    return Onboarded(server, realm, admin, Access(url=server.url, realm=realm, client=CLIENT, secret=secret))


def give_roles(admin: KeycloakAdmin, client: str, names: tuple[str, ...]) -> None:
    management = admin.get_client_id("realm-management")
    account = admin.get_client_service_account_user(client)["id"]
    admin.assign_client_role(account, management, [admin.get_client_role(management, name) for name in names])


def _admin(server: Keycloak, realm: str) -> KeycloakAdmin:
    return KeycloakAdmin(server_url=f"{server.url}/", username=server.admin, password=server.password,
                         realm_name=realm, user_realm_name="master")  # fmt: skip


def read_claims(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return jwt.decode(answer.json()["access_token"], options={"verify_signature": False})


def assertion(client: str, key: Any, kid: str, algorithm: str, audience: str) -> dict[str, str]:
    """RFC 7523, section 2.2, signed by PyJWT: nothing of ours is in it."""
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + 60,
              "jti": urlsafe_b64encode(secrets.token_bytes(12)).decode()}  # fmt: skip
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid}),
    }


def write_profile(folder: Path, name: str, text: str) -> None:
    (folder / "profiles").mkdir(parents=True, exist_ok=True)
    (folder / "plants").mkdir(exist_ok=True)
    (folder / "profiles" / f"{name}.yaml").write_text(text)


def now() -> datetime:
    return datetime.now(UTC)


def pem_certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())
