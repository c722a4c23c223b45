"""The bridge against the gateway's own HTTP API and ledger; the line between them can be cut."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from support.serving import PLANT, PUBLIC_URL, Served, a_despatch_advice, serving

from gateway.ledger.ledger import Ledger
from plant_bridge.inbox import Inbox
from plant_bridge.running import Bridge
from plant_bridge.uplink import LineDown, NotWanted, Uplink

TOKEN_URL = "https://issuer.tests.example/realms/plants/protocol/openid-connect/token"
SECRET = "a secret of the tests"
Mishap = Callable[[httpx2.Request], httpx2.Response | None]


class Line(httpx2.AsyncBaseTransport):
    """From the plant to the gateway and the issuer. `before` and `after` may answer in their place, or raise."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._gateway = httpx2.ASGITransport(app=served.app)
        self.before: Mishap = lambda _: None
        self.after: Mishap = lambda _: None
        self.requests: list[str] = []
        self.tokens = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.requests.append(f"{request.method} {request.url.path}")
        if str(request.url) == TOKEN_URL:
            return self._token(request)
        answer = self.before(request) or await self._gateway.handle_async_request(request)
        return self.after(request) or answer

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        assert request.headers["authorization"].startswith("Basic ")
        assert parse_qs(request.content.decode()) == {"grant_type": ["client_credentials"]}
        self.tokens += 1
        token = self._served.issuer.token("plant", "salzungen-mes", *PLANT)
        return httpx2.Response(200, json={"access_token": token, "token_type": "Bearer", "expires_in": 300})


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


@pytest.fixture
def line(served: Served) -> Line:
    return Line(served)


@pytest.fixture
async def uplink(line: Line) -> AsyncIterator[Uplink]:
    opened = Uplink(PUBLIC_URL, "salzungen", token_url=TOKEN_URL, client="salzungen-mes", secret=SECRET, transport=line)
    async with opened:
        yield opened


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


async def advise(served: Served, number: str) -> str:
    """A despatch advice laid ready for the plant; gives the message's id."""
    answer = await served.post("/v1/despatch-advices", a_despatch_advice(number=number), served.supplier())
    assert answer.status_code == 202, answer.text
    await served.lay_ready()
    return str(answer.json()["message"])


async def state_of(served: Served, message: str) -> dict[str, Any]:
    answer = await served.client.get(f"/v1/messages/{message}", headers=served.supplier())
    return dict(answer.json())


async def bridge_until(uplink: Uplink, inbox: Inbox, holds: Callable[[], Any], seconds: float = 20.0) -> None:
    """Run the bridge until `holds()`, then stop it; it must stop at once though it is waiting for documents."""
    stop = asyncio.Event()
    running = asyncio.create_task(Bridge(uplink, inbox, shortest=0.01, longest=0.02).run(stop, wait=30.0))
    async with asyncio.timeout(seconds):
        while not await holds():
            assert not running.done(), running.exception()
            await asyncio.sleep(0.02)
        stop.set()
        await running


def delivered(served: Served, *messages: str) -> Callable[[], Any]:
    async def all_are() -> bool:
        return all([(await state_of(served, message))["state"] == "delivered" for message in messages])

    return all_are


async def test_what_lies_ready_is_written_down_and_acknowledged(served: Served, uplink: Uplink, inbox: Inbox) -> None:
    messages = [await advise(served, f"LS-{number}") for number in (1, 2, 3)]
    await bridge_until(uplink, inbox, delivered(served, *messages))
    for message in messages:
        [delivery] = (await state_of(served, message))["deliveries"]
        assert delivery["reference"] == f"{delivery['id']}.json"
        [stored] = await served.ledger.documents((await served.ledger.history(message)).id)  # type: ignore[union-attr]
        assert (inbox.folder / delivery["reference"]).read_bytes() == bytes(stored.body)
    assert len(list(inbox.folder.iterdir())) == 3


async def test_a_document_that_comes_while_the_bridge_waits_is_taken(
    served: Served, uplink: Uplink, inbox: Inbox
) -> None:
    waiting = asyncio.create_task(bridge_until(uplink, inbox, lambda: asyncio.sleep(0, list(inbox.folder.iterdir()))))
    await asyncio.sleep(0.3)
    message = await advise(served, "LS-1")
    await waiting
    assert (await state_of(served, message))["state"] in ("delivered", "under way")


async def test_a_gateway_that_is_away_is_asked_again_until_it_is_back(
    served: Served, line: Line, uplink: Uplink, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    message = await advise(served, "LS-1")
    answers = (httpx2.Response(503), httpx2.Response(502, text="<h1>"))
    troubles = iter([httpx2.ConnectError("refused"), httpx2.ReadTimeout("slow"), *answers])

    def trouble(_: httpx2.Request) -> httpx2.Response | None:
        what = next(troubles, None)
        if isinstance(what, Exception):
            raise what
        return what

    line.before = trouble
    with caplog.at_level(logging.WARNING, "plant_bridge"):
        await bridge_until(uplink, inbox, delivered(served, message))
    said = [record.message.partition(";")[0] for record in caplog.records if record.name.startswith("plant_bridge")]
    assert said == [
        "the gateway or the issuer cannot be reached: ConnectError",
        "the gateway or the issuer cannot be reached: ReadTimeout",
        "the gateway answered 503",
        "the gateway answered 502",
    ]


async def test_an_acknowledgement_that_was_not_heard_is_said_again_at_once(
    served: Served, line: Line, uplink: Uplink, inbox: Inbox
) -> None:
    message = await advise(served, "LS-1")
    losses = iter([True, True])

    def lose_the_answer(request: httpx2.Request) -> httpx2.Response | None:
        if request.method == "POST" and next(losses, False):
            raise httpx2.ReadError("cut")
        return None

    line.after = lose_the_answer
    acknowledging = f"POST /v1/plants/salzungen/deliveries/{message}.1/acknowledgement"

    async def said_three_times() -> bool:
        return line.requests.count(acknowledging) == 3

    await bridge_until(uplink, inbox, said_three_times)
    assert (await state_of(served, message))["state"] == "delivered"
    assert line.requests.count("GET /v1/plants/salzungen/deliveries") <= 2
    assert [file.name for file in inbox.folder.iterdir()] == [f"{message}.1.json"]


async def test_a_bridge_that_died_before_acknowledging_takes_the_same_file_again(
    served: Served, uplink: Uplink, inbox: Inbox
) -> None:
    message = await advise(served, "LS-1")
    [delivery] = (await served.client.get("/v1/plants/salzungen/deliveries?lease=1", headers=served.plant())).json()[
        "deliveries"
    ]
    [stored] = await served.ledger.documents((await served.ledger.history(message)).id)  # type: ignore[union-attr]
    first = inbox.keep(delivery["id"], bytes(stored.body))
    await bridge_until(uplink, inbox, delivered(served, message))
    assert list(inbox.folder.iterdir()) == [first]


async def test_one_that_cannot_be_kept_holds_no_other_up(served: Served, uplink: Uplink, inbox: Inbox) -> None:
    first, second = await advise(served, "LS-1"), await advise(served, "LS-2")
    (inbox.folder / f"{first}.1.json").write_bytes(b"something else")
    await bridge_until(uplink, inbox, delivered(served, second))
    assert (await state_of(served, first))["state"] == "under way"
    assert (inbox.folder / f"{first}.1.json").read_bytes() == b"something else"


async def test_a_token_the_gateway_refuses_is_replaced(line: Line, uplink: Uplink) -> None:
    line.before = lambda _: httpx2.Response(401, json={"detail": "the token has expired"})
    with pytest.raises(LineDown) as down:
        await uplink.fetch(wait=0)
    assert str(down.value) == "the gateway answered 401: the token has expired"
    line.before = lambda _: None
    assert await uplink.fetch(wait=0) == []
    assert line.tokens == 2


async def test_the_gateways_own_word_on_waiting_is_kept(line: Line, uplink: Uplink) -> None:
    line.before = lambda _: httpx2.Response(429, headers={"retry-after": "7"}, json={"detail": "too many requests"})
    with pytest.raises(LineDown) as down:
        await uplink.fetch(wait=0)
    assert (str(down.value), down.value.after) == ("the gateway answered 429: too many requests", 7.0)


async def test_an_acknowledgement_nobody_wants_is_told_apart(served: Served, uplink: Uplink) -> None:
    message = await advise(served, "LS-1")
    [delivery] = await uplink.fetch(wait=0)
    word = {"verdict": "rejected", "text": "no such place here"}
    path = f"/v1/plants/salzungen/deliveries/{delivery.id}/acknowledgement"
    assert (await served.post(path, word, served.plant())).status_code == 200
    with pytest.raises(NotWanted) as contradicted:
        await uplink.acknowledge(delivery.id, "x.json")
    assert str(contradicted.value).startswith("the gateway answered 409: this delivery was acknowledged the other way")
    with pytest.raises(NotWanted):
        await uplink.acknowledge(message, "x.json")


async def test_an_issuer_that_says_no_is_told_in_its_own_words(line: Line, uplink: Uplink) -> None:
    line._token = lambda _: httpx2.Response(401, json={"error": "invalid_client"})  # type: ignore[method-assign]
    with pytest.raises(LineDown, match="no token was issued: invalid_client"):
        await uplink.fetch(wait=0)


@pytest.mark.parametrize("content", [b"<h1>It works</h1>", b"[]", b'{"deliveries":[{"id":1}]}'])
async def test_an_answer_that_is_not_the_gateways_is_no_delivery(line: Line, uplink: Uplink, content: bytes) -> None:
    line.before = lambda _: httpx2.Response(200, content=content)
    with pytest.raises(LineDown, match="what answers under the gateway's address is not the gateway"):
        await uplink.fetch(wait=0)
