"""Who gets in, what is not told to those who do not, and when a connection ends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest
from support.mailboxes import SftpWorld, a_key, order_bytes, public, sftp_world

from gateway.channels.sftp.connections import Bounds
from gateway.channels.sftp.passwords import MOST_PLACES, BadHash, LockOut, hashed, read_hash
from gateway.ledger.ledger import Ledger

PASSWORD = "four words are enough here"


@pytest.fixture
async def with_password(ledger: Ledger, tmp_path: Path) -> AsyncIterator[SftpWorld]:
    async with sftp_world(ledger, tmp_path, password="nordlicht.scrypt", lock_out=LockOut(here=2)) as opened:
        (tmp_path / "keys" / "nordlicht.scrypt").write_text(f"{hashed(PASSWORD)}\n")
        yield opened


async def test_the_mailbox_has_four_folders_and_nothing_above(world: SftpWorld) -> None:
    client = await world.client()
    assert sorted(await client.listdir("/")) == ["ack", "error", "in", "out"]
    assert await client.realpath("../../..") == "/"


async def test_each_partner_sees_its_own(world: SftpWorld) -> None:
    await world.drop("order.json", order_bytes(currency="EURO"))
    await world.drop("secret.part", order_bytes())
    other = await world.client("stahlhof", key="stahlhof")
    for folder in ("in", "out", "ack", "error"):
        assert await other.listdir(f"/{folder}") == []
    for name in await (await world.client()).listdir("/error"):
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await other.stat(f"/error/{name}")


@pytest.mark.parametrize(("account", "key"), [("nordlicht", "stahlhof"), ("nobody", "nordlicht"), ("nordlicht", None)])
async def test_nobody_else_gets_in(world: SftpWorld, account: str, key: str | None) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        await world.connect(account, key=key)


async def test_two_keys_at_once_are_how_a_key_is_changed(world: SftpWorld) -> None:
    old_key, new_key = f'"{public("nordlicht")}"', f'"{public("new")}"'
    world.change("nordlicht", old_key, f"{old_key}, {new_key}")
    old, new = await world.client(), await world.client(key="new")
    world.change("nordlicht", f"{old_key}, ", "")
    with pytest.raises(asyncssh.PermissionDenied):
        await world.client()
    await ends(old)
    assert await new.listdir("/in") == []


async def test_a_suspension_holds_within_a_second_on_live_connections(world: SftpWorld) -> None:
    client = await world.client()
    file = await client.open("/in/order.json", "wb")
    await file.write(order_bytes())
    world.change("nordlicht", "state: active", "state: suspended")
    await ends(client)
    assert await world.messages() == 0
    with pytest.raises(asyncssh.PermissionDenied):
        await world.client()


async def test_a_file_that_is_closed_at_the_moment_of_suspension_is_no_message(world: SftpWorld) -> None:
    client = await world.client()
    file = await client.open("/in/order.json", "wb")
    await file.write(order_bytes())
    world.change("nordlicht", "state: active", "state: suspended")
    with pytest.raises((asyncssh.SFTPPermissionDenied, asyncssh.SFTPConnectionLost)) as refused:
        await file.close()
    if isinstance(refused.value, asyncssh.SFTPPermissionDenied):
        assert refused.value.reason == "sender.suspended: `nordlicht` is suspended; ask your contact here why"
    assert await world.messages() == 0


async def ends(client: asyncssh.SFTPClient) -> None:
    async with asyncio.timeout(1):
        await client.wait_closed()


async def test_an_idle_connection_ends(ledger: Ledger, tmp_path: Path) -> None:
    async with sftp_world(ledger, tmp_path, bounds=Bounds(idle=0.5)) as world:
        client = await world.client()
        for _ in range(4):
            await asyncio.sleep(0.25)
            await client.listdir("/in")
        await asyncio.sleep(0.5)
        await ends(client)


async def test_no_connection_lasts_for_ever(ledger: Ledger, tmp_path: Path) -> None:
    async with sftp_world(ledger, tmp_path, bounds=Bounds(longest=0.5)) as world:
        await ends(await world.client())


async def test_a_password_lets_in_where_the_profile_names_one(with_password: SftpWorld) -> None:
    client = await with_password.client(key=None, password=PASSWORD)
    assert await client.listdir("/in") == []
    with pytest.raises(asyncssh.PermissionDenied):
        await with_password.client("stahlhof", key=None, password=PASSWORD)


async def test_wrong_passwords_lock_the_account_for_that_address_and_keys_still_work(with_password: SftpWorld) -> None:
    for _ in range(2):
        with pytest.raises(asyncssh.PermissionDenied):
            await with_password.client(key=None, password="a wrong one, but long")
    with pytest.raises(asyncssh.PermissionDenied):
        await with_password.client(key=None, password=PASSWORD)
    await with_password.client()


async def test_a_new_password_ends_what_came_in_by_the_old(with_password: SftpWorld) -> None:
    client = await with_password.client(key=None, password=PASSWORD)
    with_password.change("nordlicht", "nordlicht.scrypt", "nordlicht-2.scrypt")
    await ends(client)


def test_a_lock_out_ends_by_itself_and_counts_all_addresses_together() -> None:
    time = [0.0]
    lock = LockOut(here=2, anywhere=3, seconds=10, clock=lambda: time[0])
    lock.wrong("a", "1.1.1.1")
    lock.wrong("a", "1.1.1.1")
    assert lock.holds("a", "1.1.1.1")
    assert not lock.holds("a", "2.2.2.2")
    lock.wrong("a", "2.2.2.2")
    assert lock.holds("a", "3.3.3.3")
    time[0] = 11
    assert not lock.holds("a", "1.1.1.1")


def test_addresses_do_not_fill_the_memory() -> None:
    lock = LockOut()
    for number in range(MOST_PLACES + 2000):
        lock.wrong("a", str(number))
    assert len(lock._wrong) == MOST_PLACES
    assert lock.holds("a", "another")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("hunter2", "write the line that `partner-gateway sftp-password` prints"),
        ("scrypt$1024$8$1$AAAA$" + "A" * 44, "the hash is of another kind, or weaker or larger than it may be"),
        ("scrypt$1073741824$8$1$AAAA$" + "A" * 44, "the hash is of another kind, or weaker or larger than it may be"),
        ("bcrypt$32768$8$1$AAAA$" + "A" * 44, "the hash is of another kind, or weaker or larger than it may be"),
    ],
)
def test_a_hash_that_is_none_is_refused(tmp_path: Path, line: str, says: str) -> None:
    (file := tmp_path / "hash").write_text(line)
    with pytest.raises(BadHash) as refused:
        read_hash(file)
    assert str(refused.value) == f"{file}: {says}"


async def test_the_host_key_is_the_one_that_was_told(world: SftpWorld) -> None:
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        await world.connect(known_hosts=([a_key("another host").convert_to_public()], [], []))
