"""The realms and clients of the identity tests, made through python-keycloak as the product's onboarding does."""

import secrets
from dataclasses import dataclass

from keycloak import KeycloakAdmin

from tests.real.keycloak_server import Keycloak

AUDIENCE = "partner-gateway"


@dataclass(frozen=True)
class Account:
    """A service account; `secret` is the one this session gave it."""

    realm: str
    client_id: str
    secret: str


class Realms:
    """Realms `partners` and `plants`, each with our own client as the audience, and clients as tests ask for them."""

    def __init__(self, server: Keycloak) -> None:
        self._server = server
        self._admins: dict[str, KeycloakAdmin] = {}
        for realm in ("partners", "plants"):
            self.admin("master").create_realm({"realm": realm, "enabled": True, "accessTokenLifespan": 300})
            self.admin(realm).create_client(
                {"clientId": AUDIENCE, "enabled": True, "standardFlowEnabled": False, "bearerOnly": True}
            )

    def admin(self, realm: str) -> KeycloakAdmin:
        """The administrator of a realm."""
        if realm not in self._admins:
            self._admins[realm] = KeycloakAdmin(
                server_url=f"{self._server.url}/",
                username=self._server.admin,
                password=self._server.password,
                realm_name=realm,
                user_realm_name="master",
            )
        return self._admins[realm]

    def account(
        self,
        realm: str,
        client_id: str,
        *,
        audience: bool = True,
        attributes: dict[str, str] | None = None,
        plant: str | None = None,
        passwords: bool = False,
        realm_role: str | None = None,
        client_role: str | None = None,
    ) -> Account:
        """A confidential client with a service account, its mappers and roles."""
        admin = self.admin(realm)
        secret = secrets.token_urlsafe(24)
        internal = admin.create_client(
            {
                "clientId": client_id,
                "enabled": True,
                "secret": secret,
                "serviceAccountsEnabled": True,
                "standardFlowEnabled": False,
                "directAccessGrantsEnabled": passwords,
                "attributes": attributes or {},
            }
        )
        if audience:
            admin.add_mapper_to_client(internal, audience_mapper())
        if plant is not None:
            admin.add_mapper_to_client(internal, claim_mapper("plant", plant))
        self._give_roles(admin, internal, realm_role, client_role)
        return Account(realm, client_id, secret)

    def _give_roles(self, admin: KeycloakAdmin, internal: str, realm_role: str | None, client_role: str | None) -> None:
        user = admin.get_client_service_account_user(internal)["id"]
        if realm_role is not None:
            admin.create_realm_role({"name": realm_role})
            admin.assign_realm_roles(user, [admin.get_realm_role(realm_role)])
        if client_role is not None:
            ours = admin.get_client_id(AUDIENCE)
            admin.create_client_role(ours, {"name": client_role})
            admin.assign_client_role(user, ours, [admin.get_client_role(ours, client_role)])

    def person(self, realm: str, name: str) -> str:
        """A user; gives the password."""
        password = secrets.token_urlsafe(16)
        self.admin(realm).create_user(
            {
                "username": name,
                "enabled": True,
                "email": f"{name}@harbourline.example",
                "emailVerified": True,
                "firstName": "Test",
                "lastName": "Person",
                "credentials": [{"type": "password", "value": password, "temporary": False}],
            }
        )
        return password

    def rotate_key(self, realm: str) -> None:
        """Adds a key provider that outranks the present one, as an operator does for a rotation."""
        admin = self.admin(realm)
        admin.create_component(
            {
                "name": f"rotated-{secrets.token_hex(4)}",
                "providerId": "rsa-generated",
                "providerType": "org.keycloak.keys.KeyProvider",
                "parentId": admin.get_realm(realm)["id"],
                "config": {"priority": ["500"], "enabled": ["true"], "active": ["true"], "algorithm": ["RS256"]},
            }
        )


def audience_mapper() -> dict:
    return {
        "name": "gateway-audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {"included.client.audience": AUDIENCE, "access.token.claim": "true", "id.token.claim": "true"},
    }


def claim_mapper(name: str, value: str) -> dict:
    return {
        "name": f"{name}-claim",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {
            "claim.name": name,
            "claim.value": value,
            "jsonType.label": "String",
            "access.token.claim": "true",
        },
    }
