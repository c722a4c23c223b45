"""A plant fetches documents without what is masked for plants; operators see it only when they say why."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from support.serving import Served, an_order, serving

from gateway.ledger.ledger import Ledger
from gateway.showing import masked, reveal

ROUTE = """
- name: orders-to-plant
  why: the plant picks
  mode: enforce
  senders: [partner]
  documents: [purchase_order]
  destination: plant:salzungen
  operation: inbox.put
  ordering_key: [sender]
  when_parked: pass
  flow: business-documents
"""


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        routing, access = tmp_path / "rules" / "routing.yaml", tmp_path / "rules" / "access.yaml"
        routing.write_text(routing.read_text() + ROUTE)
        advice = "documents: [despatch_advice]\n"
        access.write_text(access.read_text().replace(advice, advice.replace("]", ", purchase_order]")))
        assert api.policies.reload(), api.policies.problems
        yield api


async def test_a_plant_is_handed_an_order_without_prices(served: Served) -> None:
    sent = an_order(number="PO-1")
    await served.order("PO-1")
    await served.lay_ready()
    answer = await served.client.get("/v1/plants/salzungen/deliveries", headers=served.plant())
    [delivery] = answer.json()["deliveries"]
    got = delivery["document"]
    assert "totals" not in got
    assert all("unit_price" not in line for line in got["lines"])
    assert [line["quantity"] for line in got["lines"]] == [line["quantity"] for line in sent["lines"]]


async def test_an_operator_sees_what_is_masked_only_with_a_reason_on_record(served: Served) -> None:
    person = {**an_order()["buyer"], "contacts": [{"name": "Kim Beispiel", "phone": "+49 30 1234567"}]}
    answer = await served.post("/v1/documents", an_order(buyer=person), served.aurora())
    message = UUID(answer.json()["message"])
    [document] = await served.ledger.documents(message)
    hidden = masked(document, served.policies.current.masking, "operator", served.ledger.masking_key)
    assert b"Kim Beispiel" in bytes(document.body or b"")
    assert b"Kim Beispiel" not in bytes(hidden.body or b"")
    assert json.loads(bytes(hidden.body or b"")).get("lines")
    await reveal(served.ledger, [message], actor="operator kim", reason="the address is missing")
    history = await served.ledger.history(message)
    assert history is not None
    event = history.timeline[-1]
    assert (event["event"], event["actor"], event["reason"]) == (
        "operator.document.revealed", "operator kim", "the address is missing"
    )  # fmt: skip


async def test_a_sender_sees_what_was_understood_and_nobody_elses(served: Served, tmp_path: Path) -> None:
    answer = await served.post("/v1/documents", an_order(), served.aurora())
    address = f"{answer.headers['location']}/documents"
    seen = await served.client.get(address, headers=served.aurora())
    [document] = seen.json()["documents"]
    assert (document["format"], document["document_type"]) == ("json purchase_order 1", "purchase_order")
    assert document["body"] == an_order()
    other = await served.client.get(address, headers=served.partner("kiesel-test"))
    assert (other.status_code, other.json()["code"]) == (404, "message.not_found")
    file = tmp_path / "rules" / "masking.yaml"
    file.write_text(file.read_text().replace("viewers: [plant]", "viewers: [plant, sender]"))
    assert served.policies.reload(), served.policies.problems
    seen = await served.client.get(address, headers=served.aurora())
    assert "totals" not in seen.json()["documents"][0]["body"]
