"""Pick-ups from partners' own servers, on a real PostgreSQL, real rules and real profiles: the world of a test, and the
contract that holds with whatever server stands there."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from support.mailboxes import GRANTS, a_desk, mailbox_profile, order_bytes, public
from support.serving import write_profiles
from support.sftp_ground import LOOPBACK, Ground

from gateway.channels.sftp.polling import Polling, Servers
from gateway.channels.sftp.submitting import Submitting
from gateway.clock import now
from gateway.counters import Counters
from gateway.egress.guard import Guard
from gateway.intake import Intake
from gateway.ledger.ledger import Ledger
from gateway.ledger.pickups import PickupFile, PickupServer
from gateway.settings import PACKAGED
from partners.live import LiveDirectory
from policies.live import LivePolicies
from translators.reading import Limits

MOST = 1 << 20
ORDERS = (
    b"UNB+UNOC:3+4012345000009:14+4260001230004:14+260314:0926+77'\r\nUNH+1+ORDERS:D:96A:UN'\r\nUNT+2+1'\r\nUNZ+1+77'"
)


@dataclass
class PickupWorld:
    """Time stands still but where a test moves it. `folder` is what we fetch from, as the partner sees it."""

    ledger: Ledger
    root: Path
    ground: Ground
    partners: LiveDirectory
    intake: Intake
    folder: Path
    moved: float = 0.0

    def at(self) -> datetime:
        return now() + timedelta(seconds=self.moved)

    def polling(self, ledger: Ledger | None = None, guard: Guard | None = None, most: int = MOST) -> Polling:
        ledger = ledger or self.ledger
        return Polling(
            ledger.pickups,
            Submitting(
                self.intake, ledger.mailboxes, 20, a_desk(self.root, self.partners, self.ground.keys, self.ledger)
            ),
            lambda: self.partners.current,
            Servers(guard or Guard(LOOPBACK), self.ground.keys, most),
            self.at,
        )

    async def look(self, times: int = 1, *, after: float = 400.0, polling: Polling | None = None) -> None:
        """Each `after` so many seconds, which is later than `every`."""
        polling = polling or self.polling()
        for _ in range(times):
            self.moved += after
            await polling.look()
            await polling.settled()

    def put(self, name: str, content: bytes, **kept: Any) -> Path:
        file = self.folder / name
        file.write_bytes(content, **kept)
        return file

    def there(self, folder: Path | None = None) -> list[str]:
        return sorted(one.name for one in (folder or self.folder).iterdir())

    def beside(self, name: str) -> tuple[Path, str]:
        """A folder at their server: here, and as we call it there."""
        here = self.ground.folder.parent / name
        here.mkdir(exist_ok=True)
        return here, f"{self.ground.push.rpartition('/')[0]}/{name}"

    async def messages(self, verdict: str = "accepted") -> int:
        return int(await self.ledger._pool.fetchval("select count(*) from messages where verdict = $1", verdict))

    async def server(self) -> PickupServer:
        (one,) = await self.ledger.pickups.servers()
        return one

    async def files(self) -> dict[str, PickupFile]:
        return {one.name: one for one in await self.ledger.pickups.files("nordlicht", 100)}

    async def events(self, kind: str) -> list[dict[str, Any]]:
        rows = await self.ledger._pool.fetch("select body from events order by id")
        return [one for one in (msgspec.json.decode(row["body"]) for row in rows) if one["event"] == kind]

    def change(self, old: str, new: str) -> None:
        file = self.root / "partners" / "profiles" / "nordlicht.yaml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))
        assert self.partners.reload(), self.partners.problems


def a_world(ledger: Ledger, root: Path, ground: Ground, **server: Any) -> PickupWorld:
    """`server`: what the profile says beside where it is and how we get in; `mailbox=True`: they have one here, too;
    `pgp`: with files of OpenPGP."""
    write_profiles(root / "partners")
    shutil.copytree(PACKAGED / "policies" / "rules", root / "rules")
    with (root / "rules" / "access.yaml").open("a") as rules:
        rules.write(GRANTS)
    has_mailbox, pgp = server.pop("mailbox", False), server.pop("pgp", None)
    outgoing = ground.folder.parent / "outgoing"
    outgoing.mkdir(exist_ok=True)
    usual: dict[str, Any] = {
        "host": "127.0.0.1", "port": ground.port, "user": ground.user, "key": "partner.key",
        "host_keys": [ground.host_key], "poll": f"{ground.push.rpartition('/')[0]}/outgoing", "every": "5m",
    }  # fmt: skip
    told = {name: value for name, value in {**usual, **server}.items() if value is not None}
    with (root / "partners" / "profiles" / "nordlicht.yaml").open("a") as profile:
        profile.write(mailbox_profile("nordlicht", "nordlicht") if has_mailbox else "\nsftp:\n")
        profile.write(f"  server: {json.dumps(told)}\n")
        profile.write(f"  pgp: {json.dumps(pgp)}\n" if pgp is not None else "")
    partners, policies = LiveDirectory(root / "partners"), LivePolicies(root / "rules")
    intake = Intake(policies, partners, Counters(None), ledger, Limits(max_bytes=MOST))
    return PickupWorld(ledger, root, ground, partners, intake, outgoing)


@asynccontextmanager
async def opened(ledger: Ledger, root: Path, ground: Ground, **server: Any) -> AsyncIterator[PickupWorld]:
    yield a_world(ledger, root, ground, **server)


# ---- the contract --------------------------------------------------------------------------------------------------


async def is_taken_once_it_has_settled_and_deleted(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground)
    world.put("order.json", order_bytes())
    await world.look()
    assert (await world.messages(), world.there()) == (0, ["order.json"])
    assert (await world.server()).waiting == 1
    await world.look()
    assert (await world.messages(), world.there()) == (1, [])
    (told,) = await world.events("pickup.file.taken")
    assert (told["partner"], told["verdict"], told["after"], told["size"]) == (
        "nordlicht", "accepted", "deleted", len(order_bytes()),
    )  # fmt: skip
    (accepted,) = await world.events("intake.message.accepted")
    assert (accepted["channel"], accepted["client"]) == ("sftp", f"{ground.user}@127.0.0.1")
    assert accepted["message"] == told["message"]
    server = await world.server()
    assert (server.failures, server.waiting, server.looking, server.last_error) == (0, 0, False, None)


async def is_left_while_it_grows(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground)
    for size in (300, 600, len(order_bytes())):
        world.put("order.json", order_bytes()[:size])
        await world.look()
        assert await world.messages() == 0
    await world.look()
    assert await world.messages() == 1


async def is_moved_and_overwrites_nothing(ledger: Ledger, root: Path, ground: Ground) -> None:
    here = ground.folder.parent / "done"
    here.mkdir()
    done = f"{ground.push.rpartition('/')[0]}/done"
    world = a_world(ledger, root, ground, after_pickup=f"move:{done}", ready="renamed")
    (here / "order.json").write_bytes(b"another's")
    world.put("order.json", order_bytes())
    await world.look()
    (told,) = await world.events("pickup.file.taken")
    assert world.there() == []
    assert world.there(here) == ["order.json", f"order.json.{told['message']}"]
    assert (here / "order.json").read_bytes() == b"another's"
    assert told["after"] == "moved"


async def is_kept_and_remembered(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground, after_pickup="keep", ready="renamed")
    file = world.put("order.json", order_bytes())
    os.utime(file, (1_000_000_000, 1_000_000_000))
    await world.look(3)
    assert (await world.messages(), world.there()) == (1, ["order.json"])
    assert len(await world.events("pickup.file.taken")) == 1
    world.put("order.json", order_bytes("PO-2"))
    os.utime(file, (1_000_000_060, 1_000_000_060))
    await world.look(2)
    assert await world.messages() == 2
    assert [one["after"] for one in await world.events("pickup.file.taken")] == ["kept", "kept"]


async def waits_for_its_marker(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground, ready="marker:.ok")
    world.put("order.json", order_bytes())
    world.put("alone.ok", b"")
    await world.look(3)
    assert await world.messages() == 0
    world.put("order.json.ok", b"")
    await world.look()
    assert (await world.messages(), world.there()) == (1, ["alone.ok"])
    world.put("order.json.ok", b"")
    os.utime(world.folder / "order.json.ok", (1_000_000_000, 1_000_000_000))
    world.put("order.json", order_bytes("PO-2"))
    await world.look(2)
    assert await world.messages() == 1, "a marker from before the file is one of an earlier file"


async def waits_for_its_name(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground, ready="renamed", pattern="*.json")
    for name in ("order.json.part", "~order.json", ".order.json", "order.txt"):
        world.put(name, order_bytes())
    await world.look(3)
    assert await world.messages() == 0
    (world.folder / "order.json.part").rename(world.folder / "order.json")
    await world.look()
    assert (await world.messages(), world.there()) == (1, [".order.json", "order.txt", "~order.json"])


async def is_no_message_while_its_trailer_is_missing(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground)
    world.put("order.edi", ORDERS[:-9])
    await world.look(2)
    assert (await world.messages(), await world.messages("refused")) == (0, 0)
    assert (await world.files())["order.edi"].last_error == "the file is not complete: its UNZ has not come"
    world.put("order.edi", ORDERS)
    await world.look(2)
    assert world.there() == []
    assert await world.messages("refused") == 1, "whole now, and of an order nothing is in it"


async def is_moved_elsewhere_when_it_is_refused(ledger: Ledger, root: Path, ground: Ground) -> None:
    here = ground.folder.parent / "rejected"
    here.mkdir()
    world = a_world(
        ledger, root, ground, after_refusal=f"move:{ground.push.rpartition('/')[0]}/rejected", ready="renamed"
    )
    world.put("letter.txt", b"good morning")
    world.put("order.json", order_bytes())
    await world.look()
    assert (await world.messages(), await world.messages("refused")) == (1, 1)
    assert (world.there(), world.there(here)) == ([], ["letter.txt"])


async def follows_no_link_and_no_folder(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground, ready="renamed")
    (root / "secret.json").write_bytes(order_bytes())
    (world.folder / "link.json").symlink_to(root / "secret.json")
    (world.folder / "folder.json").mkdir()
    await world.look(2)
    assert (await world.messages(), world.there()) == (0, ["folder.json", "link.json"])
    assert await world.files() == {}


async def takes_no_name_that_is_none(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground, ready="renamed")
    world.put("order\n2.json", order_bytes())
    (Path(os.fsdecode(os.fsencode(world.folder) + b"/order\xff.json"))).write_bytes(order_bytes())
    world.put("order ü;$(id) [1].json", order_bytes("PO-3"))
    await world.look()
    assert await world.messages() == 1
    assert {name: one.last_error for name, one in (await world.files()).items() if one.failures} == {
        "order\\u000a2.json": "its name cannot be taken: a name has no control characters, line ends or marks of "
        "direction",
        "order\\xff.json": "its name cannot be taken: a name is written in UTF-8",
    }
    assert len(await world.events("pickup.file.failing")) == 2


async def is_refused_when_it_is_too_large(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground, ready="renamed")
    world.put("order.json", order_bytes())
    await world.look(polling=world.polling(most=100))
    assert await world.messages() == 0
    why = f"it has {len(order_bytes())} bytes, and a file has at most 100 here"
    assert (await world.files())["order.json"].last_error == why
    (told,) = await world.events("pickup.file.failing")
    assert told["why"] == why
    await world.look()
    assert await world.messages() == 1, "an operator has raised the limit"


async def shows_another_host_key(ledger: Ledger, root: Path, ground: Ground) -> None:

    world = a_world(ledger, root, ground, host_keys=[public("another")])
    world.put("order.json", order_bytes())
    await world.look()
    why = "127.0.0.1: it shows another host key than the profile names"
    assert (await world.server()).last_error == why
    assert [one["why"] for one in await world.events("pickup.server.failing")] == [why], "at once: it may be an attack"


async def does_not_let_us_in(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground, user="nobody-of-this-name")
    await world.look()
    assert (await world.server()).last_error == "127.0.0.1: it does not let `nobody-of-this-name` in"


async def has_no_such_folder(ledger: Ledger, root: Path, ground: Ground) -> None:
    world = a_world(ledger, root, ground, poll=f"{ground.push}/nowhere")
    await world.look()
    why = f"127.0.0.1: the folder `{ground.push}/nowhere` cannot be listed: there is none of this name"
    assert (await world.server()).last_error == why


async def has_no_folder_to_move_to(ledger: Ledger, root: Path, ground: Ground) -> None:
    base = ground.push.rpartition("/")[0]
    world = a_world(ledger, root, ground, after_pickup=f"move:{base}/done", ready="renamed")
    world.put("order.json", order_bytes())
    await world.look(2)
    assert (await world.messages(), world.there()) == (1, ["order.json"])
    file = (await world.files())["order.json"]
    assert file.state == "taken"
    assert (file.last_error or "").startswith("it is on record, and cannot be moved there: ")
    (ground.folder.parent / "done").mkdir()
    await world.look()
    assert (await world.messages(), world.there()) == (1, []), "it is cleared away, and not taken again"


PICKUP_CONTRACT = (
    is_taken_once_it_has_settled_and_deleted, is_left_while_it_grows, is_moved_and_overwrites_nothing,
    is_kept_and_remembered, waits_for_its_marker, waits_for_its_name, is_no_message_while_its_trailer_is_missing,
    is_moved_elsewhere_when_it_is_refused, follows_no_link_and_no_folder, takes_no_name_that_is_none,
    is_refused_when_it_is_too_large, shows_another_host_key, does_not_let_us_in, has_no_such_folder,
    has_no_folder_to_move_to,
)  # fmt: skip
