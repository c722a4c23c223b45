"""Contents too long for one row: sealed piece by piece on the way in, opened piece by piece on the way out."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256

from gateway.ledger.database import Pool, connection
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Unopenable
from gateway.ledger.statements import statements

PIECE = 1 << 18
"""Bytes of a piece before it is compressed; a few of them are all that is in memory at once."""
_SQL = statements("interchanges")


class Pieces:
    """By owner and SHA-256 of the whole, like payloads; each piece is sealed as a payload of its own."""

    def __init__(self, pool: Pool, payloads: Payloads) -> None:
        self._pool = pool
        self._payloads = payloads

    async def keep(self, owner: str, digest: bytes, chunks: Iterator[bytes]) -> None:
        """Returns when all of it is committed, each piece by itself. Twice the same changes nothing.

        `chunks` are read beside the event loop; `digest` is believed here and checked whenever it is read.
        """
        pieces, number = _pieces(chunks), 0
        while True:
            piece = await asyncio.to_thread(next, pieces, None)
            if piece is None:
                return
            own, row = await asyncio.to_thread(self._payloads.seal_alone, piece, owner)
            async with connection(self._pool) as held:
                await self._payloads.keep_new_keys(held)
                await held.execute(_SQL["keep_piece"], owner, digest, number, own, *row[2:])
            number += 1

    async def read(self, owner: str, digest: bytes) -> AsyncIterator[bytes]:
        """All of it in order. Raises Unopenable where a piece was changed, moved, or is missing: at the latest after
        the last one, so nothing is to be done with what was read before."""
        hashed, number = sha256(), 0
        while True:
            async with connection(self._pool) as held:
                row = await held.fetchrow(_SQL["pieces"], owner, digest, number, 1)
            if row is None or row["number"] != number:
                break
            piece = await asyncio.to_thread(self._payloads.open_row, row)
            hashed.update(piece)
            yield piece
            number += 1
        if hashed.digest() != digest:
            raise Unopenable(f"the pieces of content {digest.hex()} do not make up what was kept")

    async def sweep(self) -> int:
        """Lets go of what no message names a day after it came; returns how many pieces."""
        async with connection(self._pool) as held:
            return int(await held.fetchval(_SQL["sweep_pieces"]))


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    gathered = bytearray()
    for chunk in chunks:
        gathered += chunk
        while len(gathered) >= PIECE:
            yield bytes(gathered[:PIECE])
            del gathered[:PIECE]
    if gathered:
        yield bytes(gathered)
