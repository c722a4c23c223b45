"""The authorization servers we believe, each pinned by exact name.

The configuration decides, the token never does: algorithms, audience, key address and kind of an issuer come from
here alone (RFC 8725 section 3.8, RFC 9068 section 4).
"""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from gateway.identity.signatures import ALGORITHMS

IssuerKind = Literal["partner", "plant", "corporate"]
TokenType = Literal["at+jwt", "keycloak"]


class Issuer(Struct, frozen=True, kw_only=True):
    """One realm: who it may speak for, where its keys are, and what its tokens must say.

    `iss` is compared byte for byte, so a trailing slash is another issuer. `audience` is our own id as its tokens
    name it. `clients` limits the `azp`; None admits every client of the realm. `token_type` says how an access token
    tells itself from an ID token: `at+jwt` by the header (RFC 9068), `keycloak` by the payload's `typ`.
    """

    iss: str
    kind: IssuerKind
    jwks_uri: str
    audience: str
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "EdDSA")
    clients: frozenset[str] | None = None
    token_type: TokenType = "keycloak"  # noqa: S105 - a kind of token, not a secret


def problems_of(issuers: Iterable[Issuer], *, development: bool = False) -> list[str]:
    """Every sentence that keeps these issuers from being used; empty when they are sound.

    Plain `http` addresses pass only in development and only on loopback.
    """
    problems: list[str] = []
    seen: set[str] = set()
    for issuer in issuers:
        if issuer.iss in seen:
            problems.append(f"issuer `{issuer.iss}` is named twice")
        seen.add(issuer.iss)
        problems.extend(_problems_of_one(issuer, development=development))
    return problems


def _problems_of_one(issuer: Issuer, *, development: bool) -> list[str]:
    name = f"issuer `{issuer.iss}`"
    problems = []
    if not issuer.iss:
        problems.append("an issuer needs its exact `iss`")
    if not issuer.audience:
        problems.append(f"{name} needs the audience its tokens must name")
    if not issuer.algorithms:
        problems.append(f"{name} allows no algorithm; name at least one of {', '.join(ALGORITHMS)}")
    problems.extend(
        f"{name} allows `{name_of}`, which is not an asymmetric signature we verify; use {', '.join(ALGORITHMS)}"
        for name_of in issuer.algorithms
        if name_of not in ALGORITHMS
    )
    if not is_fetchable(issuer.jwks_uri, development=development):
        problems.append(f"{name} needs an https address of its keys; `{issuer.jwks_uri}` will not be fetched")
    return problems


def is_fetchable(address: str, *, development: bool) -> bool:
    """Whether keys may be fetched from there: https, or plain http to loopback in development; no user, no fragment."""
    parts = _split(address)
    if parts is None or not parts.hostname or parts.username is not None or parts.fragment:
        return False
    if parts.scheme == "https":
        return True
    return development and parts.scheme == "http" and _is_loopback(parts.hostname)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises when it is not a number
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
