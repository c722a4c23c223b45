"""No space: the disk of the uploads is full at every call in turn, the ledger's is, or a quota is reached.

Nothing is half-done, the partner is told in a sentence, and the same file is taken once there is room again.
"""

import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import asyncssh
import pytest
from support.mailboxes import SftpWorld, order_bytes, sftp_world
from support.pickups import a_world
from support.sftp_ground import stand_in

from gateway.channels.sftp import spool as spool_module
from gateway.channels.sftp.spool import Room, Spool
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.observing import SFTP_REFUSED

ORDER = order_bytes()
FULL = "no space is left here; we have been told"
REFUSED = "a write was refused before: the file is not complete and is no message"
AWAY = "the gateway cannot keep anything at the moment; try again later"

Program = Callable[[asyncssh.SFTPClient], Awaitable[None]]


class FullDisk:
    """`os` for the spool: from the `at`th call that takes space none is left, for one call or until `freed`."""

    def __init__(self, at: int, *, stays: bool) -> None:
        self._at = at
        self._stays = stays
        self.calls = 0
        self.freed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def _spend(self) -> bool:
        self.calls += 1
        return not self.freed and (self.calls > self._at if self._stays else self.calls == self._at + 1)

    def open(self, path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & os.O_CREAT and self._spend():
            raise OSError(errno.ENOSPC, "No space left on device", path)
        return os.open(path, flags, *more, **named)

    def pwrite(self, descriptor: int, data: Any, offset: int) -> int:
        """The first half still fits, as on a disk that becomes full."""
        if not self._spend():
            return os.pwrite(descriptor, data, offset)
        if self._stays and len(data) > 1 and self.calls == self._at + 1:
            return os.pwrite(descriptor, data[: len(data) // 2], offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    def write(self, descriptor: int, data: bytes) -> int:
        if self._spend():
            return os.write(descriptor, data[:3]) if self._stays else _no_space()
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        if self._spend():
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        os.fsync(descriptor)


def _no_space() -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


async def put(client: asyncssh.SFTPClient) -> None:
    """Under its name, in three writes."""
    async with client.open("/in/order.json", "wb", block_size=len(ORDER) // 3 + 1) as file:
        for at in range(0, len(ORDER), len(ORDER) // 3 + 1):
            await file.write(ORDER[at : at + len(ORDER) // 3 + 1], at)


async def put_and_rename(client: asyncssh.SFTPClient) -> None:
    """Under one temporary name, then another, then its own."""
    for name in await client.listdir("/in"):
        await client.remove(f"/in/{name}")
    async with client.open("/in/order.part", "wb") as file:
        await file.write(ORDER)
    await client.rename("/in/order.part", "/in/order.tmp")
    await client.rename("/in/order.tmp", "/in/order.json")


@pytest.mark.parametrize("stays", [False, True], ids=["for a moment", "for long"])
@pytest.mark.parametrize("program", [put, put_and_rename])
async def test_a_disk_that_is_full_at_any_call_leaves_nothing_half(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Program, stays: bool
) -> None:
    at = 0
    async with sftp_world(ledger, tmp_path) as world:
        while True:
            disk = FullDisk(at, stays=stays)
            await ledger._pool.execute("truncate messages, submissions_seen, mailbox")
            with monkeypatch.context() as patched:
                patched.setattr(spool_module, "os", disk)
                said = await _said(program, world)
                assert await world.messages() == (1 if said is None else 0)
                disk.freed = True
                if disk.calls <= at:
                    break
                assert said in (FULL, REFUSED), at
                assert await _said(program, world) is None, at
            assert await world.messages() == 1
            (told,) = await world.acknowledgements()
            assert (told["status"], told["duplicate"]) == ("accepted", False)
            _is_tidy(world)
            at += 1
    assert at >= (4 if program is put else 5)


async def _said(program: Program, world: SftpWorld) -> str | None:
    connection = await world.connect()
    try:
        await program(await connection.start_sftp_client())
    except asyncssh.SFTPFailure as failure:
        return failure.reason
    finally:
        connection.close()
        await connection.wait_closed()
    return None


def _is_tidy(world: SftpWorld) -> None:
    """What is counted is what lies there, and nothing is held open."""
    (mailbox,) = world.server._open.values()
    spool = mailbox.spool
    assert not [one for one in spool if one.is_open or one.is_submitted]
    on_disk = {one.name: one.stat().st_size for one in (world.folder / "spool" / "nordlicht").iterdir()}
    uploads = {name: size for name, size in on_disk.items() if "." not in name}
    assert {one.id: one.size for one in spool._all.values()} == uploads
    assert spool.total == sum(uploads.values())


async def test_a_full_disk_is_counted_and_logged_once_for_a_file(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with sftp_world(ledger, tmp_path) as world:
        client = await world.client()
        before = SFTP_REFUSED.labels("disk")._value.get()
        monkeypatch.setattr(spool_module, "os", FullDisk(1, stays=True))
        file = await client.open("/in/order.json", "wb")
        for at in range(3):
            with pytest.raises(asyncssh.SFTPFailure):
                await file.write(b"x" * 10, at * 10)
        with pytest.raises(asyncssh.SFTPFailure):
            await file.close()
        monkeypatch.undo()
    assert [one.getMessage() for one in caplog.records if one.getMessage() == "sftp.no_space"] == ["sftp.no_space"] * 2
    assert SFTP_REFUSED.labels("disk")._value.get() == before + 2, "the write, and keeping what had come"


def test_a_label_that_was_not_written_whole_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(total=1000, files=3, one=1000)
    spool = Spool(tmp_path / "spool", room)
    upload = spool.begin("order.part")
    upload.write(0, b"abc")
    upload.leave(None)
    with monkeypatch.context() as patched:
        patched.setattr(spool_module, "os", FullDisk(1, stays=True))
        with pytest.raises(OSError, match="space"):
            spool.rename(upload, "order.tmp")
    assert spool.find("order.part") is upload, "what failed has changed nothing"
    spool.close()
    again = Spool(tmp_path / "spool", room)
    assert [(one.name, one.size) for one in again] == [("order.part", 3)]
    again.close()


# ---- quota ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def small(ledger: Ledger, tmp_path: Path) -> AsyncIterator[SftpWorld]:
    async with sftp_world(ledger, tmp_path, quota="4 KiB", files=2) as opened:
        yield opened


async def test_a_file_beyond_the_quota_is_taken_once_there_is_room(small: SftpWorld) -> None:
    client = await small.client()
    await small.drop("large.part", b"x" * 3500, client)
    with pytest.raises(asyncssh.SFTPFailure) as refused:
        await small.drop("order.json", ORDER, client)
    assert refused.value.reason in ("uploads have at most 4096 bytes together", REFUSED)
    assert await small.messages() == 0
    await client.remove("/in/large.part")
    await small.drop("order.json", ORDER, client)
    assert await small.messages() == 1
    assert await client.listdir("/in") == []
    _is_tidy(small)


async def test_a_file_too_many_is_taken_once_there_is_room(small: SftpWorld) -> None:
    client = await small.client()
    for number in range(2):
        await small.drop(f"{number}.part", b"x", client)
    before = SFTP_REFUSED.labels("quota")._value.get()
    with pytest.raises(asyncssh.SFTPFailure) as refused:
        await small.drop("order.json", ORDER, client)
    assert refused.value.reason == "2 uploads lie here already; no more fit"
    assert SFTP_REFUSED.labels("quota")._value.get() == before + 1
    await client.remove("/in/0.part")
    await small.drop("order.json", ORDER, client)
    assert await small.messages() == 1
    _is_tidy(small)


# ---- the ledger's disk ---------------------------------------------------------------------------------------------

TABLES = ("messages", "payloads", "submissions_seen", "events")


@pytest.fixture
async def fill(database: str) -> AsyncIterator[Callable[[str], Awaitable[Callable[[], Awaitable[None]]]]]:
    """Lets PostgreSQL answer every row for a table as it does when its disk is full; what comes back ends that."""
    connection = await asyncpg.connect(database)
    await connection.execute(
        "create function is_full() returns trigger language plpgsql as "
        "$$ begin raise exception 'could not extend file' using errcode = '53100'; end $$"
    )

    async def filled(table: str) -> Callable[[], Awaitable[None]]:
        await connection.execute(
            f"create trigger full_disk before insert or update on {table} execute function is_full()"
        )

        async def free() -> None:
            await connection.execute(f"drop trigger full_disk on {table}")

        return free

    yield filled
    await connection.close()


@pytest.mark.parametrize("table", TABLES)
async def test_an_upload_stays_while_the_ledgers_disk_is_full(
    ledger: Ledger, tmp_path: Path, fill: Any, table: str
) -> None:
    async with sftp_world(ledger, tmp_path) as world:
        client = await world.client()
        free = await fill(table)
        with pytest.raises(asyncssh.SFTPFailure) as refused:
            await world.drop("order.json", ORDER, client)
        assert refused.value.reason == AWAY
        assert await client.listdir("/in") == ["order.json"]
        await free()
        assert await world.messages() == 0
        await client.rename("/in/order.json", "/in/order.json")
        assert (await world.messages(), await client.listdir("/in")) == (1, [])
        assert [one["duplicate"] for one in await world.acknowledgements()] == [False]
        _is_tidy(world)


async def test_an_acknowledgement_waits_while_the_ledgers_disk_is_full(
    ledger: Ledger, tmp_path: Path, fill: Any
) -> None:
    """The message is on record by then: sending it again is what brings the word, and no second message."""
    async with sftp_world(ledger, tmp_path) as world:
        client = await world.client()
        free = await fill("mailbox")
        with pytest.raises(asyncssh.SFTPFailure) as refused:
            await world.drop("order.json", ORDER, client)
        assert refused.value.reason == AWAY
        await free()
        await world.drop("order.json", ORDER, client)
        assert await world.messages() == 1
        assert [one["duplicate"] for one in await world.acknowledgements()] == [True]


@pytest.mark.parametrize("table", [*TABLES, "pickup_files", "pickup_servers"])
async def test_a_file_at_a_partners_server_stays_while_the_ledgers_disk_is_full(
    ledger: Ledger, tmp_path: Path, fill: Any, table: str
) -> None:
    async with stand_in(tmp_path) as ground:
        world = a_world(ledger, tmp_path, ground, ready="renamed")
        world.put("order.json", ORDER)
        free = await fill(table)
        with suppress(LedgerUnavailable):  # the worker says so, and tries again
            await world.look()
        assert (await world.messages(), world.there()) == (0, ["order.json"])
        await free()
        await ledger._pool.execute("update pickup_servers set leased_until = null")
        await world.look()
        assert (await world.messages(), world.there()) == (1, [])
        assert [one["after"] for one in await world.events("pickup.file.taken")] == ["deleted"]
