"""The file that tells the development issuer which clients exist."""

import hmac
from pathlib import Path
from typing import Final, Literal

import msgspec
from authlib.oauth2.rfc6749 import ClientMixin
from msgspec import Struct

RealmName = Literal["partners", "plants", "corporate"]
REALMS: Final[tuple[RealmName, ...]] = ("partners", "plants", "corporate")
MAX_LIFETIME_SECONDS: Final = 300
_MIN_SECRET_CHARACTERS: Final = 24


class BadClientsFile(Exception):  # noqa: N818 - a refusal of input, not a defect
    """The file cannot be used; the text names it and every problem found."""


class DevelopmentClient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service account. See `read_clients` for the file."""

    client_id: str
    secret: str
    audiences: tuple[str, ...] = ()
    realm_roles: tuple[str, ...] = ()
    client_roles: dict[str, tuple[str, ...]] = {}
    scopes: tuple[str, ...] = ()
    plant: str | None = None
    require_dpop: bool = False
    lifetime_seconds: int = MAX_LIFETIME_SECONDS


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    realms: dict[RealmName, tuple[DevelopmentClient, ...]]


def read_clients(clients_file: Path) -> dict[RealmName, dict[str, DevelopmentClient]]:
    """The clients of each realm by id. Raises BadClientsFile.

    A JSON object; every field but `client_id` and `secret` may be left out:

        {"realms": {"partners": [
          {"client_id": "acme-edi", "secret": "<24 characters or more, random>",
           "audiences": ["partner-gateway"], "realm_roles": ["supplier"],
           "client_roles": {"partner-gateway": ["orders"]}, "scopes": ["orders:write"],
           "require_dpop": false, "lifetime_seconds": 300}],
         "plants": [{"client_id": "plant-p1", "secret": "…", "audiences": ["partner-gateway"], "plant": "P1"}]}}

    Realms are `partners`, `plants` and `corporate`. `audiences` are what Keycloak's audience mappers would add: without
    our own id in it the gateway refuses the token. `plant` becomes the claim of that name. Tokens live at most 300 s.
    """
    try:
        realms = msgspec.json.decode(clients_file.read_bytes(), type=_File).realms
    except OSError as error:
        raise BadClientsFile(f"{clients_file}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadClientsFile(f"{clients_file}: {error}") from error
    problems = [problem for realm, clients in realms.items() for problem in _problems_of(realm, clients)]
    if problems:
        raise BadClientsFile(f"{clients_file}: {'; '.join(problems)}")
    return {realm: {client.client_id: client for client in realms.get(realm, ())} for realm in REALMS}


def _problems_of(realm: str, clients: tuple[DevelopmentClient, ...]) -> list[str]:
    problems = []
    seen: set[str] = set()
    for client in clients:
        name = f"client `{client.client_id}` of realm `{realm}`"
        if not client.client_id or client.client_id in seen:
            problems.append(f"{name} needs an id of its own")
        if len(client.secret) < _MIN_SECRET_CHARACTERS:
            problems.append(f"{name} needs a random secret of at least {_MIN_SECRET_CHARACTERS} characters")
        if not 0 < client.lifetime_seconds <= MAX_LIFETIME_SECONDS:
            problems.append(f"{name} needs a lifetime of 1 to {MAX_LIFETIME_SECONDS} seconds")
        seen.add(client.client_id)
    return problems


class RegisteredClient(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """A client as Authlib asks about it."""

    def __init__(self, entry: DevelopmentClient) -> None:
        self.entry = entry

    def get_client_id(self) -> str:
        return self.entry.client_id

    def get_allowed_scope(self, scope: str | None) -> str:
        """What was asked for and is allowed; everything allowed when nothing was asked for, as Keycloak's defaults."""
        asked = set((scope or "").split()) or set(self.entry.scopes)
        return " ".join(allowed for allowed in self.entry.scopes if allowed in asked)

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(client_secret.encode(), self.entry.secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint == "token" and method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"
