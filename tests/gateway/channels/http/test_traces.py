"""Every answer of the API carries the trace it was handled under: whoever asks us what happened can name it."""

import logging
from typing import Any

import pytest
from litestar.response import Response
from support.serving import Served, an_order

from gateway.channels.http import submitting
from gateway.ledger.database import LedgerUnavailable
from gateway.logceiling import PER_MINUTE

THEIRS = "4bf92f3577b34da6a3ce929d0e0e4736"
FIELD = {"traceparent": f"00-{THEIRS}-00f067aa0ba902b7-01"}
NOBODY: dict[str, str] = {}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/messages", 401),
        ("POST", "/v1/documents", 401),
        ("POST", "/v1/self-test", 401),
        ("GET", "/v1/outbox", 401),
        ("GET", "/v1/plants/salzungen/deliveries", 401),
        ("GET", "/v1/messages?limit=none", 400),
        ("GET", "/v1/messages?lmit=1", 400),
        ("POST", "/v1/documents?dry_run=1", 400),
        ("GET", "/v1/documents", 405),
        ("GET", "/v1/nowhere", 404),
        ("GET", "/nowhere", 404),
    ],
)
async def test_a_problem_of_nobody_carries_the_callers_trace(
    served: Served, method: str, path: str, status: int
) -> None:
    answer = await served.client.request(method, path, headers=FIELD)
    assert answer.status_code == status
    assert answer.json()["trace"] == THEIRS
    assert answer.headers["traceparent"].startswith(f"00-{THEIRS}-")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/messages/x", 404),
        ("/v1/messages/019ab0c4-7c1e-7d52-9a43-0b6f2c8e4d11/receipt", 404),
        ("/v1/messages?cursor=x", 400),
        ("/v1/outbox", 403),
        ("/v1/self-test/x/receipt", 404),
    ],
)
async def test_a_problem_of_somebody_does_too(served: Served, path: str, status: int) -> None:
    answer = await served.client.get(path, headers=FIELD | served.aurora())
    assert answer.status_code == status
    assert answer.json()["trace"] == THEIRS
    assert answer.headers["traceparent"].startswith(f"00-{THEIRS}-")


async def test_who_names_no_trace_gets_a_new_one_in_both_places(served: Served) -> None:
    answers = [await served.client.get("/v1/messages") for _ in range(2)]
    traces = [answer.json()["trace"] for answer in answers]
    assert traces == [answer.headers["traceparent"].split("-")[1] for answer in answers]
    assert traces[0] != traces[1]


async def test_a_good_answer_carries_it_and_what_is_left_of_the_limits(served: Served) -> None:
    answer = await served.client.get("/v1/messages", headers=FIELD | served.aurora())
    assert answer.status_code == 200
    assert answer.headers["traceparent"].startswith(f"00-{THEIRS}-")
    assert answer.headers["ratelimit"].startswith('"standard-requests";r=')
    assert answer.headers["ratelimit-policy"].startswith('"standard-requests";q=')


async def test_beside_a_retry_after_no_other_limit_is_told(served: Served) -> None:
    sent = (await served.order("PO-1")).json()
    early = await served.client.get(sent["receipt"], headers=served.aurora())
    assert early.headers["retry-after"] == "1"
    assert "ratelimit" not in early.headers
    assert "ratelimit-policy" in early.headers


async def test_a_failure_carries_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> Response[bytes]:
        raise LedgerUnavailable("the ledger's database does not answer")

    monkeypatch.setattr(submitting.Intake, "accept", away)
    monkeypatch.setattr(type(served.ledger), "list_messages", away)
    for answer in (
        await served.post("/v1/documents", an_order(), served.aurora(), FIELD),
        await served.client.get("/v1/messages", headers=FIELD | served.aurora()),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger.unavailable")
        assert answer.json()["trace"] == THEIRS


async def test_a_refused_caller_is_in_the_log_under_its_trace(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="gateway.messages"):
        await served.client.get("/v1/messages", headers=FIELD | {"authorization": "Bearer secret.token.here"})
    facts = [record.facts for record in caplog.records if record.getMessage() == "caller.refused"]  # type: ignore[attr-defined]
    assert [(one["code"], one["address"], one["traceparent"].split("-")[1]) for one in facts] == [
        ("token.malformed", "127.0.0.1", THEIRS)
    ]
    assert "secret" not in str(facts)


async def test_strangers_do_not_decide_how_much_is_logged(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="gateway.messages"):
        for _ in range(PER_MINUTE + 20):
            answer = await served.client.get("/v1/messages", headers={"authorization": "Bearer secret.token.here"})
            assert answer.status_code == 401
    lines = [record for record in caplog.records if record.getMessage() == "caller.refused"]
    assert PER_MINUTE <= len(lines) <= PER_MINUTE + 15  # it fills up while we ask
