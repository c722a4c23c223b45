"""The plant's inbox: fetched by the plant itself, waited for, leased, acknowledged once and for good."""

import asyncio

import pytest
from support.serving import Served, a_despatch_advice

INBOX = "/v1/plants/salzungen/deliveries"


async def advise(served: Served, number: str = "LS-1") -> str:
    """A despatch advice to the plant, laid ready; gives the message's id."""
    answer = await served.post("/v1/despatch-advices", a_despatch_advice(number=number), served.supplier())
    assert answer.status_code == 202, answer.text
    await served.lay_ready()
    return str(answer.json()["message"])


async def test_a_plant_fetches_what_lies_ready(served: Served) -> None:
    message = await advise(served)
    answer = await served.client.get(INBOX, headers=served.plant())
    assert answer.status_code == 200
    [delivery] = answer.json()["deliveries"]
    assert delivery["id"].startswith(message)
    assert delivery["document_type"] == "despatch_advice"
    assert delivery["number"] == "LS-1"
    assert delivery["sender"] == "stahlhof"
    assert delivery["document"]["ship_to"]["name"] == "Werk Bad Salzungen"
    hidden = await served.client.get(INBOX, headers=served.plant())
    assert hidden.json() == {"deliveries": []}


async def test_what_is_not_acknowledged_in_time_is_offered_again(served: Served) -> None:
    await advise(served)
    first = await served.client.get(f"{INBOX}?lease=1", headers=served.plant())
    again = await served.client.get(f"{INBOX}?wait=10", headers=served.plant())
    assert [one["fetched"] for one in (*first.json()["deliveries"], *again.json()["deliveries"])] == [1, 2]


async def test_a_plant_may_not_see_or_acknowledge_for_another(served: Served) -> None:
    await advise(served)
    [delivery] = (await served.client.get(INBOX, headers=served.plant())).json()["deliveries"]
    other = served.plant("ulm-client")
    fetched = await served.client.get(INBOX, headers=other)
    said = await served.post(f"{INBOX}/{delivery['id']}/acknowledgement", {"verdict": "accepted"}, other)
    for answer in (fetched, said):
        assert (answer.status_code, answer.json()["code"]) == (403, "request.wrong_kind")
        assert answer.json()["detail"] == "this is the inbox of another plant; yours is /v1/plants/ulm/deliveries"
    own = await served.post(
        f"/v1/plants/ulm/deliveries/{delivery['id']}/acknowledgement", {"verdict": "accepted"}, other
    )
    assert (own.status_code, own.json()["code"]) == (404, "delivery.not_found")


async def test_a_partner_has_no_inbox(served: Served) -> None:
    answer = await served.client.get(INBOX, headers=served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (401, "token.wrong_kind")


async def test_an_acknowledgement_ends_the_delivery_and_may_be_repeated(served: Served) -> None:
    message = await advise(served)
    [delivery] = (await served.client.get(INBOX, headers=served.plant())).json()["deliveries"]
    path, word = f"{INBOX}/{delivery['id']}/acknowledgement", {"verdict": "accepted", "reference": "MES-7"}
    first, again = [await served.post(path, word, served.plant()) for _ in range(2)]
    assert first.json() == {"delivery": delivery["id"], "verdict": "accepted", "repeated": False}
    assert again.json() == {"delivery": delivery["id"], "verdict": "accepted", "repeated": True}
    told = (await served.client.get(f"/v1/messages/{message}", headers=served.supplier())).json()
    assert told["state"] == "delivered"
    assert told["deliveries"][0]["reference"] == "MES-7"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"verdict": "accepted"}, {"verdict": "rejected", "text": "no"}),
        ({"verdict": "rejected", "text": "no such article"}, {"verdict": "accepted"}),
    ],
)
async def test_the_first_word_stands(served: Served, first: dict[str, str], second: dict[str, str]) -> None:
    await advise(served)
    [delivery] = (await served.client.get(INBOX, headers=served.plant())).json()["deliveries"]
    path = f"{INBOX}/{delivery['id']}/acknowledgement"
    assert (await served.post(path, first, served.plant())).status_code == 200
    answer = await served.post(path, second, served.plant())
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery.contradicted")
    assert (await served.post(path, first, served.plant())).json()["repeated"] is True


async def test_a_rejected_delivery_needs_attention(served: Served) -> None:
    message = await advise(served)
    [delivery] = (await served.client.get(INBOX, headers=served.plant())).json()["deliveries"]
    word = {"verdict": "rejected", "text": "article unknown"}
    await served.post(f"{INBOX}/{delivery['id']}/acknowledgement", word, served.plant())
    told = (await served.client.get(f"/v1/messages/{message}", headers=served.supplier())).json()
    assert told["state"] == "needs attention"
    assert told["deliveries"][0]["last_error"] == "article unknown"


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"[]", "the body is one JSON object"),
        (b"null", "the body is one JSON object"),
        (b"{}", "`verdict` is missing; it is `accepted` or `rejected`"),
        (b'{"verdict": "maybe"}', "`verdict`: `accepted` or `rejected` is expected"),
        (b'{"verdict": 1}', "`verdict`: `accepted` or `rejected` is expected"),
        (b'{"verdict": "rejected"}', "a rejection says why in `text`"),
        (
            b'{"verdict": "accepted", "extra": 1}',
            "`extra` is no field of an acknowledgement; it has `verdict`, `reference` and `text`",
        ),
        (b'{"verdict": "accepted", "reference": 5}', "`reference`: text is expected"),
        (b'{"verdict": "\xff\xfe"}', "the body is not JSON"),
        (b'{"reference": ' + b"[" * 15_000, "`reference`: text is expected"),
        (b"[" * 15_000, "the body is one JSON object"),
        (b'{"verdict": "accepted", "reference": "a\\u0000b"}', "`reference` and `text` are without control characters"),
    ],
)
async def test_an_acknowledgement_of_the_wrong_form_is_refused(served: Served, content: bytes, detail: str) -> None:
    await advise(served)
    [delivery] = (await served.client.get(INBOX, headers=served.plant())).json()["deliveries"]
    answer = await served.post(f"{INBOX}/{delivery['id']}/acknowledgement", content, served.plant())
    assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed")
    assert answer.json()["detail"] == detail
    assert answer.json()["act"].startswith('send {"verdict": "accepted", ')


async def test_an_acknowledgement_is_small(served: Served) -> None:
    word = {"verdict": "accepted", "reference": "x" * 20_000}
    answer = await served.post(f"{INBOX}/x/acknowledgement", word, served.plant())
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


@pytest.mark.parametrize("wrong", ["x", "1", "a-b", "0199aaaa-0000-7000-8000-000000000000-1", "%00", "é"])
async def test_a_delivery_that_is_not_there_is_not_found(served: Served, wrong: str) -> None:
    answer = await served.post(f"{INBOX}/{wrong}/acknowledgement", {"verdict": "accepted"}, served.plant())
    assert (answer.status_code, answer.json()["code"]) == (404, "delivery.not_found")


async def test_a_waiting_plant_is_answered_when_something_arrives(served: Served) -> None:
    waiting = asyncio.create_task(served.client.get(f"{INBOX}?wait=60", headers=served.plant()))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await advise(served)
    async with asyncio.timeout(20):  # far less than it would wait
        answer = await waiting
    assert len(answer.json()["deliveries"]) == 1


async def test_who_does_not_wait_is_answered_at_once(served: Served) -> None:
    async with asyncio.timeout(20):
        answer = await served.client.get(INBOX, headers=served.plant())
    assert answer.json() == {"deliveries": []}


@pytest.mark.parametrize("query", ["wait=-1", "wait=61", "wait=nan", "wait=inf", "limit=0", "lease=0", "lease=1e9"])
async def test_a_parameter_outside_its_range_is_refused(served: Served, query: str) -> None:
    answer = await served.client.get(f"{INBOX}?{query}", headers=served.plant())
    assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")


async def test_deliveries_come_in_the_order_they_were_accepted_in(served: Served) -> None:
    for number in ("LS-1", "LS-2", "LS-3"):
        await advise(served, number)
    answer = await served.client.get(f"{INBOX}?limit=2", headers=served.plant())
    assert [one["number"] for one in answer.json()["deliveries"]] == ["LS-1", "LS-2"]
