"""What is asked of the program that opens files of OpenPGP, and what it answers."""

from msgspec import Struct


class Task(Struct, frozen=True):
    """Paths of our secret keys and of their public ones; `most`: bytes that the content may have."""

    secret: tuple[str, ...]
    public: tuple[str, ...]
    most: int


class Answer(Struct, frozen=True, omit_defaults=True):
    """`failed`: `cut` (its end has not come), `closed` (no key opens it to something whole), `signature` (it is not
    encrypted, and none holds), `large`, or `keys` (one of ours, or of theirs, cannot be used: `detail` is its path).

    `signed_by`: fingerprints of their keys whose signatures hold. `packed`: it is compressed inside its encryption, so
    nobody looked for signatures.
    """

    failed: str | None = None
    detail: str | None = None
    encrypted: bool = False
    packed: bool = False
    signed_by: tuple[str, ...] = ()
