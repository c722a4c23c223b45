"""`POST /v1/self-test`: what a partner is told step by step, and that nothing of it goes anywhere."""

import json
from typing import Any

import msgspec
import pytest
from support.serving import Served, an_order

from gateway.ledger.receipts import SUFFIX
from translators.examples import example

JSON = {"content-type": "application/json"}


async def tried(served: Served, content: bytes, headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = await served.client.post("/v1/self-test", content=content, headers=(headers or served.aurora()) | JSON)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def verdicts(told: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["verdict"] for step in told["steps"]}


async def test_a_good_document_passes_every_step_and_nothing_is_kept_or_delivered(served: Served) -> None:
    told = await tried(served, msgspec.json.encode(an_order(number="PO-1")))
    assert told["passed"]
    assert set(verdicts(told).values()) == {"passed"}
    assert list(verdicts(told)) == ["connection", "token", "document", "rules", "route", "acknowledgement", "receipt"]
    route = next(step for step in told["steps"] if step["step"] == "route")
    assert route["text"] == "it would go to `odoo`; nothing was delivered"
    statement = json.loads(told["statement"])
    assert statement["event"] == "sandbox.message.tried"
    assert statement["sender"] == "aurora"
    for table in ("messages", "documents", "deliveries", "payloads", "submissions_seen"):
        assert await served.ledger._pool.fetchval(f"select count(*) from {table}") == 0, table


async def test_it_may_be_repeated_and_the_real_one_is_no_repetition_of_it(served: Served) -> None:
    content = msgspec.json.encode(an_order(number="PO-2"))
    assert [(await tried(served, content))["passed"] for _ in range(3)] == [True] * 3
    answer = await served.client.post("/v1/documents", content=content, headers=served.aurora() | JSON)
    assert answer.status_code == 202
    assert answer.json()["duplicate"] is False


async def test_a_wrong_document_fails_at_its_step_with_the_places(served: Served) -> None:
    order = an_order(number="PO-3")
    order["lines"][0]["quantity"]["value"] = "many"
    told = await tried(served, msgspec.json.encode(order))
    assert not told["passed"]
    assert verdicts(told) == {
        "connection": "passed", "token": "passed", "document": "failed", "rules": "not_reached", "route": "not_reached",
        "acknowledgement": "not_reached", "receipt": "not_reached",
    }  # fmt: skip
    step = told["steps"][2]
    assert step["code"] == "document.invalid"
    assert step["findings"][0]["place"]["path"] == "/lines/0/quantity/value"
    assert told["receipt"] is None


async def test_a_document_that_nobody_granted_fails_at_the_rules(served: Served) -> None:
    told = await tried(served, msgspec.json.encode(an_order(number="PO-4")), served.supplier())
    assert verdicts(told)["document"] == "passed"
    assert verdicts(told)["rules"] == "failed"
    assert next(step for step in told["steps"] if step["step"] == "rules")["code"] == "access.not_granted"
    assert await served.ledger._pool.fetchval("select count(*) from messages") == 0


@pytest.mark.parametrize(("who", "status"), [("nobody", 401), ("plant", 401), ("gesperrt-client", 403)])
async def test_whoever_is_not_admitted_is_told_so_as_everywhere(served: Served, who: str, status: int) -> None:
    headers = {"nobody": {}, "plant": served.plant()}.get(who) or ({} if who == "nobody" else served.partner(who))
    answer = await served.client.post("/v1/self-test", content=b"{}", headers=headers | JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_receipt_proves_the_trial_to_whoever_made_it_alone(served: Served) -> None:
    told = await tried(served, msgspec.json.encode(an_order(number="PO-5")))
    answer = await served.client.get(told["receipt"], headers=served.aurora())
    assert answer.status_code == 404
    assert answer.json()["code"] == "receipt.not_ready"
    await served.sequence()
    answer = await served.client.get(told["receipt"], headers=served.aurora())
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'{SUFFIX}"')
    assert answer.text.startswith("c2sp.org/tlog-proof@v1\n")
    others = await served.client.get(told["receipt"], headers=served.partner("monteverde-api"))
    assert others.status_code == 404


async def test_a_message_has_no_receipt_of_a_trial_and_an_old_id_none_at_all(served: Served) -> None:
    content = msgspec.json.encode(an_order(number="PO-6"))
    sent = await served.client.post("/v1/documents", content=content, headers=served.aurora() | JSON)
    await served.sequence()
    for id_ in (sent.json()["message"], "019ab0c4-7c1e-7d52-9a43-0b6f2c8e4d11", "no-id"):
        answer = await served.client.get(f"/v1/self-test/{id_}/receipt", headers=served.aurora())
        assert answer.status_code == 404, id_


async def test_a_trial_is_no_message_to_ask_for(served: Served) -> None:
    told = await tried(served, msgspec.json.encode(an_order(number="PO-7")))
    id_ = json.loads(told["statement"])["message"]
    assert (await served.client.get(f"/v1/messages/{id_}", headers=served.aurora())).status_code == 404


async def test_a_partner_that_is_not_live_yet_may_try(served: Served) -> None:
    path = served.partners.folder / "profiles" / "aurora.yaml"
    path.write_text(path.read_text().replace("state: active", "state: testing"))
    assert served.partners.reload()
    edifact = {"content-type": "application/edifact"}
    real = await served.client.post("/v1/documents", content=example("order.edi"), headers=served.aurora() | edifact)
    assert (real.status_code, real.json()["code"]) == (403, "sender.not_live")
    assert (await tried(served, msgspec.json.encode(an_order(number="PO-8"))))["passed"]


async def test_what_is_marked_as_a_test_is_told_where_the_real_one_would_go(served: Served) -> None:
    content = example("order.edi").replace(b"++ORDERS'", b"++ORDERS++++1'", 1)
    headers = served.partner("nordlicht-edi") | {"content-type": "application/edifact"}
    answer = await served.client.post("/v1/self-test", content=content, headers=headers)
    told = answer.json()
    assert told["passed"], told
    assert next(step for step in told["steps"] if step["step"] == "route")["text"].startswith("it would go to `odoo`;")
