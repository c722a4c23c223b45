"""What a token with a good signature must still say before it speaks for anybody."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from gateway.identity.callers import Binding, Caller
from gateway.identity.issuers import Issuer
from gateway.identity.refusals import Refused

LEEWAY_SECONDS: Final = 30
MAX_LIFETIME_SECONDS: Final = 3600
_MAX_TIME: Final = 1 << 53
# Other ways to name the key of a binding (the registry of RFC 7800): each asks for a check we cannot make
_UNCHECKED_KEYS: Final = frozenset({"jwk", "jwe", "kid", "jku", "osc"})


class Verified(Struct, frozen=True, kw_only=True):
    """A token that held; the binding is still to be proven with each request.

    `certificate` is the thumbprint the client certificate must have (RFC 8705), `proof_key` that of the key which
    must sign the DPoP proof (RFC 9449 section 6.1).
    """

    caller: Caller
    token_id: str | None
    certificate: str | None
    proof_key: str | None


def read_claims(header: Mapping[str, Any], payload: Mapping[str, Any], issuer: Issuer, now: float) -> Verified:
    """The caller these claims describe. `now` in seconds since 1970. Raises Refused."""
    certificate, proof_key = _confirmation(payload)
    _check_type(header, payload, issuer, bound_to_proof=proof_key is not None)
    issued_at, expires_at = _check_times(payload, now)
    _check_audience(payload, issuer)
    binding: Binding = "dpop" if proof_key else "certificate" if certificate else "none"
    caller = Caller(
        kind=issuer.kind,
        issuer=issuer.iss,
        subject=_needed_text(payload, "sub"),
        client=_client(payload, issuer),
        roles=_roles(payload, issuer.audience),
        scopes=frozenset((_text(payload, "scope") or "").split()),
        issued_at=issued_at,
        expires_at=expires_at,
        binding=binding,
        thumbprint=proof_key or certificate,
        plant=_text(payload, "plant") if issuer.kind == "plant" else None,
    )
    return Verified(caller=caller, token_id=_text(payload, "jti"), certificate=certificate, proof_key=proof_key)


def _check_type(header: Mapping[str, Any], payload: Mapping[str, Any], issuer: Issuer, *, bound_to_proof: bool) -> None:
    """RFC 9068 tells an access token by its header; Keycloak tells it by the payload, and says DPoP when bound so."""
    in_header = header.get("typ")
    named = in_header.lower().removeprefix("application/") if isinstance(in_header, str) else in_header
    if issuer.token_type == "at+jwt":  # noqa: S105 - a kind of token, not a secret
        fits = named == "at+jwt"
    else:
        fits = named in ("jwt", "at+jwt") and payload.get("typ") in (
            ("Bearer", "DPoP") if bound_to_proof else ("Bearer",)
        )
    if not fits:
        raise Refused("token.wrong_type")


def _check_times(payload: Mapping[str, Any], now: float) -> tuple[int, int]:
    issued_at, expires_at = _time(payload, "iat"), _time(payload, "exp")
    not_before = _time(payload, "nbf") if "nbf" in payload else issued_at
    if expires_at <= now - LEEWAY_SECONDS:
        raise Refused("token.expired")
    if max(issued_at, not_before) > now + LEEWAY_SECONDS:
        raise Refused("token.not_yet_valid")
    if expires_at - issued_at > MAX_LIFETIME_SECONDS:
        raise Refused("token.lifetime_too_long")
    return issued_at, expires_at


def _check_audience(payload: Mapping[str, Any], issuer: Issuer) -> None:
    audience = payload.get("aud")
    if audience is None:
        raise Refused("token.audience_refused")
    audiences = _texts(audience if isinstance(audience, list) else [audience])
    if issuer.audience not in audiences:
        raise Refused("token.audience_refused")


def _client(payload: Mapping[str, Any], issuer: Issuer) -> str:
    """Keycloak says `azp`, RFC 9068 says `client_id`; a token that says both must mean one client."""
    named = {client for name in ("azp", "client_id") if (client := _text(payload, name)) is not None}
    if not named:
        raise Refused("token.claim_missing")
    if len(named) > 1 or "" in named:
        raise Refused("token.claim_malformed")
    client = named.pop()
    if issuer.clients is not None and client not in issuer.clients:
        raise Refused("token.client_refused")
    return client


def _roles(payload: Mapping[str, Any], audience: str) -> frozenset[str]:
    """The realm's roles and our own client's; roles of other clients mean nothing here."""
    ours = _members(_members(payload, "resource_access"), audience)
    realm = _members(payload, "realm_access")
    return frozenset(_texts(realm.get("roles", []))) | frozenset(_texts(ours.get("roles", [])))


def _confirmation(payload: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The two bindings we can check. Members we do not know are ignored (RFC 7800 section 3.1), keys we cannot are not.

    Keycloak 26.7 says beside `jkt` what proves it: `kc-jkt-type`, of which `DPoP` is the one we can ask for.
    """
    if "cnf" not in payload:
        return None, None
    confirmation = _members(payload, "cnf")
    certificate, proof_key = _text(confirmation, "x5t#S256"), _text(confirmation, "jkt")
    if "" in (certificate, proof_key):
        raise Refused("token.claim_malformed")
    if certificate is None and proof_key is None:
        raise Refused("token.binding_unknown")
    if not _UNCHECKED_KEYS.isdisjoint(confirmation) or confirmation.get("kc-jkt-type", "DPoP") != "DPoP":
        raise Refused("token.binding_unknown")
    return certificate, proof_key


def _time(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    if value is None:
        raise Refused("token.claim_missing")
    if type(value) is not int or not 0 < value < _MAX_TIME:  # bool is an int to isinstance
        raise Refused("token.claim_malformed")
    return value


def _needed_text(payload: Mapping[str, Any], name: str) -> str:
    value = _text(payload, name)
    if not value:
        raise Refused("token.claim_missing")
    return value


def _text(payload: Mapping[str, Any], name: str) -> str | None:
    value = payload.get(name)
    # a NUL or a line break in a name would travel into the ledger and the logs
    if value is not None and not (isinstance(value, str) and value.isprintable()):
        raise Refused("token.claim_malformed")
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refused("token.claim_malformed")
    return value


def _members(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name, {})
    if not isinstance(value, dict):
        raise Refused("token.claim_malformed")
    return value
