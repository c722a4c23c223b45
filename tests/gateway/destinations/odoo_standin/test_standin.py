"""The stand-in itself: its switches, its page, its file, its manners on the wire."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.destinations.odoo_standin.application import BANNER
from gateway.destinations.odoo_standin.seeding import BillOfMaterial, Seed, plant, read_seed
from gateway.destinations.odoo_standin.serving import open_store, standing_in
from gateway.destinations.odoo_standin.store import Store

KEY = "a key of the tests"
COLUMNS = ["id", "partner_id/.id", "order_line/id", "order_line/product_id/.id", "order_line/product_uom_qty"]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with (
        standing_in(open_store(), api_key=KEY) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, headers={"authorization": f"Bearer {KEY}"}) as opened,
    ):
        yield opened


async def _count(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/json/2/sale.order/search_count", json={"domain": []})


async def _load(client: httpx.AsyncClient, xid: str = "gw.one") -> httpx.Response:
    rows = [[xid, "1", f"{xid}_l1", "1", "2"]]
    return await client.post("/json/2/sale.order/load", json={"fields": COLUMNS, "data": rows})


async def _switch(client: httpx.AsyncClient, **switches: Any) -> None:
    assert (await client.post("/standin/faults", json=switches)).status_code == 200


async def test_every_answer_says_that_it_is_a_stand_in(client: httpx.AsyncClient) -> None:
    for path in ("/web/version", "/standin/orders"):
        assert (await client.get(path)).headers["x-stand-in"] == BANNER
    assert (await client.get("/web/version")).json() == {"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "User not authenticated, use an API Key with a Bearer Authorization header."),
        ("Basic eDp5", "User not authenticated, use an API Key with a Bearer Authorization header."),
        ("bearer wrong", "Invalid apikey"),
    ],
)
async def test_a_key_is_needed(client: httpx.AsyncClient, header: str | None, message: str) -> None:
    client.headers.pop("authorization")
    answer = await client.post(
        "/json/2/sale.order/search_count", json={"domain": []}, headers={"authorization": header} if header else {}
    )
    assert (answer.status_code, answer.json()["message"]) == (401, message)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_body_that_is_no_json_is_a_bad_request(client: httpx.AsyncClient) -> None:
    answer = await client.post("/json/2/sale.order/search_count", content=b"{bad")
    assert (answer.status_code, answer.json()["name"]) == (400, "werkzeug.exceptions.BadRequest")


async def test_a_get_is_told_what_to_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/json/2/sale.order/search_count")
    assert (answer.status_code, answer.json()["message"]) == (404, "Did you mean POST /json/2/<model>/<method>?")


async def test_it_goes_away_and_comes_back(client: httpx.AsyncClient) -> None:
    await _switch(client, away=True)
    assert (await _count(client)).status_code == 503
    assert (await client.get("/web/version")).status_code == 503
    assert (await client.get("/standin/orders")).status_code == 200
    assert (await client.post("/standin/recover")).status_code == 200
    assert (await _count(client)).json() == 0


async def test_it_cuts_connections_without_an_answer(client: httpx.AsyncClient) -> None:
    await _switch(client, refuse=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await _count(client)
    await _switch(client, refuse=False)
    assert (await _count(client)).status_code == 200


async def test_it_commits_and_cuts_the_connection_as_often_as_told(client: httpx.AsyncClient) -> None:
    await _switch(client, drop_after_commit=1, pass_before_drop=1)
    assert (await _load(client, "gw.one")).json()["ids"] == [1]
    assert (await _count(client)).json() == 1
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await _load(client, "gw.two")
    assert (await _count(client)).json() == 2
    assert (await _load(client, "gw.two")).json()["ids"] == [2]


async def test_it_asks_for_patience(client: httpx.AsyncClient) -> None:
    await _switch(client, too_many=1, retry_after=9)
    answer = await _count(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "9")
    assert (await _count(client)).status_code == 200


async def test_a_clash_is_a_200_for_load_and_a_500_for_others(client: httpx.AsyncClient) -> None:
    await _switch(client, clash=2)
    answer = (await _load(client)).json()
    assert answer["ids"] is False
    assert "could not serialize access due to concurrent update" in answer["messages"][0]["message"]
    other = await client.post("/json/2/sale.order/action_confirm", json={"ids": [1]})
    assert (other.status_code, other.json()["name"]) == (500, "psycopg2.errors.SerializationFailure")
    assert (await _count(client)).json() == 0


async def test_it_can_be_slow(client: httpx.AsyncClient) -> None:
    await _switch(client, latency=5)
    with pytest.raises(httpx.ReadTimeout):
        await client.get("/web/version", timeout=0.05)


@pytest.mark.parametrize(
    ("switches", "sentence"),
    [
        ({"awaay": True}, "unknown switch `awaay`; use one of away, away_for, clash"),
        ({"away": "yes"}, "Expected `bool`, got `str`"),
    ],
)
async def test_a_wrong_switch_is_refused(client: httpx.AsyncClient, switches: dict[str, Any], sentence: str) -> None:
    answer = await client.post("/standin/faults", json=switches)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(sentence)
    assert (await client.get("/standin/faults")).json()["away"] is False


async def test_the_page_shows_orders_and_escapes_what_partners_wrote(client: httpx.AsyncClient) -> None:
    rows = [["gw.one", "1", "gw.one_l1", "1", "2", "<script>"]]
    await client.post("/json/2/sale.order/load", json={"fields": [*COLUMNS, "client_order_ref"], "data": rows})
    page = (await client.get("/standin/orders")).text
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert '<td data-name="Their number">&lt;script&gt;' in page, "on a narrow screen each cell says what it is"
    assert 'name="viewport"' in page
    assert BANNER in page
    listed = (await client.get("/standin/orders", headers={"accept": "application/json"})).json()
    assert listed["sale_orders"] == [{
        "name": "S00001", "state": "draft", "customer": "Nordlicht Handel GmbH", "client_order_ref": "<script>",
        "origin": None, "lines": [{"product": "GW-1000", "quantity": 2.0, "price": 18.5}],
    }]  # fmt: skip
    assert [each["name"] for each in listed["productions"]] == ["WH/MO/00003", "WH/MO/00002", "WH/MO/00001"]


async def test_more_records_can_be_planted(client: httpx.AsyncClient) -> None:
    seed = {"partners": [{"ref": "newcomer", "name": "Newcomer Ltd"}]}
    for _ in range(2):
        assert (await client.post("/standin/seed", json=seed)).status_code == 200
    asked = {"domain": [["ref", "=", "newcomer"]]}
    assert (await client.post("/json/2/res.partner/search_count", json=asked)).json() == 1


async def test_a_file_keeps_the_records(tmp_path: Path) -> None:
    for expected in ([1], [1], [1]):
        store = open_store(tmp_path / "standin.sqlite")
        async with (
            standing_in(store, api_key=KEY) as url,
            httpx.AsyncClient(base_url=url, trust_env=False, headers={"authorization": f"bearer {KEY}"}) as client,
        ):
            assert (await _load(client)).json()["ids"] == expected
            assert (await _count(client)).json() == 1
        store.close()


def test_what_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "standin.sqlite")
    with store.transaction():
        plant(store, Seed())
    company = store.find("res.company", 1)
    with pytest.raises(MemoryError):
        _fail_halfway(store)
    assert store.rows.get("res.partner") == {}
    assert store.find("res.company", 1) == company
    assert store.xids == {}
    store.close()


def _fail_halfway(store: Store) -> None:
    with store.transaction():
        store.create("res.partner", {"name": "x", "active": True})
        store.change("res.company", 1, name="y")
        store.name("gw.x", "res.partner", 1)
        raise MemoryError


def test_the_seed_that_ships_is_planted_once() -> None:
    store = open_store()
    before = {model: len(rows) for model, rows in store.rows.items()}
    with store.transaction():
        plant(store, read_seed())
    assert {model: len(rows) for model, rows in store.rows.items()} == before


def test_a_seed_that_speaks_of_nothing_is_refused() -> None:
    store, wrong = open_store(), Seed(boms=(BillOfMaterial(product="ghost", components=()),))
    sentence = r"^the seed speaks of `ghost`, which is not in product\.product$"
    with pytest.raises(ValueError, match=sentence), store.transaction():
        plant(store, wrong)


async def test_several_requests_share_a_connection(client: httpx.AsyncClient) -> None:
    store = open_store()
    async with standing_in(store, api_key=KEY) as url:
        port = int(url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(b"GET /web/version HTTP/1.1\r\nhost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            assert b"19.0" in await reader.readexactly(length)
        writer.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"POST /json/2/a/b HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        b"POST /json/2/a/b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST /json/2/a/b HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * 40_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_request_ends_the_connection(request_bytes: bytes) -> None:
    async with standing_in(open_store(), api_key=KEY) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(request_bytes)
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass
        finally:
            writer.close()
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{url}/web/version")).status_code == 200


async def test_away_ends_by_itself(client: httpx.AsyncClient) -> None:
    await _switch(client, away_for=0.0)
    assert (await _count(client)).status_code == 200
    await _switch(client, away_for=3600)
    assert (await _count(client)).status_code == 503
    assert (await client.get("/standin/faults")).json()["away"] is True


def test_it_runs_as_a_program_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = (
        "from pathlib import Path; from gateway.destinations.odoo_standin.serving import main; "
        f"main('127.0.0.1', {port}, Path({str(tmp_path / 'state')!r}), api_key='k')"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == f"{BANNER}\n"
    assert process.stderr.readline().startswith(f"listening on http://127.0.0.1:{port}, orders at ")
    assert httpx.get(f"http://127.0.0.1:{port}/web/version", trust_env=False).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    process.stderr.close()
