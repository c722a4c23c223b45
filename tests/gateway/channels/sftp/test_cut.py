"""A connection that is lost, at every request of an upload: what was not closed over the wire is never a message.

`Wire` writes the packets of SFTP (draft-ietf-secsh-filexfer-02) itself, so that a cut falls exactly where it is meant.
"""

import asyncio
import random
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncssh
import pytest
from support.mailboxes import SftpWorld, order_bytes, sftp_world
from support.serving import until

from gateway.channels.sftp.connections import Bounds
from gateway.ledger.ledger import Ledger

INIT, OPEN, CLOSE, WRITE, RENAME = 1, 3, 4, 6, 18
STATUS, HANDLE = 101, 102
WRITE_NEW = 0x02 | 0x08 | 0x10


def text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


class Wire:
    """A client that sends requests one by one, and may be cut between any two, or within one."""

    def __init__(self, connection: asyncssh.SSHClientConnection, process: asyncssh.SSHClientProcess[bytes]) -> None:
        self.connection = connection
        self._process = process
        self._number = 0

    @classmethod
    async def open(cls, world: SftpWorld) -> "Wire":
        connection = await world.connect()
        process = await connection.create_process(subsystem="sftp", encoding=None)
        wire = cls(connection, process)
        process.stdin.write(wire.packet(struct.pack(">BI", INIT, 3)))
        await wire.answer()
        return wire

    @staticmethod
    def packet(body: bytes) -> bytes:
        return text(body)

    def request(self, kind: int, body: bytes) -> bytes:
        self._number += 1
        return self.packet(struct.pack(">BI", kind, self._number) + body)

    def send(self, packet: bytes) -> None:
        self._process.stdin.write(packet)

    async def answer(self) -> tuple[int, bytes]:
        (size,) = struct.unpack(">I", await self._process.stdout.readexactly(4))
        body = await self._process.stdout.readexactly(size)
        return body[0], body[5:]

    async def ask(self, kind: int, body: bytes) -> tuple[int, bytes]:
        self.send(self.request(kind, body))
        return await self.answer()

    async def begin(self, name: bytes) -> bytes:
        kind, body = await self.ask(OPEN, text(b"/in/" + name) + struct.pack(">II", WRITE_NEW, 0))
        assert kind == HANDLE, body
        return body

    async def status(self, kind: int, body: bytes) -> int:
        answered, told = await self.ask(kind, body)
        assert answered == STATUS
        return int(struct.unpack(">I", told[:4])[0])


def written(handle: bytes, offset: int, data: bytes) -> bytes:
    return handle + struct.pack(">Q", offset) + text(data)


async def abort(wire: Wire) -> None:
    wire.connection.abort()


async def leave(wire: Wire) -> None:
    """The channel is closed, and with it the session; the connection stays."""
    wire._process.channel.close()


async def say_goodbye(wire: Wire) -> None:
    wire.connection.close()


async def end_of_input(wire: Wire) -> None:
    wire._process.stdin.write_eof()


@pytest.mark.parametrize("cut", [abort, leave, say_goodbye, end_of_input])
@pytest.mark.parametrize("stage", ["opened", "half written", "half a packet", "all written", "half a close"])
async def test_an_upload_that_is_cut_is_no_message(
    world: SftpWorld, stage: str, cut: Callable[[Wire], Awaitable[None]]
) -> None:
    content = order_bytes()
    wire = await Wire.open(world)
    handle = await wire.begin(b"order.json")
    if stage == "half written":
        assert await wire.status(WRITE, written(handle, 0, content[:500])) == 0
    if stage == "half a packet":
        wire.send(wire.request(WRITE, written(handle, 0, content))[:300])
        await asyncio.sleep(0.05)
    if stage in ("all written", "half a close"):
        assert await wire.status(WRITE, written(handle, 0, content)) == 0
    if stage == "half a close":
        wire.send(wire.request(CLOSE, handle)[:-1])
        await asyncio.sleep(0.05)
    await cut(wire)
    mailbox = world.server._open["nordlicht", "nordlicht"]
    await until(lambda: not any(one.is_open for one in mailbox.spool))
    assert await world.messages() == 0
    assert await world.read("ack") == {}
    left = {str(one.filename): one.attrs.size for one in await (await world.client()).readdir("/in")}
    sizes = {"half written": 500, "all written": len(content), "half a close": len(content)}
    assert left == ({"order.json": sizes[stage]} if stage in sizes else {})


async def test_a_close_that_came_over_the_wire_counts_though_nobody_waits_for_its_answer(world: SftpWorld) -> None:
    wire = await Wire.open(world)
    handle = await wire.begin(b"order.json")
    assert await wire.status(WRITE, written(handle, 0, order_bytes())) == 0
    wire.send(wire.request(CLOSE, handle))
    await asyncio.sleep(0.02)
    wire.connection.abort()
    async with asyncio.timeout(5):
        while await world.messages() == 0:
            await asyncio.sleep(0.02)
    assert await world.messages() == 1


async def test_a_cut_upload_is_gone_on_with_and_counts_once(world: SftpWorld) -> None:
    content = order_bytes()
    wire = await Wire.open(world)
    handle = await wire.begin(b"order.json")
    assert await wire.status(WRITE, written(handle, 0, content[:500])) == 0
    await abort(wire)
    mailbox = world.server._open["nordlicht", "nordlicht"]
    await until(lambda: not any(one.is_open for one in mailbox.spool))
    wire = await Wire.open(world)
    kind, handle = await wire.ask(OPEN, text(b"/in/order.json") + struct.pack(">II", 0x02, 0))
    assert kind == HANDLE
    assert await wire.status(WRITE, written(handle, 500, content[500:])) == 0
    assert await wire.status(CLOSE, handle) == 0
    assert await world.messages() == 1


async def test_hundreds_of_random_uploads_cuts_and_renames_publish_only_what_is_whole(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Everything that becomes a message is one of the files that were finished."""
    async with sftp_world(ledger, tmp_path, bounds=Bounds(by_address=1000, by_account=1000)) as world:
        await play(world)


async def play(world: SftpWorld) -> None:
    chance = random.Random(7)
    finished: set[str] = set()
    wire = await Wire.open(world)
    for number in range(150):
        content, name = order_bytes(f"PO-{number}"), f"f{chance.randrange(8)}"
        is_temporary = chance.random() < 0.5
        shown = name + ".part" if is_temporary else name
        handle = await wire.begin(shown.encode())
        end = chance.choice([len(content), len(content), chance.randrange(len(content))])
        assert await wire.status(WRITE, written(handle, 0, content[:end])) == 0
        if chance.random() < 0.3:
            await chance.choice([abort, leave])(wire)
            wire = await Wire.open(world)
            continue
        status = await wire.status(CLOSE, handle)
        if is_temporary:
            assert status == 0
            status = await wire.status(RENAME, text(f"/in/{shown}".encode()) + text(f"/in/{name}".encode()))
        whole = end == len(content)
        if whole and status == 0:
            finished.add(f"PO-{number}")
        assert status == 0 or not whole or is_temporary
    told = await world.acknowledgements()
    assert all(one["status"] == "accepted" for one in told)
    kept = await world.ledger._pool.fetchval("select count(*) from messages")
    assert kept == len(finished) > 30
