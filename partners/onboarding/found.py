"""What Keycloak has: a realm and its clients as they are now."""

from msgspec import Struct

from partners.onboarding.wanted import RoleOf


class FoundMapper(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    kind: str
    config: dict[str, str]


class FoundClient(Struct, frozen=True, kw_only=True):
    """`fields` and `attributes` as in the client representation, never with the secret.

    `granted` are the roles of its service account, `shown` those its tokens may carry; `optional` are scopes that can
    be asked for. `made_at` is when its service account was made, in seconds since 1970, None when it has none.
    """

    client: str
    fields: dict[str, object]
    attributes: dict[str, str]
    mappers: tuple[FoundMapper, ...] = ()
    granted: frozenset[RoleOf] = frozenset()
    shown: frozenset[RoleOf] = frozenset()
    scopes: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    made_at: float | None = None


class FoundRealm(Struct, frozen=True, kw_only=True):
    """`roles` are those of our own client, None when that is missing; `clients` those that people made, by their id."""

    name: str
    roles: frozenset[str] | None
    scopes: frozenset[str]
    clients: frozenset[str]
