"""Keycloak held against the profiles: what differs, who is there that nobody named, and which credentials are weak."""

from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from cryptography import x509
from msgspec import Struct

from partners.certificatefiles import LEAST_RSA, weakness_of
from partners.directory import Directory
from partners.onboarding.changes import MakeClient, NewSecret
from partners.onboarding.found import FoundClient
from partners.onboarding.plans import plan_for
from partners.onboarding.realm import Realm
from partners.onboarding.wanted import CannotOnboard
from partners.profile import Partner

Kind = Literal["silent", "missing", "differs", "stranger", "open", "weak", "stale", "expiring", "unused", "unseen"]
"""`silent`: the profile says nothing to compare with; `unseen`: Keycloak keeps too little to say."""

_OPEN = {
    "publicClient": "it is public, so nobody proves anything",
    "directAccessGrantsEnabled": "direct access grants are on, so it may send passwords of people",
    "implicitFlowEnabled": "the implicit flow is on",
    "fullScopeAllowed": "full scope is on, so its tokens carry every role it has",
}


class Finding(Struct, frozen=True, kw_only=True):
    """`partner` is None for a client that no profile names, `client` where the finding is about no one client."""

    kind: Kind
    partner: str | None
    client: str | None
    text: str


class Patience(Struct, frozen=True, kw_only=True):
    """How old a secret may be, how long before its end a certificate is told of, how long nobody may log in."""

    secret: timedelta = timedelta(days=180)
    expiry: timedelta = timedelta(days=30)
    unused: timedelta = timedelta(days=90)


class Drift:
    """One look at the realm. Raises CannotOnboard when Keycloak cannot be asked."""

    def __init__(self, realm: Realm, directory: Directory, audience: str, at: datetime, patience: Patience) -> None:
        self._realm = realm
        self._directory = directory
        self._audience = audience
        self._at = at
        self._patience = patience

    def of_everyone(self) -> list[Finding]:
        """The partners in the order of their ids, then what no profile names."""
        told = [finding for one in self._directory.partners.values() for finding in self.of(one)]
        named = {client for one in self._directory.partners.values() for client in one.clients}
        for name in sorted(self._realm.read(self._audience).clients - named):
            found = self._realm.client(name)
            if found is not None:
                told += _stranger(found)
        return told

    def of(self, partner: Partner) -> list[Finding]:
        """Its profile, its credentials and each of its clients."""
        if not partner.clients:
            return []
        if partner.oauth is None:
            text = "its profile does not say how its clients prove themselves; add `oauth`"
            return [Finding(kind="silent", partner=partner.id, client=None, text=text)]
        told = list(self._differences(partner))
        told += self._expiring(partner)
        for name in partner.clients:
            found = self._realm.client(name)
            if found is not None:
                told += self._credentials(partner, found)
        return told

    def _differences(self, partner: Partner) -> Iterator[Finding]:
        timeline = self._directory.timeline(partner.id)
        self._realm.read(self._audience)  # what Keycloak cannot say now is no finding about the profile
        try:
            plan = plan_for(self._realm, partner, timeline, self._audience, self._at)
        except CannotOnboard as problem:
            yield Finding(kind="expiring", partner=partner.id, client=None, text=str(problem))
            return
        missing = {change.act.client for change in plan if isinstance(change.act, MakeClient)}
        for client in sorted(missing):
            text = f"it is not there; `partner onboard {partner.id} --apply` makes it"
            yield Finding(kind="missing", partner=partner.id, client=client, text=text)
        for change in plan:
            named: str | None = getattr(change.act, "client", None)
            if named not in missing and not isinstance(change.act, NewSecret):
                text = f"as agreed it would be: {change}"
                yield Finding(kind="differs", partner=partner.id, client=named, text=text)

    def _expiring(self, partner: Partner) -> Iterator[Finding]:
        """The credential in use ends soon and no other has its time then."""
        oauth = partner.oauth
        assert oauth is not None
        use: Literal["tls-client", "client-assertion"] = (
            "tls-client" if oauth.authentication == "mtls" else "client-assertion"
        )
        entries = self._directory.timeline(partner.id).of(use)
        last = max((one.ends for one in entries), default=None)
        if last is not None and self._at < last <= self._at + self._patience.expiry:
            days = (last - self._at).days
            text = f"its last certificate with the use `{use}` ends in {days} days, at {last:%Y-%m-%d %H:%M} UTC"
            yield Finding(kind="expiring", partner=partner.id, client=None, text=text)

    def _credentials(self, partner: Partner, found: FoundClient) -> Iterator[Finding]:
        for kind, text in (*_weak_keys(found), *self._stale_secret(partner, found), *self._unused(found)):
            yield Finding(kind=kind, partner=partner.id, client=found.client, text=text)

    def _stale_secret(self, partner: Partner, found: FoundClient) -> Iterator[tuple[Kind, str]]:
        if found.fields.get("clientAuthenticatorType") != "client-secret":
            return
        made = found.attributes.get("client.secret.creation.time", "")
        remedy = f"`partner onboard {partner.id} --new-secret --apply` makes another"
        if not made.isdigit():
            yield "stale", f"nobody knows how old its secret is; {remedy}"
            return
        age = self._at - datetime.fromtimestamp(int(made), UTC)
        if age > self._patience.secret:
            yield "stale", f"its secret is {age.days} days old, {self._patience.secret.days} are allowed; {remedy}"

    def _unused(self, found: FoundClient) -> Iterator[tuple[Kind, str]]:
        """Only where Keycloak keeps logins for long enough to know."""
        least = self._patience.unused
        if found.made_at is None or self._at - datetime.fromtimestamp(found.made_at, UTC) < least:
            return
        kept = self._realm.settings()
        expires = kept.get("eventsExpiration") or 0
        if not kept.get("eventsEnabled") or 0 < expires < least.total_seconds():
            yield (
                "unseen",
                (
                    f"Keycloak keeps no logins for {least.days} days, so whether it is used cannot be said; its "
                    "administrator can keep user events for longer"
                ),
            )
            return
        login = self._realm.last_login(found.client)
        if login is None or self._at - datetime.fromtimestamp(login, UTC) >= least:
            when = "never" if login is None else f"last on {datetime.fromtimestamp(login, UTC):%Y-%m-%d}"
            yield "unused", f"it logged in {when}; if nobody needs it, take it out of the profile"


def _stranger(found: FoundClient) -> Iterator[Finding]:
    enabled = found.fields.get("enabled") is True
    if not enabled:
        return
    yield Finding(kind="stranger", partner=None, client=found.client, text="it is enabled and no profile names it")
    redirects = found.fields.get("redirectUris")
    wild = [one for one in redirects if "*" in str(one)] if isinstance(redirects, list) else []
    texts = [text for field, text in _OPEN.items() if found.fields.get(field) is True]
    texts += [f"it redirects to any address like `{one}`" for one in wild]
    for text in texts:
        yield Finding(kind="open", partner=None, client=found.client, text=text)


def _weak_keys(found: FoundClient) -> Iterator[tuple[Kind, str]]:
    """Of what Keycloak believes now, whoever wrote it there."""
    for key in _keys(found.attributes.get("jwks.string", "")):
        bits = _rsa_bits(key)
        if bits is not None and bits < LEAST_RSA:
            yield "weak", f"its key `{key.get('kid') or '?'}` has {bits} bits; {LEAST_RSA} are needed"
    written = found.attributes.get("jwt.credential.certificate", "")
    if written:
        try:
            weakness = weakness_of(x509.load_der_x509_certificate(b64decode(written)))
        except ValueError:
            weakness = "it cannot be read"
        if weakness is not None:
            yield "weak", f"the certificate its assertions are held against: {weakness}"


def _keys(text: str) -> Iterable[dict[str, Any]]:
    try:
        keys = msgspec.json.decode(text)["keys"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return []
    return [one for one in keys if isinstance(one, dict)] if isinstance(keys, list) else []


def _rsa_bits(key: dict[str, Any]) -> int | None:
    if key.get("kty") != "RSA":
        return None
    try:
        modulus = urlsafe_b64decode(str(key.get("n", "")) + "==")
    except ValueError:
        return 0
    return int.from_bytes(modulus, "big").bit_length()
