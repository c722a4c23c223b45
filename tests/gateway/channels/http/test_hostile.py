"""What only an attacker or a broken program sends: an exact code, never a 500, never an acknowledgement."""

import asyncio
import random
from typing import Any

import httpx
import msgspec
import pytest
from support.serving import Served, a_despatch_advice, an_order

from translators.examples import example

ORDER = msgspec.json.encode(an_order())
JSON, XML, EDIFACT = "application/json", "application/xml", "application/edifact"

BODIES: dict[str, tuple[bytes, str, int, str]] = {
    "empty": (b"", JSON, 415, "document.unsupported"),
    "blanks": (b" \r\n\t ", JSON, 415, "document.unsupported"),
    "a NUL": (b"\x00", JSON, 415, "document.unsupported"),
    "NULs": (b"\x00" * 100_000, JSON, 415, "document.unsupported"),
    "NUL before JSON": (b"\x00" + ORDER, JSON, 415, "document.unsupported"),
    "NUL behind JSON": (ORDER + b"\x00", JSON, 400, "document.malformed"),
    "NUL in a string": (ORDER.replace(b"PO-4711", b"PO\x00"), JSON, 400, "document.malformed"),
    "escaped NUL in a string": (ORDER.replace(b"PO-4711", b"PO\\u0000"), JSON, 422, "document.invalid"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "application/pdf", 415, "document.unsupported"),
    "gzip": (b"\x1f\x8b\x08" + b"\x00" * 50, JSON, 415, "document.unsupported"),
    "a form": (b"a=1&b=2", "application/x-www-form-urlencoded", 415, "document.unsupported"),
    "JSON called XML": (ORDER, XML, 415, "document.unsupported"),
    "JSON called EDIFACT": (ORDER, EDIFACT, 415, "document.unsupported"),
    "EDIFACT called JSON": (example("order.edi"), JSON, 415, "document.unsupported"),
    "an array": (b"[" + ORDER + b"]", JSON, 415, "document.unsupported"),
    "a number": (b"1", JSON, 415, "document.unsupported"),
    "null": (b"null", JSON, 415, "document.unsupported"),
    "an empty object": (b"{}", JSON, 415, "document.unsupported"),
    "no kind": (b'{"number": "1"}', JSON, 415, "document.unsupported"),
    "an unknown kind": (b'{"kind": "love_letter/1"}', JSON, 415, "document.unsupported"),
    "a kind that is a number": (b'{"kind": 1}', JSON, 415, "document.unsupported"),
    "two kinds": (b'{"kind": "purchase_order/1", "kind": "despatch_advice/1"}', JSON, 400, "document.malformed"),
    "a duplicate key": (ORDER.replace(b'"currency"', b'"number":"X","currency"', 1), JSON, 400, "document.malformed"),
    "a duplicate key inside": (
        ORDER.replace(b'"country":"DE"', b'"country":"DE","country":"FR"', 1), JSON, 400, "document.malformed",
    ),
    "deep arrays": (b'{"kind":"purchase_order/1","x":' + b"[" * 50_000, JSON, 400, "document.malformed"),
    "deep objects": (b'{"kind":"purchase_order/1","x":' + b'{"a":' * 50_000, JSON, 400, "document.malformed"),
    "deep and closed": (
        b'{"kind":"purchase_order/1","x":' + b"[" * 50_000 + b"]" * 50_000 + b"}", JSON, 400, "document.malformed",
    ),
    "NaN": (ORDER.replace(b'"value":"48"', b'"value":NaN', 1), JSON, 400, "document.malformed"),
    "Infinity": (ORDER.replace(b'"value":"48"', b'"value":-Infinity', 1), JSON, 400, "document.malformed"),
    "NaN as text": (ORDER.replace(b'"value":"48"', b'"value":"NaN"', 1), JSON, 422, "document.invalid"),
    "a float": (ORDER.replace(b'"value":"48"', b'"value":48.5', 1), JSON, 422, "document.invalid"),
    "a huge number": (ORDER.replace(b'"value":"48"', b'"value":1e400', 1), JSON, 422, "document.invalid"),
    "very many digits": (ORDER.replace(b'"value":"48"', b'"value":' + b"9" * 50_000, 1), JSON, 422, "document.invalid"),
    "a lone surrogate": (ORDER.replace(b"PO-4711", b"PO\\ud800"), JSON, 400, "document.malformed"),
    "a pair turned round": (ORDER.replace(b"PO-4711", b"\\udc00\\ud800"), JSON, 400, "document.malformed"),
    "CESU-8": (ORDER.replace(b"PO-4711", b"\xed\xa0\x80\xed\xb0\x80"), JSON, 400, "document.malformed"),
    "invalid UTF-8": (ORDER.replace(b"PO-4711", b"\xff\xfe\xfd"), JSON, 400, "document.malformed"),
    "Latin-1": (ORDER.replace(b"Petersen", "Köhler".encode("latin-1")), JSON, 400, "document.malformed"),
    "UTF-16": (ORDER.decode().encode("utf-16"), JSON, 400, "document.malformed"),
    "truncated": (ORDER[:-40], JSON, 400, "document.malformed"),
    "truncated in a character": (ORDER[: ORDER.index("ß".encode()) + 1], JSON, 400, "document.malformed"),
    "two documents": (ORDER + ORDER, JSON, 400, "document.malformed"),
    "a comment": (ORDER + b"/* */", JSON, 400, "document.malformed"),
    "a missing field": (b'{"kind": "purchase_order/1", "number": "1"}', JSON, 422, "document.invalid"),
    "an unknown field": (ORDER.replace(b'"currency"', b'"admin":true,"currency"', 1), JSON, 422, "document.invalid"),
    "EDIFACT cut off": (example("order.edi")[:-60], EDIFACT, 400, "document.malformed"),
    "EDIFACT of one UNB": (b"UNB+UNOC:3+A+B+261123:1200+1'", EDIFACT, 400, "document.malformed"),
    "UNA alone": (b"UNA:+.? '", EDIFACT, 400, "document.malformed"),
    "UNA of one sign": (b"UNA''''''UNB", EDIFACT, 400, "document.malformed"),
    "EDIFACT without an end": (b"UNB+UNOC:3+" + b"A" * 200_000, EDIFACT, 400, "document.malformed"),
    "an EDIFACT message nobody knows": (
        example("order.edi").replace(b"ORDERS", b"LOVELE"), EDIFACT, 415, "document.unsupported",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_a_hostile_body_is_refused_with_its_code(served: Served, name: str) -> None:
    content, media, status, code = BODIES[name]
    answer = await served.post("/v1/documents", content, served.aurora(), media=media)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) < 500
    told = await served.client.get(answer.json()["instance"], headers=served.aurora())
    assert told.json()["state"] == "refused"


XML_BODIES: dict[str, bytes] = {
    "a DOCTYPE": b'<?xml version="1.0"?><!DOCTYPE Order [<!ENTITY a "b">]><Order>&a;</Order>',
    "an external entity": b'<!DOCTYPE Order [<!ENTITY x SYSTEM "file:///etc/passwd">]><Order>&x;</Order>',
    "a billion laughs": b'<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><Order>&b;</Order>',
    "not closed": b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"><a>',
    "invalid UTF-8": b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">\xff\xfe</Order>',
    "deep": b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">' + b"<a>" * 50_000,
    "a NUL": b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">\x00</Order>',
    "an unknown root": b'<html xmlns="http://www.w3.org/1999/xhtml"/>',
    "nothing but a declaration": b'<?xml version="1.0"?>',
    "a lie about its encoding": b'<?xml version="1.0" encoding="utf-7"?><Order/>',
}


@pytest.mark.parametrize("name", XML_BODIES)
async def test_hostile_xml_is_refused(served: Served, name: str) -> None:
    answer = await served.post("/v1/documents", XML_BODIES[name], served.aurora(), media=XML)
    assert answer.status_code in (400, 413, 415, 422), answer.text
    assert answer.json()["code"].startswith("document.")


@pytest.mark.parametrize(
    "field",
    ["number", "currency"],
)
@pytest.mark.parametrize(
    "value", ["x" * 100_000, "\u202eevil", "<script>alert(1)</script>", "'; drop table messages; --"]
)
async def test_any_text_in_a_field_is_taken_or_refused(served: Served, field: str, value: str) -> None:
    answer = await served.post("/v1/documents", an_order(**{field: value}), served.aurora())
    assert answer.status_code in (202, 413, 422), answer.text
    assert await served.messages_kept() == 1


@pytest.mark.parametrize("number", ["a\x00b", "a\nb", "\x7f"])
async def test_a_control_character_in_a_number_is_refused(served: Served, number: str) -> None:
    answer = await served.post("/v1/documents", a_despatch_advice(number=number), served.supplier())
    assert (answer.status_code, answer.json()["code"]) == (422, "document.invalid"), answer.text


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"idempotency-key": "x" * 201}, 400, "request.malformed"),
        ({"idempotency-key": "x" * 60_000}, 400, "request.malformed"),
        ({"idempotency-key": ""}, 400, "request.malformed"),
        ({"idempotency-key": '""'}, 400, "request.malformed"),
        ({"idempotency-key": '"open'}, 400, "request.malformed"),
        ({"idempotency-key": b"\xff\xfe"}, 400, "request.malformed"),
        ({"idempotency-key": b"a\x00b"}, 400, "request.malformed"),
        ({"idempotency-key": "two words"}, 400, "request.malformed"),
        ({"content-length": "-1"}, 202, None),
        ({"content-length": "9" * 5000}, 413, "request.too_large"),
        ({"content-length": "twelve"}, 202, None),
        ({"traceparent": "garbage"}, 202, None),
        ({"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-00"}, 202, None),
        ({"traceparent": b"\x00\xff" * 5000}, 202, None),
        ({"traceparent": "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}, 202, None),
        ({"content-type": "application/json; charset=utf-16"}, 202, None),
        ({"content-type": "*/*;;;=,"}, 202, None),
        ({"x-forwarded-for": "not an address, \x00"}, 202, None),
        ({"host": "evil.example\r\nx: y"}, 202, None),
    ],
)
async def test_attacks_by_a_field(served: Served, fields: dict[str, Any], status: int, code: str | None) -> None:
    answer = await served.post("/v1/documents", ORDER, served.aurora(), fields)
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers.get("traceparent", "00-").startswith("00-")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "token.missing"),
        ("Bearer", "token.missing"),
        ("Bearer ", "token.missing"),
        ("Basic YTpi", "token.missing"),
        ("Negotiate x", "token.missing"),
        ("Bearer x", "token.malformed"),
        ("Bearer a.b.c", "token.malformed"),
        ("Bearer " + "a" * 20_000, "token.too_large"),
        ("Bearer e30.e30.e30", "token.issuer_unknown"),
        (b"Bearer \xff\xfe\x00", "token.malformed"),
        ("DPoP x", "token.malformed"),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", "token.issuer_unknown"),
    ],
)
async def test_attacks_by_authorization(served: Served, authorization: Any, code: str) -> None:
    answer = await served.post("/v1/documents", ORDER, {"authorization": authorization})
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert "www-authenticate" in answer.headers
    assert await served.messages_kept() == 0


async def test_two_authorization_fields_are_not_one(served: Served) -> None:
    good = served.aurora()["authorization"]
    for pair in ((good, good), (good, "Bearer x"), ("Bearer x", good)):
        fields = [("authorization", one) for one in pair]
        answer = await served.client.post("/v1/documents", content=ORDER, headers=fields)
        assert (answer.status_code, answer.json()["code"]) in [(401, "token.malformed"), (401, "token.encrypted")]
    proofs = [("authorization", good), ("dpop", "a"), ("dpop", "b")]
    assert (await served.client.post("/v1/documents", content=ORDER, headers=proofs)).status_code == 202


@pytest.mark.parametrize(
    "path", ["/v1//document", "/v1/documents/..", "/%2e%2e/etc/passwd", "/v1/%00", "/" + "a" * 8000, "/v1/%C3%A9",
             "/v1/documents;x=1", "/%ff%fe", "/v/messages", "/v999999999999999999999/x", "/V1/documents"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_odd_addresses_are_not_found(served: Served, path: str, method: str) -> None:
    answer = await served.client.request(
        method, httpx.URL(scheme="https", host="gateway.tests.example", raw_path=path.encode()), headers=served.aurora()
    )
    assert answer.status_code in (404, 405), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("length", [3_000, 100_000])
async def test_a_number_no_index_can_hold_is_refused_not_retried(served: Served, length: int) -> None:
    """A text that the database cannot keep must never look like an outage, nor take others' documents with it."""
    number = random.Random(7).randbytes(length // 2).hex()  # does not compress
    neighbour = asyncio.create_task(served.order("PO-1"))
    answer = await served.post("/v1/documents", a_despatch_advice(number=number), served.supplier())
    assert (answer.status_code, answer.json()["code"]) == (422, "document.invalid"), answer.text
    assert (await neighbour).status_code == 202


async def test_an_interchange_reference_no_index_can_hold_is_refused(served: Served) -> None:
    reference = random.Random(7).randbytes(5_000).hex().upper().encode()
    content = example("order.edi")
    old = content.split(b"UNZ+")[1].split(b"+")[1].split(b"'")[0]
    answer = await served.post("/v1/documents", content.replace(old, reference), served.aurora(), media=EDIFACT)
    assert answer.status_code in (400, 422), answer.text
