"""Compares what a profile asks for with what Keycloak has. Nothing is done here."""

from collections.abc import Iterator, Mapping

from partners.onboarding.changes import (
    Change,
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
from partners.onboarding.found import FoundClient, FoundRealm
from partners.onboarding.wanted import AUDIENCE_MAPPER, OURS, WantedClient
from partners.onboarding.wording import told

LEFT_ALONE = frozenset({"service_account"})
"""Keycloak itself gives it to every client with a service account; it only repeats the client's id and address."""


def plan_realm(wanted: list[WantedClient], realm: FoundRealm) -> Iterator[Change]:
    """What must be there before any of these clients can be made."""
    audience = wanted[0].audience
    if realm.roles is None:
        yield Change("+", f"client `{audience}`: what tokens are for; nobody logs in with it", MakeAudience(audience))
    for role in sorted({role for one in wanted for role in one.roles}):
        if role.name not in (realm.roles or ()):
            yield Change("+", f"role {role}", MakeRole(role))
    for scope in sorted({scope for one in wanted for scope in one.scopes} - realm.scopes):
        yield Change("+", f"scope `{scope}`", MakeScope(scope))


def plan_client(wanted: WantedClient, found: FoundClient | None) -> Iterator[Change]:
    """In the order in which it can be done."""
    name = f"client `{wanted.client}`"
    if found is None:
        yield _creation(wanted)
        found = FoundClient(client=wanted.client, fields=wanted.fields, attributes=wanted.attributes,
                            scopes=wanted.scopes)  # fmt: skip
    else:
        yield from _settings(wanted, found)
        yield from _mappers(wanted, found)
    # Roles that go, go first: a plan that stops half-way has rather taken than given
    for role in sorted((found.granted | found.shown) - wanted.roles):
        yield Change("-", f"{name}: role {role}", Grant(wanted.client, role, revoke=True))
    for role in sorted(wanted.roles - (found.granted & found.shown)):
        yield Change("+", f"{name}: role {role}", Grant(wanted.client, role))
    for scope in sorted((found.scopes | found.optional) - wanted.scopes - LEFT_ALONE):
        yield Change("-", f"{name}: scope `{scope}`", Offer(wanted.client, scope, withdraw=True))
    for scope in sorted(wanted.scopes - found.scopes):
        yield Change("+", f"{name}: scope `{scope}`", Offer(wanted.client, scope))


def plan_disabling(found: FoundClient, partner: str) -> Change:
    """A client that onboarding made for this partner and that its profile names no longer."""
    text = f"client `{found.client}`: disabled, because the profile of `{partner}` names it no longer"
    return Change("-", text, SetClient(found.client, {"enabled": False}, {}))


def plan_secret(wanted: WantedClient, found: FoundClient | None, *, anew: bool) -> Change | None:
    """A secret is made with the client, when one is wanted where a key was believed, and when the operator asks."""
    if wanted.fields["clientAuthenticatorType"] != "client-secret":
        return None
    had = found is not None and found.fields.get("clientAuthenticatorType") == "client-secret"
    if had and not anew:
        return None
    text = f"client `{wanted.client}`: {'another' if had else 'a'} secret, into a file that only you can read"
    return Change("~" if had else "+", text, NewSecret(wanted.client))


def is_left_over(found: FoundClient, partner: str, clients: tuple[str, ...]) -> bool:
    return found.attributes.get(OURS) == partner and found.client not in clients and found.fields.get("enabled") is True


def _creation(wanted: WantedClient) -> Change:
    representation: dict[str, object] = {
        **wanted.fields,
        "clientId": wanted.client,
        "attributes": {name: value for name, value in wanted.attributes.items() if value},
        "defaultClientScopes": sorted(wanted.scopes),
        "optionalClientScopes": [],
        "protocolMappers": [wanted.mapper],
    }
    facts = [
        "a service account",
        told("clientAuthenticatorType", wanted.fields["clientAuthenticatorType"]),
        *(f"{told(name)} {value}" for name, value in _credential(wanted.attributes)),
        f"audience `{wanted.audience}`",
        f"scopes {', '.join(f'`{scope}`' for scope in sorted(wanted.scopes))}",
        *([] if wanted.fields["enabled"] else ["disabled, because the profile is not in force"]),
    ]
    return Change("+", f"client `{wanted.client}`: {'; '.join(facts)}", MakeClient(wanted.client, representation))


def _credential(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("jwks.string", "jwks.url", "x509.subjectdn"):
        if attributes[name]:
            yield name, told(name, attributes[name])
    for name in ("tls.client.certificate.bound.access.tokens", "dpop.bound.access.tokens"):
        if attributes[name] == "true":
            yield name, "required"


def _settings(wanted: WantedClient, found: FoundClient) -> Iterator[Change]:
    """A change for each, so that each can be read; Keycloak is told one after the other."""
    name = f"client `{wanted.client}`"
    for field, value in wanted.fields.items():
        was = found.fields.get(field)
        if was != value:
            text = f"{name}: {told(field)}: {told(field, was)} -> {told(field, value)}"
            yield Change("~", text, SetClient(wanted.client, {field: value}, {}))
    differing = {
        attribute: value
        for attribute, value in wanted.attributes.items()
        if not _alike(found.attributes.get(attribute, ""), value)
    }
    if differing:
        told_all = [
            f"{told(one)}: {told(one, found.attributes.get(one, ''))} -> {told(one, value)}"
            for one, value in differing.items()
        ]
        yield Change("~", f"{name}: {'; '.join(told_all)}", SetClient(wanted.client, {}, differing))


def _alike(was: str, value: str) -> bool:
    """An attribute that is off and one that is absent mean the same to Keycloak."""
    return was == value or {was, value} == {"", "false"}


def _mappers(wanted: WantedClient, found: FoundClient) -> Iterator[Change]:
    """Ours as it must be; any other writes into tokens what nobody agreed to, roles of others included."""
    name = f"client `{wanted.client}`"
    ours = [one for one in found.mappers if one.name == AUDIENCE_MAPPER]
    for one in found.mappers:
        if one.name != AUDIENCE_MAPPER:
            yield Change("-", f"{name}: mapper `{one.name}` ({one.kind})", RemoveMapper(wanted.client, one.id))
    config = wanted.mapper["config"]
    assert isinstance(config, dict)
    if not ours:
        text = f"{name}: mapper `{AUDIENCE_MAPPER}`, which puts `{wanted.audience}` into `aud`"
        yield Change("+", text, SetMapper(wanted.client, wanted.mapper))
    elif ours[0].kind != wanted.mapper["protocolMapper"] or not config.items() <= ours[0].config.items():
        text = f"{name}: mapper `{AUDIENCE_MAPPER}`, which again puts `{wanted.audience}` into `aud`"
        yield Change("~", text, SetMapper(wanted.client, wanted.mapper, instead_of=ours[0].id))
