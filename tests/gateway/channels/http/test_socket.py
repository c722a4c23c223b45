"""The real server process on a real socket: `partner-gateway serve`, its own issuer, raw bytes."""

import asyncio
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.embedded import embedded_postgresql, embedded_valkey
from translators.examples import example

SECRET = secrets.token_hex(16)
CLIENTS = {
    "realms": {
        "partners": [
            {
                "client_id": "aurora-orders",
                "secret": SECRET,
                "audiences": ["partner-gateway"],
                "realm_roles": ["orders.send"],
            }
        ]
    }
}


def a_free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def started(arguments: list[str], port: int, environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    program = "import sys; from gateway.cli.main import main; sys.exit(main())"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            env={**os.environ, **environment}, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    for _ in range(1200):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise AssertionError(f"{arguments[0]} did not start:\n{log.read_text()}")


class Server:
    def __init__(self, port: int, issuer: str, log: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        form = {"grant_type": "client_credentials"}
        answer = httpx.post(
            f"{issuer}/realms/partners/protocol/openid-connect/token", data=form, auth=("aurora-orders", SECRET)
        )
        self.token = answer.json()["access_token"]

    @property
    def caller(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def say(self, *parts: bytes, pause: float = 0.0) -> bytes:
        """Raw bytes in, everything that comes back until the server closes or is silent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        heard = b""
        try:
            async with asyncio.timeout(20):
                while chunk := await reader.read(65536):
                    heard += chunk
                    length = re.search(rb"content-length: (\d+)", heard)
                    if length and len(heard.partition(b"\r\n\r\n")[2]) >= int(length[1]):
                        break
        except ConnectionError:
            pass
        writer.close()
        return heard


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    folder.parent.chmod(0o755)
    folder.chmod(0o755)
    clients = folder / "clients.json"
    clients.write_text(json.dumps(CLIENTS))
    clients.chmod(0o600)
    issuer_port, port = a_free_port(), a_free_port()
    issuer = f"http://127.0.0.1:{issuer_port}"
    processes = []
    with (
        embedded_postgresql(folder / "postgresql", environment="development") as database,
        embedded_valkey(folder / "valkey", environment="development") as counters,
    ):
        environment = {
            "GATEWAY_STATE": str(folder / "state"),
            "GATEWAY_KEYS": str(folder / "state" / "keys"),
            "GATEWAY_PORT": str(port),
            "GATEWAY_DATABASE_URL": database,
            "GATEWAY_COUNTERS_URL": counters,
            "GATEWAY_PARTNER_ISSUERS": f"{issuer}/realms/partners",
            "GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "GATEWAY_BODY_SECONDS": "1",
            "GATEWAY_HEADER_SECONDS": "1",
            "GATEWAY_MAX_BODY": "100000",
            "GATEWAY_LOG_LEVEL": "debug",
        }
        try:
            arguments = ["development-issuer", "--clients", str(clients), "--state", str(folder / "issuer")]
            processes.append(started([*arguments, "--port", str(issuer_port)], issuer_port, {}, folder / "issuer.log"))
            processes.append(started(["serve"], port, environment, folder / "gateway.log"))
            yield Server(port, issuer, folder / "gateway.log")
        finally:
            for process in processes[::-1]:
                process.terminate()
                process.wait(20)


def head(server: Server, *fields: str) -> bytes:
    lines = ["POST /v1/documents HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Authorization: Bearer {server.token}"]
    return "\r\n".join([*lines, "Content-Type: application/json", *fields, "", ""]).encode()


async def test_an_order_is_taken_over_the_wire_and_told(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers=server.caller) as client:
        sent = await client.post("/v1/documents", content=example("order.json"))
        assert sent.status_code == 202, sent.text
        assert sent.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"\d", sent.headers.get("server", ""))
        told = await client.get(sent.json()["status"])
        assert told.json()["documents"][0]["business_number"] == "PO-4711"
        assert (await client.get("/health/ready")).status_code == 200
        page = await client.get("/")
        assert f"{server.url}/v1/documents" in page.text
        assert "/realms/partners/protocol/openid-connect/token" in page.text


async def test_a_kept_connection_survives_a_refusal(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers=server.caller) as client:
        assert (await client.post("/v1/documents", content=b"{}")).status_code == 415
        assert (await client.get("/health/live")).status_code == 200


async def test_a_body_that_drips_is_cut_off(server: Server) -> None:
    answer = await server.say(head(server, "Content-Length: 5000"), b'{"kind"')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request.deadline"' in answer


async def test_a_head_that_never_ends_is_cut_off(server: Server) -> None:
    answer = await server.say(b"POST /v1/documents HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    assert b" 2" not in answer[:15]


async def test_a_body_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    answer = await server.say(head(server, "Content-Length: 100001"))
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_chunks_too_large_are_refused(server: Server) -> None:
    chunk = b"5000\r\n" + b" " * 0x5000 + b"\r\n"
    answer = await server.say(head(server, "Transfer-Encoding: chunked"), chunk * 6)
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Transfer-Encoding: chunked, identity",),
        ("Content-Length: -1",),
        ("Content-Length: 5, 5",),
    ],
)
async def test_a_body_of_two_lengths_smuggles_nothing(server: Server, fields: tuple[str, ...]) -> None:
    """RFC 9112 section 6.3: what two readers could understand differently ends the connection."""
    smuggled = b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = await server.say(head(server, *fields), smuggled)
    assert b"gateway_messages_received_total" not in answer
    assert not answer.startswith(b"HTTP/1.1 2")


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n",
        b"GET " + b"/" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 2_000_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_no_server_error(server: Server, raw: bytes) -> None:
    answer = await server.say(raw)
    assert not answer.startswith(b"HTTP/1.1 5")
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/health/live")).status_code == 200


async def test_a_caller_who_goes_away_leaves_no_message(server: Server) -> None:
    content = example("order.json").replace(b"PO-4711", b"PO-GONE")
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head(server, f"Content-Length: {len(content)}") + content[:-10])
    await writer.drain()
    writer.close()
    await asyncio.sleep(0.5)
    async with httpx.AsyncClient(base_url=server.url, headers=server.caller) as client:
        assert (await client.get("/v1/messages?number=PO-GONE")).json()["messages"] == []
    assert "Traceback" not in server.log.read_text()


async def test_no_log_line_at_debug_holds_token_payload_or_key(server: Server) -> None:
    canary = f"kanarienvogel{secrets.token_hex(4)}"
    content = example("order.json").replace(b"Petersen", canary.encode())
    async with httpx.AsyncClient(base_url=server.url, headers=server.caller) as client:
        await client.post("/v1/documents", content=content, headers={"idempotency-key": canary})
        await client.post("/v1/documents", content=content[:-9], headers={"idempotency-key": canary + "2"})
        await client.get(f"/v1/messages?number={canary}")
        figures = (await client.get("/metrics")).text
    log = server.log.read_text()
    assert canary not in figures
    assert canary not in log
    assert server.token not in log
    assert "intake.accepted" in log
