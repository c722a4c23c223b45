"""The realm of the partners, administered as the settings say."""

from pathlib import Path
from urllib.parse import urlsplit

from gateway.settings import BadSettings, Settings
from partners.onboarding.access import Access
from partners.onboarding.realm import Realm

_REALMS = "/realms/"
_HERE = ("127.0.0.1", "::1", "localhost")


def open_realm(settings: Settings) -> Realm:
    """Nothing is asked of Keycloak yet. Raises BadSettings with everything that is missing."""
    return Realm(access_of(settings))


def access_of(settings: Settings) -> Access:
    problems = []
    issuer = settings.partner_issuers[0] if settings.partner_issuers else ""
    base, _, realm = issuer.partition(_REALMS)
    if not issuer:
        problems.append("onboarding needs GATEWAY_PARTNER_ISSUERS: the realm that the partners' clients are in")
    elif not realm:
        problems.append(f"GATEWAY_PARTNER_ISSUERS: `{issuer}` names no realm of Keycloak; write https://…/realms/NAME")
    url = settings.keycloak_url or base
    if url and urlsplit(url).scheme != "https" and urlsplit(url).hostname not in _HERE:
        problems.append(f"GATEWAY_KEYCLOAK_URL: `{url}` would be told a secret in clear; use https")
    secret = ""
    if settings.keycloak_secret_file is None:
        problems.append(
            f"onboarding needs GATEWAY_KEYCLOAK_SECRET_FILE: the secret of the service account "
            f"`{settings.keycloak_client}`; docs/onboarding.md says how its administrator makes one"
        )
    else:
        secret, problem = _secret(settings.keycloak_secret_file)
        problems += problem
    if problems:
        raise BadSettings(problems)
    authorities = str(settings.keycloak_authorities) if settings.keycloak_authorities is not None else None
    return Access(url=url, realm=realm, client=settings.keycloak_client, secret=secret, authorities=authorities)


def _secret(path: Path) -> tuple[str, list[str]]:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        return "", [f"{path}: cannot be read: {(error.strerror or 'no reason is known').lower()}"]
    except UnicodeDecodeError:
        return "", [f"{path}: is no text"]
    return secret, [] if secret else [f"{path}: holds no secret"]
