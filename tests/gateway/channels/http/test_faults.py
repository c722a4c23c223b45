"""What is answered while something behind the API is away or broken: never an acknowledgement, always how to go on."""

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from support.serving import Served, a_despatch_advice, an_order, serving

from gateway.embedded import embedded_postgresql, embedded_valkey
from gateway.ledger.database import migrate, open_pool
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer


class Secret(Exception):  # noqa: N818 - of the tests
    """Its text must not reach the caller."""


@pytest.mark.parametrize("path", ["/v1/documents", "/v1/documents/"])
async def test_an_unexpected_failure_acknowledges_nothing_and_tells_nothing(
    served: Served, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise Secret("sesame")

    monkeypatch.setattr(type(served.ledger), "record", fail)
    answer = await served.post(path, an_order(), served.aurora())
    assert answer.status_code == 500
    problem = answer.json()
    assert problem["code"] == "internal"
    assert problem["detail"] == "the gateway failed; nothing was acknowledged"
    assert problem["acts"] == "operator"
    assert "sesame" not in answer.text
    assert "Secret" not in answer.text
    assert "Traceback" not in answer.text
    assert await served.messages_kept() == 0
    assert "a request failed" in caplog.text


async def test_an_unexpected_failure_while_asking_is_answered_alike(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Secret("sesame")

    monkeypatch.setattr(type(served.ledger), "list_messages", fail)
    answer = await served.client.get("/v1/messages", headers=served.aurora())
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "sesame" not in answer.text


async def test_while_the_ledger_is_away_nothing_is_acknowledged_and_then_it_goes_on(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, sealer: Sealer
) -> None:
    folder = tmp_path_factory.mktemp("postgresql-of-its-own")
    folder.parent.chmod(0o755)
    data = folder / "data"
    async with AsyncExitStack() as stack:
        with embedded_postgresql(data, environment="development") as url:
            pool = await open_pool(url)
            await migrate(pool)
            ledger = Ledger(pool, Payloads(sealer), "tester")
            stack.push_async_callback(ledger.close)
            served = await stack.enter_async_context(serving(ledger, tmp_path))
            await served.order("PO-1")
        answers = await asyncio.gather(
            served.post("/v1/documents", an_order(number="PO-2"), served.aurora()),
            served.post("/v1/documents", b"{}", served.aurora()),
            served.client.get("/v1/messages", headers=served.aurora()),
            served.client.get("/v1/plants/salzungen/deliveries", headers=served.plant()),
            served.post("/v1/plants/salzungen/deliveries/x/acknowledgement", b"{}", served.plant()),
        )
        for answer in answers[:4]:
            assert (answer.status_code, answer.json()["code"]) == (503, "ledger.unavailable"), answer.text
            assert answer.headers["retry-after"] == "5"
            assert answer.json()["repeat"] is True
            assert "statement" not in answer.text
        assert answers[4].status_code == 400  # found wrong before the ledger is asked
        ready = await served.client.get("/health/ready")
        assert (ready.status_code, ready.json()["checks"]["ledger"]) == (503, False)
        assert (await served.client.get("/health/live")).status_code == 200
        with embedded_postgresql(data, environment="development"):
            again = await served.order("PO-2")
            assert again.json()["duplicate"] is False
            assert (await served.client.get("/health/ready")).status_code == 200
            assert await served.messages_kept() == 2


async def test_while_the_counters_are_away_documents_are_still_taken(ledger: Ledger, tmp_path: Path) -> None:
    with embedded_valkey(tmp_path / "valkey", environment="development") as url:
        context = serving(ledger, tmp_path / "files", counters_url=url)
        served = await context.__aenter__()
        await served.order("PO-1")
        assert not served.counters.is_away
    try:
        await served.order("PO-2")
        assert served.counters.is_away
        answers = [await served.post("/v1/documents", an_order(), served.partner("kiesel-test")) for _ in range(12)]
        assert answers[-1].status_code == 503  # a share of the limit goes on to hold
        assert answers[-1].json()["code"] == "limit.reduced_capacity"
    finally:
        await context.__aexit__(None, None, None)


async def test_while_the_issuer_is_away_a_new_token_cannot_be_judged(served: Served) -> None:
    known, unknown = served.aurora(), served.partner("aurora-orders")
    await served.post("/v1/documents", an_order(), known)
    served.issuer.away = True
    assert (await served.post("/v1/documents", an_order(), known)).status_code == 202  # judged before
    answer = await served.post("/v1/documents", an_order(), unknown)
    assert (answer.status_code, answer.json()["code"]) == (503, "keys.unavailable")
    assert answer.headers["retry-after"] == "5"


async def test_a_verdict_that_takes_too_long_is_no_acknowledgement(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    async with serving(ledger, tmp_path, total_seconds=0.05) as served:
        monkeypatch.setattr(Ledger, "record", never)
        answer = await served.post("/v1/documents", an_order(), served.aurora())
        assert (answer.status_code, answer.json()["code"]) == (503, "gateway.overrun")
        assert answer.json()["repeat"] is True
        assert "retry-after" in answer.headers


async def test_no_log_line_figure_or_problem_holds_what_is_secret(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "kanarienvogel"
    caller = served.partner("aurora-orders", "orders.send", canary + "-role")
    key = {"idempotency-key": f"{canary}-key"}
    for content in (
        an_order(notes=[{"text": f"{canary}-note"}]),
        an_order(notes=[{"text": f"{canary}-note"}], number="PO-2"),
        a_despatch_advice(number=f"{canary}-number"),
        an_order(notes=[{"text": f"{canary}-note"}], currency="EURO"),
        b'{"kind": "purchase_order/1", "x": "' + canary.encode() * 100,
    ):
        for fields in (key, {}):
            answer = await served.post("/v1/documents", content, caller, fields)
            assert f"{canary}-note" not in answer.text
            assert f"{canary}-role" not in answer.text
            assert answer.status_code == 202 or f"{canary}-key" not in answer.text
    await served.post("/v1/documents", an_order(), {"authorization": f"Bearer {canary}.{canary}.{canary}"})
    await served.post("/v1/documents", an_order(), {**caller, "idempotency-key": f"{canary} {canary}"})
    await served.client.get(f"/v1/messages?number={canary}&cursor={canary}", headers=caller)
    figures = (await served.client.get("/metrics")).text
    # the client of the tests logs too, as httpx and httpcore
    told = "\n".join(str(vars(record)) for record in caplog.records if not record.name.startswith("http"))
    assert canary not in figures
    assert canary not in told
    assert "intake.refused" in told
    assert caller["authorization"].split(" ")[1] not in told
