"""How AS2 is spoken with one partner: fixed by the profile, never negotiated while it runs."""

from functools import partial
from typing import Annotated, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import force_setattr

from partners.certificates import OwnKey
from partners.names import As2Name
from translators.amounts import Duration, Size
from translators.moments import Moment

Url = Annotated[str, Meta(pattern=r"^https?://[^\s#]+$", max_length=500, description="write an http or https address")]
Digest = Literal["sha-256", "sha-384", "sha-512"]
Cipher = Literal["aes-128-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm"]


class Legacy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an old product may still do inbound, until when. We never send any of it."""

    until: Moment
    why: Annotated[str, Meta(min_length=10, max_length=300)]
    allows: Annotated[tuple[Literal["sha-1", "3des", "oaep-sha-1", "no-signed-attributes"], ...], Meta(min_length=1)]
    """`sha-1`: in signatures. `3des`: as the cipher. `oaep-sha-1`: around the key of any cipher.
    `no-signed-attributes`: their signatures must lack signed attributes (IBM Sterling); never both ways."""


class As2Receive(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What we demand of their messages."""

    signed: bool = True
    encrypted: bool = True
    most_bytes: Size | None = None


class As2Send(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How we send to them. A file writes `cipher: none` for not encrypted, `digest: none` for not signed."""

    url: Url
    digest: Digest | Literal["none"] | None = "sha-256"
    cipher: Cipher | Literal["none"] | None = "aes-256-gcm"
    key_transport: Literal["rsa-oaep", "rsa-pkcs1"] = "rsa-oaep"
    signature: Literal["rsa-pkcs1", "rsa-pss"] = "rsa-pkcs1"
    compress: Literal["no", "before-signing", "after-signing"] = "no"
    receipt: Literal["sync", "async", "none"] = "sync"
    receipt_signed: bool = True
    receipt_within: Duration = field(default_factory=partial(Duration.from_text, "30m"))
    """An asynchronous receipt that has not come by then is overdue: sent again under the same Message-ID."""
    subject: Annotated[str, Meta(pattern=r"^[ -~]{0,200}$")] = ""

    def __post_init__(self) -> None:
        """`none` is what a file says, since nothing written there may be empty; here it is None."""
        for choice in ("digest", "cipher"):
            if getattr(self, choice) == "none":
                force_setattr(self, choice, None)


class As2Relation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`theirs` and `ours` are AS2 names; the pair finds the relation, so it is unique."""

    theirs: As2Name
    ours: As2Name
    version: Literal["1.0", "1.1", "1.2", "1.3"] = "1.2"
    keys: tuple[OwnKey, ...] = ()
    receive: As2Receive = As2Receive()
    send: As2Send | None = None
    receipt_urls: tuple[Url, ...] = ()
    """Where asynchronous receipts for their messages may go; what a message asks for is compared with them."""
    legacy: Legacy | None = None
