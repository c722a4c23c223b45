"""Keys of OpenPGP for tests, and files made with them by the library, as a partner's program would make them."""

import zlib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from pysequoia import Cert, SignatureMode, Tsk, encrypt, sign
from support.mailboxes import SftpWorld

AGREED: dict[str, Any] = {"ours": ["house.pgp"], "theirs": ["nordlicht.asc"]}


@cache
def a_secret(name: str) -> Tsk:
    """The same in all tests of a process."""
    return Tsk.generate(f"{name} <{name}@example.com>")


def a_public(name: str) -> Cert:
    return a_secret(name).extract_certificate()


def write_pgp_keys(ours: Path, theirs: Path) -> None:
    """`house.pgp` and `house-new.pgp` in the operators' folder, `nordlicht.asc` and `nordlicht-new.asc` beside the
    certificates."""
    theirs.mkdir(exist_ok=True)
    for name in ("house", "house-new"):
        (ours / f"{name}.pgp").write_text(str(a_secret(name)))
    for name in ("nordlicht", "nordlicht-new"):
        (theirs / f"{name}.asc").write_text(str(a_public(name)))


def sealed(content: bytes, *, to: str = "house", by: str | None = "nordlicht", armor: bool = False) -> bytes:
    signer = a_secret(by).signer() if by is not None else None
    return encrypt(content, recipients=[a_public(to)], signer=signer, armor=armor)


def signed(content: bytes, by: str = "nordlicht", *, clear: bool = False) -> bytes:
    mode = SignatureMode.CLEAR if clear else SignatureMode.INLINE
    return sign(a_secret(by).signer(), content, mode=mode)


def a_bomb(megabytes: int) -> bytes:
    """Literal data of zeros in a compressed packet (RFC 9580 sections 5.6 and 5.9): a thousandth of its size."""
    size = megabytes << 20
    head = b"b\0\0\0\0\0"
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packing.compress(b"\xcb\xff" + (len(head) + size).to_bytes(4, "big") + head)
    for _ in range(megabytes):
        packed += packing.compress(bytes(1 << 20))
    packed += packing.flush()
    return b"\xc8\xff" + (len(packed) + 1).to_bytes(4, "big") + b"\x01" + packed


def agree(world: SftpWorld, **given: Any) -> None:
    """In the profile of nordlicht, instead of what was agreed before."""
    profile = world.profile("nordlicht")
    text = profile.read_text().partition("\n  pgp: ")[0].rstrip()
    profile.write_text(f"{text}\n  pgp: {msgspec.json.encode({**AGREED, **given}).decode()}\n")
    assert world.partners.reload(), world.partners.problems
