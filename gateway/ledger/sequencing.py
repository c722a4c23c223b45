"""The sequencer: gives events their place in the Merkle tree after the fact, so that accepting never waits for it.

One process at a time does it (an advisory lock says which); it follows the log of events behind the oldest running
transaction, like every reader of the ledger, and signs a checkpoint whenever the tree has grown.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from gateway.ledger.checkpoints import SigningKey, cosign, sign
from gateway.ledger.database import Connection, LedgerUnavailable, Pool, connection
from gateway.ledger.merkle import Frontier, Tile, inclusion_proof, leaf_hash, needed_rows, subtree_over
from gateway.ledger.statements import statements

_SQL = statements("sequencing")
_READING = statements("reading")
BATCH = 5000


class Sequencer:
    """Appends leaves and signs checkpoints; `anchor` is a file outside the database that keeps every checkpoint."""

    def __init__(
        self,
        pool: Pool,
        key: SigningKey,
        *,
        cosigning: Sequence[SigningKey] = (),
        anchor: Path | None = None,
        pause: float = 0.25,
    ) -> None:
        self._pool = pool
        self._key = key
        self._cosigning = cosigning
        self._anchor = anchor
        self._pause = pause

    async def run(self) -> None:
        """Until cancelled. A lost database is waited for."""
        while True:
            try:
                async with connection(self._pool) as held:
                    try:
                        while await held.fetchval(_SQL["lead"]):
                            if not await self.sequence(held):
                                await asyncio.sleep(self._pause)
                    finally:
                        await held.execute(_SQL["step_down"])
            except LedgerUnavailable:
                pass
            await asyncio.sleep(1)

    async def sequence(self, held: Connection) -> int:
        """Take the next events into the tree and sign its new head; returns how many there were."""
        async with held.transaction():
            size, _, _, stored = await held.fetchrow(_SQL["head"]) or (0, 0, 0, b"")
            events = await held.fetch(_SQL["unsequenced"], BATCH)
            if not events:
                return 0
            frontier = Frontier.from_bytes(stored) if stored else Frontier()
            hashes = [leaf_hash(event["body"]) for event in events]
            tiles: list[Tile] = []
            for one in hashes:
                tiles += frontier.append(one)
            await held.execute(
                _SQL["append_leaves"], list(range(size, size + len(events))), [e["id"] for e in events], hashes
            )
            await held.execute(_SQL["append_tiles"], *([list(c) for c in zip(*tiles, strict=True)] or [[], [], []]))
            last = events[-1]
            await held.execute(_SQL["move_head"], size, frontier.size, last["tick"], last["id"], frontier.to_bytes())
            note = sign(self._key.name, frontier.size, frontier.root(), self._key)
            for key in self._cosigning:
                note = cosign(note, key)
            await held.execute(_SQL["keep_checkpoint"], frontier.size, note)
        if self._anchor is not None:
            await asyncio.to_thread(_append, self._anchor, note)
        return len(events)


async def tree_size(pool: Pool) -> int:
    async with connection(pool) as held:
        newest = await held.fetchrow(_SQL["newest_checkpoint"])
    return int(newest["size"]) if newest else 0


class Proof(Struct, frozen=True):
    """What a receipt needs: the leaf, its place, the way to the head, and the signed head."""

    statement: bytes
    leaf: int
    hashes: list[bytes]
    checkpoint: str


async def prove(pool: Pool, message_id: UUID) -> Proof | None:
    """The proof of a message's first event; None until it is under a checkpoint (a second or so)."""
    async with connection(pool) as held:
        row = await held.fetchrow(_READING["statement"], message_id)
        newest = await held.fetchrow(_SQL["newest_checkpoint"])
        if row is None or row["leaf"] is None or newest is None or newest["size"] <= row["leaf"]:
            return None
        hashes = await _prove_leaf(held, row["leaf"], newest["size"])
    return Proof(row["body"], row["leaf"], hashes, newest["note"])


async def _prove_leaf(held: Connection, leaf: int, size: int) -> list[bytes]:
    proving = partial(inclusion_proof, leaf, size)
    stored: dict[tuple[int, int], bytes] = {}
    for level, start, end in needed_rows(proving):
        arguments = (level, start, end) if level else (start, end)
        rows = await held.fetch(_SQL["tile_hashes" if level else "leaf_hashes"], *arguments)
        stored.update({(level, start + place): row["hash"] for place, row in enumerate(rows)})
    return proving(subtree_over(stored))


def _append(anchor: Path, note: str) -> None:
    anchor.parent.mkdir(parents=True, exist_ok=True)
    with anchor.open("a") as file:
        file.write(note + "\n")
