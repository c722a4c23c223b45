"""Signing a set of rules, approving it, and telling whether enough of the right people did.

Whether a set must be signed, and by whom, is the operators' (`GATEWAY_POLICY_SIGNERS`) and never read from the set.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from policies.folders import digests
from policies.manifests import (
    MANIFEST,
    SIGNATURES,
    Manifest,
    Signature,
    differing_files,
    read_manifest,
    read_signatures,
    rules_in,
    signed_bytes,
    write_manifest,
)
from policies.signers import PrivateKey, Signers
from translators.fileproblems import FileProblem, FileProblems


class NotYet(FileProblems):
    """Properly signed, for later: it is taken at `at`."""

    def __init__(self, problem: FileProblem, at: datetime) -> None:
        super().__init__([problem])
        self.at = at


class Terms(Struct, frozen=True, kw_only=True):
    """What the author says about the set."""

    number: int
    revision: str
    author: str
    why: str
    made_at: datetime
    expires: datetime
    not_before: datetime | None = None
    restores: int | None = None


def sign(files: Mapping[str, bytes], terms: Terms, key: PrivateKey) -> dict[str, bytes]:
    """The manifest and the author's signature, to be put beside the rules; earlier approvals are of another set."""
    manifest = write_manifest(Manifest(**msgspec.structs.asdict(terms), files=digests(rules_in(files))))
    signature = Signature(signer=terms.author, role="author", signature=key.sign(signed_bytes(manifest, "author")))
    return {MANIFEST: manifest, SIGNATURES: _written([signature])}


def approve(files: Mapping[str, bytes], folder: Path, approver: str, key: PrivateKey, signers: Signers) -> bytes:
    """`bundle.signatures.json` with one approval more; raises FileProblems when it would not count."""
    manifest = read_manifest(files, folder)
    signatures = read_signatures(files, folder)
    problems = differing_files(manifest, files, folder)
    problems += _author_problems(files[MANIFEST], manifest, signatures, signers, folder)
    place = folder / SIGNATURES
    known = signers.by_name.get(approver)
    if known is None or "approver" not in known.may:
        problems.append(FileProblem(place, 0, 0, f"`{approver}` may not approve; the file of signers says who may"))
    elif known.key.raw != key.public.raw:
        problems.append(FileProblem(place, 0, 0, f"this is not the key of `{approver}`"))
    if approver == manifest.author:
        problems.append(FileProblem(place, 0, 0, f"`{approver}` is the author and cannot approve too"))
    if problems:
        raise FileProblems(problems)
    signature = key.sign(signed_bytes(files[MANIFEST], "approver"))
    others = [one for one in signatures if (one.signer, one.role) != (approver, "approver")]
    return _written([*others, Signature(signer=approver, role="approver", signature=signature)])


def approvers_of(manifest: bytes, author: str, signatures: list[Signature], signers: Signers) -> set[str]:
    """Whose approval counts: known, allowed, not the author, each once, and the signature fits."""
    message = signed_bytes(manifest, "approver")
    return {
        one.signer
        for one in signatures
        if one.role == "approver"
        and one.signer != author
        and (known := signers.by_name.get(one.signer)) is not None
        and "approver" in known.may
        and known.key.verifies(one.signature, message)
    }


def signed_by(files: Mapping[str, bytes], folder: Path, manifest: Manifest, signers: Signers) -> tuple[str, ...]:
    """The author of a verified set, then everybody whose approval counts."""
    approvers = approvers_of(files[MANIFEST], manifest.author, read_signatures(files, folder), signers)
    return (manifest.author, *sorted(approvers))


def verify(files: Mapping[str, bytes], folder: Path, signers: Signers, now: datetime) -> Manifest:
    """The manifest of a set that is whole, signed, approved and in its time; else FileProblems with every reason.

    `folder` is only named in problems. Raises NotYet when nothing is wrong but the time.
    """
    manifest = read_manifest(files, folder)
    signatures = read_signatures(files, folder)
    place = folder / MANIFEST
    problems = differing_files(manifest, files, folder)
    problems += _author_problems(files[MANIFEST], manifest, signatures, signers, folder)
    approvers = approvers_of(files[MANIFEST], manifest.author, signatures, signers)
    if len(approvers) < signers.approvals:
        whom = f" ({', '.join(sorted(approvers))})" if approvers else ""
        text = f"{signers.approvals} approvals are needed, {len(approvers)} count{whom}; run `policy approve`"
        problems.append(FileProblem(folder / SIGNATURES, 0, 0, text))
    if now >= manifest.expires:
        text = f"the set expired at {manifest.expires:%Y-%m-%d %H:%M} UTC; sign it again with a later `--expires`"
        problems.append(FileProblem(place, 0, 0, text))
    if problems:
        raise FileProblems(problems)
    if manifest.not_before is not None and now < manifest.not_before:
        text = f"the set comes into force at {manifest.not_before:%Y-%m-%d %H:%M} UTC, not before"
        raise NotYet(FileProblem(place, 0, 0, text), manifest.not_before)
    return manifest


def _author_problems(
    manifest: bytes, read: Manifest, signatures: list[Signature], signers: Signers, folder: Path
) -> list[FileProblem]:
    place = folder / SIGNATURES
    known = signers.by_name.get(read.author)
    if known is None or "author" not in known.may:
        text = f"`{read.author}` may not sign as an author; the file of signers says who may"
        return [FileProblem(place, 0, 0, text)]
    message = signed_bytes(manifest, "author")
    mine = [one for one in signatures if one.role == "author" and one.signer == read.author]
    if not any(known.key.verifies(one.signature, message) for one in mine):
        text = f"the manifest is not signed by its author `{read.author}`; run `policy sign` again"
        return [FileProblem(place, 0, 0, text)]
    return []


def _written(signatures: list[Signature]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(signatures), indent=1) + b"\n"
