"""The nouns at the two ends of the way in: what a channel hands over, and what the sender is told."""

from typing import Literal

from msgspec import Struct

SenderKind = Literal["partner", "plant", "corporate"]
Channel = Literal["http", "as2", "sftp"]


class Sender(Struct, frozen=True, kw_only=True):
    """Who sent it, as proven by the channel. `id` is the partner's or the plant's id in our files."""

    kind: SenderKind
    id: str
    client: str
    """The credential used: OAuth client, AS2 id or SFTP account."""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    binding: Literal["none", "certificate", "dpop"] = "none"
    address: str = ""


class Submission(Struct, frozen=True, kw_only=True):
    """Bytes at a channel, with who sent them."""

    channel: Channel
    sender: Sender
    content: bytes
    media_type: str | None
    api_version: str = "v1"
    document_type: str | None = None
    """Set by a typed route (`/v1/purchase-orders`): anything else is refused there."""
    idempotency_key: str | None = None
    traceparent: str | None = None


class Receipt(Struct, frozen=True, kw_only=True):
    """What the sender is told. `statement` is, byte for byte, the audit leaf that records the verdict."""

    message_id: str
    statement: bytes
    duplicate: bool = False
