"""Keycloak's names of settings in the words of whoever reads a plan."""

import json
from typing import Any

_NAMES = {
    "enabled": "enabled",
    "protocol": "protocol",
    "name": "name",
    "serviceAccountsEnabled": "service account",
    "standardFlowEnabled": "standard flow",
    "implicitFlowEnabled": "implicit flow",
    "directAccessGrantsEnabled": "direct access grants",
    "publicClient": "public client",
    "bearerOnly": "bearer only",
    "fullScopeAllowed": "full scope",
    "consentRequired": "consent",
    "clientAuthenticatorType": "proves itself by",
    "redirectUris": "redirect addresses",
    "webOrigins": "web origins",
    "use.jwks.string": "keys kept in Keycloak",
    "jwks.string": "keys",
    "use.jwks.url": "keys from an address",
    "jwks.url": "keys from",
    "jwt.credential.certificate": "certificate of assertions",
    "token.endpoint.auth.signing.alg": "algorithm of assertions",
    "x509.subjectdn": "subject of the certificate",
    "x509.allow.regex.pattern.comparison": "subject as a pattern",
    "tls.client.certificate.bound.access.tokens": "tokens bound to the certificate (RFC 8705)",
    "dpop.bound.access.tokens": "tokens bound to a proof key (DPoP)",
    "oauth2.device.authorization.grant.enabled": "device grant",
    "oidc.ciba.grant.enabled": "CIBA grant",
    "access.token.lifespan": "life of tokens of its own",
    "partner-gateway.partner": "belongs to",
}
_AUTHENTICATORS = {"client-jwt": "private_key_jwt", "client-x509": "mtls", "client-secret": "a secret"}


def told(name: str, *value: object) -> str:
    """The setting's name, or with a value what that value is called."""
    if not value:
        return _NAMES.get(name, f"`{name}`")
    match value[0]:
        case True | "true":
            return "on"
        case False | "false":
            return "off"
        case None | "" | []:
            return "none"
        case str() as text if name == "clientAuthenticatorType":
            return _AUTHENTICATORS.get(text, f"`{text}`")
        case str() as text if name == "jwks.string":
            return _key_names(text)
        case str() as text if name == "jwt.credential.certificate":
            return "one" if text else "none"
        case list() as several:
            return ", ".join(f"`{one}`" for one in several)
        case other:
            return f"`{other}`"


def _key_names(text: str) -> str:
    """Keys by the beginning of their names; somebody may have written anything there."""
    try:
        keys: Any = json.loads(text)["keys"]
        return ", ".join(f"`{key.get('kid') or '?'}`" for key in keys) or "none"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "something that is no key set"
