"""Long interchanges over AS2: taken whole in little memory, then divided; all of one or nothing."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from support.as2_serving import As2World, as2_world, outgoing
from support.changed_rules import added, rewrite
from support.long_interchanges import interchange

from gateway.channels.as2.building import build
from gateway.channels.as2.hearing import Heard
from gateway.clock import now
from gateway.dividing import Dividing
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.ledger.reading import MessageHistory
from gateway.ledger.sealing import Unopenable
from gateway.retaining import Retaining
from translators.edifact.dividing import DivideLimits
from translators.examples import example
from translators.reading import Limits

ID = "<4711@werra.example>"
MOST = 20_000
LONG = interchange(40)
YEAR = timedelta(days=367)
LIMIT = """- {name: hourly, why: a test, mode: enforce, senders: [partner], counts: documents,
  rate: 30 per 1h}
"""


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    async with as2_world(ledger, tmp_path, most=MOST) as opened:
        opened.profile("keys:", "receive: {most_bytes: 1 MiB}\n  keys:")
        yield opened


def dividing(world: As2World) -> Dividing:
    served = world.served
    return Dividing(
        served.ledger, served.policies, served.intake._partners, served.counters,
        Limits(max_bytes=MOST), DivideLimits(part_messages=7, part_bytes=15_000),
    )  # fmt: skip


async def divide(world: As2World, worker: Dividing | None = None) -> None:
    long = await world.served.ledger.interchanges.take(60)
    assert long is not None
    await (worker or dividing(world)).divide(long)


async def due_again(world: As2World) -> None:
    await world.served.ledger._pool.execute("update long_interchanges set due_at = now() where due_at is not null")


async def said(world: As2World, content: bytes, message_id: str = ID, **agreed: Any) -> Heard:
    answer = await world.post(world.built(content, message_id, **agreed))
    assert answer.status_code == 200, answer.text
    return world.receipt(answer)


async def long_history(world: As2World) -> MessageHistory:
    pool = world.served.ledger._pool
    return await history_of(world, await pool.fetchval("select message_id from long_interchanges"))


async def history_of(world: As2World, message_id: UUID) -> MessageHistory:
    history = await world.served.ledger.history(message_id)
    assert history is not None
    return history


async def numbers(world: As2World, parts: Sequence[UUID]) -> list[str]:
    found = [await history_of(world, part) for part in parts]
    return [one.business_number for each in found for one in each.documents if one.document_type == "purchase_order"]


async def test_it_is_taken_whole_and_every_order_of_it_comes_once_and_in_order(world: As2World) -> None:
    heard = await said(world, LONG, compress="before-signing")
    assert str(heard.mdn.disposition) == "processed"
    taken = await long_history(world)
    assert (taken.state, taken.size, taken.document_type) == ("under way", len(LONG), "purchase_order")
    assert (await world.served.ledger.balance()).imbalance == 0
    await divide(world)
    assert (await world.served.ledger.balance()).imbalance == 0
    divided = await long_history(world)
    assert [event["event"] for event in divided.timeline] == [
        "intake.message.accepted", "as2.message.answered", "intake.interchange.divided",
    ]  # fmt: skip
    assert (divided.state, len(divided.parts), divided.timeline[-1]["parts"]) == ("under way", 6, 6)
    assert await numbers(world, divided.parts) == [f"PO-{number:07d}" for number in range(1, 41)]
    assert (await history_of(world, divided.parts[0])).part_of == taken.id
    assert await world.served.ledger.interchanges.take(60) is None


async def test_one_contrl_answers_the_whole(world: As2World) -> None:
    await said(world, LONG)
    await divide(world)
    parts = (await long_history(world)).parts
    kinds = [[one.kind for one in (await history_of(world, part)).acknowledgements] for part in parts]
    assert [kind for each in kinds for kind in each].count("contrl") == 1
    assert "contrl" in kinds[-1]
    assert sum(each.count("order_response") for each in kinds) == 40


async def test_one_order_that_is_wrong_refuses_all_of_them(world: As2World) -> None:
    at = LONG.index(b"PO-0000033")
    wrong = LONG[:at] + LONG[at:].replace(b"QTY+21:48:PCE", b"QTY+21:4B:PCE", 1)
    assert str((await said(world, wrong)).mdn.disposition) == "processed"
    await divide(world)
    refused = await long_history(world)
    assert refused.state == "refused"
    assert refused.refusal is not None
    assert refused.refusal["code"] == "document.invalid"
    assert refused.timeline[-1]["event"] == "intake.interchange.refused"
    (part,) = refused.parts
    on_record = await history_of(world, part)
    assert (on_record.state, [one.kind for one in on_record.acknowledgements]) == ("refused", ["contrl"])
    assert await world.served.messages_kept() == 2, "the interchange, and what was refused of it"
    assert (await world.served.ledger.balance()).imbalance == 0


async def test_a_trailer_that_counts_otherwise_refuses_it(world: As2World) -> None:
    await said(world, LONG.replace(b"UNZ+40+", b"UNZ+41+"))
    await divide(world)
    refused = await long_history(world)
    assert refused.refusal is not None
    assert refused.refusal["text"] == "the UNZ says `41` messages; there are 40"
    assert [one.kind for one in (await history_of(world, refused.parts[0])).acknowledgements] == ["contrl"]


async def test_a_worker_that_dies_is_taken_over_and_nothing_comes_twice(world: As2World) -> None:
    await said(world, LONG)
    worker, ledger = dividing(world), world.served.ledger
    record, calls = ledger.record, 0

    async def dies(entry: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise LedgerUnavailable("gone")
        return await record(entry)

    ledger.record = dies  # type: ignore[method-assign]
    await divide(world, worker)
    assert (await long_history(world)).state == "under way"
    ledger.record = record  # type: ignore[method-assign]
    await due_again(world)
    await divide(world)
    divided = await long_history(world)
    assert await numbers(world, divided.parts) == [f"PO-{number:07d}" for number in range(1, 41)]
    assert await world.served.messages_kept() == 1 + len(divided.parts)


async def test_what_is_refused_after_parts_of_it_were_recorded_waits_for_a_person(
    world: As2World, tmp_path: Path
) -> None:
    await said(world, LONG)
    ledger = world.served.ledger
    await ledger._pool.execute("update long_interchanges set state = 'recording'")
    rewrite(tmp_path / "rules", "limits.yaml", "lines: 20000", "lines: 2")
    assert world.served.policies.reload(), world.served.policies.problems
    await divide(world)
    stopped = await long_history(world)
    assert stopped.state == "needs attention"
    assert stopped.waits is not None
    assert stopped.waits.startswith("judged again, it is refused, and parts of it may be recorded: ")


async def test_a_limit_that_gives_way_postpones_it_and_counts_nothing(world: As2World, tmp_path: Path) -> None:
    rules, policies = tmp_path / "rules", world.served.policies
    rewrite(rules, "limits.yaml", "rules:\n", f"rules:\n{LIMIT}")
    assert policies.reload(), policies.problems
    await said(world, LONG)
    for _ in range(2):
        await divide(world)
        waiting = await long_history(world)
        assert waiting.state == "under way"
        assert waiting.waits is not None
        assert "it allows documents at 30 per 1h" in waiting.waits
        assert await world.served.messages_kept() == 1
        await due_again(world)
    rewrite(rules, "limits.yaml", "30 per 1h", "40 per 1h")  # what was tried in vain was given back, so 40 fit
    assert policies.reload(), policies.problems
    await due_again(world)
    await divide(world)
    assert len((await long_history(world)).parts) == 6


async def test_a_partner_that_is_suspended_meanwhile_waits(world: As2World) -> None:
    await said(world, LONG)
    world.profile("state: active", "state: suspended")
    await divide(world)
    assert (await long_history(world)).waits == "`werra` is suspended"


@pytest.mark.parametrize(
    ("content", "media_type", "what"),
    [
        (b"<Order/>" + b" " * MOST, "application/xml", "none: documents `Order` are not read; `Order` is read where "),
        (
            b"no interchange" * 2000,
            "text/plain",
            "none: neither EDIFACT, X12, VDA, XML nor JSON: the first bytes are not known",
        ),
        (example("order.json") + b" " * MOST, "application/json", "JSON (purchase_order)"),
        (interchange(1) + b" " * MOST, "application/json", "none: the media type is `application/json`, but "),
        (
            LONG.replace(b"ORDERS:D:96A:UN", b"CONTRL:D:3:UN"),
            "application/edifact",
            "an acknowledgement (CONTRL)",
        ),
    ],
)
async def test_what_cannot_be_divided_is_refused_with_its_bound(
    world: As2World, content: bytes, media_type: str, what: str
) -> None:
    sent = replace(outgoing(content, ID), media_type=media_type)
    heard = world.receipt(await world.post(build(sent, world.theirs())))
    assert str(heard.mdn.disposition) == "processed/error: unexpected-processing-error"
    assert (
        f"the content has {len(content)} bytes; what is longer than {MOST} must be an EDIFACT interchange, and this is "
        f"{what}" in " ".join(heard.mdn.explanation.split())
    )
    assert await world.served.messages_kept() == 0
    assert await world.served.ledger._pool.fetchval("select count(*) from payload_pieces") == 0


async def test_a_rule_bounds_what_is_taken_whole(world: As2World, tmp_path: Path) -> None:
    cap = "{name: whole, why: nothing longer is read, mode: enforce, senders: [partner], size: 30 KiB}"
    added(tmp_path / "rules", "schemas.yaml", f"\ncaps:\n- {cap}\n")
    assert world.served.policies.reload(), world.served.policies.problems
    heard = await said(world, LONG)
    assert "at most 30 KiB are read" in heard.mdn.explanation


async def test_the_same_again_gets_the_first_receipt_and_another_under_its_reference_is_refused(
    world: As2World,
) -> None:
    built = world.built(LONG, ID)
    first, second = await world.post(built), await world.post(built)
    assert second.content == first.content
    again = await said(world, LONG, "<2@werra.example>")
    assert str(again.mdn.disposition) == "processed"
    other = await said(world, interchange(41), "<3@werra.example>")
    assert "interchange `NL000815` came with other content before" in other.mdn.explanation
    assert await world.served.messages_kept() == 1


async def test_pieces_that_were_changed_or_are_missing_do_not_open(world: As2World, monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway.ledger.pieces.PIECE", 10_000)
    await said(world, LONG)
    ledger = world.served.ledger
    row = await ledger._pool.fetchrow("select owner, hash from long_interchanges")
    assert row is not None
    assert b"".join([piece async for piece in ledger.pieces.read(row["owner"], row["hash"])]) == LONG
    await ledger._pool.execute("delete from payload_pieces where number = 2")
    with pytest.raises(Unopenable):
        _ = [piece async for piece in ledger.pieces.read(row["owner"], row["hash"])]
    await divide(world)
    waits = (await long_history(world)).waits
    assert waits is not None
    assert "do not make up what was kept" in waits


async def test_pieces_go_when_their_time_is_over_or_nobody_came_for_them(world: As2World) -> None:
    ledger = world.served.ledger
    await said(world, LONG)
    retaining = Retaining(ledger, lambda: world.served.policies.current, lambda: now() + YEAR)
    await retaining.look()
    assert await ledger._pool.fetchval("select count(*) from payload_pieces") > 0, "it is not divided yet"
    await divide(world)
    await retaining.look()
    assert await ledger._pool.fetchval("select count(*) from payload_pieces") == 0
    assert (await long_history(world)).payload_erased_at is not None
    await ledger.pieces.keep("werra", b"x" * 32, iter([b"lost"]))
    assert await ledger.pieces.sweep() == 0
    await ledger._pool.execute("update payload_pieces set kept_at = now() - interval '2 days'")
    assert await ledger.pieces.sweep() == 1
