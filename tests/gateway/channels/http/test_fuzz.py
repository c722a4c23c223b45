"""Anything at all, sent anywhere: never a 5xx, always a problem document or an answer."""

import asyncio
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.serving import Served, an_order

from gateway.channels.http.operations import OPERATIONS
from translators.examples import example

PATHS = [one.path for one in OPERATIONS] + ["/", "/errors/{code}", "/v0/{rest}", "/openapi/openapi.json", "/nowhere"]
FIELDS = ["idempotency-key", "content-type", "traceparent", "content-length", "accept", "dpop", "x-forwarded-for",
          "client-cert", "host", "cookie", "accept-encoding", "expect", "if-none-match", "range"]  # fmt: skip
WORD = st.one_of(
    st.sampled_from(["salzungen", "00000000-0000-0000-0000-000000000000.1", "%00", "..", "%F0%28%8C", "a%2Fb"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/?#%[]\\"), min_size=1, max_size=40),
)
BYTES = st.binary(max_size=60).filter(lambda value: b"\r" not in value and b"\n" not in value)
QUERY = st.lists(
    st.tuples(st.sampled_from(["cursor", "limit", "number", "verdict", "wait", "lease", "document_type"]), WORD),
    max_size=4,
)
THORNS = [b"\\u0000", b"\\ud800", b"'", b'"', b"&#0;", b"]]>", b"<!DOCTYPE a>"]
SAMPLES = [example(name) for name in ("order.json", "order.edi", "order.ubl.xml", "despatch-advice.ubl.xml")]


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Random bytes, or a real document with a wound."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=400))
    content = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content) - 1))
        wound = draw(st.sampled_from(["cut", "change", "insert", "repeat"]))
        if wound == "cut":
            del content[at : at + draw(st.integers(1, 200))]
        elif wound == "change":
            content[at] = draw(st.integers(0, 255))
        elif wound == "insert":
            content[at:at] = draw(
                st.one_of(st.binary(max_size=8), st.sampled_from([b"\\u0000", b"\\ud800", b"'", b'"']))
            )
        else:
            content[at:at] = content[at : at + 60]
        content = content or bytearray(b"{")
    return bytes(content)


def without_waiting(query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, word) for name, word in query if name != "wait"]


async def test_no_request_makes_a_server_error(served: Served) -> None:
    loop = asyncio.get_running_loop()
    callers = [served.aurora(), served.supplier(), served.plant(), {}, {"authorization": "Bearer x"}]
    seen: set[int] = set()

    async def send(method: str, path: str, query: Any, fields: Any, caller: int, content: bytes) -> None:
        url = httpx.URL(scheme="https", host="gateway.tests.example", raw_path=path.encode())
        url = url.copy_merge_params(without_waiting(query)) if query else url
        headers = [*callers[caller].items(), *((name, value) for name, value in fields)]
        answer = await served.client.request(method, url, headers=headers, content=content)
        seen.add(answer.status_code)
        assert answer.status_code < 500, (method, path, query, fields, content, answer.text)
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json", (method, path, answer.text)
            assert answer.json()["status"] == answer.status_code

    @settings(
        max_examples=400, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip
    @given(
        method=st.sampled_from(["GET", "POST", "POST", "POST", "PUT", "HEAD", "OPTIONS", "DELETE"]),
        path=st.sampled_from(PATHS),
        words=st.tuples(WORD, WORD),
        query=QUERY,
        fields=st.lists(st.tuples(st.sampled_from(FIELDS), BYTES), max_size=3),
        caller=st.integers(0, 4),
        content=bodies(),
    )
    def run(method: str, path: str, words: Any, query: Any, fields: Any, caller: int, content: bytes) -> None:
        filled = path
        for word in words:
            start, _, rest = filled.partition("{")
            filled = start + word + rest.partition("}")[2] if rest else filled
        future = asyncio.run_coroutine_threadsafe(send(method, filled, query, fields, caller, content), loop)
        future.result(60)

    await asyncio.to_thread(run)
    assert {400, 401, 404, 405, 415} <= seen


async def test_no_wound_of_a_document_makes_a_server_error(served: Served) -> None:
    loop = asyncio.get_running_loop()
    caller = {**served.partner("aurora-orders", "orders.send", "despatch.send")}

    async def send(content: bytes) -> None:
        answer = await served.post("/v1/documents", content, caller, media="application/octet-stream")
        assert answer.status_code in (202, 400, 413, 415, 422), (content, answer.text)

    @settings(
        max_examples=600, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip
    @given(bodies())
    def run(content: bytes) -> None:
        asyncio.run_coroutine_threadsafe(send(content), loop).result(60)

    await asyncio.to_thread(run)
    assert (await served.post("/v1/documents", an_order(number="after all"), caller)).status_code == 202
