"""`partner-gateway pickup`: what an operator types, against a partner's server that was looked at."""

import argparse
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.mailboxes import order_bytes
from support.pickups import ORDERS, PickupWorld, a_world
from support.sftp_ground import stand_in

from gateway.cli import pickup
from gateway.ledger.ledger import Ledger
from gateway.settings import Settings


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[PickupWorld]:
    async with stand_in(tmp_path) as ground:
        yield a_world(ledger, tmp_path, ground, ready="renamed")


@pytest.fixture
def typed(world: PickupWorld, monkeypatch: pytest.MonkeyPatch):
    """Runs a command line; gives its exit status."""
    settings = Settings(partners=world.root / "partners")
    monkeypatch.setattr(pickup, "with_settings", lambda opened: opened(settings)(world.ledger))
    monkeypatch.setattr(pickup, "with_ledger", lambda act: act(world.ledger))
    monkeypatch.setattr(pickup, "now", world.at)
    monkeypatch.setenv("COLUMNS", "250")
    parser = argparse.ArgumentParser()
    pickup.add_commands(parser.add_subparsers())

    async def run(*words: str) -> int:
        chosen = parser.parse_args(["pickup", *words])
        return int(await chosen.run(chosen))

    return run


async def test_a_server_that_was_never_looked_at_is_listed(world, typed, capsys) -> None:
    assert await typed("list") == 0
    told = capsys.readouterr().out
    assert "not looked at yet" in told
    assert f"bergmann@127.0.0.1:{world.ground.port} /outgoing" in told
    assert await typed("now", "nordlicht") == 1
    assert capsys.readouterr().err == "no worker has ever looked at a server of `nordlicht`\n"


async def test_the_last_look_the_next_and_what_waits_are_told(world, typed, capsys) -> None:
    world.put("order.json", order_bytes())
    world.put("half.edi", ORDERS[:-9])
    await world.look()
    assert await typed("list", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["partner"], one["state"], one["waiting"], one["failing"], one["last_error"]) == (
        "nordlicht", "well", 1, 1, None,
    )  # fmt: skip
    assert one["looked_at"] < one["next_look"]
    assert await typed("list") == 0
    assert "1 files cannot be taken: `pickup files nordlicht`" in capsys.readouterr().out


async def test_files_are_told_with_what_became_of_them(world, typed, capsys) -> None:
    world.put("order[red].json", order_bytes())
    world.put("letter.txt", b"good morning")
    world.put("half.edi", ORDERS[:-9])
    await world.look()
    assert await typed("files", "nordlicht") == 0
    lines = capsys.readouterr().out.splitlines()
    told = {name: line for name in ("order[red].json", "letter.txt", "half.edi") for line in lines if name in line}
    assert "accepted, deleted" in told["order[red].json"]
    assert "refused, deleted" in told["letter.txt"]
    assert "cannot be taken" in told["half.edi"]
    assert "the file is not complete: its UNZ has not come" in told["half.edi"]
    assert await typed("files", "nordlicht", "--json") == 0
    assert {one["name"] for one in json.loads(capsys.readouterr().out)} == {"order[red].json", "letter.txt", "half.edi"}


async def test_an_operator_has_a_server_looked_at_at_once(world, typed, capsys) -> None:
    world.change('"port": ' + str(world.ground.port), '"port": 1')
    await world.look()
    assert await typed("list") == 0
    assert "connection refused" in capsys.readouterr().out
    assert await typed("now", "nordlicht") == 0
    assert capsys.readouterr().out == "a worker looks within seconds\n"
    await world.look(after=0)
    assert (await world.server()).failures == 2


async def test_another_folder_has_not_been_looked_at_yet(world, typed, capsys) -> None:
    await world.look()
    world.change('"poll": "/outgoing"', '"poll": "/elsewhere"')
    assert await typed("list", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["place"].split()[-1], "next_look" in one) == ("/elsewhere", False)
