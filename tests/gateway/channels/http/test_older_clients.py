"""Clients of an older version of the API, or of a document, go on working while a rule says so."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.serving import Served, an_order, serving

from gateway.ledger.ledger import Ledger
from gateway.reading import READ_IN_THREAD

OLD = """
- name: api-v0
  why: two partners still write the shapes of 2025
  mode: enforce
  api: v0
  state: deprecated
  deprecated_from: 2026-03-01
  sunset: 2099-09-30
  successor: v1
  information: /docs/moving-from-v0-to-v1
  addresses: {/orders: /purchase-orders}
  requests:
  - {of: /purchase-orders, default: /kind, value: purchase_order/1}
  - {of: /purchase-orders, rename: /order_no, to: number}
  - {of: /purchase-orders, rename: /lines/*/qty, to: quantity}
  answers:
  - {of: /purchase-orders, rename: /msg, to: message}
  - {of: /purchase-orders, remove: /api, value: v0}
  - {of: /messages/*, rename: /ref, to: id}
  - {of: /messages, rename: /messages/*/ref, to: id}

- name: order-json-0
  why: the shape before units had codes of their own
  mode: enforce
  document: {format: json, name: purchase_order, version: "0"}
  state: deprecated
  deprecated_from: 2026-03-01
  sunset: 2099-01-31
  successor: "1"
  steps:
  - {rename: /order_no, to: number}
  - {move: /lines/*/qty, to: /lines/*/quantity/value}
  - {move: /lines/*/unit, to: /lines/*/quantity/unit}
"""


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        file = tmp_path / "rules" / "versions.yaml"
        text = file.read_text()
        start = text.index("- name: api-v0")
        file.write_text(text[:start] + text[text.index("# ---- documents") :] + OLD)
        assert api.policies.reload(), api.policies.problems
        yield api


def an_old_order(**changes: Any) -> dict[str, Any]:
    """As clients of v0 write it."""
    order = an_order(**changes)
    del order["kind"]
    order["order_no"] = order.pop("number")
    for line in order["lines"]:
        line["qty"] = line.pop("quantity")
    return order


def an_order_of_version_0(**changes: Any) -> dict[str, Any]:
    order = an_order(**changes)
    order |= {"kind": "purchase_order/0", "order_no": order.pop("number")}
    for line in order["lines"]:
        quantity = line.pop("quantity")
        line |= {"qty": quantity["value"], "unit": quantity["unit"]}
    return order


async def test_an_old_client_sends_and_asks_in_its_own_words(served: Served) -> None:
    content = msgspec.json.encode(an_old_order(number="PO-7"))
    answer = await served.post("/v0/orders", content, served.aurora())
    assert answer.status_code == 202, answer.text
    taken = answer.json()
    assert "message" not in taken
    assert taken["api"] == "v0"
    assert answer.headers["location"] == taken["status"] == f"/v0/messages/{taken['msg']}"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["sunset"] == "Wed, 30 Sep 2099 00:00:00 GMT"
    statement = msgspec.json.decode(taken["statement"])
    assert statement["content"] == "sha256:" + hashlib.sha256(content).hexdigest()
    told = await served.client.get(answer.headers["location"], headers=served.aurora())
    assert told.json()["ref"] == taken["msg"]
    assert told.json()["documents"][0]["business_number"] == "PO-7"
    listed = await served.client.get("/v0/messages", headers=served.aurora())
    assert [one["ref"] for one in listed.json()["messages"]] == [taken["msg"]]


async def test_the_newest_client_sees_nothing_of_it(served: Served) -> None:
    answer = await served.post("/v1/purchase-orders", an_order(), served.aurora())
    assert set(answer.json()) == {"message", "status", "receipt", "statement", "leaf", "duplicate"}
    refused = await served.post("/v1/purchase-orders", an_old_order(), served.aurora())
    assert refused.json()["code"] == "document.unsupported"


async def test_a_mistake_is_told_where_the_old_client_wrote_it(served: Served) -> None:
    order = an_old_order()
    order["lines"][1]["qty"]["value"] = "many"
    answer = await served.post("/v0/orders", msgspec.json.format(msgspec.json.encode(order)), served.aurora())
    assert answer.status_code == 422
    (finding,) = answer.json()["findings"]
    assert finding["place"]["path"] == "/lines/1/qty/value"
    line = msgspec.json.format(msgspec.json.encode(order)).decode().split("\n")[finding["place"]["line"] - 1]
    assert line[finding["place"]["column"] - 1 :].startswith('"many"')


async def test_an_address_that_no_version_has_is_not_found(served: Served) -> None:
    answer = await served.client.get("/v0/invoices", headers=served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (404, "request.not_found")
    assert answer.json()["detail"] == "API version `v0` has nothing at this address"


async def test_an_older_document_is_read_by_its_steps_and_kept_as_it_came(served: Served) -> None:
    content = msgspec.json.encode(an_order_of_version_0(number="PO-8"))
    answer = await served.post("/v1/documents", content, served.aurora())
    assert answer.status_code == 202, answer.text
    statement = msgspec.json.decode(answer.json()["statement"])
    assert statement["format"] == "json purchase_order 0"
    assert statement["content"] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert answer.headers["deprecation"] == "@1772323200"
    assert answer.headers["sunset"] == "Sat, 31 Jan 2099 00:00:00 GMT"
    newest = await served.post("/v1/documents", an_order(number="PO-9"), served.aurora())
    assert "deprecation" not in newest.headers


async def test_a_large_older_document_and_one_with_a_byte_order_mark_are_read_too(served: Served) -> None:
    order = an_order_of_version_0(number="PO-10", ext={"note": "x" * READ_IN_THREAD})
    answer = await served.post("/v1/documents", order, served.aurora())
    assert answer.status_code == 202, answer.text
    marked = b"\xef\xbb\xbf" + msgspec.json.encode(an_order_of_version_0(number="PO-11"))
    answer = await served.post("/v1/documents", marked, served.aurora())
    assert answer.status_code == 202, answer.text


async def test_a_mistake_in_an_older_document_is_told_in_its_words(served: Served) -> None:
    order = an_order_of_version_0()
    order["lines"][0]["qty"] = "many"
    answer = await served.post("/v1/documents", order, served.aurora())
    assert [finding["place"]["path"] for finding in answer.json()["findings"]] == ["/lines/0/qty"]
    twice = msgspec.json.encode(an_order_of_version_0()).replace(b'{"kind"', b'{"order_no":"x","kind"')
    answer = await served.post("/v1/documents", twice, served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (400, "document.malformed")


async def test_a_brownout_is_answered_503_with_the_seconds_to_wait_and_is_no_limit(
    served: Served, tmp_path: Path
) -> None:
    file = tmp_path / "rules" / "versions.yaml"
    brownouts = "{from: 2026-03-02, every: 24 hours, lasting: 23 hours, growing_to: 23 hours}"
    ending = f"  sunset: 2099-09-30\n  brownouts: {brownouts}\n"
    file.write_text(file.read_text().replace("  sunset: 2099-09-30\n", ending))
    assert served.policies.reload(), served.policies.problems
    browned = datetime.now(UTC).hour < 23
    answer = await served.post("/v0/orders", an_old_order(), served.aurora())
    assert answer.status_code == (503 if browned else 202), answer.text
    if browned:
        problem = answer.json()
        assert (problem["code"], problem["repeat"]) == ("version.brownout", True)
        assert problem["rule"].startswith("versions `api-v0` (versions.yaml:")
        assert 0 < int(answer.headers["retry-after"]) <= 23 * 3600
        assert "violated-policies" not in problem
    newest = await served.post("/v1/purchase-orders", an_order(), served.aurora())
    assert newest.status_code == 202
