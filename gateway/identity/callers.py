"""Who is calling, as proven by a token; and what a caller is told when nothing was proven."""

from typing import Literal

from msgspec import Struct

from gateway.identity.issuers import IssuerKind

REALM = "partner-gateway"

Binding = Literal["none", "certificate", "dpop"]


class Caller(Struct, frozen=True, kw_only=True):
    """The client behind a verified access token.

    `subject` is the token's `sub`, `client` its `azp`. `roles` are the realm's roles and the client roles of our own
    audience. Times are seconds since 1970. `thumbprint` is the bound key's, base64url of SHA-256: of the certificate
    (RFC 8705) or of the DPoP key (RFC 9449). `plant` is the `plant` claim and set for plant issuers only.
    """

    kind: IssuerKind
    issuer: str
    subject: str
    client: str
    roles: frozenset[str]
    scopes: frozenset[str]
    issued_at: int
    expires_at: int
    binding: Binding = "none"
    thumbprint: str | None = None
    plant: str | None = None


class Unauthenticated(Exception):  # noqa: N818 - a refusal, not a defect
    """Nobody was proven to be calling: answer 401 with `challenge` as `WWW-Authenticate`.

    `code` is stable, `text` is a sentence for the caller; neither holds anything of the token.
    """

    def __init__(self, code: str, text: str, challenge: str) -> None:
        super().__init__(code, text, challenge)
        self.code = code
        self.text = text
        self.challenge = challenge

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class IdentityUnavailable(Unauthenticated):
    """We cannot judge right now (keys or the replay record are out of reach): answer 503, the caller may repeat.

    It is an Unauthenticated so that whoever does not tell the two apart refuses.
    """


def no_token() -> Unauthenticated:
    """The refusal when a request carries no credentials: RFC 6750 section 3.1 wants no error code then."""
    text = "an access token is needed; send it as `Authorization: Bearer` or `Authorization: DPoP`"
    return Unauthenticated("token.missing", text, f'Bearer realm="{REALM}", DPoP realm="{REALM}"')
