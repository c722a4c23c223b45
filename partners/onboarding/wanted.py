"""What a profile asks of Keycloak: one client of the realm for each of the profile's, exactly so and no more."""

from datetime import datetime

from msgspec import Struct

from partners.directory import is_open
from partners.onboarding.keysets import algorithm_of, key_set
from partners.profile import Partner
from partners.timelines import TimeLine

AUDIENCE_MAPPER = "gateway-audience"
ALWAYS = frozenset({"basic", "roles"})
"""The scopes of Keycloak that put `sub` and the roles into a token."""
OURS = "partner-gateway.partner"
"""An attribute of the client: whose it is, so that one that no profile names any more is recognised."""

_AUTHENTICATORS = {"private_key_jwt": "client-jwt", "mtls": "client-x509", "secret": "client-secret"}
_OFF = ("standardFlowEnabled", "implicitFlowEnabled", "directAccessGrantsEnabled", "publicClient", "bearerOnly",
        "fullScopeAllowed", "consentRequired")  # fmt: skip


class CannotOnboard(Exception):  # noqa: N818 - a refusal of input or a state of the world, not a defect
    """A sentence: what is missing, and who must act."""


class RoleOf(Struct, frozen=True, order=True):
    """`owner` is the client it belongs to, or empty for a role of the realm."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"`{self.name}`" if not self.owner else f"`{self.name}` of `{self.owner}`"


class WantedClient(Struct, frozen=True, kw_only=True):
    """`fields` and `attributes` as Keycloak's client representation names them; an attribute of "" is absent."""

    client: str
    partner: str
    audience: str
    fields: dict[str, object]
    attributes: dict[str, str]
    roles: frozenset[RoleOf]
    scopes: frozenset[str]

    @property
    def mapper(self) -> dict[str, object]:
        """Puts our name into `aud`; without it no token is for us."""
        config = {
            "included.client.audience": self.audience,
            "access.token.claim": "true",
            "id.token.claim": "false",
            "introspection.token.claim": "true",
        }
        return {
            "name": AUDIENCE_MAPPER,
            "protocol": "openid-connect",
            "protocolMapper": "oidc-audience-mapper",
            "config": config,
        }


def wanted_clients(partner: Partner, timeline: TimeLine, audience: str, at: datetime) -> list[WantedClient]:
    """In the profile's order. Raises CannotOnboard when the profile does not say enough."""
    if not partner.clients:
        raise CannotOnboard(f"`{partner.id}` has no `clients`, so there is nothing for it in Keycloak")
    if partner.oauth is None:
        raise CannotOnboard(
            f"the profile of `{partner.id}` does not say how its clients prove themselves; add `oauth` with an "
            "`authentication` and `roles`"
        )
    attributes = {**_credentials(partner, timeline, at), **_binding(partner), OURS: partner.id}
    fields: dict[str, object] = {
        **dict.fromkeys(_OFF, False),
        "protocol": "openid-connect",
        "name": partner.name,
        "enabled": is_open(partner, at),
        "serviceAccountsEnabled": True,
        "clientAuthenticatorType": _AUTHENTICATORS[partner.oauth.authentication],
        "redirectUris": [],
        "webOrigins": [],
    }
    return [
        WantedClient(
            client=client,
            partner=partner.id,
            audience=audience,
            fields=fields,
            attributes=attributes,
            roles=frozenset(RoleOf(audience, role) for role in partner.oauth.roles),
            scopes=ALWAYS | frozenset(partner.oauth.scopes),
        )
        for client in partner.clients
    ]


def _binding(partner: Partner) -> dict[str, str]:
    return {
        "tls.client.certificate.bound.access.tokens": _yes(partner.binding == "certificate"),
        "dpop.bound.access.tokens": _yes(partner.binding == "dpop"),
        "oauth2.device.authorization.grant.enabled": "false",
        "oidc.ciba.grant.enabled": "false",
        "access.token.lifespan": "",
    }


def _credentials(partner: Partner, timeline: TimeLine, at: datetime) -> dict[str, str]:
    """Whatever Keycloak may believe of this client, so that what it must not believe is taken away."""
    oauth = partner.oauth
    assert oauth is not None
    given = dict.fromkeys(
        ("use.jwks.string", "jwks.string", "use.jwks.url", "jwks.url", "jwt.credential.certificate",
         "token.endpoint.auth.signing.alg", "x509.subjectdn", "x509.allow.regex.pattern.comparison"), "",
    )  # fmt: skip
    if oauth.authentication == "mtls":
        subjects = list(dict.fromkeys(one.subject.rfc4514_string() for one in timeline.valid("tls-client", at)))
        if not subjects:
            raise CannotOnboard(_out_of_time(partner, "tls-client"))
        if len(subjects) > 1:
            raise CannotOnboard(
                f"the certificates of `{partner.id}` for `tls-client` name {len(subjects)} subjects, and Keycloak "
                f"believes one: {' and '.join(f'`{one}`' for one in subjects)}; the partner must keep its subject, or "
                "their times must not overlap"
            )
        given |= {"x509.subjectdn": subjects[0], "x509.allow.regex.pattern.comparison": "false"}
    elif oauth.jwks_url is not None:
        given |= {"use.jwks.url": "true", "jwks.url": oauth.jwks_url}
    elif oauth.authentication == "private_key_jwt":
        keys = timeline.valid("client-assertion", at)
        if not keys:
            raise CannotOnboard(_out_of_time(partner, "client-assertion"))
        algorithms = {algorithm_of(one) for one in keys}
        given |= {"use.jwks.string": "true", "jwks.string": key_set(keys)}
        given["token.endpoint.auth.signing.alg"] = algorithms.pop() if len(algorithms) == 1 else ""
    return given


def _out_of_time(partner: Partner, use: str) -> str:
    return (
        f"no certificate of `{partner.id}` with the use `{use}` is valid today; ask the partner for its new one and "
        "add it to the profile"
    )


def _yes(value: bool) -> str:
    return "true" if value else "false"
