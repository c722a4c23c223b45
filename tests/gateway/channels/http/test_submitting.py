"""The way in over HTTP: what is taken, what a repetition gets, what is refused and with which words."""

import asyncio
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.serving import ORDERS, PUBLIC_URL, Served, a_confirmation, a_despatch_advice, an_order, serving
from support.tokens import SigningKey, proof

from gateway.ledger.ledger import Ledger
from gateway.ledger.merkle import leaf_hash
from translators.examples import example


async def test_an_order_is_taken_and_the_answer_is_a_receipt(served: Served) -> None:
    answer = await served.post("/v1/documents", an_order(), served.aurora())
    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["location"] == body["status"] == f"/v1/messages/{body['message']}"
    assert body["receipt"] == f"{body['status']}/receipt"
    assert body["duplicate"] is False
    assert b64decode(body["leaf"]) == leaf_hash(body["statement"].encode())
    statement = msgspec.json.decode(body["statement"])
    assert statement["verdict"] == "accepted"
    assert statement["sender"] == "aurora"
    assert statement["documents"] == [{"type": "purchase_order", "number": "PO-4711"}]
    assert statement["destinations"] == ["odoo"]


@pytest.mark.parametrize(
    ("path", "content", "caller"),
    [
        ("/v1/documents", an_order(), "aurora"),
        ("/v1/purchase-orders", an_order(), "aurora"),
        ("/v1/documents", a_despatch_advice(), "supplier"),
        ("/v1/despatch-advices", a_despatch_advice(), "supplier"),
        ("/v1/production-confirmations", a_confirmation(), "plant"),
    ],
)
async def test_each_type_is_taken_at_its_addresses(served: Served, path: str, content: Any, caller: str) -> None:
    answer = await served.post(path, content, getattr(served, caller)())
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("media", ["application/edifact", "application/EDIFACT; charset=iso-8859-1", ""])
async def test_an_edifact_order_is_taken(served: Served, media: str) -> None:
    answer = await served.post("/v1/purchase-orders", example("order.edi"), served.aurora(), media=media)
    assert answer.status_code == 202, answer.text
    assert msgspec.json.decode(answer.json()["statement"])["format"] == "edifact ORDERS D.96A"


async def test_ubl_is_taken_at_its_addresses(served: Served) -> None:
    media = "application/xml; charset=utf-8"
    order = await served.post("/v1/purchase-orders", example("order.ubl.xml"), served.aurora(), media=media)
    advice = await served.post(
        "/v1/despatch-advices", example("despatch-advice.ubl.xml"), served.supplier(), media=media
    )
    assert (order.status_code, advice.status_code) == (202, 202), order.text + advice.text
    wrong = await served.post("/v1/despatch-advices", example("order.ubl.xml"), served.aurora(), media=media)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "document.other_type")


async def test_the_same_again_gets_the_stored_statement(served: Served) -> None:
    first = await served.order("PO-1", {"idempotency-key": "one"})
    again = await served.order("PO-1", {"idempotency-key": '"one"'})
    assert again.json() == {**first.json(), "duplicate": True}
    assert await served.messages_kept() == 1


async def test_without_a_key_the_content_tells_a_repetition(served: Served) -> None:
    first, again, other = [await served.order(number) for number in ("PO-1", "PO-1", "PO-2")]
    assert again.json()["statement"] == first.json()["statement"]
    assert again.json()["duplicate"] is True
    assert other.json()["duplicate"] is False


async def test_an_interchange_is_recognised_by_its_reference(served: Served) -> None:
    content = example("order.edi")
    first = await served.post("/v1/documents", content, served.aurora(), media="application/edifact")
    again = await served.post("/v1/documents", content + b"\r\n", served.aurora(), media="application/edifact")
    assert again.status_code == 422
    assert again.json()["code"] == "idempotency.conflict"
    assert first.json()["message"] in again.json()["detail"]
    assert again.json()["message"] not in (None, first.json()["message"]), "what is refused is on record by itself"


async def test_fifty_at_once_with_one_key_are_one_message(served: Served) -> None:
    caller = served.aurora()
    answers = await asyncio.gather(
        *(served.post("/v1/documents", an_order(), caller, {"idempotency-key": "PO-4711/1"}) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["statement"] for answer in answers}) == 1
    assert sum(not answer.json()["duplicate"] for answer in answers) == 1
    assert await served.messages_kept() == 1


async def test_fifty_at_once_with_one_key_and_fifty_contents_are_one_message(served: Served) -> None:
    caller = served.aurora()
    answers = await asyncio.gather(
        *(
            served.post("/v1/documents", an_order(number=f"PO-{n}"), caller, {"idempotency-key": "same"})
            for n in range(50)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [202] + [422] * 49
    assert await served.messages_kept() == 1


async def test_the_same_key_with_other_content_is_a_conflict_that_names_the_first(served: Served) -> None:
    first = await served.order("PO-1", {"idempotency-key": "k"})
    answer = await served.post("/v1/documents", an_order(number="PO-2"), served.aurora(), {"idempotency-key": "k"})
    assert answer.status_code == 422
    assert answer.json() | {"policy": None, "trace": None} == {
        "type": "/errors/idempotency.conflict",
        "title": "the key was used before for other content",
        "status": 422,
        "detail": f"the same key came with other content before, as message {first.json()['message']}",
        "code": "idempotency.conflict",
        "acts": "sender",
        "repeat": False,
        "act": "use a new key for new content; ask for that message to see what we have",
        "message": first.json()["message"],
        "instance": first.json()["status"],
        "policy": None,
        "trace": None,
    }


async def test_two_senders_may_use_one_key(served: Served) -> None:
    key = {"idempotency-key": "1"}
    ours = await served.post("/v1/documents", an_order(), served.aurora(), key)
    theirs = await served.post("/v1/documents", an_order(number="X"), served.partner("monteverde-api"), key)
    assert (ours.status_code, theirs.status_code) == (202, 202)


async def test_a_typed_address_takes_its_own_type_alone(served: Served) -> None:
    answer = await served.post("/v1/despatch-advices", an_order(), served.aurora())
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "document.other_type"
    assert problem["detail"] == "this address takes a despatch_advice, but this is a purchase_order"
    told = (await served.client.get(problem["instance"], headers=served.aurora())).json()
    assert told["state"] == "refused"
    assert told["refusal"]["code"] == "document.other_type"


async def test_a_plant_may_not_post_to_partners_addresses_nor_a_partner_to_plants(served: Served) -> None:
    plant = await served.post("/v1/documents", a_confirmation(), served.plant())
    partner = await served.post("/v1/production-confirmations", a_confirmation(), served.aurora())
    assert (plant.status_code, partner.status_code) == (401, 401)
    assert plant.json()["code"] == partner.json()["code"] == "token.wrong_kind"
    assert plant.headers["www-authenticate"].startswith('Bearer realm="partner-gateway", error="invalid_token"')
    assert await served.messages_kept() == 0


async def test_a_plant_speaks_for_no_other_plant(served: Served) -> None:
    answer = await served.post("/v1/production-confirmations", a_confirmation(site="ulm"), served.plant())
    assert answer.status_code == 403
    assert answer.json()["code"] == "access.not_granted"


async def test_a_role_that_is_missing_is_refused_with_the_rule_and_recorded(served: Served) -> None:
    answer = await served.post("/v1/documents", an_order(), served.partner("aurora-orders", "despatch.send"))
    assert answer.status_code == 403
    problem = answer.json()
    assert problem["code"] == "access.not_granted"
    assert problem["policy"] == served.policies.current.revision
    assert problem["instance"].startswith("/v1/messages/")


@pytest.mark.parametrize(
    ("client", "status", "code"),
    [
        ("nobody", 403, "sender.unknown"),
        ("gesperrt-client", 403, "sender.suspended"),
        ("zertifix-client", 403, "sender.binding_required"),
        ("dpopler-client", 403, "sender.binding_required"),
        ("planlos-client", 403, "limit.none_applies"),
        ("salzungen-mes", 403, "sender.unknown"),  # a plant's client name in the partners' realm
    ],
)
async def test_a_sender_who_may_not_call_is_refused_before_anything_is_stored(
    served: Served, client: str, status: int, code: str
) -> None:
    answer = await served.post("/v1/documents", an_order(), served.partner(client))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await served.messages_kept() == 0


async def test_a_partner_bound_by_dpop_is_taken_with_a_proof_and_once_only(served: Served) -> None:
    device = SigningKey()
    token = served.issuer.bound_token(device, "partner", "dpopler-client", *ORDERS)
    shown = {
        "authorization": f"DPoP {token}",
        "dpop": proof(device, token, "POST", f"{PUBLIC_URL}/v1/documents"),
    }
    first = await served.post("/v1/documents", an_order(), shown)
    again = await served.post("/v1/documents", an_order(), shown)
    assert (first.status_code, again.status_code) == (202, 401)
    assert again.json()["code"] == "dpop.replayed"
    stolen = await served.post("/v1/documents", an_order(), {"authorization": f"Bearer {token}"})
    assert (stolen.status_code, stolen.json()["code"]) == (401, "token.binding_missing")


async def test_a_flood_gets_429_with_the_standard_fields(served: Served) -> None:
    caller, began = served.partner("kiesel-test"), time.monotonic()
    answers = await asyncio.gather(*(served.post("/v1/documents", an_order(), caller) for _ in range(60)))
    grown_back = 5 * (time.monotonic() - began)
    taken = [answer for answer in answers if answer.status_code == 202]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 10 <= len(taken) <= 10 + grown_back
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["ratelimit-policy"] == '"trial-requests";q=10;w=2'
    assert refused.headers["ratelimit"].startswith('"trial-requests";r=0;t=')
    problem = refused.json()
    assert problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert problem["code"] == "limit.exceeded"
    assert problem["repeat"] is True
    assert problem["violated-policies"] == ["trial-requests"]
    assert any(answer.headers["ratelimit"].startswith('"trial-requests";r=9;t=') for answer in taken)


@pytest.mark.parametrize(
    ("fields", "status"), [({"idempotency-key": "two words"}, 400), ({"content-length": "99999999999"}, 413)]
)
async def test_what_is_refused_before_its_body_is_read_tells_the_limits_too(
    served: Served, fields: dict[str, str], status: int
) -> None:
    answer = await served.post("/v1/documents", an_order(), served.partner("kiesel-test"), fields)
    assert answer.status_code == status
    assert answer.headers["ratelimit-policy"] == '"trial-requests";q=10;w=2'
    assert answer.headers["ratelimit"].startswith('"trial-requests";r=9;t=')


async def test_more_lines_than_the_plan_allows_are_refused(served: Served) -> None:
    line = an_order()["lines"][2]
    lines = [{**line, "number": str(n)} for n in range(1, 102)]
    answer = await served.post("/v1/documents", an_order(lines=lines, totals=None), served.partner("kiesel-test"))
    assert (answer.status_code, answer.json()["code"]) == (413, "limit.too_large")


@pytest.mark.parametrize("path", ["/v0/documents", "/v0/messages", "/v0/anything/else"])
async def test_a_retired_version_says_since_when_and_where_to_go(served: Served, path: str) -> None:
    answer = await served.post(path, an_order(), served.aurora())
    assert answer.status_code == 410
    assert answer.json()["code"] == "version.retired"
    assert answer.headers["deprecation"] == "@1772323200"
    assert answer.headers["sunset"] == "Wed, 30 Sep 2026 23:59:59 GMT"
    assert "successor-version" in answer.headers["link"]
    assert "</docs/moving-from-v0-to-v1>" in answer.headers["link"]


async def test_a_version_that_never_was_is_unknown(served: Served) -> None:
    answer = await served.post("/v9/documents", an_order(), served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (404, "version.unknown")


async def test_a_document_version_nobody_agreed_is_refused(served: Served, tmp_path: Path) -> None:
    rules = tmp_path / "rules" / "versions.yaml"
    rules.write_text(
        rules.read_text().replace(
            '{format: json, name: purchase_order, version: "1"}', '{format: json, name: purchase_order, version: "2"}'
        )
    )
    assert served.policies.reload(), served.policies.problems
    answer = await served.post("/v1/documents", an_order(), served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (422, "version.document_unknown")


async def test_what_the_schema_demands_is_refused_with_places(served: Served) -> None:
    answer = await served.post("/v1/documents", an_order(currency="EURO"), served.aurora())
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] in ("document.invalid", "schema.not_matched")
    assert problem["findings"][0]["place"]["path"] == "/currency"
    assert all(finding["text"] for finding in problem["findings"])


async def test_a_despatch_to_a_place_that_is_no_plant_has_no_route(served: Served) -> None:
    elsewhere = {"identifiers": [{"scheme": "gln", "value": "8712345000004"}], "name": "elsewhere"}
    answer = await served.post("/v1/documents", a_despatch_advice(ship_to=elsewhere), served.supplier())
    assert (answer.status_code, answer.json()["code"]) == (422, "routing.no_route")
    assert answer.json()["acts"] == "receiver"


async def test_the_trace_of_the_caller_goes_on(served: Served) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = await served.order("PO-1", {"traceparent": trace})
    told = answer.headers["traceparent"]
    assert told.startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert told.endswith("-01")
    assert told != trace


async def test_a_body_larger_than_agreed_is_refused_by_its_length_and_by_its_bytes(
    ledger: Ledger, tmp_path: Path
) -> None:
    async with serving(ledger, tmp_path, most=10_000) as served:
        content = example("order.json") + b" " * 10_000

        async def in_chunks() -> Any:
            for at in range(0, len(content), 1000):
                yield content[at : at + 1000]

        declared = await served.post("/v1/documents", content, served.aurora())
        chunked = await served.client.post("/v1/documents", content=in_chunks(), headers=served.aurora())
        for answer in (declared, chunked):
            assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
            assert answer.json()["detail"] == "at most 10000 bytes are taken at once"
        lying = await served.post("/v1/documents", content, served.aurora(), {"content-length": "5"})
        assert lying.status_code == 413
        assert await served.messages_kept() == 0


async def test_a_body_that_does_not_arrive_in_time_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    async with serving(ledger, tmp_path, body_seconds=0.05) as served:

        async def dripping() -> Any:
            yield b'{"kind":'
            await asyncio.sleep(60)

        answer = await served.client.post("/v1/documents", content=dripping(), headers=served.aurora())
        assert (answer.status_code, answer.json()["code"]) == (408, "request.deadline")
        assert answer.json()["detail"] == "the body did not arrive in time"
        assert answer.json()["repeat"] is True
        assert await served.messages_kept() == 0


@pytest.mark.parametrize(
    ("content", "media", "act"),
    [
        (b"", "application/json", "send the document itself, as it is"),
        (b"%PDF-1.7", "application/pdf", "send EDIFACT, X12, VDA, XML or JSON as it is, neither packed nor encoded"),
        (
            msgspec.json.encode(an_order()),
            "text/html",
            "name the content as what it is, or as application/octet-stream, and send it again",
        ),
    ],
)
async def test_a_415_says_what_is_taken(served: Served, content: bytes, media: str, act: str) -> None:
    answer = await served.post("/v1/documents", content, served.aurora(), media=media)
    assert (answer.status_code, answer.json()["code"], answer.json()["act"]) == (415, "document.unsupported", act)
    assert answer.headers["accept"].startswith("application/json, application/xml, application/edifact, ")
