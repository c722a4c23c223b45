"""The welcome kit as plain facts: `partner welcome --json` is this object. Nothing in it is secret."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class HttpWay(Struct, frozen=True, kw_only=True):
    """`issuer` is the audience of an assertion of theirs, `key` its `kid` (RFC 7638) and `algorithm` how it is signed;
    both are None where they do not prove themselves so."""

    base: str
    issuer: str | None
    token_url: str | None
    clients: tuple[str, ...]
    authentication: str | None
    binding: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    reads: bool
    fetches: bool
    """Whether the rules in force let the clients ask for their messages, and fetch their outbox."""
    key: str | None = None
    algorithm: str | None = None


class As2Way(Struct, frozen=True, kw_only=True):
    """`demanded` of their messages, `sent` how ours are made; both in the words of the profile."""

    url: str
    ours: str
    theirs: str
    version: str
    most_bytes: int
    demanded: dict[str, Any]
    sent: dict[str, Any] | None
    receipt_urls: tuple[str, ...]
    legacy: dict[str, Any] | None


class HostKey(Struct, frozen=True):
    """`known_hosts` is the line of that file; `fingerprint` as `ssh` shows it."""

    kind: str
    fingerprint: str
    known_hosts: str


class MailboxWay(Struct, frozen=True, kw_only=True):
    """Their account at our server. `keys` are the fingerprints of theirs that we know."""

    host: str
    port: int
    account: str
    host_keys: tuple[HostKey, ...]
    keys: tuple[str, ...]
    password: bool
    quota: int
    files: int
    most_bytes: int


class ServerWay(Struct, frozen=True, kw_only=True):
    """Their server. `key` is the line of ours for their `authorized_keys`, `host_keys` the pinned fingerprints."""

    host: str
    port: int
    user: str
    host_keys: tuple[str, ...]
    key: str | None
    password: bool
    push: str | None
    poll: str | None
    pattern: str
    every: str
    after_pickup: str


class WebhookWay(Struct, frozen=True, kw_only=True):
    """`signatures`: `v1` of a shared secret, `v1a` of a key of ours whose public half is in `public_keys`."""

    url: str
    signatures: tuple[str, ...]
    public_keys: tuple[str, ...]
    time_out: str
    disable_after: str


class OurCertificate(Struct, frozen=True, kw_only=True):
    """`uses` of ours: `sign` is what they verify with, `decrypt` what they encrypt to. `begins` and `ends`: when both
    the certificate and the profile let it be used. `content` is PEM, with the certificates above it."""

    file: str
    uses: tuple[str, ...]
    holder: str
    serial: str
    sha256: str
    sha1: str
    begins: datetime
    ends: datetime
    content: bytes


class Term(Struct, frozen=True, kw_only=True):
    """One agreement. `fields` are those that say more than the usual, in the words of the profile."""

    name: str
    document: str
    direction: str
    channel: str
    format: str
    test: bool
    begins: datetime | None
    ends: datetime | None
    acknowledgements: tuple[dict[str, Any], ...]
    fields: dict[str, Any]


class Sample(Struct, frozen=True, kw_only=True):
    """A document as the partner may send it. It passed the self-test under the rules in force when it was made."""

    file: str
    document: str
    channel: str
    agreement: str | None
    media_type: str
    content: bytes


class Kit(Struct, frozen=True, kw_only=True):
    """`missing`: what keeps the kit from being complete, for us; the partner is not told."""

    partner: str
    name: str
    at: datetime
    revision: str
    state: str
    http: HttpWay | None = None
    as2: As2Way | None = None
    mailbox: MailboxWay | None = None
    server: ServerWay | None = None
    webhook: WebhookWay | None = None
    certificates: tuple[OurCertificate, ...] = ()
    receipt_keys: tuple[str, ...] = ()
    """Lines of our verifier keys: what our signed receipts are verified with, offline."""
    names: tuple[tuple[str, str], ...] = ()
    """How documents name both sides: (what, name)."""
    agreed: tuple[Term, ...] = ()
    samples: tuple[Sample, ...] = ()
    missing: tuple[str, ...] = ()
