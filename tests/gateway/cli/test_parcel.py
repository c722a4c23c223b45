"""`partner-gateway parcel`: what an operator types, against a ledger with parcels in it."""

import argparse
import json
from pathlib import Path
from uuid import uuid4

import pytest
from support.leaving import World, a_partner, accept, an_agreement

from gateway.cli import parcel
from gateway.destinations.contract import Delivered
from gateway.ledger.ledger import Ledger
from policies.loading import load


@pytest.fixture
def world(ledger: Ledger, repository: Path) -> World:
    return World(ledger, load(repository / "policies" / "rules").masking, a_partner(an_agreement()))


@pytest.fixture
def typed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    """Runs a command line; gives its exit status."""
    monkeypatch.setattr(parcel, "with_ledger", lambda act: act(ledger))
    parser = argparse.ArgumentParser()
    parcel.add_commands(parser.add_subparsers())

    async def run(*words: str) -> int:
        chosen = parser.parse_args(["parcel", *words])
        return await chosen.run(chosen)

    return run


async def _left(world: World, ledger: Ledger) -> str:
    world.carrier.otherwise = Delivered("theirs-1")
    await accept(ledger, "AB-1")
    await world.work_off()
    return str(world.carrier.carried[0].id)


async def test_what_left_is_found_by_its_control_number(world, ledger, typed, capsys) -> None:
    number = await _left(world, ledger)
    assert await typed("list", "--number", "000000001", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["id"], found["partner"], found["state"], found["reference"]) == (
        number, "nordlicht", "delivered", "theirs-1",
    )  # fmt: skip
    assert "content" not in found
    assert await typed("list", "--number", "000000002", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


async def test_the_list_shows_the_whole_id_on_a_narrow_terminal(world, ledger, typed, capsys, monkeypatch) -> None:
    number = await _left(world, ledger)
    monkeypatch.setenv("COLUMNS", "80")
    assert await typed("list") == 0
    assert number in capsys.readouterr().out


async def test_content_is_shown_only_with_a_reason_which_is_on_record(world, ledger, typed, capsysbinary) -> None:
    number = await _left(world, ledger)
    assert await typed("show", number) == 0
    assert b"UNB+" not in capsysbinary.readouterr().out
    assert await typed("show", number, "--reveal", "the partner cannot read it") == 0
    assert capsysbinary.readouterr().out == world.carrier.carried[0].content
    leaves = [json.loads(row["body"]) for row in await ledger._pool.fetch("select body from events")]
    (revealed,) = [leaf for leaf in leaves if leaf["event"] == "operator.document.revealed"]
    assert revealed["reason"] == "the partner cannot read it"


async def test_it_is_sent_again_with_the_same_bytes(world, ledger, typed, capsys) -> None:
    number = await _left(world, ledger)
    assert await typed("resend", number, "--reason", "they lost it") == 0
    assert capsys.readouterr().out == "it is sent again, the same bytes under the same number\n"
    await world.forwarding.look()
    first, second = world.carrier.carried
    assert (first.id, first.content) == (second.id, second.content)


@pytest.mark.parametrize("words", [("show",), ("show", "--reveal", "why"), ("resend", "--reason", "why")])
async def test_a_parcel_that_is_not_there_is_told(typed, capsys, words: tuple[str, ...]) -> None:
    assert await typed(words[0], str(uuid4()), *words[1:]) == 1
    assert capsys.readouterr().out == "there is no such parcel\n"


@pytest.mark.parametrize("limit", ["-1", "0", "many"])
async def test_a_limit_that_is_none_is_refused(typed, capsys, limit: str) -> None:
    with pytest.raises(SystemExit):
        await typed("list", f"--limit={limit}")
    assert f"`{limit}` is no whole number from 1 to 1000000" in capsys.readouterr().err
