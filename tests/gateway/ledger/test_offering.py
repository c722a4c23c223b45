"""The inbox of a receiver that fetches: in order, hidden while it is out, one word on each delivery."""

import asyncio
from uuid import UUID

import pytest
from support.delivering import states, whole
from support.ledgering import an_entry, lease_all

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.plant import PlantDestination
from gateway.identifiers import split_delivery_id
from gateway.ledger.entries import NewDelivery
from gateway.ledger.ledger import Ledger
from gateway.ledger.offering import OfferedDelivery
from gateway.ledger.operating import Selection

PLANT = "plant:ulm"


async def _offer(ledger: Ledger, *numbers: str, lane: str = "a", rule: str = "hold") -> None:
    for number in numbers:
        way = NewDelivery(1, PLANT, "inbox.put", lane, f"gw.{number}", "1", rule)
        await ledger.record(an_entry(number, deliveries=(way,)))
    await _lay_ready(ledger)


async def _lay_ready(ledger: Ledger) -> None:
    for lease in await lease_all(ledger, PLANT):
        while await deliver(ledger, PlantDestination("ulm"), Breaker(), lease):
            pass


async def _fetch(ledger: Ledger, limit: int = 10, seconds: float = 60) -> list[OfferedDelivery]:
    return await ledger.fetch_offered(PLANT, limit=limit, seconds=seconds)


async def _numbers(ledger: Ledger, limit: int = 10, seconds: float = 60) -> list[str]:
    return [one.business_number for one in await _fetch(ledger, limit, seconds)]


async def _say(ledger: Ledger, one: OfferedDelivery, *, accepted: bool = True, destination: str = PLANT) -> str:
    return await ledger.acknowledge(
        destination, *split_delivery_id(one.id), accepted=accepted, reference="R-7", actor="plant ulm"
    )


async def test_what_is_offered_is_handed_out_in_order_with_its_document(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1", "LS-2", "LS-3")
    found = await _fetch(ledger)
    assert [one.business_number for one in found] == ["LS-1", "LS-2", "LS-3"]
    assert found[0].body == b'{"number":"LS-1"} '
    assert (found[0].fetched, found[0].sender, found[0].document_type) == (1, "nordwind", "purchase_order")
    assert await states(ledger) == dict.fromkeys(["LS-1", "LS-2", "LS-3"], "offered")
    await whole(ledger)


async def test_what_is_out_is_hidden_until_its_lease_ends(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1")
    assert await _numbers(ledger) == ["LS-1"]
    assert await _numbers(ledger) == []
    await ledger._pool.execute("update exceptions set due_at = now()")
    [again] = await _fetch(ledger)
    assert (again.business_number, again.fetched) == ("LS-1", 2)


async def test_nothing_is_handed_out_behind_a_delivery_of_its_lane_that_is_still_out(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1", "LS-2")
    await _offer(ledger, "LS-9", lane="b")
    assert await _numbers(ledger, limit=1) == ["LS-1"]
    assert await _numbers(ledger) == ["LS-9"]
    await ledger._pool.execute("update exceptions set due_at = now() where due_at is not null and lane = 'a'")
    assert await _numbers(ledger) == ["LS-1", "LS-2"]


async def test_two_fetches_at_once_never_share_a_lane_out_of_order(ledger: Ledger) -> None:
    await _offer(ledger, *(f"LS-{n}" for n in range(6)))
    answers = await asyncio.gather(*(_numbers(ledger, limit=2) for _ in range(5)))
    assert [answer for answer in answers if answer] == [["LS-0", "LS-1"]]


async def test_an_accepted_delivery_is_over_with_the_plants_own_name_for_it(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1")
    [one] = await _fetch(ledger)
    assert await _say(ledger, one) == "recorded"
    history = await ledger.history(UUID(one.id.partition(".")[0]))
    assert history is not None
    assert [(d.state, d.reference) for d in history.deliveries] == [("delivered", "R-7")]
    assert [event["event"] for event in history.timeline][1:] == [
        "delivery.document.offered", "delivery.document.delivered"
    ]  # fmt: skip
    assert history.timeline[-1]["actor"] == "plant ulm"
    assert (await whole(ledger)).delivered == 1


@pytest.mark.parametrize("first", [True, False])
async def test_the_same_word_twice_is_harmless_and_the_opposite_is_contradicted(ledger: Ledger, first: bool) -> None:
    await _offer(ledger, "LS-1")
    [one] = await _fetch(ledger)
    assert await _say(ledger, one, accepted=first) == "recorded"
    assert await _say(ledger, one, accepted=first) == "repeated"
    assert await _say(ledger, one, accepted=not first) == "contradicted"
    assert (await whole(ledger)).delivered == int(first)


async def test_a_hundred_words_at_once_are_one(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1")
    [one] = await _fetch(ledger)
    said = await asyncio.gather(*(_say(ledger, one) for _ in range(20)))
    assert sorted(said) == ["recorded"] + ["repeated"] * 19


async def test_a_word_on_what_is_not_in_this_inbox_is_unknown(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1")
    [one] = await _fetch(ledger)
    assert await _say(ledger, one, destination="plant:elsewhere") == "unknown"
    assert await ledger.acknowledge(PLANT, UUID(int=7), 1, accepted=True, reference="", actor="x") == "unknown"
    await ledger.record(an_entry("LS-2", deliveries=(NewDelivery(1, PLANT, "inbox.put", "b", "gw.2", "1", "hold"),)))
    pending = await ledger._pool.fetchval("select message_id from documents where business_number = 'LS-2'")
    assert await ledger.acknowledge(PLANT, pending, 1, accepted=True, reference="", actor="x") == "unknown"


async def test_a_rejected_delivery_is_parked_with_the_plants_word_and_holds_its_lane(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1", "LS-2")
    [one] = await _fetch(ledger, limit=1)
    await _say(ledger, one, accepted=False)
    [seen] = await ledger.parked()
    assert (seen.cause, seen.last_error) == ("plant.refused", "R-7")
    assert await _numbers(ledger) == []
    await ledger.replay(Selection(), actor="op", reason="talked to them")
    await _lay_ready(ledger)
    assert await _numbers(ledger) == ["LS-1", "LS-2"]
    await whole(ledger)


async def test_a_rejected_delivery_lets_its_lane_pass_where_the_rule_says_so(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1", "LS-2", rule="pass")
    [one] = await _fetch(ledger, limit=1)
    await _say(ledger, one, accepted=False)
    assert await _numbers(ledger) == ["LS-2"]


async def test_a_cancelled_delivery_is_not_handed_out_and_a_late_word_on_it_is_contradicted(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1", "LS-2")
    [one] = await _fetch(ledger, limit=1)
    assert await ledger.cancel(UUID(one.id.partition(".")[0]), 1, actor="op", reason="withdrawn")
    assert await _say(ledger, one) == "contradicted"
    assert await _numbers(ledger) == ["LS-2"]


async def test_what_cannot_be_read_any_more_is_parked_instead_of_stopping_the_inbox(ledger: Ledger) -> None:
    await _offer(ledger, "LS-1")
    await _offer(ledger, "LS-2", lane="b")
    await ledger._pool.execute(
        "delete from payloads where hash = "
        "(select coalesce(bundle, body_hash) from documents where business_number = 'LS-1')"
    )
    assert await _numbers(ledger) == ["LS-2"]
    assert [seen.cause for seen in await ledger.parked()] == ["ledger.payload_unreadable"]
    await whole(ledger)


async def test_an_inbox_hands_out_the_urgent_first_and_each_lane_in_order(ledger: Ledger) -> None:
    for number, lane, priority in (("B-1", "b", 9), ("N-1", "n", 5), ("U-1", "u", 1), ("U-2", "u", 1), ("N-2", "n", 5)):
        way = NewDelivery(1, PLANT, "inbox.put", lane, f"gw.{number}", "1", "hold", priority)
        await ledger.record(an_entry(number, deliveries=(way,)))
    await _lay_ready(ledger)
    assert await _numbers(ledger) == ["U-1", "U-2", "N-1", "N-2", "B-1"]
