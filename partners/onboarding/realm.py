"""A realm of Keycloak under administration: read, and changed one step at a time. The only user of python-keycloak.

realm = Realm(Access(url, "partners", client, secret, authorities))
found = realm.client("acme-orders")
realm.apply(change.act)
"""

import warnings
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakConnectionError, KeycloakError

from partners.onboarding.access import Access, refused, unreachable
from partners.onboarding.changes import (
    Act,
    Grant,
    MakeAudience,
    MakeClient,
    MakeRole,
    MakeScope,
    NewSecret,
    Offer,
    RemoveMapper,
    SetClient,
    SetMapper,
)
from partners.onboarding.found import FoundClient, FoundMapper, FoundRealm
from partners.onboarding.wanted import CannotOnboard, RoleOf

T = TypeVar("T")
_BUILT_IN = frozenset({"account", "account-console", "admin-cli", "broker", "realm-management",
                       "security-admin-console", "master-realm"})  # fmt: skip
_SECONDS = 20


class Realm:
    """Every verb raises CannotOnboard with who must act."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._ids: dict[str, str] = {}
        with warnings.catch_warnings():
            # python-keycloak also makes an httpx client, which we do not use and which dislikes a path here
            warnings.simplefilter("ignore", DeprecationWarning)
            self._admin = KeycloakAdmin(
                server_url=f"{access.url}/",
                client_id=access.client,
                client_secret_key=access.secret,
                realm_name=access.realm,
                user_realm_name=access.realm,
                verify=access.authorities or True,
                timeout=_SECONDS,
            )
            _ = self._admin.connection.keycloak_openid  # makes another, and is kept

    def read(self, audience: str) -> FoundRealm:
        """What is there beside the clients themselves."""
        clients = self._ask("read its clients", self._admin.get_clients)
        self._ids = {one["clientId"]: one["id"] for one in clients}
        roles = None
        if audience in self._ids:
            listed = self._ask("read roles", lambda: self._admin.get_client_roles(self._ids[audience]))
            roles = frozenset(one["name"] for one in listed)
        scopes = self._ask("read scopes", self._admin.get_client_scopes)
        return FoundRealm(
            name=self._access.realm,
            roles=roles,
            scopes=frozenset(one["name"] for one in scopes),
            clients=frozenset(self._ids) - _BUILT_IN - {audience, self._access.client},
        )

    def client(self, client: str) -> FoundClient | None:
        """Read anew each time."""
        listed = self._ask(f"read the client `{client}`", lambda: self._raw("clients", clientId=client))
        if not listed:
            return None
        own = listed[0]
        self._ids[client] = own["id"]
        granted: frozenset[RoleOf] = frozenset()
        made_at = None
        if own.get("serviceAccountsEnabled"):
            account = self._account(client)
            roles = self._ask("read roles", lambda: self._admin.get_all_roles_of_user(account["id"]))
            granted = frozenset(one for one in _roles(roles) if not one.name.startswith("default-roles-"))
            made_at = account["createdTimestamp"] / 1000 if "createdTimestamp" in account else None
        shown = self._ask("read scope mappings", lambda: self._raw(f"clients/{own['id']}/scope-mappings"))
        mappers = own.get("protocolMappers") or ()
        return FoundClient(
            client=client,
            fields={name: value for name, value in own.items() if name not in ("secret", "attributes")},
            attributes=own.get("attributes") or {},
            mappers=tuple(_mapper(one) for one in mappers),
            granted=granted,
            shown=frozenset(_roles(shown)),
            scopes=frozenset(own.get("defaultClientScopes") or ()),
            optional=frozenset(own.get("optionalClientScopes") or ()),
            made_at=made_at,
        )

    def example_token(self, client: str) -> dict[str, Any]:
        """The claims of a token that Keycloak would now give to the client's service account."""
        account = self._account(client)
        path = f"clients/{self._id(client)}/evaluate-scopes/generate-example-access-token"
        claims: dict[str, Any] = self._ask("make an example token", lambda: self._raw(path, userId=account["id"]))
        return claims

    def settings(self) -> dict[str, Any]:
        """What the realm keeps of logins: `eventsEnabled`, `eventsExpiration` in seconds, 0 for ever."""
        kept: dict[str, Any] = self._ask("read how logins are kept", lambda: self._raw("events/config"))
        return kept

    def last_login(self, client: str) -> float | None:
        """Of those that are kept, in seconds since 1970."""
        events = self._ask(
            "read when clients logged in", lambda: self._raw("events", client=client, type="CLIENT_LOGIN", max="1")
        )
        return events[0]["time"] / 1000 if events else None

    def apply(self, act: Act) -> str | None:
        """One step; only NewSecret gives something back, the secret. What is there already stays so."""
        match act:
            case MakeAudience(client):
                self._make(client, {"clientId": client, "enabled": True, "bearerOnly": True, "redirectUris": [],
                                    "standardFlowEnabled": False, "fullScopeAllowed": False})  # fmt: skip
            case MakeClient(client, representation):
                self._make(client, representation)
            case MakeRole(role):
                self._do(f"make the role {role}", self._admin.create_client_role, self._id(role.owner),
                         {"name": role.name}, True)  # fmt: skip
            case MakeScope(scope):
                attributes = {"include.in.token.scope": "true", "display.on.consent.screen": "false"}
                made = {"name": scope, "protocol": "openid-connect", "attributes": attributes}
                self._do(f"make the scope `{scope}`", self._admin.create_client_scope, made, True)
            case SetClient(client, fields, attributes):
                self._set(client, fields, attributes)
            case SetMapper(client, mapper, instead_of):
                self._put_mapper(client, mapper, instead_of)
            case RemoveMapper(client, id_):
                self._do(f"remove a mapper of `{client}`", self._admin.remove_client_mapper, self._id(client), id_)
            case Grant(client, role, revoke):
                self._grant(client, role, revoke=revoke)
            case Offer(client, scope, withdraw):
                self._offer(client, scope, withdraw=withdraw)
            case NewSecret(client):
                made = self._ask(f"make a secret for `{client}`",
                                 lambda: self._admin.generate_client_secrets(self._id(client)))  # fmt: skip
                return str(made["value"])
        return None

    # -- steps -----------------------------------------------------------------------------------------------------

    def _make(self, client: str, representation: dict[str, object]) -> None:
        made = self._ask(f"make the client `{client}`", lambda: self._admin.create_client(representation))
        self._ids[client] = made

    def _set(self, client: str, fields: dict[str, object], attributes: dict[str, str]) -> None:
        """Keycloak takes a whole representation; what is not ours to say goes back as it came."""
        doing = f"change the client `{client}`"
        now = self._ask(doing, lambda: self._admin.get_client(self._id(client)))
        now |= fields
        now["attributes"] = {**(now.get("attributes") or {}), **attributes}
        self._do(doing, self._admin.update_client, self._id(client), now)

    def _put_mapper(self, client: str, mapper: dict[str, object], instead_of: str | None) -> None:
        doing = f"put the audience into tokens of `{client}`"
        if instead_of is not None:
            self._do(doing, self._admin.remove_client_mapper, self._id(client), instead_of)
        self._do(doing, self._admin.add_mapper_to_client, self._id(client), mapper)

    def _grant(self, client: str, role: RoleOf, *, revoke: bool) -> None:
        """To the account, and to what tokens show: with `full scope` off both are needed."""
        doing = f"{'take' if revoke else 'give'} the role {role} {'from' if revoke else 'to'} `{client}`"
        admin, own, account = self._admin, self._id(client), self._account(client)["id"]
        if role.owner:
            owner = self._id(role.owner)
            found = [self._ask(doing, lambda: admin.get_client_role(owner, role.name))]
            verbs = (
                (admin.delete_client_roles_of_user, admin.delete_client_roles_of_client_scope)
                if revoke
                else (admin.assign_client_role, admin.assign_client_roles_to_client_scope)
            )
            self._do(doing, verbs[0], account, owner, found)
            self._do(doing, verbs[1], own, owner, found)
            return
        found = [self._ask(doing, lambda: admin.get_realm_role(role.name))]
        self._do(doing, admin.delete_realm_roles_of_user if revoke else admin.assign_realm_roles, account, found)
        scope = admin.delete_realm_roles_of_client_scope if revoke else admin.assign_realm_roles_to_client_scope
        self._do(doing, scope, own, found)

    def _offer(self, client: str, scope: str, *, withdraw: bool) -> None:
        doing = f"change the scopes of `{client}`"
        found = self._ask(doing, lambda: self._admin.get_client_scope_by_name(scope))
        if found is None:
            raise CannotOnboard(f"the scope `{scope}` has vanished from realm `{self._access.realm}`; run it again")
        own = self._id(client)
        self._do(doing, self._admin.delete_client_optional_client_scope, own, found["id"])
        if withdraw:
            self._do(doing, self._admin.delete_client_default_client_scope, own, found["id"])
        else:
            self._do(doing, self._admin.add_client_default_client_scope, own, found["id"], {})

    # -- asking ----------------------------------------------------------------------------------------------------

    def _id(self, client: str) -> str:
        if client not in self._ids:
            listed = self._ask(f"read the client `{client}`", lambda: self._raw("clients", clientId=client))
            if not listed:
                raise CannotOnboard(f"there is no client `{client}` in realm `{self._access.realm}`")
            self._ids[client] = listed[0]["id"]
        return self._ids[client]

    def _account(self, client: str) -> dict[str, Any]:
        account: dict[str, Any] = self._ask(
            f"read the service account of `{client}`",
            lambda: self._admin.get_client_service_account_user(self._id(client)),
        )
        return account

    def _raw(self, path: str, **query: str) -> Any:
        """What python-keycloak has no verb for."""
        answer = self._admin.connection.raw_get(f"admin/realms/{self._access.realm}/{path}", **query)
        if answer.status_code != 200:
            raise KeycloakError(response_code=answer.status_code, response_body=answer.content)
        return answer.json()

    def _do(self, doing: str, verb: Callable[..., object], *given: object) -> None:
        self._ask(doing, lambda: verb(*given))

    def _ask(self, doing: str, question: Callable[[], T]) -> T:
        try:
            return question()
        except KeycloakError as error:
            if isinstance(error, KeycloakConnectionError):
                raise CannotOnboard(unreachable(self._access, str(error.__cause__ or error.__context__))) from None
            body = error.response_body or b""
            raise CannotOnboard(refused(self._access, doing, error.response_code, body)) from None


def _roles(mappings: dict[str, Any]) -> Iterable[RoleOf]:
    """As Keycloak lists roles of a realm and of clients together."""
    for one in mappings.get("realmMappings", ()):
        yield RoleOf("", one["name"])
    for owner, of_client in mappings.get("clientMappings", {}).items():
        for one in of_client["mappings"]:
            yield RoleOf(owner, one["name"])


def _mapper(one: dict[str, Any]) -> FoundMapper:
    return FoundMapper(id=one["id"], name=one["name"], kind=one["protocolMapper"], config=one.get("config") or {})
