"""The program that opens files of OpenPGP (RFC 9580), in a process of its own.

What a stranger sends may unpack to a thousand times its size, and the library hands it over whole; it also holds the
interpreter while it works. So each file is opened in a process whose memory and time the kernel limits, and which knows
nothing but the keys it is given: `python -I -m gateway.channels.sftp.openpgp` reads a task, a line of JSON, then the
file from the standard input, and writes its answer in the same form.
"""

import resource
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import msgspec
from pysequoia import Cert, Decrypted, Tsk, decrypt, verify
from pysequoia.packet import PacketPile, Tag

from gateway.channels.sftp.pgptasks import Answer, Task

_MEMORY = 512 << 20
"""Bytes of address space beside those for the content: the interpreter and its libraries."""
_COPIES = 6
"""How often the content may be in memory: as it came, parsed, opened, and on its way out."""
_SECONDS = 60
_NO_SIGNATURE, _PACKED = "no valid signatures", "Unexpected message structure"
"""What the library says where a file opens, and its signatures do not hold, or stand inside a compressed packet, where
it does not look for them."""

_Key = TypeVar("_Key", Cert, Tsk)
Open = Callable[[Callable[[object], list[Cert]] | None], Decrypted]


class KeyUnusable(Exception):  # noqa: N818 - an answer
    """The text is its path."""


def opened(task: Task, content: bytes) -> tuple[Answer, bytes]:
    """The answer, and what was in the file. Raises KeyUnusable."""
    try:
        encrypted = any(packet.tag in (Tag.SEIP, Tag.AED) for packet in PacketPile.from_bytes(content))
    except RuntimeError as error:
        return Answer("cut" if "Truncated" in str(error) or "EOF" in str(error) else "closed"), b""
    public = [_key(Cert, path) for path in task.public]
    for open_with in _ways(content, task) if encrypted else [_by_signature(content)]:
        found = _tried(open_with, public, encrypted=encrypted)
        if found is None:
            continue
        plain, answer = found
        return (Answer("large"), b"") if len(plain) > task.most else (answer, plain)
    return Answer("closed" if encrypted else "signature"), b""


def _ways(content: bytes, task: Task) -> Iterator[Open]:
    for path in task.secret:
        try:
            decryptor = _key(Tsk, path).decryptor()
        except RuntimeError:  # it cannot decrypt, or is locked by a passphrase
            raise KeyUnusable(path) from None
        yield partial(decrypt, content, decryptor)


def _by_signature(content: bytes) -> Open:
    return partial(verify, content)


def _tried(open_with: Open, public: list[Cert], *, encrypted: bool) -> tuple[bytes, Answer] | None:
    """What is in it and who signed it; None where it cannot be opened so. The library asks for keys by ids that the
    sender has chosen; it gets those of the profile, whatever it asks for."""
    packed = False
    try:
        result = open_with(lambda _: public)
    except RuntimeError as error:
        packed = _PACKED in str(error)
        if not encrypted or not (packed or _NO_SIGNATURE in str(error)):
            return None
        try:
            result = open_with(None)
        except RuntimeError:
            return None
    signed_by = tuple(str(one.certificate) for one in result.valid_sigs)
    return result.bytes or b"", Answer(encrypted=encrypted, packed=packed, signed_by=signed_by)


def _key(kind: type[_Key], path: str) -> _Key:
    try:
        return kind.from_file(path)
    except (RuntimeError, OSError):
        raise KeyUnusable(path) from None


def main() -> int:
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task)
    memory = _MEMORY + _COPIES * task.most
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer, plain = opened(task, sys.stdin.buffer.read())
    except KeyUnusable as unusable:
        answer, plain = Answer("keys", str(unusable)), b""
    except MemoryError:
        answer, plain = Answer("large"), b""
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n" + plain)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
