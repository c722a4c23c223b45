"""Our word on a file, laid where its partner finds it: each upload has one, also the second of a name.

A word is never written over, and none is lost: where its name is taken, because the same was said of an earlier upload
of that name, it is laid beside it as `NAME.MESSAGE-ID.2.json`. Only while the very same words lie there unread do they
stand for one more upload: a program that sends a file again and again does not fill its mailbox.
"""

from collections.abc import Sequence
from hashlib import sha256

from msgspec.structs import replace

from gateway.channels.sftp.names import beside
from gateway.ledger.mailbox import Mailboxes, NewFile, SaidFile

_TRIES = 100
"""Others may take the next number meanwhile."""


class NowhereToLay(Exception):  # noqa: N818 - a state of the world, not a defect
    """Every name that was tried had been taken by then."""


async def lay_word(mailboxes: Mailboxes, files: Sequence[NewFile]) -> None:
    """The acknowledgement first, then the page of a refusal. Raises LedgerUnavailable, or NowhereToLay."""
    rest = await _not_laid(mailboxes, files)
    for _ in range(_TRIES):
        if not rest:
            return
        first = rest[0]
        said = await mailboxes.said_of(first.partner, first.message_id)
        if _stands(said, first):
            return
        taken = {one.name for one in said}
        number = next(n for n in range(2, len(said) + 3) if not {numbered(one, n).name for one in rest} & taken)
        rest = await _not_laid(mailboxes, [numbered(one, number) for one in rest])
    raise NowhereToLay


def numbered(file: NewFile, number: int) -> NewFile:
    """The same under the next of its names."""
    ending = file.name.rpartition(".")[2]
    tail = f"{file.message_id}"
    base = file.name[: file.name.rindex(tail) - 1]
    return replace(file, name=beside(base, f"{tail}.{number}.{ending}"))


async def _not_laid(mailboxes: Mailboxes, files: Sequence[NewFile]) -> list[NewFile]:
    laid = await mailboxes.lay(files)
    return [one for one in files if one.id not in laid]


def _stands(said: Sequence[SaidFile], word: NewFile) -> bool:
    """Whether the same lies there under one of its names, and nobody has read it yet."""
    digest = sha256(word.content).digest()
    names = {word.name, *(numbered(word, number).name for number in range(2, len(said) + 2))}
    return any(one.hash == digest and not one.fetched and one.name in names for one in said)
