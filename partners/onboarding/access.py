"""How Keycloak is reached for onboarding, and who must act when it is not or says no."""

import re
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

NEEDED_ROLES = ("manage-clients", "manage-users", "view-events")
"""Of `realm-management`, for our account: clients, their service accounts' roles, and when they last logged in."""


class Access(Struct, frozen=True, kw_only=True):
    """`url` of Keycloak without `/realms`; `client` is a service account of the realm with NEEDED_ROLES.

    `authorities` is a file of the certificate authorities to believe, None for the system's.
    """

    url: str
    realm: str
    client: str
    secret: str
    authorities: str | None = None

    def __repr__(self) -> str:
        return f"Access({self.url!r}, {self.realm!r}, {self.client!r})"


def unreachable(access: Access, cause: str) -> str:
    """`cause` is what the connection failed with."""
    if "CERTIFICATE_VERIFY_FAILED" in cause:
        return (
            f"the certificate of {urlsplit(access.url).netloc} is not believed; name the file of its authority in "
            "GATEWAY_KEYCLOAK_AUTHORITIES"
        )
    return f"Keycloak at {access.url} does not answer; see that it runs and that GATEWAY_KEYCLOAK_URL is its address"


def refused(access: Access, doing: str, status: int | None, body: bytes) -> str:
    where = f"Keycloak at {access.url}"
    match status:
        case 401:
            return (
                f"{where} does not take the secret of `{access.client}`; put the one that its page in realm "
                f"`{access.realm}` shows into GATEWAY_KEYCLOAK_SECRET_FILE"
            )
        case 403:
            return (
                f"{where} does not let `{access.client}` {doing}; an administrator of realm `{access.realm}` must give "
                f"its service account {', '.join(f'`{role}`' for role in NEEDED_ROLES)} of `realm-management`"
            )
        case 404 if b"ealm" in body and "realm" not in doing:
            return f"{where} has no realm `{access.realm}`; GATEWAY_PARTNER_ISSUERS names it"
        case _:
            said = _said(body)
            return f"{where} would not {doing}: {said or 'it gave no reason'} (status {status or 'unknown'})"


def _said(body: bytes) -> str:
    """Keycloak's own words, on one line."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    told = answer.get("error_description") or answer.get("errorMessage") or answer.get("error") or ""
    return re.sub(r"\s+", " ", str(told))[:300]
