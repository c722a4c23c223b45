"""The connection to the database is cut at every point there is, one after the other: before and after each piece that
goes either way, so also between a commit and its answer."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from support.delivering import Told, make_due, states, whole
from support.ledgering import an_entry, lease_all

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.ledger.database import LedgerUnavailable, open_pool
from gateway.ledger.delivering import Fenced
from gateway.ledger.entries import Recorded
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer
from gateway.ledger.sharding import shard_of


class Cutting:
    """A socket before PostgreSQL's that is cut once, when `left` more pieces have passed; `armed` from then on."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._folder, self._target = folder, target
        self.left = -1
        self.cut = False
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._accept, self._folder / ".s.PGSQL.5432")

    async def stop(self) -> None:
        self._server.close()
        self._cut_all()
        await asyncio.sleep(0)

    def arm(self, pieces: int) -> None:
        self.left, self.cut = pieces, False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._target / ".s.PGSQL.5432")
        self._open |= {writer, back}
        await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(1 << 20):
                if self.left == 0 and not self.cut:
                    self.cut = True
                    self._cut_all()
                self.left -= 1
                target.write(piece)
                await target.drain()
        target.close()

    def _cut_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()


@pytest.fixture
async def behind(database: str, sealer: Sealer, tmp_path: Path):
    """A ledger whose connections pass through the socket that cuts."""
    folder = Path(database.partition("host=")[2].replace("%2F", "/"))
    cutting = Cutting(tmp_path, folder)
    await cutting.start()
    pool = await open_pool(database.replace(str(folder), str(tmp_path)), size=2)
    cut_off = Ledger(pool, Payloads(sealer), "cut off")
    yield cutting, cut_off
    with suppress(LedgerUnavailable, TimeoutError):
        await asyncio.wait_for(cut_off.close(), 5)
    await cutting.stop()


async def test_wherever_accepting_is_cut_the_sender_hears_of_one_message_that_is_there(
    ledger: Ledger, behind: tuple[Cutting, Ledger]
) -> None:
    cutting, cut_off = behind
    cuts = 0
    for point in range(60):
        cutting.arm(point)
        entry = an_entry(f"PO-{point}", key=f"key {point}")
        said = await cut_off.record(entry)
        assert said == Recorded(entry.message_id, entry.statement, duplicate=False)
        again = await ledger.record(an_entry(f"PO-{point}", key=f"key {point}"))
        assert again == Recorded(entry.message_id, entry.statement, duplicate=True)
        assert (await whole(ledger)).accepted == point + 1
        cuts += cutting.cut
        if not cutting.cut:
            break
    assert cuts >= 2, "the enumeration ended before it had cut anything"
    assert not cutting.cut, "the last run must have gone through whole"


async def test_wherever_delivering_is_cut_the_effect_is_there_once_and_was_never_sent_blindly(
    ledger: Ledger, behind: tuple[Cutting, Ledger]
) -> None:
    cutting, cut_off = behind
    told, cuts = Told(), 0
    lane = [lease for lease in await lease_all(cut_off) if lease.shard == shard_of("a")]
    for point in range(60):
        for number in (f"PO-{point}-a", f"PO-{point}-b"):
            await ledger.record(an_entry(number))
        told.calls.clear()
        cutting.arm(point)
        with suppress(LedgerUnavailable, Fenced):
            for lease in lane:
                await deliver(cut_off, told, Breaker(), lease)
        was_cut, cutting.left = cutting.cut, -1
        for lease in lane:
            while await deliver(cut_off, told, Breaker(), lease):
                await make_due(ledger)
        assert [call for call in told.calls if call.startswith("deliver")] == [
            f"deliver PO-{point}-a", f"deliver PO-{point}-b"
        ]  # fmt: skip
        assert set((await states(ledger)).values()) == {"delivered"}
        assert (await whole(ledger)).delivered == 2 * (point + 1)
        cuts += was_cut
        if not was_cut:
            break
    assert cuts >= 5, "the enumeration ended before it had cut anything"
    assert not was_cut, "the last run must have gone through whole"
