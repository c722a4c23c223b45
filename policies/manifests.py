"""What is signed of a set of rules: its number, when it holds, and the hash of every file.

The manifest is `bundle.json` in the folder of rules, and its bytes as they lie there are what was signed. Signatures
lie beside it in `bundle.signatures.json`. Everything else in the folder is in the manifest, or the folder is refused.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from policies.folders import digests
from policies.signers import Role
from translators.fileproblems import FileProblem, FileProblems

MANIFEST = "bundle.json"
SIGNATURES = "bundle.signatures.json"
FORMAT = "partner-gateway/policies/1"
_MOST_BYTES = 1024 * 1024

T = TypeVar("T")
Number = Annotated[int, Meta(ge=1, le=2**53)]


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Times are UTC. `restores`: the files are again those of that earlier number."""

    format: Literal["partner-gateway/policies/1"] = "partner-gateway/policies/1"
    number: Number
    """Grows with every set; a gateway never goes back to a lower one."""
    revision: str
    """The hash of the rules that stands in every verdict."""
    author: str
    why: Annotated[str, Meta(min_length=1, max_length=500)]
    made_at: datetime
    not_before: datetime | None = None
    expires: datetime
    """From then on a gateway takes nothing under these rules."""
    restores: int | None = None
    files: dict[str, str]
    """SHA-256 of each, in hexadecimal."""


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    signer: str
    role: Role
    signature: bytes


def signed_bytes(manifest: bytes, role: Role) -> bytes:
    """A signature of an author is none of an approver."""
    return f"{FORMAT} {role}\n".encode() + manifest


def is_signed(files: Mapping[str, bytes]) -> bool:
    return MANIFEST in files


def rules_in(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Without the manifest and its signatures."""
    return {name: content for name, content in files.items() if name not in (MANIFEST, SIGNATURES)}


def write_manifest(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def read_manifest(files: Mapping[str, bytes], folder: Path) -> Manifest:
    """Raises FileProblems, also when it is not there."""
    content = files.get(MANIFEST)
    if content is None:
        text = "these rules are not signed, and this gateway takes signed rules only; run `policy sign`"
        raise FileProblems([FileProblem(folder / MANIFEST, 0, 0, text)])
    return _decoded(content, Manifest, folder / MANIFEST, "this is no manifest of a set of rules")


def read_signatures(files: Mapping[str, bytes], folder: Path) -> list[Signature]:
    """Raises FileProblems; none when there are none."""
    return _decoded(files.get(SIGNATURES, b"[]"), list[Signature], folder / SIGNATURES, "these are no signatures")


def _decoded(content: bytes, type: type[T], path: Path, what: str) -> T:  # noqa: A002 - the word msgspec uses
    reason = "larger than 1 MiB"
    if len(content) <= _MOST_BYTES:
        try:
            return msgspec.json.decode(content, type=type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)
    raise FileProblems([FileProblem(path, 0, 0, f"{what} ({reason}); run `policy sign` again")])


def differing_files(manifest: Manifest, files: Mapping[str, bytes], folder: Path) -> list[FileProblem]:
    """Every file that was changed, added or taken away since the manifest was written."""
    here = digests(rules_in(files))
    problems = []
    for name in sorted(here.keys() | manifest.files.keys()):
        if name not in manifest.files:
            text = "this file is not in the signed manifest; take it away, or sign the folder again"
        elif name not in here:
            text = "this file is in the signed manifest and is not here; put it back, or sign the folder again"
        elif here[name] != manifest.files[name]:
            text = "this file was changed after it was signed; put it back, or sign the folder again"
        else:
            continue
        problems.append(FileProblem(folder / name, 0, 0, text))
    return problems
