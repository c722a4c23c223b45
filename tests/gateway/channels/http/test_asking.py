"""What a sender may ask about its own messages: one, a list in pages, the receipt that proves our verdict."""

import asyncio
from uuid import uuid4

import msgspec
import pytest
from support.serving import Served, a_despatch_advice, an_order

from gateway.ledger.receipts import BadReceipt, verify_receipt


async def ids(served: Served, query: str, caller: dict[str, str]) -> tuple[list[str], str | None]:
    answer = await served.client.get(f"/v1/messages{query}", headers=caller)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["messages"]], answer.json()["next"]


async def test_a_message_is_told_with_its_documents_deliveries_and_timeline(served: Served) -> None:
    sent = (await served.order("PO-1")).json()
    told = (await served.client.get(sent["status"], headers=served.aurora())).json()
    assert told["id"] == sent["message"]
    assert told["state"] == "under way"
    assert told["sender"] == "aurora"
    assert told["documents"][0]["business_number"] == "PO-1"
    assert told["deliveries"][0]["destination"] == "odoo"
    assert [event["event"] for event in told["timeline"]] == ["intake.message.accepted"]


async def test_a_refused_order_is_found_by_its_number_by_its_own_sender_alone(served: Served) -> None:
    wrong = {**an_order(number="PO-4711"), "issued_on": "2026-11-31"}
    refused = await served.post("/v1/documents", wrong, served.aurora())
    assert refused.status_code == 422
    assert (await ids(served, "?number=PO-4711", served.aurora()))[0] == [refused.json()["message"]]
    assert (await ids(served, "?number=PO-4711&verdict=accepted", served.aurora()))[0] == []
    assert (await ids(served, "?number=PO-4711", served.partner("monteverde-api")))[0] == []
    told = (await served.client.get(refused.json()["instance"], headers=served.aurora())).json()
    assert told["refusal"]["numbers"] == ["PO-4711"]


@pytest.mark.parametrize("tail", ["", "/receipt"])
async def test_another_senders_message_is_as_good_as_absent(served: Served, tail: str) -> None:
    sent = (await served.order("PO-1")).json()
    absent = (await served.client.get(f"/v1/messages/{uuid4()}{tail}", headers=served.aurora())).json()
    for caller in (served.partner("monteverde-api"), served.plant()):
        answer = await served.client.get(f"{sent['status']}{tail}", headers=caller)
        assert (answer.status_code, answer.json()["code"]) == (404, "message.not_found")
        assert answer.json() | {"trace": absent["trace"]} == absent
        assert answer.json()["act"] == "compare the id with the one in your receipt, and use the client that sent it"


@pytest.mark.parametrize(
    "wrong", ["x", "0", "%00", "../health", "1e400", "é" * 50, "0199aaaa-0000-7000-8000-0000000000000"]
)
async def test_what_is_no_id_is_not_found(served: Served, wrong: str) -> None:
    answer = await served.client.get(f"/v1/messages/{wrong}", headers=served.aurora())
    assert answer.status_code == 404
    assert answer.json()["code"] in ("message.not_found", "request.not_found")


async def test_pages_hold_every_message_once_newest_first(served: Served) -> None:
    sent = [(await served.order(f"PO-{number}")).json()["message"] for number in range(7)]
    caller, seen, query = served.aurora(), [], "?limit=3"
    for expected in (3, 3, 1):
        page, cursor = await ids(served, query, caller)
        assert len(page) == expected
        seen += page
        query = f"?limit=3&cursor={cursor}"
    assert cursor is None
    assert seen == sent[::-1]


async def test_a_message_that_comes_in_between_moves_no_page(served: Served) -> None:
    sent = [(await served.order(f"PO-{number}")).json()["message"] for number in range(4)]
    first, cursor = await ids(served, "?limit=2", served.aurora())
    await served.order("PO-new")
    second, _ = await ids(served, f"?limit=2&cursor={cursor}", served.aurora())
    assert first + second == sent[::-1]


async def test_lists_are_filtered_by_type_verdict_and_number(served: Served) -> None:
    caller = served.partner("aurora-orders", "orders.send", "despatch.send")
    order = (await served.post("/v1/documents", an_order(number="PO-1"), caller)).json()["message"]
    advice = (await served.post("/v1/documents", a_despatch_advice(), caller)).json()["message"]
    refused = (await served.post("/v1/documents", an_order(currency="EURO"), caller)).json()["message"]
    assert (await ids(served, "", caller))[0] == [refused, advice, order]
    assert (await ids(served, "?verdict=refused", caller))[0] == [refused]
    assert (await ids(served, "?verdict=accepted", caller))[0] == [advice, order]
    assert (await ids(served, "?document_type=despatch_advice", caller))[0] == [advice]
    assert (await ids(served, "?number=PO-1", caller))[0] == [order]
    assert (await ids(served, "?number=PO-1&verdict=refused", caller))[0] == []


async def test_a_list_holds_the_callers_own_messages_alone(served: Served) -> None:
    await served.order("PO-1")
    assert (await ids(served, "", served.partner("monteverde-api")))[0] == []
    assert (await ids(served, "", served.plant()))[0] == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("limit=" + "9" * 400, "limit"),
        ("verdict=perhaps", "verdict"),
        ("cursor=nonsense", "cursor"),
        ("cursor=" + "A" * 5000, "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("cursor=", "cursor"),
        ("number=%00", "number"),
        ("number=PO%0A", "number"),
        ("number=" + "9" * 500, "number"),
        ("document_type=%00", "document_type"),
    ],
)
async def test_a_parameter_of_the_wrong_form_is_named(served: Served, query: str, named: str) -> None:
    answer = await served.client.get(f"/v1/messages?{query}", headers=served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")
    assert f"`{named}`" in answer.json()["detail"]
    assert len(answer.json()["detail"]) < 400


async def test_a_receipt_is_not_ready_and_then_proves_our_verdict_offline(served: Served) -> None:
    sent = (await served.order("PO-1")).json()
    early = await served.client.get(sent["receipt"], headers=served.aurora())
    assert (early.status_code, early.json()["code"]) == (404, "receipt.not_ready")
    assert early.headers["retry-after"] == "1"
    assert early.json()["repeat"] is True
    await served.sequence()
    receipt = await served.client.get(sent["receipt"], headers=served.aurora())
    assert receipt.status_code == 200
    assert receipt.headers["content-disposition"] == f'attachment; filename="{sent["message"]}.tlog-proof"'
    verified = verify_receipt(receipt.content, [served.checkpoint_key.verifier.vkey])
    assert verified.statement.decode() == sent["statement"]
    assert verified.said.verdict == "accepted"
    assert verified.is_for(msgspec.json.encode(an_order(number="PO-1")))
    with pytest.raises(BadReceipt):
        verify_receipt(receipt.content.replace(b"index 0", b"index 1"), [served.checkpoint_key.verifier.vkey])


async def test_a_refusal_has_a_receipt_too(served: Served) -> None:
    refused = (await served.post("/v1/documents", an_order(currency="EURO"), served.aurora())).json()
    await served.sequence()
    receipt = await served.client.get(f"{refused['instance']}/receipt", headers=served.aurora())
    assert verify_receipt(receipt.content, [served.checkpoint_key.verifier.vkey]).said.verdict == "refused"


async def test_asking_needs_a_token_and_counts_against_the_limit(served: Served) -> None:
    bare = await served.client.get("/v1/messages")
    assert (bare.status_code, bare.json()["code"]) == (401, "token.missing")
    assert bare.headers["www-authenticate"] == 'Bearer realm="partner-gateway", DPoP realm="partner-gateway"'
    caller = served.partner("kiesel-test")
    answers = await asyncio.gather(*(served.client.get("/v1/messages", headers=caller) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers)[-2:] == [429, 429]
