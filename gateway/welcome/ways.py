"""How a partner reaches us and how we reach it, channel by channel; what cannot be told is said under `missing`."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from gateway.channels.sftp.hostkeys import BadHostKeys
from gateway.channels.sftp.publickeys import fingerprint, host_keys, known_host, line_of, public_half
from gateway.channels.webhooks.signing import BadSecret, read_secrets
from gateway.settings import Settings
from gateway.welcome.kit import As2Way, HostKey, HttpWay, MailboxWay, ServerWay, WebhookWay
from partners.directory import Directory
from partners.holding import plain
from partners.onboarding.keysets import algorithm_of, key_id
from partners.profile import Partner


class Ways(Struct, frozen=True):
    """`missing` collects sentences for the operator."""

    settings: Settings
    directory: Directory
    partner: Partner
    at: datetime
    missing: list[str]

    def http(self, *, reads: bool, fetches: bool) -> HttpWay | None:
        """Where the clients fetch tokens and what they call."""
        partner = self.partner
        if not partner.clients:
            return None
        issuer = next(iter(self.settings.partner_issuers), None)
        address = next(iter(self.settings.token_addresses().get("partner", ())), None)
        if address is None:
            self.missing.append("GATEWAY_PARTNER_ISSUERS names no issuer: the kit says no token address")
        if partner.oauth is None:
            self.missing.append(
                "the profile has `clients` and no `oauth`: the kit does not say how they prove themselves"
            )
        key, algorithm = self._assertion_key()
        return HttpWay(
            base=self.settings.public_url,
            issuer=issuer,
            token_url=address,
            clients=partner.clients,
            authentication=partner.oauth.authentication if partner.oauth is not None else None,
            binding=partner.binding,
            roles=partner.oauth.roles if partner.oauth is not None else (),
            scopes=partner.oauth.scopes if partner.oauth is not None else (),
            reads=reads,
            fetches=fetches,
            key=key,
            algorithm=algorithm,
        )

    def _assertion_key(self) -> tuple[str | None, str | None]:
        """`kid` and algorithm of the certificate whose time began last."""
        oauth = self.partner.oauth
        if oauth is None or oauth.authentication != "private_key_jwt" or oauth.jwks_url is not None:
            return None, None
        entry = self.directory.timeline(self.partner.id).current("client-assertion", self.at)
        if entry is None:
            self.missing.append("no certificate with the use `client-assertion` holds now: its clients get no token")
            return None, None
        return key_id(entry), algorithm_of(entry)

    def as2(self) -> As2Way | None:
        agreed = self.partner.as2
        if agreed is None:
            return None
        most = agreed.receive.most_bytes
        return As2Way(
            url=f"{self.settings.public_url}/as2",
            ours=agreed.ours,
            theirs=agreed.theirs,
            version=agreed.version,
            most_bytes=most.bytes if most is not None else self.settings.max_body,
            demanded=_told(agreed.receive),
            sent=_told(agreed.send) if agreed.send is not None else None,
            receipt_urls=agreed.receipt_urls,
            legacy=_told(agreed.legacy) if agreed.legacy is not None else None,
        )

    def mailbox(self) -> MailboxWay | None:
        mailbox = self.partner.sftp.mailbox if self.partner.sftp is not None else None
        if mailbox is None:
            return None
        host, port = self.settings.sftp_public
        return MailboxWay(
            host=host,
            port=port,
            account=mailbox.account,
            host_keys=self._host_keys(host, port),
            keys=tuple(fingerprint(line) for line in mailbox.keys),
            password=mailbox.password is not None,
            quota=mailbox.quota.bytes,
            files=mailbox.files,
            most_bytes=self.settings.max_body,
        )

    def _host_keys(self, host: str, port: int) -> tuple[HostKey, ...]:
        try:
            found = host_keys(self.settings.sftp_host_keys)
        except BadHostKeys as problem:
            self.missing.append(f"{problem}; the kit shows no fingerprint of our SFTP server")
            return ()
        return tuple(
            HostKey(one.get_algorithm(), one.get_fingerprint("sha256"), known_host(host, port, one)) for one in found
        )

    def server(self) -> ServerWay | None:
        server = self.partner.sftp.server if self.partner.sftp is not None else None
        if server is None:
            return None
        line = None
        if server.key is not None:
            try:
                line = line_of(public_half(self.settings.partner_keys / server.key))
            except BadHostKeys as problem:
                self.missing.append(f"{problem}; the kit shows no key of ours for their server")
        return ServerWay(
            host=server.host,
            port=server.port,
            user=server.user,
            host_keys=tuple(fingerprint(one) for one in server.host_keys),
            key=line,
            password=server.password is not None,
            push=server.push,
            poll=server.poll,
            pattern=server.pattern,
            every=server.every.text,
            after_pickup=server.after_pickup,
        )

    def webhook(self) -> WebhookWay | None:
        webhook = self.partner.webhook
        if webhook is None:
            return None
        public: list[str | None] = []
        try:
            public = [one.public for one in read_secrets(self.settings.partner_keys, webhook.secrets)]
        except BadSecret as problem:
            self.missing.append(f"{problem}; the kit does not say how webhooks are signed")
        return WebhookWay(
            url=webhook.url,
            signatures=tuple(dict.fromkeys("v1" if one is None else "v1a" for one in public)),
            public_keys=tuple(one for one in public if one is not None),
            time_out=webhook.time_out.text,
            disable_after=webhook.disable_after.text,
        )


def _told(part: Any) -> dict[str, Any]:
    """In the words of the profile; what a file writes as `none` is said so."""
    told = {name: ("none" if value is None else value) for name, value in _fields(part).items()}
    return {name: value for name, value in told.items() if value not in ("", [])}


def _fields(part: Any) -> dict[str, Any]:
    written: dict[str, Any] = {name: None for name in ("digest", "cipher") if hasattr(part, name)}
    return written | dict(plain(part))
