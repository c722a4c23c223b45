"""The receipt a sender keeps: one text file that shows, offline and for good, what we said to a message.

It is a transparency log proof (c2sp.org/tlog-proof@v1, file suffix `.tlog-proof`) that carries its statement along:

    c2sp.org/tlog-proof@v1
    extra eyJhdCI6IjIwMjYtMTEtMjNUMDk6MzA6MDBaIiwiY29udGVudCI6InNoYTI1Njo…
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

    gateway.example.com/audit
    109482
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

    — gateway.example.com/audit Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurm…

- `extra`: the statement in base64; it is the audit leaf, byte for byte: JSON with the names of `Statement`;
- `index`: the place of the leaf in the audit tree, from 0, then the hashes of its inclusion proof, the sibling first;
- after the empty line, the signed checkpoint of a tree that holds the leaf.

The format leaves `extra` unauthenticated; here it is what the proof starts from, so a changed statement proves nothing.
Every changed byte is noticed, but for lines of signatures by keys the reader does not know, which say nothing to him.
"""

import base64
import hashlib
import re
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gateway.ledger.checkpoints import BadCheckpoint, Checkpoint, Verifier, open_checkpoint
from gateway.ledger.merkle import HASH_SIZE, inclusion_proof_length, leaf_hash, verify_inclusion

SUFFIX = ".tlog-proof"
FORMAT = "c2sp.org/tlog-proof@v1"
MOST_BYTES = 256 * 1024
MOST_HASHES = 63

_EXTRA = re.compile(r"extra ([A-Za-z0-9+/=]+)")
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,17})")


class BadReceipt(Exception):  # noqa: N818 - a refusal, not a defect
    """The file proves nothing; the sentence says which of its parts does not hold."""


class Statement(Struct, frozen=True, kw_only=True):
    """What we said to a message. `content` is `sha256:` and the hash of the bytes received, `at` is RFC 3339 in UTC,
    `policy` the revision of the rules that decided."""

    event: str
    message: str
    sender: str
    content: str
    at: str
    verdict: str
    policy: str


class VerifiedReceipt(Struct, frozen=True, kw_only=True):
    """A receipt that holds: `said`, read from the bytes of `statement`, is leaf `index` of the audit of `origin`."""

    statement: bytes
    said: Statement
    index: int
    size: int
    origin: str
    signers: tuple[str, ...]

    def is_for(self, content: bytes) -> bool:
        """Whether these bytes are the message the statement speaks of."""
        return self.said.content == f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Parts(Struct, frozen=True, kw_only=True):
    """A receipt taken apart, nothing of it verified."""

    statement: bytes
    index: int
    proof: list[bytes]
    checkpoint: str


def write_receipt(statement: bytes, index: int, proof: Sequence[bytes], checkpoint: str) -> bytes:
    """The file for the leaf `statement`, in the tree of the signed `checkpoint`."""
    lines = [FORMAT, f"extra {_encoded(statement)}", f"index {index}", *map(_encoded, proof), "", checkpoint]
    return "\n".join(lines).encode()


def verify_receipt(content: bytes, vkeys: Sequence[str]) -> VerifiedReceipt:
    """Check a receipt with the log's verifier keys and nothing else.

    Raises BadReceipt when it does not hold, ValueError when a verifier key itself is damaged.
    """
    verifiers = [Verifier.from_vkey(vkey) for vkey in vkeys]
    parts = _taken_apart(content)
    try:
        checkpoint = open_checkpoint(parts.checkpoint, verifiers)
    except BadCheckpoint as error:
        raise BadReceipt(f"its checkpoint cannot be trusted: {error}") from error
    _hold_against(parts, checkpoint)
    return VerifiedReceipt(
        statement=parts.statement,
        said=_read_statement(parts.statement),
        index=parts.index,
        size=checkpoint.size,
        origin=checkpoint.origin,
        signers=checkpoint.signers,
    )


def _taken_apart(content: bytes) -> _Parts:
    if len(content) > MOST_BYTES:
        raise BadReceipt(f"not a receipt: longer than {MOST_BYTES} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise BadReceipt("not a receipt: not a text in UTF-8") from None
    head, _, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != FORMAT:
        raise BadReceipt(f"not a receipt: its first line is not `{FORMAT}`")
    statement = _decoded(_matched(_EXTRA, lines, 1, "`extra` and the statement in base64"), 2)
    index = int(_matched(_INDEX, lines, 2, "`index` and the place of the leaf"))
    if len(lines) - 3 > MOST_HASHES:
        raise BadReceipt(f"not a receipt: more than {MOST_HASHES} hashes")
    proof = [_decoded(line, number) for number, line in enumerate(lines[3:], 4)]
    for number, one in enumerate(proof, 4):
        if len(one) != HASH_SIZE:
            raise BadReceipt(f"not a receipt: line {number} is not a hash of {HASH_SIZE} bytes")
    return _Parts(statement=statement, index=index, proof=proof, checkpoint=checkpoint)


def _hold_against(parts: _Parts, checkpoint: Checkpoint) -> None:
    """Whether the statement is under the signed head; says what does not fit."""
    index, size, proof = parts.index, checkpoint.size, parts.proof
    if index >= size:
        raise BadReceipt(f"its statement is said to be leaf {index}, but the checkpoint is of {size} leaves only")
    if len(proof) != (expected := inclusion_proof_length(index, size)):
        raise BadReceipt(
            f"its proof has {len(proof)} hashes; from leaf {index} to the head of {size} it takes {expected}"
        )
    if not verify_inclusion(leaf_hash(parts.statement), index, size, proof, checkpoint.root):
        raise BadReceipt(
            "its statement is not under the signed head: the statement, its index or a hash of its proof was changed"
        )


def _read_statement(statement: bytes) -> Statement:
    try:
        return msgspec.json.decode(statement, type=Statement)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadReceipt("its leaf is in the log, but is not a statement about a message") from None


def _matched(pattern: re.Pattern[str], lines: list[str], at: int, expected: str) -> str:
    match = pattern.fullmatch(lines[at]) if at < len(lines) else None
    if match is None:
        raise BadReceipt(f"not a receipt: line {at + 1} does not read {expected}")
    return match[1]


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(text: str, line: int) -> bytes:
    """Base64 read strictly: one text for one content, so that no changed character goes unnoticed."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        content = b""
    if not content or _encoded(content) != text:
        raise BadReceipt(f"not a receipt: line {line} is not base64")
    return content
