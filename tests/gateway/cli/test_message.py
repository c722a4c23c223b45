"""`partner-gateway message`: what an operator asks at night, and what is answered on a narrow terminal."""

from argparse import Namespace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest
from support.ledgering import an_entry, held, lease_all, parked, postponed, take_all

from gateway.cli.main import main
from gateway.cli.message import _cancel, _replay
from gateway.cli.message_finding import _find
from gateway.cli.message_standing import clock, standing
from gateway.cli.message_waiting import _parked, _waiting
from gateway.cli.operating import past
from gateway.cli.telling import Impossible
from gateway.identifiers import new_message_id
from gateway.ledger.entries import Refusal
from gateway.ledger.finding import WaitingDelivery
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
    out = " ".join(capsys.readouterr().out.split())
    assert "2 waiting; in the whole ledger: 1 held, 1 waiting" in out
    assert f"behind {one.id}, which is parked: replay or cancel that one" in out
    assert "1 attempt spent, next at " in out
    assert ", in 60 min; busy" in out


async def test_what_nobody_takes_is_told_with_what_to_do(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    await ledger.record(an_entry())
    await _waiting(ledger, _asked())
    out = capsys.readouterr().out
    assert "no attempt has ended yet" in " ".join(out.split())
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


async def test_lists_fit_eighty_columns_and_break_no_id(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason of each stood beyond the edge of the terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    await _one_parked_one_held(ledger)
    [one] = await ledger.parked()
    outs = []
    for told in (_waiting(ledger, _asked()), _parked(ledger, _asked()), _find(ledger, _asked(number="PO-8"))):
        await told
        outs.append(capsys.readouterr().out)
    assert max(len(line) for out in outs for line in out.splitlines()) <= 80
    waiting, listed, found = outs
    assert f"behind {one.id}, which is parked" in " ".join(waiting.split())
    assert f"\n{one.id}\n" in listed
    assert "recording: since" in listed
    assert "no: never" in listed
    assert "recording: held: behind another of its lane" in found


async def test_a_refused_order_is_found_with_when_why_where_and_who_must_act(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    why = {
        "code": "document.invalid", "text": "6060 `4B` is not a number", "rule": None, "numbers": ["PO-4711"],
        "findings": [{"code": "edifact.value", "text": "x", "place": {"segment": "QTY", "segment_position": 24}}],
    }  # fmt: skip
    at = datetime(2026, 11, 29, 2, 13, tzinfo=UTC)
    refusal = Refusal(
        message_id=new_message_id(), received_at=at, sender_kind="partner", sender="nordlicht", channel="http",
        document_type="purchase_order", content=b"x", content_hash=sha256(b"x").digest(),
        refusal=msgspec.json.encode(why).decode(), policy_revision="sha256:0", statement=b'{"event":"x"}',
    )  # fmt: skip
    await ledger.refuse(refusal)
    for number in ("PO-4711", "4711"):
        assert await _find(ledger, _asked(number=number)) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert f"{refusal.message_id} of nordlicht, 2026-11-29 02:13Z purchase_order PO-4711" in out
        told = "refused at 2026-11-29 02:13Z, because 6060 `4B` is not a number, at QTY 24"
        assert f"{told} (document.invalid, acts: sender)" in out


def _waits(**given: object) -> WaitingDelivery:
    usual: dict[str, object] = dict.fromkeys(WaitingDelivery.__struct_fields__) | {"state": "waiting", "attempts": 0}
    return WaitingDelivery(**(usual | given))  # type: ignore[arg-type]


def test_how_a_delivery_stands_is_a_sentence() -> None:
    soon, past_ = datetime.now(UTC) + timedelta(seconds=45), datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    waits = standing(_waits(attempts=2, due_at=soon, cause="odoo.busy", last_error="try later"))
    assert waits == f"waiting, 2 attempts spent, next at {clock(soon)}, in 45 s; odoo.busy: try later"
    unknown = standing(_waits(state="unknown", attempts=1, due_at=soon))
    assert unknown.startswith("unknown, 1 attempt spent, read back at")
    out = standing(_waits(cause="destination.unavailable", due_at=past_, deadline=past_))
    told = "waiting, 0 attempts spent, due since 2026-11-01 07:30Z: with the next probe of the destination, a minute"
    told += " apart at most, if a worker runs"
    assert out == f"{told}; destination.unavailable; past its deadline of 2026-11-01 07:30Z"
    follower = standing(_waits(state="held", due_at=past_))
    assert follower == "held: behind another of its lane, which `message waiting` names"


def test_what_lies_ready_is_due_when_it_is_offered_again() -> None:
    soon, past_ = datetime.now(UTC) + timedelta(seconds=45), datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert standing(_waits(state="offered")) == "offered: not fetched yet"
    again = f"offered: fetched, not acknowledged; it is offered again at {clock(soon)}"
    assert standing(_waits(state="offered", due_at=soon)) == again
    since = "offered: fetched, not acknowledged, and offered again since 2026-11-01 07:30Z"
    assert standing(_waits(state="offered", due_at=past_)) == since


async def test_what_is_not_found_by_its_number_may_have_been_refused(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _find(ledger, _asked(number="4711")) == 1
    assert "try `message find --refused --partner … --since 1d`" in capsys.readouterr().out


async def test_a_trace_without_a_message_may_be_in_the_log(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert await _find(ledger, _asked(trace="0" * 31 + "1")) == 1
    assert capsys.readouterr().out.endswith("left no message: look in the API's log\n")


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
