"""What may go wrong while files are picked up: at our side between two commits, at theirs at any time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh import SFTPAttrs, SFTPName
from support.mailboxes import order_bytes
from support.pickups import PickupWorld, a_world
from support.sftp_ground import stand_in

from gateway.channels.sftp import fetching, pickup
from gateway.channels.sftp.polling import KEPT, Polling
from gateway.egress.guard import Guard
from gateway.intake import Intake
from gateway.ledger.database import LedgerUnavailable, open_pool
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.pickups import Pickups
from gateway.ledger.sealing import Sealer
from translators.examples import example

A_TEST = example("order.edi").replace(b"++ORDERS'", b"++ORDERS++++1'", 1)
"""No repetition is recognised of what says that it is a test."""
Making = Callable[..., Awaitable[PickupWorld]]


@pytest.fixture
async def make(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Making]:
    """A world whose server may be one of these here."""
    grounds = []

    async def made(files: Any = None, **server: Any) -> PickupWorld:
        entered = stand_in(tmp_path, files)
        grounds.append(entered)
        return a_world(ledger, tmp_path, await entered.__aenter__(), **{"ready": "renamed", **server})

    yield made
    for one in grounds:
        await one.__aexit__(None, None, None)


@pytest.fixture
async def other_ledger(database: str, sealer: Sealer) -> AsyncIterator[Ledger]:
    """The ledger as another worker has it."""
    opened = Ledger(await open_pool(database), Payloads(sealer), "another")
    yield opened
    await opened.close()


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches the end of a process."""


async def end_the_leases(world: PickupWorld) -> None:
    await world.ledger._pool.execute("update pickup_servers set leased_until = now() - interval '1 second'")


# ---- between two commits of ours -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["fetched", "taken", "done"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("content", "verdict"),
    [(order_bytes(), "accepted"), (A_TEST, "accepted"), (b"good morning", "refused")],
    ids=["an order", "a test", "a refusal"],
)
async def test_a_worker_that_is_killed_takes_nothing_twice(
    make: Making, monkeypatch: pytest.MonkeyPatch, verb: str, when: str, content: bytes, verdict: str
) -> None:
    world = await make()
    world.put("order.json", content)
    real = getattr(Pickups, verb)

    async def killed(self: Pickups, *given: Any, **named: Any) -> Any:
        if when == "after":
            await real(self, *given, **named)
        raise Killed

    polling = world.polling()
    with monkeypatch.context() as patched:
        patched.setattr(Pickups, verb, killed)
        await polling.look()
        ended = await asyncio.gather(*polling._running.values(), return_exceptions=True)
    assert [type(one) for one in ended] == [Killed]
    await world.look()
    assert (await world.server()).looking, "it is leased for a while, whoever is dead"
    await end_the_leases(world)
    await world.look()
    counts = {one: await world.messages(one) for one in ("accepted", "refused")}
    assert counts == {"accepted": 0, "refused": 0, verdict: 1}
    assert world.there() == []
    (told,) = await world.events("pickup.file.taken")
    gone = verb == "done" and when == "before"
    assert told["after"] == ("gone" if gone else "deleted")


async def test_what_was_taken_is_cleared_away_and_not_read_again(make: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make(Reading)
    Reading.opened = 0
    world.put("order.json", order_bytes())
    with monkeypatch.context() as patched:
        patched.setattr(pickup, "delete", _raising(Killed()))
        polling = world.polling()
        await polling.look()
        await asyncio.gather(*polling._running.values(), return_exceptions=True)
    assert (await world.files())["order.json"].state == "taken"
    await end_the_leases(world)
    await world.look()
    assert (world.there(), Reading.opened) == ([], 1)


async def test_another_file_in_the_place_of_one_that_was_taken_is_not_deleted(
    make: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make()
    world.put("order.json", order_bytes())
    real = Pickups.taken

    async def quick(self: Pickups, *given: Any) -> None:
        await real(self, *given)
        world.put("order.json", order_bytes("PO-2-that-is-longer"))  # the partner, in that very moment

    monkeypatch.setattr(Pickups, "taken", quick)
    await world.look()
    assert (await world.messages(), world.there()) == (1, ["order.json"])
    monkeypatch.setattr(Pickups, "taken", real)
    await world.look()
    assert (await world.messages(), world.there()) == (2, [])


# ---- several workers -----------------------------------------------------------------------------------------------


async def test_two_workers_never_look_at_one_server_at_once(make: Making, other_ledger: Ledger) -> None:
    Reading.opened = Reading.sessions = Reading.most = 0
    world = await make(Reading)
    for number in range(20):
        world.put(f"order-{number}.json", order_bytes(f"PO-{number}"))
    world.moved += 400
    workers = [world.polling(), world.polling(other_ledger)]
    await asyncio.gather(*(one.look() for one in workers for _ in range(3)))
    await asyncio.gather(*(one.settled() for one in workers))
    assert (await world.messages(), world.there()) == (20, [])
    assert (Reading.opened, Reading.most) == (20, 1)


async def test_a_worker_that_lost_its_turn_takes_nothing_more(make: Making, other_ledger: Ledger) -> None:
    Gated.gate = asyncio.Event()
    world = await make(Gated)
    world.put("order.json", order_bytes())
    slow, other = world.polling(), world.polling(other_ledger)
    await slow.look()
    while not Gated.waiting:
        await asyncio.sleep(0.01)
    await end_the_leases(world)
    Gated.free = True
    await world.look(polling=other)
    assert (await world.messages(), world.there()) == (1, [])
    world.put("order.json", order_bytes())  # again, and the slow one is still at it
    Gated.gate.set()
    await slow.settled()
    assert await world.messages() == 1
    assert world.there() == ["order.json"], "who lost its turn clears nothing away"
    assert len(await world.events("pickup.file.taken")) == 1


async def test_a_worker_that_stops_ends_the_file_it_is_at(make: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make()
    for number in range(3):
        world.put(f"order-{number}.json", order_bytes(f"PO-{number}"))
    polling, real = world.polling(), Pickups.fetched
    began = asyncio.Event()

    async def fetched(self: Pickups, *given: Any) -> None:
        began.set()
        await asyncio.sleep(0.2)
        await real(self, *given)

    monkeypatch.setattr(Pickups, "fetched", fetched)
    await polling.look()
    await began.wait()
    await polling.close()
    assert (await world.messages(), len(world.there())) == (1, 2)
    assert not (await world.server()).looking
    await polling.look()
    await polling.settled()
    assert await world.messages() == 1, "nothing is begun after it"


# ---- their server --------------------------------------------------------------------------------------------------


class Reading(asyncssh.SFTPServer):
    """Counts."""

    opened = sessions = most = 0

    def __init__(self, channel: Any, chroot: str) -> None:
        super().__init__(channel, chroot=chroot)
        Reading.sessions += 1
        Reading.most = max(Reading.most, Reading.sessions)

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        Reading.opened += 1
        return super().open(path, pflags, attrs)

    def exit(self) -> None:
        Reading.sessions -= 1
        super().exit()


class Gated(asyncssh.SFTPServer):
    """The first read waits until the test lets it go."""

    gate: asyncio.Event
    waiting = free = False

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if not Gated.free:
            Gated.waiting = True
            await Gated.gate.wait()
        return bytes(super().read(file_obj, offset, size))  # type: ignore[arg-type]


class Vanishing(asyncssh.SFTPServer):
    """Lists what is not there any more."""

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        raise asyncssh.SFTPNoSuchFile("gone")


class Locked(asyncssh.SFTPServer):
    """May be listed, and not read."""

    closed = True

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        if self.closed:
            raise asyncssh.SFTPPermissionDenied("order.json: permission denied\r\n by them")
        return super().open(path, pflags, attrs)


class Lying(asyncssh.SFTPServer):
    """Says that files are shorter, or longer, than they are."""

    by = 0

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        async for one in super().scandir(path):
            if one.attrs.size:
                one.attrs.size += Lying.by
            yield one


class Endless(asyncssh.SFTPServer):
    """Lists without end."""

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        async for one in super().scandir(path):
            yield one
        number = 0
        while True:
            number += 1
            yield SFTPName(b"%d.txt" % number, attrs=SFTPAttrs(size=1, permissions=0o100600, atime=1, mtime=1))


class Climbing(asyncssh.SFTPServer):
    """Lists names that lead elsewhere."""

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        async for one in super().scandir(path):
            yield one
        for name in (b"../incoming/order.json", b"/etc/passwd", b"", b"a\0b.json", b"x" * 4096):
            yield SFTPName(name, attrs=SFTPAttrs(size=5, permissions=0o100600, atime=1, mtime=1))


class Terse(asyncssh.SFTPServer):
    """Lists names alone, as old servers do."""

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        async for one in super().scandir(path):
            yield SFTPName(one.filename, attrs=SFTPAttrs())


class Cutting(asyncssh.SFTPServer):
    """Is gone in the middle of a read."""

    cuts = True

    def __init__(self, channel: Any, chroot: str) -> None:
        super().__init__(channel, chroot=chroot)
        self._channel = channel

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if Cutting.cuts and offset:
            self._channel.get_connection().abort()
        return bytes(super().read(file_obj, offset, size))  # type: ignore[arg-type]


class Silent(asyncssh.SFTPServer):
    """Never answers a read."""

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        await asyncio.sleep(2)
        return b""


async def test_a_file_that_vanishes_is_nobodys_fault(make: Making) -> None:
    world = await make(Vanishing)
    world.put("order.json", order_bytes()).unlink()
    world.put("order.json", order_bytes())
    await world.look(2)
    assert (await world.files())["order.json"].failures == 0
    (world.folder / "order.json").unlink()
    await world.look()
    assert await world.files() == {}


async def test_a_file_that_cannot_be_read_is_told_of_once_it_lasts(make: Making) -> None:
    world = await make(Locked)
    Locked.closed = True
    world.put("order.json", order_bytes())
    await world.look()
    file = (await world.files())["order.json"]
    assert file.last_error == "we may not read it: order.json: permission denied by them"
    assert await world.events("pickup.file.failing") == []
    await world.look(after=10)
    assert (await world.files())["order.json"].failures == 1, "it is left alone for a minute"
    await world.look(4)
    (told,) = await world.events("pickup.file.failing")
    assert (told["why"], told["file"]) == ("we may not read it", str(file.id))
    Locked.closed = False
    world.moved += 7200
    await world.look()
    assert (await world.messages(), world.there()) == (1, [])
    assert (await world.files())["order.json"].last_error is None


@pytest.mark.parametrize("by", [-10, 10])
async def test_a_file_of_another_size_than_listed_is_not_taken(make: Making, by: int) -> None:
    world = await make(Lying)
    Lying.by = by
    world.put("order.json", order_bytes())
    await world.look()
    why = "it changed while it was read, or their server lists another size than it has"
    assert (await world.files())["order.json"].last_error == why
    assert (await world.messages(), world.there()) == (0, ["order.json"])


async def test_a_listing_without_end_ends(make: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_LISTED", 200)
    world = await make(Endless, pattern="*.json")
    world.put("order.json", order_bytes())
    await world.look()
    assert await world.messages() == 1
    assert (await world.server()).last_error == (
        "127.0.0.1: more lies in `/outgoing` than is looked at; clear it up"
    )  # fmt: skip


async def test_names_that_lead_elsewhere_lead_nowhere(make: Making) -> None:
    world = await make(Climbing)
    world.put("order.json", order_bytes())
    (world.ground.folder / "order.json").write_bytes(order_bytes("PO-2"))
    await world.look()
    assert (await world.server()).last_error is None
    assert await world.messages() == 1
    assert (world.ground.folder / "order.json").exists()
    failed = {name: one.last_error for name, one in (await world.files()).items() if one.failures}
    assert len(failed) == 4, "one begins with a dot, as what is still being written does"
    assert failed["/etc/passwd"] == "its name cannot be taken: this is no name of a file"


async def test_a_server_that_lists_names_alone_is_asked_for_the_rest(make: Making) -> None:
    world = await make(Terse)
    world.put("order.json", order_bytes())
    (world.folder / "folder.json").mkdir()
    await world.look()
    assert (await world.messages(), world.there()) == (1, ["folder.json"])


async def test_a_connection_that_is_cut_leaves_the_file_for_the_next_look(make: Making) -> None:
    world = await make(Cutting)
    Cutting.cuts = True
    lines = order_bytes(note="x" * 200_000)
    world.put("order.json", lines)
    await world.look()
    assert ((await world.server()).last_error or "").startswith("127.0.0.1: the connection was lost: ")
    assert (await world.files())["order.json"].failures == 0, "the server fails, not the file"
    Cutting.cuts = False
    await world.look()
    assert world.there() == []
    assert await world.messages() + await world.messages("refused") == 1


async def test_a_server_that_does_not_answer_is_not_waited_for(make: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "REQUEST_SECONDS", 0.3)
    world = await make(Silent)
    world.put("order.json", order_bytes())
    await world.look()
    assert (await world.files())["order.json"].last_error == "it does not come within 0 s"


async def test_a_server_that_is_away_is_asked_more_and_more_seldom_and_told_of_once(make: Making) -> None:
    world = await make()
    port = world.ground.port
    world.change(f'"port": {port}', '"port": 1')
    pauses = []
    for _ in range(8):
        await world.look(after=0)
        server = await world.server()
        pauses.append(round((server.next_look - world.at()).total_seconds() / 60))
        world.moved += (server.next_look - world.at()).total_seconds() + 1
    assert pauses == [5, 10, 20, 40, 60, 60, 60, 60]
    assert (server.failures, server.last_error) == (8, "127.0.0.1: connection refused")
    assert [one["why"] for one in await world.events("pickup.server.failing")] == ["127.0.0.1: connection refused"]
    world.change('"port": 1', f'"port": {port}')
    await world.look()
    assert (await world.server()).failures == 0, "another place begins anew"


async def test_a_server_that_is_well_again_is_told_of(make: Making) -> None:
    world = await make()
    (world.folder).rename(world.folder.parent / "elsewhere")
    await world.look(5)
    assert len(await world.events("pickup.server.failing")) == 1
    (world.folder.parent / "elsewhere").rename(world.folder)
    await world.look(after=7200)
    assert len(await world.events("pickup.server.well")) == 1
    assert (await world.server()).failing_since is None


async def test_an_address_that_is_not_to_be_called_is_not_called(make: Making) -> None:
    world = await make()
    await world.look(polling=world.polling(guard=Guard(())))
    assert (await world.server()).last_error == (
        "127.0.0.1 is at 127.0.0.1 (loopback), which GATEWAY_EGRESS_NETWORKS does not list"
    )


async def test_a_key_of_ours_that_is_not_there_is_named(make: Making) -> None:
    world = await make()
    (world.ground.keys / "partner.key").unlink()
    await world.look()
    assert (await world.server()).last_error == (
        "127.0.0.1: our `partner.key` cannot be used: no such file or directory"
    )  # fmt: skip


# ---- rules, limits, the ledger -------------------------------------------------------------------------------------


async def test_a_suspended_partner_is_not_looked_at(make: Making) -> None:
    world = await make()
    world.put("order.json", order_bytes())
    world.change("state: active", "state: suspended")
    await world.look(2)
    assert (await world.messages(), world.there()) == (0, ["order.json"])
    assert await world.ledger.pickups.servers() == []
    world.change("state: suspended", "state: active")
    await world.look()
    assert await world.messages() == 1


async def test_a_partner_that_is_suspended_in_the_middle_keeps_its_files(
    make: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make()
    for number in range(2):
        world.put(f"order-{number}.json", order_bytes(f"PO-{number}"))
    real = Pickups.done

    async def done(self: Pickups, *given: Any) -> None:
        await real(self, *given)
        world.change("state: active", "state: suspended")

    monkeypatch.setattr(Pickups, "done", done)
    await world.look()
    assert (await world.messages(), world.there()) == (1, ["order-1.json"])
    failed = (await world.files())["order-1.json"].last_error or ""
    assert failed.startswith("sender.suspended: `nordlicht` is suspended")


@pytest.mark.parametrize("content", [order_bytes(), b"good morning"])
async def test_a_ledger_that_keeps_nothing_leaves_the_file_where_it_is(
    make: Making, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    world = await make()
    world.put("order.json", content)
    with monkeypatch.context() as patched:
        patched.setattr(Intake, "accept", _raising(LedgerUnavailable("gone")))
        await world.look()
    assert world.there() == ["order.json"]
    why = "the gateway cannot keep anything at the moment; try again later"
    assert (await world.files())["order.json"].last_error == why
    await world.look()
    assert world.there() == []
    assert await world.messages() + await world.messages("refused") == 1


async def test_a_ledger_that_is_away_ends_the_look(make: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make()
    world.put("order.json", order_bytes())
    with monkeypatch.context() as patched:
        patched.setattr(Pickups, "see", _raising(LedgerUnavailable("gone")))
        await world.look()
    assert (await world.messages(), world.there()) == (0, ["order.json"])
    await end_the_leases(world)
    await world.look()
    assert (await world.messages(), world.there()) == (1, [])


async def test_the_same_file_again_is_no_second_message(make: Making) -> None:
    world = await make()
    for name in ("order.json", "order.json", "another.json"):
        world.put(name, order_bytes())
        await world.look()
        assert world.there() == []
    assert await world.messages() == 1
    assert len({one["message"] for one in await world.events("pickup.file.taken")}) == 1


async def test_more_files_than_a_look_takes_are_taken_at_once_after_it(
    make: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pickup, "FILES_AT_ONCE", 2)
    world = await make()
    for number in range(5):
        world.put(f"order-{number}.json", order_bytes(f"PO-{number}"))
    await world.look()
    assert (await world.messages(), (await world.server()).waiting) == (2, 3)
    await world.look(after=0)
    await world.look(after=0)
    assert (await world.messages(), world.there()) == (5, [])


async def test_who_has_a_mailbox_too_finds_the_acknowledgement_there(make: Making) -> None:
    world = await make(mailbox=True)
    world.put("order.json", order_bytes())
    world.put("letter.txt", b"good morning")
    await world.look()
    mailboxes = world.ledger.mailboxes
    assert sorted(one.name.split(".")[0] for one in await mailboxes.listed("nordlicht", "ack")) == ["letter", "order"]
    assert [one.name.split(".")[0] for one in await mailboxes.listed("nordlicht", "error")] == ["letter"]


async def test_who_has_no_mailbox_gets_nothing_laid_into_it(make: Making) -> None:
    world = await make()
    world.put("order.json", order_bytes())
    await world.look()
    assert await world.ledger.mailboxes.lying() == []


async def test_what_is_long_gone_is_forgotten(make: Making) -> None:
    world = await make(after_pickup="keep")
    world.put("gone.json", order_bytes())
    world.put("kept.json", order_bytes("PO-2"))
    await world.look()
    (world.folder / "gone.json").unlink()
    await world.look(after=KEPT.total_seconds() + 60)
    await world.polling().forget()
    assert list(await world.files()) == ["kept.json"]


async def test_a_look_that_falls_over_is_tried_again(make: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make()
    world.put("order.json", order_bytes())
    with monkeypatch.context() as patched:
        patched.setattr(Polling, "_went_well", _raising(ZeroDivisionError("a mistake of ours")))
        await world.look()
    assert not (await world.server()).looking
    await world.look()
    assert (await world.messages(), (await world.server()).failures) == (1, 0)


def _raising(error: BaseException) -> Callable[..., Awaitable[Any]]:
    async def raises(*_: Any, **__: Any) -> Any:
        raise error

    return raises
