"""`partner-gateway message`: what an operator asks at night, and what is answered on a narrow terminal."""

from argparse import Namespace
from datetime import UTC, datetime, timedelta

import pytest
from support.ledgering import an_entry, held, lease_all, parked, postponed, take_all

from gateway.cli.main import main
from gateway.cli.message import _cancel, _replay
from gateway.cli.message_finding import _find
from gateway.cli.message_waiting import _parked, _waiting, clock
from gateway.cli.operating import past
from gateway.cli.telling import Impossible
from gateway.ledger.ledger import Ledger

A = "01a223fa-6d48-7a4d-a559-01b7a7b6fc6c"


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def _asked(**given: object) -> Namespace:
    asked = dict.fromkeys(("number", "partner", "type", "trace", "since", "until", "destination", "cause", "delivery"))
    usual = {"refused": False, "json": False, "limit": 20, "reason": "r", "per_second": 1.0}
    return Namespace(**(asked | usual | given))


async def _one_parked_one_held(ledger: Ledger) -> None:
    for number in ("[b]7", "PO-8"):
        await ledger.record(an_entry(number))
    [(lease, [poison, follower])] = await take_all(ledger, await lease_all(ledger))
    await ledger.settle(lease, [parked(poison), held(follower)])


async def test_the_list_of_what_is_parked_shows_whole_ids_and_reasons_and_takes_nothing_for_markup(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    await _one_parked_one_held(ledger)
    [one] = await ledger.parked()
    assert await _parked(ledger, _asked()) == 0
    out = capsys.readouterr().out
    assert one.id in out
    assert "[b]7" in out
    assert "no: never" in out


async def test_a_list_that_is_not_whole_says_how_many_there_are(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        await ledger.record(an_entry(number, lane=number))
    for lease, works in await take_all(ledger, await lease_all(ledger)):
        await ledger.settle(lease, [parked(work) for work in works])
    await _parked(ledger, _asked(limit=2))
    assert "the 2 oldest of 3 parked; see --limit" in capsys.readouterr().out
    await _replay(ledger, _asked(limit=2))
    assert "no more than --limit at once: what else fits is still parked" in capsys.readouterr().out


async def test_what_waits_is_told_with_its_reason_and_what_it_waits_behind(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    await _one_parked_one_held(ledger)
    [one] = await ledger.parked()
    await ledger.record(an_entry("PO-9", lane="other"))
    for lease, works in await take_all(ledger, await lease_all(ledger)):
        await ledger.settle(lease, [postponed(work, after=3600.0) for work in works])
    await _waiting(ledger, _asked())
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "2 waiting; in the whole ledger: 1 held, 1 waiting" in out
    assert f"behind {one.id}" in out
    assert "1 attempt spent, next at " in out
    assert "; busy" in out


async def test_what_nobody_takes_is_told_with_what_to_do(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    await ledger.record(an_entry())
    await _waiting(ledger, _asked())
    out = capsys.readouterr().out
    assert "no attempt has ended yet" in " ".join(out.replace("│", " ").split())
    assert out.endswith("no worker was seen of late: start one (`partner-gateway worker`)\n")


async def test_an_order_is_found_by_a_part_of_its_number_by_its_id_and_by_its_delivery(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = an_entry("PO-4711")
    await ledger.record(entry)
    for number in ("4711", str(entry.message_id), f"{entry.message_id}.1"):
        assert await _find(ledger, _asked(number=number)) == 0
        out = capsys.readouterr().out
        assert str(entry.message_id) in out
        assert "recording: pending" in out


async def test_what_is_not_found_by_its_number_may_have_been_refused(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _find(ledger, _asked(number="4711")) == 1
    assert "try `message find --refused --partner … --since 1d`" in capsys.readouterr().out


async def test_a_question_without_a_hint_is_none(ledger: Ledger) -> None:
    with pytest.raises(Impossible, match="name a number, or what else is known"):
        await _find(ledger, _asked())


async def test_a_replay_that_takes_nothing_says_so(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert await _replay(ledger, _asked()) == 1
    assert capsys.readouterr().out.startswith("nothing that is parked fits")
    assert await _cancel(ledger, _asked(delivery=(an_entry().message_id, 1))) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["cancel", "4711", "--reason", "x"], "`4711` is no delivery; one is called `<message id>.<number>`, as"),
        (["replay", A, "--reason", "x"], f"`{A}` is no delivery; one is called `<message id>.<number>`, as"),
        (
            ["replay", "--per-second", "0", "--reason", "x"],
            "`0` is no rate; write a number from 0.001 to 1000 a second",
        ),
        (["replay", "--per-second", "nan", "--reason", "x"], "`nan` is no rate;"),
        (["replay", "--per-second", "-1", "--reason", "x"], "`-1` is no rate;"),
        (["find", "--trace", "0af7"], "`0af7` is no trace; it has 32 digits of 0-9 and a-f, or is a traceparent"),
        (["find", "--since", "yesterday"], "`yesterday`"),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_sentence(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["message", *words])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_a_time_ago_and_a_moment_are_both_taken() -> None:
    assert abs(past("2h") - (datetime.now(UTC) - timedelta(hours=2))) < timedelta(seconds=5)
    assert past("2026-11-29T22:00:00Z") == datetime(2026, 11, 29, 22, tzinfo=UTC)
    assert clock(datetime(2020, 1, 2, 3, 4, tzinfo=UTC)) == "2020-01-02 03:04Z"
