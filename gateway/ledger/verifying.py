"""`audit verify`: does the ledger still hold what was recorded? Names the first event that does not."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from gateway.ledger.checkpoints import BadCheckpoint, Checkpoint, UnknownSigner, Verifier, open_checkpoint
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.merkle import Frontier, leaf_hash
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("sequencing")
BATCH = 5000
_VERDICTS = (Event.MESSAGE_ACCEPTED, Event.MESSAGE_REFUSED)
_CHANGED = (
    "somebody who can write to the database changed it: keep a copy of it as it is, find out who, and compare it with "
    "a backup"
)
_SHORT = (
    "if a backup was restored, what came after it is lost: ask the partners to send again what they sent since. If "
    "none was, somebody cut the database short: keep a copy of it as it is, and find out who"
)
_OTHER = "hold the ledger against another copy of that file, and find out who changed this one"
_KEYS = "put the .vkey of every key that signed this log into GATEWAY_KEYS; `keys show` prints those that are there"


class Verdict(Struct, frozen=True, kw_only=True):
    """`problem` is None when everything holds; else a sentence that names the first bad event, and `act` what to do.

    `messages` were held against the verdicts on them; `anchored` is the newest checkpoint of the anchor file, in
    leaves; `not_in_tree` are events recorded since the newest checkpoint.
    """

    events: int
    checkpoints: int
    messages: int = 0
    anchored: int | None = None
    not_in_tree: int = 0
    problem: str | None = None
    act: str | None = None


class _Broken(Exception):  # noqa: N818 - control flow inside this module
    def __init__(self, problem: str, act: str) -> None:
        super().__init__(problem)
        self.act = act


class _Said(Struct, frozen=True):
    """What an event says of itself; nothing of what is no event of ours."""

    event: str = "?"
    message: str = "?"
    sender: str | None = None
    verdict: str | None = None
    content: str | None = None


async def verify(pool: Pool, verifiers: Sequence[Verifier], *, anchor: Path | None = None) -> Verdict:
    """Recompute the tree from the events, hold it against every checkpoint, in the database and in the anchor file, and
    the messages against what their events say of them."""
    walk = _Walk()
    notes = _anchored(anchor) if anchor is not None else None
    async with connection(pool) as held, held.transaction(isolation="repeatable_read", readonly=True):
        try:
            signed = await _checkpoints(held, verifiers)
            anchored = _opened(notes, verifiers, f"of {anchor} ", _OTHER) if notes is not None else None
            walk.expect([*signed, *(anchored or ())])
            left = await walk.through(held)
        except _Broken as broken:
            return Verdict(
                events=walk.frontier.size, checkpoints=walk.checked, messages=walk.messages,
                problem=str(broken), act=broken.act,
            )  # fmt: skip
    newest = max((one.size for one in anchored), default=0) if anchored is not None else None
    return Verdict(
        events=walk.frontier.size, checkpoints=walk.checked, messages=walk.messages, anchored=newest,
        not_in_tree=left,
    )  # fmt: skip


_NOTHING = _Said()
_decode = msgspec.json.Decoder(_Said).decode


class _Walk:
    """Along the events in the order of the tree, meeting the checkpoints on the way."""

    def __init__(self) -> None:
        self.frontier = Frontier()
        self.checked = 0
        self.messages = 0
        self._proven = 0
        self._emptied: dict[str, int] = {}
        """Messages whose events have no text, with the first such leaf: a rule must have let go of each."""
        self._ahead: list[Checkpoint] = []

    def expect(self, checkpoints: list[Checkpoint]) -> None:
        self._ahead = sorted(checkpoints, key=lambda checkpoint: -checkpoint.size)

    async def through(self, held: Connection) -> int:
        """How many events lie beyond the tree."""
        head = await held.fetchrow(_SQL["head"])
        end = (head["tick"], head["event"]) if head else (0, 0)
        place = (0, 0)
        while rows := await held.fetch(_SQL["audited"], *place, *end, BATCH):
            for row in rows:
                self._take(row)
            place = (rows[-1]["tick"], rows[-1]["id"])
        self._close(head["size"] if head else 0)
        await _each_told_of(held)
        return int(await held.fetchval(_SQL["not_in_tree"], *end))

    def _close(self, size: int) -> None:
        """At the end of the events of the tree."""
        here = self.frontier.size
        if self._ahead:
            signed = self._ahead[0].size
            told = f"the log ends there, but the checkpoint of {signed} leaves was signed"
            raise _Broken(f"leaf {here} is missing: {told}", _SHORT)
        for message, leaf in self._emptied.items():
            told = f"no rule of retention erased that of message {message}"
            raise _Broken(f"leaf {leaf} has lost its text, and {told}", _CHANGED)
        if size != here:
            raise _Broken(f"leaf {here} is missing: the tree had {size} leaves", _SHORT)
        if self._proven != here:
            told = f"the tree has {here} leaves, and each head of it was signed when it was made"
            raise _Broken(f"the checkpoints after that of {self._proven} leaves are missing: {told}", _CHANGED)

    def _take(self, row: asyncpg.Record) -> None:
        expected = self.frontier.size
        said = _said(row["body"])
        if row["leaf"] is None:
            raise _Broken(f"event {row['id']} ({_name(said)}) was inserted: it has no leaf in the tree", _CHANGED)
        if row["leaf"] != expected:
            raise _Broken(f"leaf {expected} is missing: its event was deleted before event {row['id']}", _CHANGED)
        if not row["body"]:
            self._emptied.setdefault(str(row["message_id"]), expected)
        elif said.event == Event.EVENTS_ERASED:
            self._take_back(row["body"])
        computed = leaf_hash(row["body"]) if row["body"] else row["hash"]
        if computed != row["hash"]:
            told = "was changed after it was recorded"
            raise _Broken(f"leaf {expected}, event {row['id']} ({_name(said)}), {told}", _CHANGED)
        if row["body"] and row["message_id"] is not None and str(row["message_id"]) != said.message:
            raise _Broken(f"leaf {expected}, event {row['id']}, was moved to another message", _CHANGED)
        if said.event in _VERDICTS:
            self._hold_against(said, row)
        self.frontier.append(computed)
        while self._ahead and self._ahead[-1].size == self.frontier.size:
            self._meet(self._ahead.pop())

    def _hold_against(self, said: _Said, row: asyncpg.Record) -> None:
        """The message against the verdict on it."""
        leaf = self.frontier.size
        if row["verdict"] is None:
            raise _Broken(f"message {said.message} was deleted: leaf {leaf} is the verdict on it", _CHANGED)
        here = {
            "sender": row["sender"],
            "verdict": row["verdict"],
            "content": f"sha256:{row['content_hash'].hex()}",
        }
        for name, value in here.items():
            told = getattr(said, name)
            if told is not None and told != value:
                text = f"its {name} is `{value}`, and the verdict in leaf {leaf} says `{told}`"
                raise _Broken(f"message {said.message} was changed: {text}", _CHANGED)
        self.messages += 1

    def _take_back(self, body: bytes) -> None:
        """These went by a rule. The event that says so comes after theirs."""
        for message in msgspec.json.decode(body)["messages"]:
            self._emptied.pop(message, None)

    def _meet(self, checkpoint: Checkpoint) -> None:
        if checkpoint.root != self.frontier.root():
            raise _Broken(
                f"an event between leaf {self._proven} and leaf {checkpoint.size - 1} was changed together with its "
                f"hash: the checkpoint of {checkpoint.size} leaves does not match, the one of {self._proven} does",
                _CHANGED,
            )
        self._proven = checkpoint.size
        self.checked += 1


async def _each_told_of(held: Connection) -> None:
    """No message without an event. In batches, as all of the walk: no statement of it may grow with the ledger, for one
    that takes too long is given up (database.py)."""
    last = UUID(int=0)
    while rows := await held.fetch(_SQL["told_of"], last, BATCH):
        for row in rows:
            if not row["is_told"]:
                told = "was inserted, or its events were deleted: no event tells of it"
                raise _Broken(f"message {row['id']} {told}", _CHANGED)
        last = rows[-1]["id"]


async def _checkpoints(held: Connection, verifiers: Sequence[Verifier]) -> list[Checkpoint]:
    return _opened([row["note"] for row in await held.fetch(_SQL["checkpoints"])], verifiers)


def _opened(
    notes: Iterable[str], verifiers: Sequence[Verifier], where: str = "", act: str = _CHANGED
) -> list[Checkpoint]:
    opened = []
    for note in notes:
        try:
            opened.append(open_checkpoint(note, verifiers))
        except UnknownSigner as error:
            raise _Broken(f"a checkpoint {where}is not to be trusted: {error}", _KEYS) from error
        except BadCheckpoint as error:
            raise _Broken(f"a checkpoint {where}is not to be trusted: {error}", act) from error
    return opened


def _anchored(anchor: Path) -> list[str]:
    """The checkpoints of an anchor file: each is a note of a body, an empty line and signatures, then an empty line."""
    paragraphs = anchor.read_text().split("\n\n")
    return [f"{body}\n\n{signatures}\n" for body, signatures in zip(paragraphs[::2], paragraphs[1::2], strict=False)]


def _said(body: bytes) -> _Said:
    try:
        return _decode(body) if body else _NOTHING
    except msgspec.MsgspecError:
        return _NOTHING


def _name(said: _Said) -> str:
    return f"{said.event} of message {said.message}"
