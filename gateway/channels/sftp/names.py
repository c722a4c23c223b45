"""Paths and names as partners write them. A name is metadata: no name of a partner ever becomes a path of ours."""

import posixpath
import unicodedata
from typing import Literal

from msgspec import Struct

from partners.sftpaccounts import TEMPORARY

Folder = Literal["in", "out", "ack", "error"]
FOLDERS: tuple[Folder, ...] = ("in", "out", "ack", "error")
MOST_BYTES = 255
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that nobody sees or that change how the rest is shown: controls, bidi marks, line ends."""


class BadName(Exception):  # noqa: N818 - a refusal, not a defect
    """Says in one sentence what is wrong with a name or a path; never holds the name itself."""


class Spot(Struct, frozen=True):
    """A place in the mailbox: the root, a folder, or a file."""

    folder: Folder | None = None
    name: str | None = None

    def __str__(self) -> str:
        return "/" + "/".join(part for part in (self.folder, self.name) if part)


ROOT = Spot()


def spot(path: bytes) -> Spot:
    """Where a path leads, `.` and `..` resolved by their letters alone; above the root is the root. Raises BadName."""
    if len(path) > 4096:
        raise BadName("a path has at most 4096 bytes")
    if b"\0" in path:
        raise BadName("a path has no zero byte")
    parts = posixpath.normpath(b"/" + path).strip(b"/").split(b"/")
    if parts == [b""]:
        return ROOT
    folder = next((one for one in FOLDERS if one.encode() == parts[0]), None)
    if folder is None or len(parts) > 2:
        raise BadName(f"there are the folders {', '.join('/' + one for one in FOLDERS)}, and none below them")
    return Spot(folder, checked(parts[1])) if len(parts) == 2 else Spot(folder)


def checked(name: bytes) -> str:
    """The name as text. Raises BadName."""
    if len(name) > MOST_BYTES:
        raise BadName(f"a name has at most {MOST_BYTES} bytes")
    try:
        text = name.decode()
    except UnicodeDecodeError:
        raise BadName("a name is written in UTF-8") from None
    if not text or text in (".", "..") or "/" in text:
        raise BadName("this is no name of a file")
    if any(unicodedata.category(character) in _HIDDEN for character in text):
        raise BadName("a name has no control characters, line ends or marks of direction")
    return text


def is_temporary(name: str) -> bool:
    """Whether a file of this name is still being written: it counts once it is renamed to another."""
    return TEMPORARY.fullmatch(name) is not None


def beside(name: str, addition: str) -> str:
    """`name.addition`, with the end of a long name cut so that the whole is a name."""
    room = MOST_BYTES - len(addition.encode()) - 1
    return f"{name.encode()[:room].decode(errors='ignore')}.{addition}"
