"""What a mailbox does not do: links, rights, folders, holes, more than was agreed. One test for each refusal."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh import FXF_CREAT, FXF_EXCL, FXF_WRITE, SFTPAttrs, SFTPClient, SFTPFailure, SFTPPermissionDenied
from support.mailboxes import MOST, SftpWorld, order_bytes, sftp_world

from gateway.channels.sftp.connections import Bounds
from gateway.channels.sftp.spool import Room, Spool, SpoolRefuses
from gateway.ledger.ledger import Ledger

Ask = Callable[[SFTPClient], Awaitable[Any]]


@pytest.fixture
async def small(ledger: Ledger, tmp_path: Path) -> AsyncIterator[SftpWorld]:
    bounds = Bounds(by_account=3, by_address=5, sessions=2)
    async with sftp_world(ledger, tmp_path, bounds=bounds, quota="10 KiB", files=3) as opened:
        yield opened


@pytest.mark.parametrize(
    ("ask", "kind", "says"),
    [
        (lambda one: one.open("/in/x", "rb"), SFTPPermissionDenied, "what was sent is not handed out again"),
        (lambda one: one.open("/out/x", "wb"), SFTPPermissionDenied, "files are sent to /in"),
        (lambda one: one.open("/ack/x", "ab"), SFTPPermissionDenied, "files are sent to /in"),
        (lambda one: one.open("/in", "wb"), SFTPFailure, "this is a folder"),
        (lambda one: one.open("/out/x", "rb"), asyncssh.SFTPNoSuchFile, "there is no such file"),
        (lambda one: one.open("/in/x", FXF_WRITE), asyncssh.SFTPNoSuchFile, "there is no such upload"),
        (lambda one: one.open("/in/waits.part", FXF_WRITE | FXF_CREAT | FXF_EXCL), SFTPFailure,
         "an upload of this name lies here already"),
        (lambda one: one.mkdir("/in/sub"), SFTPPermissionDenied, "a mailbox has the folders it has"),
        (lambda one: one.rmdir("/in"), SFTPPermissionDenied, "the folders stay"),
        (lambda one: one.remove("/in"), SFTPPermissionDenied, "the folders stay"),
        (lambda one: one.remove("/in/x"), asyncssh.SFTPNoSuchFile, "there is no such upload"),
        (lambda one: one.remove("/error/x"), asyncssh.SFTPNoSuchFile, "there is no such file"),
        (lambda one: one.rename("/in/waits.part", "/out/x"), SFTPPermissionDenied,
         "only uploads are renamed, and only within /in"),
        (lambda one: one.rename("/out/x", "/in/x"), SFTPPermissionDenied,
         "only uploads are renamed, and only within /in"),
        (lambda one: one.rename("/in/other.part", "/in/waits.part"), SFTPFailure,
         "an upload of this name lies here already"),
        (lambda one: one.listdir("/in/waits.part"), SFTPFailure, "this is no folder"),
        (lambda one: one.stat("/in/x"), asyncssh.SFTPNoSuchFile, "there is no such file"),
        (lambda one: one.chmod("/in/waits.part", 0o777), SFTPPermissionDenied, "owners and rights are not set here"),
        (lambda one: one.chown("/in/waits.part", 0, 0), SFTPPermissionDenied, "owners and rights are not set here"),
        (lambda one: one.truncate("/in/waits.part", 3), SFTPPermissionDenied,
         "an upload is made shorter through its handle only"),
    ],
)  # fmt: skip
async def test_what_a_mailbox_does_not_do(
    world: SftpWorld, ask: Ask, kind: type[asyncssh.SFTPError], says: str
) -> None:
    client = await world.client()
    for name in ("waits.part", "other.part"):
        await world.drop(name, order_bytes(), client)
    with pytest.raises(kind) as refused:
        await ask(client)
    assert refused.value.reason == says
    assert sorted(await client.listdir("/in")) == ["other.part", "waits.part"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda one: one.symlink("/etc/passwd", "/in/x"),
        lambda one: one.link("/in/waits.part", "/in/x"),
        lambda one: one.readlink("/in/waits.part"),
        lambda one: one.statvfs("/in"),
        lambda one: one.lsetstat("/in/waits.part", SFTPAttrs(atime=1, mtime=1)) if hasattr(one, "lsetstat")
        else one.statvfs("/"),
    ],
)  # fmt: skip
async def test_links_and_figures_about_our_disks_are_no_requests_here(world: SftpWorld, ask: Ask) -> None:
    client = await world.client()
    await world.drop("waits.part", order_bytes(), client)
    with pytest.raises(asyncssh.SFTPOpUnsupported):
        await ask(client)


async def test_times_are_let_pass_and_change_nothing(world: SftpWorld) -> None:
    client = await world.client()
    await world.drop("waits.part", order_bytes(), client)
    await client.utime("/in/waits.part", (1, 1))
    assert (await client.stat("/in/waits.part")).mtime != 1


async def test_an_upload_has_no_holes(world: SftpWorld) -> None:
    client = await world.client()
    file = await client.open("/in/x.part", "wb")
    await file.write(b"abc")
    with pytest.raises(SFTPFailure) as refused:
        await file.write(b"z", 10)
    assert refused.value.reason == "an upload has no holes: write on where it ends, or begin anew"
    with pytest.raises(SFTPFailure) as refused:
        await file.truncate(100)
    assert refused.value.reason == "an upload has no holes: it can be made shorter only"


async def test_a_file_is_as_large_as_it_may_be(world: SftpWorld) -> None:
    client = await world.client()
    file = await client.open("/in/x.part", "wb")
    with pytest.raises(SFTPFailure) as refused:
        await file.write(b"a" * (MOST + 1))
    assert refused.value.reason == f"a file has at most {MOST} bytes here"


async def test_uploads_share_the_quota(small: SftpWorld) -> None:
    client = await small.client()
    await small.drop("one.part", b"a" * 6000, client)
    file = await client.open("/in/two.part", "wb")
    with pytest.raises(SFTPFailure) as refused:
        await file.write(b"a" * 6000)
    assert refused.value.reason == "uploads have at most 10240 bytes together"
    with pytest.raises(SFTPFailure):
        await file.close()
    for name in ("one.part", "two.part"):
        if name in await client.listdir("/in"):
            await client.remove(f"/in/{name}")
    await small.drop("three.part", b"a" * 6000, client)


async def test_so_many_uploads_lie_there_and_no_more(small: SftpWorld) -> None:
    client = await small.client()
    for number in range(3):
        await small.drop(f"{number}.part", b"a", client)
    with pytest.raises(SFTPFailure) as refused:
        await client.open("/in/4.part", "wb")
    assert refused.value.reason == "3 uploads lie here already; no more fit"


async def test_a_session_has_so_many_files_open(ledger: Ledger, tmp_path: Path) -> None:
    async with sftp_world(ledger, tmp_path) as world:
        client = await world.client()
        for number in range(32):
            await client.open(f"/in/{number}.part", "wb")
        with pytest.raises(SFTPFailure) as refused:
            await client.open("/in/33.part", "wb")
        assert refused.value.reason == "a session has at most 32 files open"


async def test_a_connection_has_so_many_sessions(small: SftpWorld) -> None:
    connection = await small.connect()
    for _ in range(2):
        await connection.start_sftp_client()
    with pytest.raises(asyncssh.ChannelOpenError):
        await connection.start_sftp_client()


async def test_an_account_has_so_many_connections(small: SftpWorld) -> None:
    for _ in range(3):
        await small.client()
    with pytest.raises((asyncssh.Error, OSError)):
        await small.client()


async def test_an_address_opens_so_many_connections_a_minute(small: SftpWorld) -> None:
    for number in range(5):
        account, key = (("nordlicht", "nordlicht"), ("stahlhof", "stahlhof"))[number % 2]
        await small.client(account, key=key)
    with pytest.raises((asyncssh.Error, OSError)):
        await small.client()


@pytest.mark.parametrize("given", [{"command": "id"}, {}, {"subsystem": "shell"}])
async def test_there_is_no_shell_no_command_and_no_other_subsystem(world: SftpWorld, given: dict[str, str]) -> None:
    connection = await world.connect()
    with pytest.raises(asyncssh.ChannelOpenError):
        await connection.create_process(**given)


async def test_there_is_no_forwarding(world: SftpWorld) -> None:
    connection = await world.connect()
    with pytest.raises((asyncssh.ChannelOpenError, asyncssh.ChannelListenError)):
        await connection.open_connection("127.0.0.1", world.server.port)
    with pytest.raises((asyncssh.ChannelOpenError, asyncssh.ChannelListenError)):
        await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", world.server.port)


async def test_a_link_in_the_spool_is_not_followed(world: SftpWorld, tmp_path: Path) -> None:
    """Nobody but us writes there; if somebody did, it would lead nowhere."""
    client = await world.client()
    await world.drop("order.part", order_bytes(), client)
    (name,) = world.spooled()
    file = world.folder / "spool" / "nordlicht" / name
    secret = tmp_path / "secret"
    secret.write_bytes(order_bytes("SECRET"))
    file.unlink()
    file.symlink_to(secret)
    with pytest.raises(SFTPFailure) as refused:
        await client.rename("/in/order.part", "/in/order.json")
    assert refused.value.reason == "the gateway cannot keep this upload"
    assert await world.messages() == 0
    assert secret.read_bytes() == order_bytes("SECRET")


def test_a_spool_belongs_to_one_process(tmp_path: Path) -> None:
    first = Spool(tmp_path / "a", Room(total=10, files=1, one=10))
    with pytest.raises(SpoolRefuses, match="another process keeps its uploads in the same folder"):
        Spool(tmp_path / "a", Room(total=10, files=1, one=10))
    first.close()
    Spool(tmp_path / "a", Room(total=10, files=1, one=10)).close()


def test_what_was_under_way_when_the_process_ended_is_gone(tmp_path: Path) -> None:
    most = Room(total=100, files=9, one=100)
    spool = Spool(tmp_path / "a", most)
    upload = spool.begin("left.json")
    upload.write(0, b"half")
    kept = spool.begin("kept.part")
    kept.write(0, b"whole")
    kept.leave("it has a temporary name")
    changed = spool.begin("changed.part")
    changed.write(0, b"12345")
    changed.leave("it has a temporary name")
    os.truncate(tmp_path / "a" / changed.id, 3)
    spool.close()
    again = Spool(tmp_path / "a", most)
    assert [(one.name, one.size) for one in again] == [("kept.part", 5)]
    again.close()
