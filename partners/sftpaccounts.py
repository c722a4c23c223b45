"""A partner's SFTP: its account at our server, and its own server that we push to and poll."""

import re
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct, field

from translators.amounts import Duration, Size

Account = Annotated[
    str, Meta(pattern="^[a-z0-9][a-z0-9._-]{0,62}$", description="use small letters, digits, `.`, `_` and `-`")
]
PublicKey = Annotated[
    str,
    Meta(
        pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa|sk-[a-z0-9@.-]+) [A-Za-z0-9+/=]+( .*)?$",
        description="write a public key as in authorized_keys, e.g. `ssh-ed25519 AAAA…`",
    ),
]
KeyName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
"""A file in the operators' folder of keys; nothing secret stands in a profile."""
Folder = Annotated[str, Meta(pattern=r"^[^\x00-\x1f]{1,300}$")]
AfterPickup = Annotated[
    str,
    Meta(pattern=r"^(delete|keep|move:[^\x00-\x1f]{1,300})$", description="write `delete`, `keep` or `move:FOLDER`"),
]
Ready = Annotated[
    str,
    Meta(
        pattern=r"^(settled|renamed|marker:\.[A-Za-z0-9._-]{1,20})$",
        description="write `settled`, `renamed`, or `marker:` and an ending as in `marker:.ok`",
    ),
]
TEMPORARY = re.compile(
    r"[.~].*|.*(?:~|\.(?:tmp|temp|part|partial|filepart|uploading|upload|writing|swp|lock))", re.IGNORECASE
)
"""Names of files that are still being written, at our server and at theirs."""


class SftpMailbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Their account at our server. Two keys at once are how a key is changed."""

    account: Account
    keys: tuple[PublicKey, ...] = ()
    password: KeyName | None = None
    """A file with the password's hash, for a partner that cannot use keys yet."""
    quota: Size = field(default_factory=partial(Size.from_text, "1 GiB"))
    """Of uploads that are no message yet, together."""
    files: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000


class SftpServer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Their server. Its host keys are pinned; nothing is believed at first sight."""

    host: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:_-]{1,255}$")]
    port: Annotated[int, Meta(ge=1, le=65535)] = 22
    host_keys: Annotated[tuple[PublicKey, ...], Meta(min_length=1)]
    user: Annotated[str, Meta(min_length=1, max_length=64)]
    key: KeyName | None = None
    password: KeyName | None = None
    push: Folder | None = None
    """The folder we deliver to."""
    poll: Folder | None = None
    """The folder we fetch from. All that follows is about it."""
    pattern: Annotated[str, Meta(min_length=1, max_length=200)] = "*"
    """Which names, as a shell writes it; capitals matter. Names of TEMPORARY are never fetched."""
    every: Duration = field(default_factory=partial(Duration.from_text, "5m"))
    ready: Ready = "settled"
    """When a file counts: `settled` when its size and time were the same in two looks, `settle` apart; `renamed` as
    soon as it has its name, because they write under a temporary one; `marker:.ok` when `NAME.ok` lies beside it."""
    settle: Duration = field(default_factory=partial(Duration.from_text, "30s"))
    after_pickup: AfterPickup = "delete"
    """What becomes of a file there, once it is on record here. `keep`: it is remembered and not fetched again."""
    after_refusal: AfterPickup | None = None
    """The same of a file that was refused; None: as with any other."""

    @property
    def place(self) -> str:
        """Names the folder that is fetched from: another place is another folder."""
        return f"{self.user}@{self.host}:{self.port}{'' if self.poll is None else ' ' + self.poll}"


class PgpReceive(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What we demand of their files. What is not demanded is taken all the same."""

    encrypted: bool = True
    signed: bool = True


class Pgp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """OpenPGP (RFC 9580) around the files they send, here and at their own server."""

    ours: tuple[KeyName, ...] = ()
    """Our secret keys, without a passphrase, in the operators' folder of keys; several while one is changed."""
    theirs: tuple[KeyName, ...] = ()
    """Their public keys in ASCII armor, beside the certificates; several while one is changed."""
    receive: PgpReceive = PgpReceive()


class Sftp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mailbox: SftpMailbox | None = None
    server: SftpServer | None = None
    pgp: Pgp | None = None
