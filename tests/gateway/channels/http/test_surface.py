"""What every answer has in common, and what is answered where nothing is."""

import pytest
from support.serving import Served, an_order

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/nowhere", 404),
        ("POST", "/v1/nowhere", 404),
        ("GET", "/openapi/nothing", 404),
        ("GET", "/openapi", 404),
        ("GET", "/v1/documents", 405),
        ("PUT", "/v1/documents", 405),
        ("DELETE", "/v1/messages/x", 405),
        ("TRACE", "/v1/documents", 405),
        ("POST", "/health/live", 405),
        ("GET", "/v1/messages", 401),
        ("POST", "/v1/documents", 401),
        ("GET", "/v0/messages", 401),
    ],
)
async def test_every_refusal_is_a_problem_document(served: Served, method: str, path: str, status: int) -> None:
    answer = await served.client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "code", "acts", "repeat"} <= set(problem)
    assert (status == 405) == ("allow" in answer.headers)
    assert ("act" in problem) == (status != 401), "a 401 says it in WWW-Authenticate"


async def test_allow_names_the_methods_that_are_taken(served: Served) -> None:
    answer = await served.client.put("/v1/documents")
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}
    options = await served.client.options("/v1/documents")
    assert options.status_code == 204
    assert set(options.headers["allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/errors/internal", "/v1/messages", "/nowhere"])
async def test_a_head_is_the_get_without_its_body(served: Served, path: str) -> None:
    got = await served.client.get(path, headers=served.aurora())
    head = await served.client.head(path, headers=served.aurora())
    assert head.status_code == got.status_code
    assert head.content == b""
    names = {"content-type", "content-length", "cache-control"}
    assert {name: head.headers.get(name) for name in names} == {name: got.headers.get(name) for name in names}


async def test_the_head_of_an_inbox_takes_nothing_out_of_it(served: Served) -> None:
    answer = await served.client.head("/v1/plants/salzungen/deliveries", headers=served.plant())
    assert answer.status_code == 405


async def test_every_answer_is_plain_and_kept_by_nobody(served: Served) -> None:
    caller = served.aurora()
    answers = [
        await served.post("/v1/documents", an_order(), caller),
        await served.post("/v1/documents", b"{}", caller),
        await served.post("/v1/documents", b"{}"),
        await served.client.get("/v1/messages", headers=caller),
        await served.client.get("/nowhere"),
        await served.client.get("/health/ready"),
        await served.client.options("/v1/documents"),
    ]
    for answer in answers:
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert answer.headers.get_list("cache-control") == ["no-store"]
        assert len(answer.headers.get_list("content-type")) <= 1


async def test_the_fast_lane_and_the_long_way_answer_alike(served: Served) -> None:
    """The addresses that take documents stand in Litestar too: a final slash takes the long way."""
    caller = served.aurora()
    for content in (an_order(), b"{}", b"\xff"):
        fast = await served.post("/v1/documents", content, caller)
        long = await served.post("/v1/documents/", content, caller)
        assert fast.status_code == long.status_code
        changing = {"content-length", "traceparent", "ratelimit", "location"}
        assert {n: v for n, v in fast.headers.items() if n not in changing} == {
            n: v for n, v in long.headers.items() if n not in changing
        }
        assert set(fast.headers) == set(long.headers)


async def test_figures_are_for_those_who_may_see_them(served: Served) -> None:
    answer = await served.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].count("charset") == 1
    assert b"gateway_messages_received_total" in answer.content


async def test_a_refused_document_carries_the_trace(served: Served) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = await served.post("/v1/documents", b"{}", served.aurora(), {"traceparent": trace})
    assert answer.json()["trace"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert answer.headers["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
