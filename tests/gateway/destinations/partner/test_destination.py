"""A document for a partner: agreement, interchange, parcel, carrier, and what each outcome means."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from support.delivering import states, whole
from support.leaving import SAMPLES, World, a_partner, accept, an_agreement, an_answer

from gateway.destinations.contract import Delivered, Offered, Postponed, Refused, Unavailable, Unknown
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection
from partners.agreements import ControlNumbers
from partners.codetables import CodeTable
from translators.identify import identify
from translators.mapping.crossrefs import Entry
from translators.reading import Limits, read

SAMPLE_UBL = SAMPLES / "order-response-ubl21.out.json"


async def _why(ledger: Ledger) -> tuple[str, str]:
    row = await ledger._pool.fetchrow("select cause, last_error from exceptions")
    return row["cause"], row["last_error"]


async def test_a_document_leaves_as_an_interchange_with_its_control_number(world: World, ledger: Ledger) -> None:
    await accept(ledger, "AB-1")
    await world.work_off()
    (parcel,) = world.carrier.carried
    content = parcel.content.decode("latin-1")
    assert content.startswith("UNB+UNOC:3+4260001230004:14+4012345000009:14+")
    assert "+000000001'UNH+0001+ORDRSP:D:96A:UN:EAN005'" in content
    assert content.endswith("+0001'UNZ+1+000000001'")
    assert (parcel.media_type, parcel.file_name) == ("application/edifact", "order-response-000000001.edi")
    assert parcel.document_types == ("order_response",)
    assert await states(ledger) == {"AB-1": "offered"}
    await whole(ledger)


async def test_references_go_on_from_interchange_to_interchange(world: World, ledger: Ledger) -> None:
    await accept(ledger, "AB-1", "AB-2", "AB-3")
    await world.work_off()
    assert await world.numbers() == ["000000001", "000000002", "000000003"]
    references = [parcel.content.partition(b"UNH+")[2][:4] for parcel in world.carrier.carried]
    assert references == [b"0001", b"0002", b"0003"]


async def test_numbers_are_as_the_agreement_has_them_and_begin_again(world: World, ledger: Ledger) -> None:
    numbers = ControlNumbers(first=98, last=99, digits=4, prefix="BG")
    window = an_agreement(control_numbers=numbers)
    world.let(a_partner(replace(window, duplicate_window=type(window.duplicate_window)(1, "1s"))))
    await accept(ledger, "AB-1", "AB-2")
    await world.work_off()
    await ledger._pool.execute("update parcels set made_at = made_at - interval '1 minute'")
    await accept(ledger, "AB-3")
    await world.work_off()
    assert await world.numbers() == ["BG0098", "BG0099", "BG0098"]


async def test_a_number_is_not_used_again_inside_the_duplicate_window(world: World, ledger: Ledger) -> None:
    world.let(a_partner(an_agreement(control_numbers=ControlNumbers(first=1, last=1))))
    await accept(ledger, "AB-1", "AB-2", lane="a")
    await world.work_off()
    assert await world.numbers() == ["000000001"]
    row = await ledger._pool.fetchrow("select cause, last_error from exceptions where state = 'parked'")
    assert row["cause"] == "partner.numbers_used_up"
    assert row["last_error"].startswith("control number 000000001 was used inside the duplicate window, by parcel ")


async def test_what_the_partner_has_no_place_for_is_parked_with_its_place_and_takes_no_number(
    world: World, ledger: Ledger
) -> None:
    await accept(ledger, "AB-1", body=an_answer("AB-1", order_version="2"))
    await accept(ledger, "AB-2")
    await world.work_off()
    assert await states(ledger) == {"AB-1": "parked", "AB-2": "offered"}
    row = await ledger._pool.fetchrow("select cause, last_error from exceptions where state = 'parked'")
    assert tuple(row) == ("partner.not_writable", "/order_version: ORDRSP D.96A has no place for this")
    assert await world.numbers() == ["000000001"]


@pytest.mark.parametrize(
    ("partner", "cause", "why"),
    [
        (a_partner(), "partner.no_agreement",
         "nothing is agreed with `nordlicht` for sending `order_response`"),
        (a_partner(an_agreement(test=True)), "partner.no_agreement",
         "what is agreed with `nordlicht` for sending `order_response` is for tests alone"),
        (a_partner(an_agreement(), edifact=None), "partner.profile_incomplete",
         "agreement `answers` of `nordlicht` sends edifact, but the profile has no names under `edifact`"),
        (a_partner(an_agreement(map="ours")), "partner.profile_incomplete",
         "there is no map `ours` for agreement `answers` of `nordlicht`"),
        (a_partner(an_agreement(format="edifact:ORDRSP:D.77Z")), "partner.not_writable", None),
        (a_partner(an_agreement(control_numbers=ControlNumbers(prefix="EIGHTEEN", digits=9))),
         "partner.profile_incomplete",
         "agreement `answers`: control references would have up to 17 characters; 14 may stand in 0020"),
    ],
)  # fmt: skip
async def test_what_cannot_leave_is_parked_with_a_sentence(
    world: World, ledger: Ledger, partner: object, cause: str, why: str | None
) -> None:
    world.let(partner)  # type: ignore[arg-type]
    await accept(ledger, "AB-1")
    await world.work_off()
    row = await ledger._pool.fetchrow("select cause, last_error from exceptions where state = 'parked'")
    assert row["cause"] == cause
    assert why is None or row["last_error"] == why
    assert await world.numbers() == []


async def test_a_test_document_has_the_test_indicator_and_prefers_the_agreement_for_tests(
    world: World, ledger: Ledger
) -> None:
    world.let(a_partner(an_agreement(), an_agreement(name="trials", test=True)))
    await accept(ledger, "AB-1", test=True)
    await accept(ledger, "AB-2")
    await world.work_off()
    one, other = await world.parcels.search()
    by_name = {parcel.agreement: parcel for parcel in (one, other)}
    assert by_name["trials"].test
    assert not by_name["answers"].test
    tested = next(parcel for parcel in world.carrier.carried if parcel.test)
    assert b"++++++1'" in tested.content.partition(b"UNH")[0]


@pytest.mark.parametrize(
    ("answer", "state", "parcel"),
    [
        (Delivered(reference="MDN 1"), "delivered", "delivered"),
        (Offered(), "offered", "offered"),
        (Refused(code="partner.refused", why="decryption-failed"), "parked", "refused"),
        (Unavailable(why="503"), "waiting", "kept"),
        (Unknown(why="cut"), "unknown", "kept"),
        (Postponed(why="busy"), "waiting", "kept"),
        (RuntimeError("a defect"), "unknown", "kept"),
    ],
)
async def test_what_the_carrier_says_becomes_this_state(
    world: World, ledger: Ledger, answer: object, state: str, parcel: str
) -> None:
    world.carrier.answers = [answer]
    await accept(ledger, "AB-1")
    await world.work_off()
    assert await states(ledger) == {"AB-1": state}
    assert await world.states() == [parcel]
    await whole(ledger)


async def test_every_attempt_carries_the_same_bytes_under_the_same_id(world: World, ledger: Ledger) -> None:
    world.carrier.answers = [Unavailable(why="503"), Unknown(why="cut"), Postponed(why="busy"), Delivered("MDN 1")]
    await accept(ledger, "AB-1")
    for _ in range(6):
        await world.work_off()
        await world.make_due()
    assert await states(ledger) == {"AB-1": "delivered"}
    assert len(world.carrier.carried) == 4
    assert len({(parcel.id, parcel.content, parcel.control_number) for parcel in world.carrier.carried}) == 1
    assert world.carrier.looked
    assert await world.numbers() == ["000000001"]


async def test_what_arrived_after_all_is_not_carried_again(world: World, ledger: Ledger) -> None:
    world.carrier.answers = [Unknown(why="cut")]
    world.carrier.looks = [Delivered("MDN 1")]
    await accept(ledger, "AB-1")
    await world.work_off()
    await world.make_due()
    await world.work_off()
    assert await states(ledger) == {"AB-1": "delivered"}
    assert len(world.carrier.carried) == 1


async def test_the_partners_word_ends_the_delivery_once(world: World, ledger: Ledger) -> None:
    await accept(ledger, "AB-1")
    await world.work_off()
    (parcel,) = world.carrier.carried
    say = {"reference": "MDN 7", "actor": "partner nordlicht"}
    assert await world.parcels.acknowledge(parcel.id, accepted=True, partner="aurora", **say) == "unknown"
    assert await world.parcels.acknowledge(parcel.id, accepted=True, **say) == "recorded"
    assert await world.parcels.acknowledge(parcel.id, accepted=True, **say) == "repeated"
    assert await world.parcels.acknowledge(parcel.id, accepted=False, **say) == "contradicted"
    assert await states(ledger) == {"AB-1": "delivered"}
    await whole(ledger)


async def test_a_word_that_comes_before_the_answer_stands(world: World, ledger: Ledger) -> None:
    """An asynchronous MDN may overtake the answer of the request that it is for."""

    class Quick(type(world.carrier)):  # type: ignore[misc]
        async def carry(self, parcel: object, partner: object) -> Offered:
            await world.parcels.acknowledge(parcel.id, accepted=True, reference="MDN", actor="partner")  # type: ignore[attr-defined]
            return Offered()

    world.carriers["as2"] = Quick()
    await accept(ledger, "AB-1")
    await world.work_off()
    assert await states(ledger) == {"AB-1": "delivered"}
    assert await world.states() == ["delivered"]


async def test_a_word_between_answer_and_settling_is_settled_after(world: World, ledger: Ledger) -> None:
    await accept(ledger, "AB-1")
    await world.work_off()
    (parcel,) = world.carrier.carried
    await ledger._pool.execute("update parcels set state = 'delivered', reference = 'MDN 7', changed_at = now()")
    await world.parcels.reconcile()
    assert await states(ledger) == {"AB-1": "delivered"}
    assert parcel.id


async def test_a_refused_document_waits_for_a_person_and_goes_again_under_its_number(
    world: World, ledger: Ledger
) -> None:
    await accept(ledger, "AB-1")
    await world.work_off()
    (parcel,) = world.carrier.carried
    await world.parcels.acknowledge(parcel.id, accepted=False, reference="unknown sender", actor="partner nordlicht")
    assert (await _why(ledger)) == ("partner.refused", "unknown sender")
    await ledger.replay(Selection(destination="partner:nordlicht"), actor="operator ann", reason="they know us now")
    await world.work_off()
    first, second = world.carrier.carried
    assert (first.id, first.content) == (second.id, second.content)
    assert await world.states() == ["offered"]
    await whole(ledger)


async def test_a_suspended_partners_documents_wait_and_leave_later(world: World, ledger: Ledger) -> None:
    world.let(a_partner(an_agreement(), state="suspended"))
    await accept(ledger, "AB-1")
    await world.work_off()
    assert await states(ledger) == {"AB-1": "waiting"}
    assert await world.numbers() == []
    world.let()
    await world.make_due()
    await world.work_off()
    assert await states(ledger) == {"AB-1": "waiting"}
    world.let(a_partner(an_agreement()))
    await world.make_due()
    await world.work_off()
    assert await states(ledger) == {"AB-1": "offered"}


async def test_a_delivery_that_is_given_up_takes_its_parcel_out_of_the_outbox(world: World, ledger: Ledger) -> None:
    await accept(ledger, "AB-1")
    await world.work_off()
    parked = await ledger._pool.fetchrow("select message_id, number from exceptions")
    await ledger.cancel(*parked, actor="operator ann", reason="sent by mail")
    assert await world.states() == ["cancelled"]


async def test_json_needs_no_envelope(world: World, ledger: Ledger) -> None:
    world.let(a_partner(an_agreement(format="json"), edifact=None))
    await accept(ledger, "AB-1")
    await world.work_off()
    (parcel,) = world.carrier.carried
    assert (parcel.media_type, parcel.control_number) == ("application/json", None)
    assert read(parcel.content, identify(parcel.content, parcel.media_type), Limits()).documents[0].number == "AB-1"


async def test_ubl_is_one_document(world: World, ledger: Ledger) -> None:
    world.let(a_partner(an_agreement(format="ubl")))
    await accept(ledger, "AB-1", body=(SAMPLE_UBL).read_bytes())
    await world.work_off()
    (parcel,) = world.carrier.carried
    assert parcel.media_type == "application/xml"
    assert parcel.content.startswith(b"<?xml")


async def test_a_partners_own_map_is_the_file_that_its_profile_names(
    world: World, ledger: Ledger, tmp_path: Path
) -> None:
    units = "{others: pass, writes: {C62: STK}, codes: {STK: C62}}"
    (tmp_path / "stk.yaml").write_text(f"extends: ordrsp-d96a\ntables: {{units: {units}}}\n")
    world.let(a_partner(an_agreement(map="stk.yaml")))
    world.compose_with(tmp_path)
    await accept(ledger, "AB-1")
    await world.work_off()
    (parcel,) = world.carrier.carried
    assert b":STK'" in parcel.content
    assert b":PCE'" not in parcel.content


async def test_a_map_that_is_gone_parks_the_document_and_takes_no_number(world: World, ledger: Ledger) -> None:
    world.let(a_partner(an_agreement(map="stk.yaml")))
    await accept(ledger, "AB-1")
    await world.work_off()
    text = "there is no map `stk.yaml` for agreement `answers` of `nordlicht`"
    assert await _why(ledger) == ("partner.profile_incomplete", text)
    assert await world.numbers() == []


ITEMS = CodeTable(
    table="items", about="items", theirs="buyer_code", ours="supplier_code", codes=(Entry(from_="N-1", to="SH-20"),)
)


def _with_product(number: str) -> bytes:
    line = {"number": "1", "status": "accepted", "product": [{"scheme": "supplier_code", "value": number}]}
    return an_answer("AB-1", lines=[line], totals=None)


async def test_our_items_leave_under_the_partners_numbers(world: World, ledger: Ledger) -> None:
    world.tables["nordlicht"] = (ITEMS,)
    world.let(a_partner(an_agreement()))
    await accept(ledger, "AB-1", body=_with_product("SH-20"))
    await world.work_off()
    (parcel,) = world.carrier.carried
    assert b"N-1" in parcel.content


async def test_an_item_the_partner_has_no_number_for_is_parked_and_leaves_when_it_has(
    world: World, ledger: Ledger
) -> None:
    world.tables["nordlicht"] = (ITEMS,)
    world.let(a_partner(an_agreement()))
    await accept(ledger, "AB-1", body=_with_product("SH-31"))
    await world.work_off()
    assert await _why(ledger) == (
        "partner.code_unknown", "/lines/0/product: `SH-31` is not in the table `items`; known are SH-20",
    )  # fmt: skip
    assert await world.numbers() == [], "no control number was used up"
    world.tables["nordlicht"] = (replace(ITEMS, codes=(*ITEMS.codes, Entry(from_="N-2", to="SH-31"))),)
    world.let(a_partner(an_agreement()))
    await ledger.replay(Selection(destination="partner:nordlicht"), actor="operator ann", reason="the table has it")
    await world.work_off()
    (parcel,) = world.carrier.carried
    assert b"N-2" in parcel.content
    await whole(ledger)
