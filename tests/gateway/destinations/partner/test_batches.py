"""Documents that leave together: when a batch closes, what is in it, and that its documents share its fate."""

import msgspec
from msgspec.structs import replace
from support.delivering import states, whole
from support.leaving import World, a_partner, accept, an_agreement, an_answer, batched

from gateway.destinations.contract import Delivered, Refused, Unavailable, Unknown
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection


async def _time_passes(ledger: Ledger, minutes: int) -> None:
    await ledger._pool.execute("update gathered set since = since - make_interval(mins => $1)", minutes)


async def test_a_batch_closes_when_it_has_enough_documents(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(3)))
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    await world.forwarding.look()
    assert world.carrier.carried == []
    assert await states(ledger) == {"AB-1": "offered", "AB-2": "offered"}
    await accept(ledger, "AB-3", "AB-4")
    await world.work_off()
    await world.forwarding.look()
    (parcel,) = world.carrier.carried
    text = parcel.content.decode("latin-1")
    assert [text.count(one) for one in ("UNB+", "UNH+", "BGM+231+AB-1", "UNZ+3+000000001'")] == [1, 3, 1, 1]
    assert text.index("AB-1") < text.index("AB-2") < text.index("AB-3")
    assert "AB-4" not in text
    assert len(parcel.deliveries) == 3
    await whole(ledger)


async def test_a_batch_closes_when_its_time_has_come(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(100, "15m")))
    await accept(ledger, "AB-1")
    await world.work_off()
    await _time_passes(ledger, 14)
    await world.forwarding.look()
    assert world.carrier.carried == []
    await _time_passes(ledger, 1)
    await world.forwarding.look()
    assert b"UNZ+1+000000001'" in world.carrier.carried[0].content


async def test_a_batch_closes_when_it_is_large_enough(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(100, "1h", "1 KiB")))
    await accept(ledger, "AB-1", "AB-2", "AB-3")
    await world.work_off()
    await world.forwarding.look()
    await world.forwarding.look()
    assert world.carrier.carried[0].content.count(b"UNH+") == 1


async def test_a_batch_does_not_keep_a_document_beyond_its_deadline(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(100, "1d")))
    await accept(ledger, "AB-1", deadline=3600)
    await world.work_off()
    await world.forwarding.look()
    assert world.carrier.carried == []
    await ledger._pool.execute("update deliveries set deadline = now() + interval '59 seconds'")
    await world.forwarding.look()
    assert len(world.carrier.carried) == 1


async def test_test_documents_and_real_ones_do_not_share_an_interchange(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    await accept(ledger, "AB-1", "AB-2")
    await accept(ledger, "AB-3", "AB-4", test=True)
    await world.work_off()
    await world.forwarding.look()
    await world.forwarding.look()
    assert sorted((parcel.test, len(parcel.deliveries)) for parcel in world.carrier.carried) == [(False, 2), (True, 2)]


async def test_the_documents_of_a_batch_end_with_it(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    world.carrier.answers = [Delivered("MDN 1")]
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    await world.forwarding.look()
    assert await states(ledger) == {"AB-1": "delivered", "AB-2": "delivered"}
    assert await world.states() == ["delivered"]
    await whole(ledger)


async def test_the_documents_of_a_batch_are_parked_with_it_and_go_again_with_it(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    world.carrier.answers = [Refused("partner.refused", "unknown sender"), Delivered("MDN 2")]
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    await world.forwarding.look()
    assert await states(ledger) == {"AB-1": "parked", "AB-2": "parked"}
    first = await ledger._pool.fetchrow("select message_id, number from exceptions order by tick limit 1")
    await ledger.replay(Selection(message_id=first[0], number=first[1]), actor="operator ann", reason="they know us")
    await world.work_off()
    await world.forwarding.look()
    assert await states(ledger) == {"AB-1": "delivered", "AB-2": "delivered"}
    one, other = world.carrier.carried
    assert (one.id, one.content) == (other.id, other.content)
    await whole(ledger)


async def test_a_batch_waits_for_a_partner_that_is_out_and_is_looked_for_first(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    world.carrier.answers = [Unavailable("503"), Unknown("cut"), Delivered("MDN 1")]
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    for _ in range(4):
        await world.forwarding.look()
        await world.make_due()
    assert [len(world.carrier.carried), len(world.carrier.looked)] == [3, 1]
    assert len({parcel.id for parcel in world.carrier.carried}) == 1
    assert await states(ledger) == {"AB-1": "delivered", "AB-2": "delivered"}


async def test_batches_of_an_agreement_arrive_in_order(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    world.carrier.answers = [Unavailable("503")]
    world.carrier.otherwise = Delivered("MDN")
    await accept(ledger, "AB-1", "AB-2", "AB-3", "AB-4")
    await world.work_off()
    for _ in range(4):
        await world.forwarding.look()
        await world.make_due()
    assert [one.control_number for one in world.carrier.carried] == ["000000001", "000000001", "000000002"]


async def test_a_document_that_cannot_be_written_keeps_no_batch_from_leaving(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    await accept(ledger, "AB-1", body=an_answer("AB-1", order_version="2"))
    await accept(ledger, "AB-2", "AB-3")
    await world.work_off()
    await world.forwarding.look()
    assert await states(ledger) == {"AB-1": "parked", "AB-2": "offered", "AB-3": "offered"}
    assert len(world.carrier.carried[0].deliveries) == 2


async def test_what_can_be_written_no_longer_is_parked_when_the_batch_closes(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    world.let(a_partner(batched(2), edifact=None))
    await world.forwarding.look()
    assert await states(ledger) == {"AB-1": "parked", "AB-2": "parked"}
    assert await world.numbers() == []
    world.let(a_partner(batched(2)))
    await ledger.replay(Selection(destination="partner:nordlicht"), actor="operator ann", reason="profile completed",
                        per_second=100)  # fmt: skip
    await world.make_due()
    await world.work_off()
    await world.forwarding.look()
    assert await world.numbers() == ["000000001"]
    await whole(ledger)


async def test_a_document_given_up_leaves_its_batch(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    await accept(ledger, "AB-1")
    await world.work_off()
    row = await ledger._pool.fetchrow("select message_id, number from exceptions")
    await ledger.cancel(*row, actor="operator ann", reason="sent by mail")
    await accept(ledger, "AB-2", "AB-3")
    await world.work_off()
    await world.forwarding.look()
    assert b"AB-1" not in world.carrier.carried[0].content
    assert len(world.carrier.carried[0].deliveries) == 2
    await whole(ledger)


async def test_documents_of_an_agreement_that_batches_no_more_leave_at_once(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(100)))
    await accept(ledger, "AB-1")
    await world.work_off()
    world.let(a_partner(an_agreement()))
    await world.forwarding.look()
    assert len(world.carrier.carried) == 1


async def test_documents_of_a_suspended_partner_wait_on(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(1 + 1)))
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    world.let(a_partner(batched(2), state="suspended"))
    await world.forwarding.look()
    assert await world.numbers() == []
    world.let(a_partner(batched(2)))
    await world.forwarding.look()
    assert await world.numbers() == ["000000001"]


async def test_tests_for_a_partner_that_is_set_up_are_gathered_and_stay_tests(world: World, ledger: Ledger) -> None:
    agreement = replace(batched(2), format="json", association="")
    world.let(a_partner(agreement, state="testing"))
    await accept(ledger, "AB-1", "AB-2", test=True)
    await accept(ledger, "AB-3")
    await world.work_off()
    await world.forwarding.look()
    (parcel,) = world.carrier.carried
    assert (parcel.test, parcel.media_type, len(parcel.deliveries)) == (True, "application/x-ndjson", 2)
    assert [msgspec.json.decode(line)["number"] for line in parcel.content.splitlines()] == ["AB-1", "AB-2"]
    assert (await states(ledger))["AB-3"] == "parked"


async def test_real_documents_of_a_batch_wait_for_a_partner_that_is_tested_again(world: World, ledger: Ledger) -> None:
    world.let(a_partner(batched(2)))
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    world.let(a_partner(batched(2), state="testing"))
    await world.forwarding.look()
    assert world.carrier.carried == []
    assert await states(ledger) == {"AB-1": "offered", "AB-2": "offered"}
    world.let(a_partner(batched(2)))
    await world.forwarding.look()
    assert len(world.carrier.carried) == 1
    await whole(ledger)
