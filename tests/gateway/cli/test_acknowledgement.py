"""`partner-gateway acknowledgement`: what an operator types, against a ledger in which something is owed."""

import argparse
import json
from pathlib import Path

import pytest
from support.leaving import World, a_partner, accept, an_agreement

from gateway.cli import acknowledgement
from gateway.ledger.ledger import Ledger
from partners.agreements import Acknowledgement
from policies.loading import load
from translators.amounts import Duration


@pytest.fixture
async def world(ledger: Ledger, repository: Path) -> World:
    owed = (Acknowledgement(kind="contrl", within=Duration.from_text("30m")),)
    masking = load(repository / "policies" / "rules").masking
    world = World(ledger, masking, a_partner(an_agreement(acknowledgements=owed)))
    await accept(ledger, "AB-1")
    await world.work_off()
    return world


@pytest.fixture
def typed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    """Runs a command line; gives its exit status."""
    monkeypatch.setattr(acknowledgement, "with_ledger", lambda act: act(ledger))
    parser = argparse.ArgumentParser()
    acknowledgement.add_commands(parser.add_subparsers())

    async def run(*words: str) -> int:
        chosen = parser.parse_args(["acknowledgement", *words])
        return await chosen.run(chosen)

    return run


async def test_the_list_says_who_owes_what_under_which_id(world, typed, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert await typed("list", "--expected") == 0
    shown = capsys.readouterr().out
    assert "contrl" in shown
    assert "owed" in shown
    assert await typed("list", "--owed", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


async def test_one_is_closed_by_hand_once_and_on_record(world, ledger, typed, capsys) -> None:
    await typed("list", "--json")
    (one,) = json.loads(capsys.readouterr().out)
    number = str(one["id"])
    assert await typed("close", number, "--why", "told on the telephone") == 0
    assert f"acknowledgement {number} is closed" in capsys.readouterr().out
    assert await typed("close", number, "--why", "again") == 1
    assert capsys.readouterr().err == f"acknowledgement {number} has ended already\n"
    assert await typed("close", "999999", "--why", "none") == 1
    assert "999999 is none" in capsys.readouterr().err
    rows = await ledger._pool.fetch("select convert_from(body, 'utf8') as body from events")
    (closed,) = [told for row in rows if (told := json.loads(row["body"]))["event"].endswith("acknowledgement.closed")]
    assert closed["reason"] == "told on the telephone"
    assert closed["actor"].startswith("operator ")


async def test_a_reason_is_asked_for(world, typed, capsys) -> None:
    with pytest.raises(SystemExit):
        await typed("close", "1")
    assert "--why" in capsys.readouterr().err
