"""Foreign AS2 against the running service, both ways: OpenAS2, phase2 and libas2 order, read our receipts, and take our
answers.

Skipped with a sentence where Java, Maven, node, npm or the libraries are missing; with GATEWAY_REAL=require that is a
failure.
"""

import asyncio
import os
import queue
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from support.as2_keys import holder

from gateway.embedded import database_url
from tests.real.as2_service import Service, service
from tests.real.keycloak_server import CannotStart
from tests.real.libas2_peer import LibAs2
from tests.real.openas2_peer import LATER, OpenAs2
from tests.real.phase2_peer import Listening, Phase2

pytestmark = [pytest.mark.real, pytest.mark.timeout(300), pytest.mark.xdist_group("as2-service")]
LONG = {"begins": datetime(2020, 1, 1, tzinfo=UTC), "ends": datetime(2060, 1, 1, tzinfo=UTC)}
US, THEM = holder("us", **LONG), holder("them", **LONG)
ANSWERS = {b"CONTRL", b"ORDRSP"}


def had(make: Any) -> Any:
    try:
        return make()
    except CannotStart as missing:
        if os.environ.get("GATEWAY_REAL") == "require":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def phase2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phase2]:
    running: Phase2 = had(lambda: Phase2(tmp_path_factory.mktemp("phase2"), US, THEM))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def libas2() -> LibAs2:
    made: LibAs2 = had(lambda: LibAs2(THEM.key_pem, THEM.pem, US.pem))
    return made


@pytest.fixture(scope="module")
def running(postgresql_server: str, valkey_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    name = f"as2_service_{os.getpid()}"

    async def on_server(statement: str) -> None:
        connection = await asyncpg.connect(postgresql_server)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(on_server(f"create database {name} template ledger"))
    folder = tmp_path_factory.mktemp("as2-service")
    with service(folder, database_url(postgresql_server, name), valkey_server, US, THEM) as opened:
        yield opened
    asyncio.run(on_server(f"drop database {name} with (force)"))


@pytest.fixture(scope="module")
def openas2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAs2]:
    running: OpenAs2 = had(lambda: OpenAs2(tmp_path_factory.mktemp("openas2"), US, THEM))
    yield running
    running.stop()


def kinds(contents: list[bytes]) -> set[bytes]:
    return {kind for content in contents for kind in ANSWERS if b"+" + kind + b":" in content}


@pytest.mark.parametrize("receipt", ["sync", "async"])
@pytest.mark.parametrize(("cipher", "compress"), [("CRYPT_AES256_CBC", "after"), ("CRYPT_AES128_GCM", "before")])
async def test_phase2_orders_and_takes_our_answers(
    running: Service, phase2: Phase2, receipt: str, cipher: str, compress: str
) -> None:
    running.let(f'{{url: "{phase2.url}", cipher: aes-256-cbc, receipt: {receipt}}}')
    before = files(phase2.inbox)
    number, order = running.next_order()
    said = await asyncio.to_thread(
        phase2.send, running.url, order, cipher=cipher, digest="DIGEST_SHA256", compress=compress
    )
    assert (said.failure, said.disposition) == ("-", "automatic-action/MDN-sent-automatically; processed")
    (kept,) = await running.side.rows("select mic from as2_received order by received_at desc limit 1")
    assert said.mic.replace(" ", "") == kept["mic"].replace(" ", "")
    await running.answered(number)
    came = [file.read_bytes() for file in files(phase2.inbox) - before]
    assert (len(came), kinds(came)) == (2, ANSWERS)


@pytest.mark.parametrize("receipt", ["sync", "async"])
async def test_openas2_orders_believes_our_receipt_and_takes_our_answers(
    running: Service, openas2: OpenAs2, receipt: str
) -> None:
    openas2.let(running.url, more=LATER.format(url=openas2.receipts_url) if receipt == "async" else "")
    how = f"cipher: aes-256-cbc, key_transport: rsa-pkcs1, receipt: {receipt}"
    running.let(f'{{url: "{openas2.url}", {how}}}', openas2.receipts_url)
    before, receipts = files(openas2.inbox), files(openas2.receipts)
    number, order = running.next_order()
    await asyncio.to_thread(openas2.send, f"{number}.edi", order)
    try:
        await running.answered(number)
    except AssertionError:
        pytest.fail(openas2.log()[-6000:])
    came = [file.read_bytes() for file in files(openas2.inbox) - before]
    assert (len(came), kinds(came)) == (2, ANSWERS)
    (kept,) = await running.side.rows("select mic from as2_received order by received_at desc limit 1")
    async with asyncio.timeout(30):  # it keeps receipts that it gave, too
        while not any(kept["mic"].partition(",")[0] in file.read_text() for file in files(openas2.receipts) - receipts):
            await asyncio.sleep(0.2)


def files(folder: Path) -> set[Path]:
    return set(folder.iterdir()) if folder.exists() else set()


async def test_libas2_orders_reads_our_receipt_and_takes_our_answers(running: Service, libas2: LibAs2) -> None:
    came: queue.Queue[bytes | None] = queue.Queue()

    def take(raw: list[tuple[bytes, bytes]], body: bytes) -> tuple[list[tuple[str, str]], bytes]:
        headers = [(name.decode(), value.decode()) for name, value in raw]
        content, fields, receipt = libas2.receive(headers, body, decrypt=True)
        came.put(content)
        return fields, receipt

    with Listening(take) as listening:
        running.let(f'{{url: "{listening.url}", cipher: aes-256-cbc}}')
        number, order = running.next_order(plain=True)
        raw, body = await asyncio.to_thread(libas2.send, order, encrypt="aes256-CBC", sign="sha-256")
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            first, second = [await client.post(running.url, headers=raw, content=body) for _ in range(2)]
        assert (first.status_code, first.content) == (200, second.content), "the receipt of then, byte for byte"
        said = await asyncio.to_thread(libas2.read_receipt, list(first.headers.items()), first.content)
        (kept,) = await running.side.rows("select mic from as2_received order by received_at desc limit 1")
        assert (said["processed"], f"{said['mic']['mic']}, {said['mic']['algorithm']}") == (True, kept["mic"])
        await running.answered(number)
    contents = [content for content in came.queue if content is not None]
    assert (len(contents), kinds(contents)) == (2, ANSWERS)


async def test_libas2_reads_a_receipt_that_comes_on_a_connection_of_its_own(running: Service, libas2: LibAs2) -> None:
    receipts: queue.Queue[tuple[list[tuple[str, str]], bytes]] = queue.Queue()

    def take(raw: list[tuple[bytes, bytes]], body: bytes) -> tuple[list[tuple[str, str]], bytes]:
        headers = [(name.decode(), value.decode()) for name, value in raw]
        if "disposition-notification-to" not in {name.lower() for name, _ in headers}:
            receipts.put((headers, body))
            return [], b""
        _, fields, receipt = libas2.receive(headers, body, decrypt=True)
        return fields, receipt

    with Listening(take) as listening:
        running.let(f'{{url: "{listening.url}", cipher: aes-256-cbc}}', listening.url)
        number, order = running.next_order(plain=True)
        raw, body = await asyncio.to_thread(libas2.send, order, encrypt="aes128-CBC", sign="sha-512")
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            fields = [*raw, (b"Receipt-Delivery-Option", listening.url.encode())]
            answer = await client.post(running.url, headers=fields, content=body)
        assert (answer.status_code, answer.content) == (200, b"")
        await running.answered(number)
    headers, receipt = receipts.get_nowait()
    said = await asyncio.to_thread(libas2.read_receipt, headers, receipt)
    assert (said["processed"], said["messageId"]) == (True, dict(raw)[b"Message-ID"].decode())


async def test_what_libas2_cannot_verify_is_parked_with_its_words(running: Service, libas2: LibAs2) -> None:
    """It reads bytes as text: a signature over characters beyond ASCII is never one for it."""

    def take(raw: list[tuple[bytes, bytes]], body: bytes) -> tuple[list[tuple[str, str]], bytes]:
        _, fields, receipt = libas2.receive(
            [(name.decode(), value.decode()) for name, value in raw], body, decrypt=True
        )
        return fields, receipt

    with Listening(take) as listening:
        running.let(f'{{url: "{listening.url}", cipher: aes-256-cbc}}')
        _, order = running.next_order()
        raw, body = await asyncio.to_thread(libas2.send, order, encrypt="aes256-CBC", sign="sha-256")
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            assert (await client.post(running.url, headers=raw, content=body)).status_code == 200
        parked: list[dict[str, Any]] = []
        async with asyncio.timeout(60):
            while not parked:
                await asyncio.sleep(0.2)
                parked = await running.side.rows("select * from exceptions where state = 'parked'")
    assert parked[0]["cause"] == "partner.refused"
    assert parked[0]["last_error"].startswith("failed/failure: Could not verify signature")
    async with running.side.ledger() as ledger:
        await ledger.cancel(parked[0]["message_id"], parked[0]["number"], actor="operator ann", reason="sent by mail")
