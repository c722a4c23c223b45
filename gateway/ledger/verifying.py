"""`audit verify`: does the ledger still hold what was recorded? Names the first event that does not."""

from collections.abc import Sequence
from pathlib import Path

import asyncpg
import msgspec
from msgspec import Struct

from gateway.ledger.checkpoints import BadCheckpoint, Checkpoint, Verifier, open_checkpoint
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.merkle import Frontier, leaf_hash
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("sequencing")
BATCH = 5000
_ERASED = f'"event":"{Event.EVENTS_ERASED.value}"'.encode()


class Verdict(Struct, frozen=True, kw_only=True):
    """`problem` is None when everything holds; else a sentence that names the first bad event."""

    events: int
    checkpoints: int
    problem: str | None = None


class _Broken(Exception):  # noqa: N818 - control flow inside this module
    pass


async def verify(pool: Pool, verifiers: Sequence[Verifier], *, anchor: Path | None = None) -> Verdict:
    """Recompute the tree from the events, hold it against every checkpoint, in the database and in the anchor file."""
    walk = _Walk()
    async with connection(pool) as held, held.transaction(isolation="repeatable_read", readonly=True):
        try:
            walk.expect(await _checkpoints(held, verifiers, anchor))
            await walk.through(held)
        except _Broken as broken:
            return Verdict(events=walk.frontier.size, checkpoints=walk.checked, problem=str(broken))
    return Verdict(events=walk.frontier.size, checkpoints=walk.checked)


class _Walk:
    """Along the events in the order of the tree, meeting the checkpoints on the way."""

    def __init__(self) -> None:
        self.frontier = Frontier()
        self.checked = 0
        self._proven = 0
        self._emptied: dict[str, int] = {}
        """Messages whose events have no text, with the first such leaf: a rule must have let go of each."""
        self._ahead: list[Checkpoint] = []

    def expect(self, checkpoints: list[Checkpoint]) -> None:
        self._ahead = sorted(checkpoints, key=lambda checkpoint: -checkpoint.size)

    async def through(self, held: Connection) -> None:
        head = await held.fetchrow(_SQL["head"])
        end = (head["tick"], head["event"]) if head else (0, 0)
        place = (0, 0)
        while rows := await held.fetch(_SQL["audited"], *place, *end, BATCH):
            for row in rows:
                self._take(row)
            place = (rows[-1]["tick"], rows[-1]["id"])
        if self._ahead:
            newest = self._ahead[0]
            raise _Broken(
                f"leaf {self.frontier.size} is missing: the log ends there, but the checkpoint of "
                f"{newest.size} leaves was signed"
            )
        for message, leaf in self._emptied.items():
            raise _Broken(f"leaf {leaf} has lost its text, and no rule of retention erased that of message {message}")
        size = head["size"] if head else 0
        if size != self.frontier.size:
            raise _Broken(f"leaf {self.frontier.size} is missing: the tree had {size} leaves")

    def _take(self, row: asyncpg.Record) -> None:
        expected = self.frontier.size
        if row["leaf"] is None:
            raise _Broken(f"event {row['id']} ({_name(row['body'])}) was inserted: it has no leaf in the tree")
        if row["leaf"] != expected:
            raise _Broken(f"leaf {expected} is missing: its event was deleted before event {row['id']}")
        if not row["body"]:
            self._emptied.setdefault(str(row["message_id"]), expected)
        elif _ERASED in row["body"]:
            self._take_back(row["body"])
        computed = leaf_hash(row["body"]) if row["body"] else row["hash"]
        if computed != row["hash"]:
            raise _Broken(
                f"leaf {expected}, event {row['id']} ({_name(row['body'])}), was changed after it was recorded"
            )
        if row["body"] and row["message_id"] is not None and str(row["message_id"]) != _message(row["body"]):
            raise _Broken(f"leaf {expected}, event {row['id']}, was moved to another message")
        self.frontier.append(computed)
        while self._ahead and self._ahead[-1].size == self.frontier.size:
            self._meet(self._ahead.pop())

    def _take_back(self, body: bytes) -> None:
        """These went by a rule. The event that says so comes after theirs."""
        told = msgspec.json.decode(body)
        for message in told["messages"] if told["event"] == Event.EVENTS_ERASED else ():
            self._emptied.pop(message, None)

    def _meet(self, checkpoint: Checkpoint) -> None:
        if checkpoint.root != self.frontier.root():
            raise _Broken(
                f"an event between leaf {self._proven} and leaf {checkpoint.size - 1} was changed together with its "
                f"hash: the checkpoint of {checkpoint.size} leaves does not match, the one of {self._proven} does"
            )
        self._proven = checkpoint.size
        self.checked += 1


async def _checkpoints(held: Connection, verifiers: Sequence[Verifier], anchor: Path | None) -> list[Checkpoint]:
    notes = [row["note"] for row in await held.fetch(_SQL["checkpoints"])]
    if anchor is not None:
        notes += _anchored(anchor)
    opened = []
    for note in notes:
        try:
            opened.append(open_checkpoint(note, verifiers))
        except BadCheckpoint as error:
            raise _Broken(f"a checkpoint is not to be trusted: {error}") from error
    return opened


def _anchored(anchor: Path) -> list[str]:
    """The checkpoints of an anchor file: each is a note of a body, an empty line and signatures, then an empty line."""
    paragraphs = anchor.read_text().split("\n\n")
    return [f"{body}\n\n{signatures}\n" for body, signatures in zip(paragraphs[::2], paragraphs[1::2], strict=False)]


def _fact(body: bytes, name: str) -> str:
    try:
        return str(msgspec.json.decode(body).get(name, "?"))
    except (msgspec.DecodeError, AttributeError):
        return "?"


def _name(body: bytes) -> str:
    return f"{_fact(body, 'event')} of message {_fact(body, 'message')}"


def _message(body: bytes) -> str:
    return _fact(body, "message")
