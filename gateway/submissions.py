"""The nouns at the two ends of the way in: what a channel hands over, and what the sender is told."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

SenderKind = Literal["partner", "plant", "corporate"]
Channel = Literal["http", "as2", "sftp"]
Binding = Literal["none", "certificate", "dpop"]


class Credential(Struct, frozen=True, kw_only=True):
    """What the channel has proven. `client` is the OAuth client, AS2 id or SFTP account; `address` the peer's."""

    kind: SenderKind
    client: str
    towards: str = ""
    """Of AS2, the name of ours that was addressed: a relation is a pair of names."""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    binding: Binding = "none"
    address: str = ""
    channel: Channel = "http"
    plant: str | None = None
    """The plant the credential itself names, when it names one."""
    fetched_from: str | None = None
    """The partner whose own server it was fetched from, proven by the pinned host key; `client` is our user there."""


class Sender(Struct, frozen=True, kw_only=True):
    """Whose credential it is: the id of a partner, a plant or a corporate client in our files."""

    kind: SenderKind
    id: str
    plan: str | None
    credential: Credential
    testing: bool = False
    """Before go-live: only documents marked as tests are taken."""


class PartOf(Struct, frozen=True, kw_only=True):
    """Where a submission comes from that was made of a part of a long interchange. `last` of its interchange: what
    answers the interchange as such is said with it."""

    message: UUID
    number: int
    last: bool


class Submission(Struct, frozen=True, kw_only=True):
    """Bytes at a channel. `document_type` is set by a typed route (`/v1/purchase-orders`): nothing else is taken there.

    `idempotency_key` is the sender's own word for "this again"; without one the interchange reference or the content
    itself tells a repetition.
    """

    content: bytes
    media_type: str | None
    document_type: str | None = None
    address: str | None = None
    """Where it was sent over HTTP, without the version: `/purchase-orders`."""
    idempotency_key: str | None = None
    traceparent: str | None = None
    part: PartOf | None = None


class Receipt(Struct, frozen=True, kw_only=True):
    """We have it, durably. `statement` is, byte for byte, the audit leaf that says so.

    `duplicate`: it had come before; message id and statement are those of the first time.
    """

    message_id: str
    statement: bytes
    duplicate: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    trial: bool = False
    """It was a test (trials.py): taken and answered, delivered to nobody."""
    suspended: "tuple[Suspended, ...]" = ()
    """Messages of the interchange that were not taken; the first time alone, later the statement says it."""


class Rejection(Struct, frozen=True, kw_only=True):
    """We do not take it. `code` is an entry of errors.py, `act` what the sender can do, `findings` where it is wrong.

    `rule` names the policy rule that decided (file and line), `limits` those that were exceeded, as RateLimit-Policy
    names them; `message_id` is set when the refusal is on record.
    """

    code: str
    text: str
    act: str | None = None
    findings: tuple[Any, ...] = ()
    rule: str | None = None
    limits: tuple[str, ...] = ()
    policy_revision: str | None = None
    retry_after: int | None = None
    fields: tuple[tuple[str, str], ...] = ()
    message_id: str | None = None


class Suspended(Struct, frozen=True, kw_only=True):
    """A message of an interchange that stays while others go on. `place`: `2.3` is the third message of the second
    interchange; `reference` is that of its UNH."""

    place: str
    reference: str
    rejection: Rejection
