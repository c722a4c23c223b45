"""An operator sends a parcel again: the same bytes under the same number, whatever has become of it."""

import msgspec
import pytest
from support.delivering import states, whole
from support.leaving import World, accept

from gateway.destinations.contract import Delivered, Refused, Unavailable
from gateway.identifiers import new_message_id
from gateway.ledger.ledger import Ledger

WHY = {"actor": "operator ann", "reason": "their system lost it"}


@pytest.mark.parametrize("ended", [Delivered("MDN 1"), None])
async def test_what_was_delivered_or_lies_ready_is_carried_again(
    world: World, ledger: Ledger, ended: Delivered | None
) -> None:
    world.carrier.answers = [ended] if ended else []
    await accept(ledger, "AB-1")
    await world.work_off()
    before = await states(ledger)
    (first,) = world.carrier.carried
    assert await world.parcels.resend(first.id, **WHY) == "due"
    world.carrier.answers = [Unavailable("503"), Delivered("MDN 2")]
    for _ in range(3):
        await world.forwarding.look()
        await world.make_due()
    assert [one.content for one in world.carrier.carried] == [first.content] * 3
    assert await world.states() == ["delivered"]
    assert await states(ledger) == (before if ended else {"AB-1": "delivered"})
    await whole(ledger)


async def test_what_was_refused_goes_again_with_its_document(world: World, ledger: Ledger) -> None:
    world.carrier.answers = [Refused("partner.refused", "unknown sender"), Delivered("MDN 2")]
    await accept(ledger, "AB-1")
    await world.work_off()
    assert await world.parcels.resend(world.carrier.carried[0].id, **WHY) == "replayed"
    await world.work_off()
    assert await states(ledger) == {"AB-1": "delivered"}
    assert len({one.content for one in world.carrier.carried}) == 1
    await whole(ledger)


async def test_what_is_under_way_given_up_erased_or_unknown_is_not_sent_again(world: World, ledger: Ledger) -> None:
    assert await world.parcels.resend(new_message_id(), **WHY) == "unknown"
    world.carrier.answers = [Unavailable("503")]
    await accept(ledger, "AB-1")
    await world.work_off()
    (parcel,) = world.carrier.carried
    assert await world.parcels.resend(parcel.id, **WHY) == "under_way"
    row = await ledger._pool.fetchrow("select message_id, number from exceptions")
    await ledger.cancel(*row, actor="operator ann", reason="sent by mail")
    assert await world.parcels.resend(parcel.id, **WHY) == "cancelled"
    await ledger.erase_payloads([row["message_id"]], rule="old", policy="sha256:0")
    found = await world.parcels.find(parcel.id)
    assert found is not None
    assert (found.erased, found.content) == (True, b"")
    assert await world.parcels.resend(parcel.id, **WHY) == "erased"


async def test_every_step_is_on_record(world: World, ledger: Ledger) -> None:
    world.carrier.otherwise = Delivered("MDN 1")
    await accept(ledger, "AB-1")
    await world.work_off()
    (parcel,) = world.carrier.carried
    await world.parcels.resend(parcel.id, **WHY)
    await world.forwarding.look()
    rows = await ledger._pool.fetch("select body from events order by id")
    bodies = [msgspec.json.decode(row["body"]) for row in rows]
    about = [body for body in bodies if "parcel" in body]
    assert [body["event"] for body in about] == [
        "delivery.parcel.kept", "operator.parcel.resent", "delivery.parcel.carried",
    ]  # fmt: skip
    assert {body["parcel"] for body in about} == {str(parcel.id)}
    assert {body["control_number"] for body in about} == {"000000001"}
    assert (about[1]["actor"], about[1]["reason"]) == ("operator ann", "their system lost it")
    assert about[2]["outcome"] == "delivered"


async def test_asking_twice_before_it_has_left_sends_it_once(world: World, ledger: Ledger) -> None:
    world.carrier.otherwise = Delivered("MDN 1")
    await accept(ledger, "AB-1")
    await world.work_off()
    (first,) = world.carrier.carried
    assert await world.parcels.resend(first.id, **WHY) == "due"
    assert await world.parcels.resend(first.id, **WHY) == "under_way"
    await world.forwarding.look()
    assert len(world.carrier.carried) == 2
    assert await world.states() == ["delivered"]
