"""How a partner's clients prove themselves at Keycloak, and what `partner onboard` gives them there.

Nothing here grants a right by being written: an administrator of Keycloak applies it, and the rules say what a role
may.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from partners.as2relations import Url

Authentication = Literal["private_key_jwt", "mtls", "secret"]
"""RFC 7523 with a key of theirs, RFC 8705 with a certificate of theirs, or a secret of Keycloak's, the last choice."""

Role = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9._-]{0,60}$",
        description="write a role as the rules in `access.yaml` name it, e.g. `orders.send`",
    ),
]
Scope = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,99}$", description="write one scope without blanks")
]


class OAuth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same for each of a partner's `clients`.

    `private_key_jwt` believes the `certificates` with the use `client-assertion`, or what they publish at `jwks_url`;
    `mtls` the subject of their certificate with the use `tls-client`.
    """

    authentication: Authentication
    jwks_url: Url | None = None
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    scopes: tuple[Scope, ...] = ()
