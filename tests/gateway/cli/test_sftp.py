"""`partner-gateway sftp` as a process of its own: it starts, says so, takes files, and may be killed at any moment."""

import io
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from support.mailboxes import ACCOUNT, a_key, order_bytes, write_files

from gateway.channels.sftp.passwords import read_hash
from gateway.cli.main import main
from gateway.ledger.ledger import Ledger

KILLED_AFTER_THE_COMMIT = """
import os, signal, sys
from gateway.ledger.mailbox import Mailboxes
async def dies(*_): os.kill(os.getpid(), signal.SIGKILL)
Mailboxes.lay = dies
from gateway.cli.main import main
sys.exit(main(["sftp"]))
"""
KILLED_BEFORE_THE_COMMIT = KILLED_AFTER_THE_COMMIT.replace("mailbox import Mailboxes", "ledger import Ledger").replace(
    "Mailboxes.lay", "Ledger.record"
)

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
from gateway.cli.main import main
sys.exit(main(["sftp"]))
"""
"""A process whose files have at most 100,000 bytes: the kernel refuses what comes after, as it does on a full disk."""


class Server:
    """One process; `program` is Python that is run instead of the command."""

    def __init__(self, environment: dict[str, str], log: Path, program: str | None = None) -> None:
        what = ["-c", program] if program else ["-m", "gateway.cli.main", "sftp"]
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen([sys.executable, "-P", *what], env=environment, stderr=output)
        self.port = int(environment["GATEWAY_SFTP_PORT"])

    def wait_until_it_listens(self) -> dict[str, Any]:
        """The line that says so."""
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            for line in self._log.read_text().splitlines():
                if '"sftp.listening"' in line:
                    return dict(json.loads(line))
            assert self.process.poll() is None, self._log.read_text()
            time.sleep(0.05)
        raise AssertionError(self._log.read_text())

    async def client(self, host_key: str) -> asyncssh.SFTPClient:
        trusted = asyncssh.import_known_hosts(f"[127.0.0.1]:{self.port} {host_key}\n")
        connection = await asyncssh.connect(
            "127.0.0.1", self.port, username=ACCOUNT, client_keys=[a_key("nordlicht")], known_hosts=trusted,
            agent_path=None, config=None,
        )  # fmt: skip
        return await connection.start_sftp_client()


Start = Callable[..., Server]


@pytest.fixture
def environment(database: str, valkey_server: str, tmp_path: Path) -> dict[str, str]:
    write_files(tmp_path)
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    usual = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return usual | {
        "GATEWAY_STATE": str(tmp_path / "state"),
        "GATEWAY_KEYS": str(tmp_path / "ledger-keys"),
        "GATEWAY_DATABASE_URL": database,
        "GATEWAY_COUNTERS_URL": valkey_server,
        "GATEWAY_POLICIES": str(tmp_path / "rules"),
        "GATEWAY_PARTNERS": str(tmp_path / "partners"),
        "GATEWAY_SFTP_PORT": str(port),
        "GATEWAY_SFTP_HOST_KEYS": str(tmp_path / "host-keys"),
        "GATEWAY_SFTP_SPOOL": str(tmp_path / "spool"),
    }


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    started: list[Server] = []

    def begin(program: str | None = None) -> Server:
        server = Server(environment, tmp_path / f"{len(started)}.log", program)
        started.append(server)
        return server

    yield begin
    for server in started:
        server.process.kill()
        server.process.wait()


def host_key(folder: Path) -> str:
    return asyncssh.read_private_key(folder / "host-keys" / "ssh_host_ed25519_key").export_public_key().decode()


async def put(client: asyncssh.SFTPClient, name: str, content: bytes) -> None:
    async with client.open(f"/in/{name}", "wb") as file:
        await file.write(content)


async def acknowledgements(client: asyncssh.SFTPClient) -> list[dict[str, Any]]:
    found = []
    for name in await client.listdir("/ack"):
        async with client.open(f"/ack/{name}", "rb") as file:
            found.append(json.loads(await file.read()))
    return found


async def test_it_says_that_it_listens_takes_a_file_and_ends_in_order(
    start: Start, tmp_path: Path, ledger: Ledger
) -> None:
    server = start()
    said = server.wait_until_it_listens()
    assert (said["address"], said["port"]) == ("127.0.0.1", server.port)
    assert all(re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", shown) for shown in said["host_keys"])
    client = await server.client(host_key(tmp_path))
    await put(client, "order.json", order_bytes())
    (told,) = await acknowledgements(client)
    assert (told["status"], told["duplicate"]) == ("accepted", False)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    assert await ledger._pool.fetchval("select count(*) from messages") == 1


@pytest.mark.parametrize(
    ("program", "kept", "duplicate"),
    [(KILLED_AFTER_THE_COMMIT, 1, True), (KILLED_BEFORE_THE_COMMIT, 0, False)],
    ids=["after the commit", "before the commit"],
)
@pytest.mark.parametrize("way", ["closed", "renamed"])
async def test_a_server_that_is_killed_loses_nothing_and_takes_nothing_twice(
    start: Start, tmp_path: Path, ledger: Ledger, program: str, kept: int, duplicate: bool, way: str
) -> None:
    killed = start(program)
    killed.wait_until_it_listens()
    client = await killed.client(host_key(tmp_path))
    if way == "renamed":
        await put(client, "order.part", order_bytes())
        dropping = client.rename("/in/order.part", "/in/order.json")
    else:
        dropping = put(client, "order.json", order_bytes())
    with pytest.raises((asyncssh.Error, asyncssh.SFTPError, OSError)):
        await dropping
    assert killed.process.wait(20) == -signal.SIGKILL
    assert await ledger._pool.fetchval("select count(*) from messages") == kept

    again = start()
    again.wait_until_it_listens()
    client = await again.client(host_key(tmp_path))
    assert await client.listdir("/in") == (["order.part"] if way == "renamed" else [])
    if way == "renamed":
        await client.rename("/in/order.part", "/in/order.json")
    else:
        await put(client, "order.json", order_bytes())
    assert await ledger._pool.fetchval("select count(*) from messages") == 1
    assert [told["duplicate"] for told in await acknowledgements(client)] == [duplicate]


def run(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "gateway.cli.main", "sftp"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_port_that_is_taken_is_a_sentence(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = run(environment | {"GATEWAY_SFTP_PORT": str(port)})
    assert ran.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: " in ran.stderr
    assert "GATEWAY_SFTP_HOST and GATEWAY_SFTP_PORT name another" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_line_of_a_password_is_what_an_account_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("four words are enough\n"))
    assert main(["sftp-password"]) == 0
    (file := tmp_path / "hash").write_text(capsys.readouterr().out)
    assert read_hash(file).fits("four words are enough")
    assert not read_hash(file).fits("five words are enough")


def test_a_short_password_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("hunter2\n"))
    assert main(["sftp-password"]) == 2
    assert capsys.readouterr().err == "a password has at least 16 letters\n"


async def test_what_the_kernel_refuses_to_keep_is_told_and_taken_once_it_keeps_it(
    start: Start, tmp_path: Path, ledger: Ledger
) -> None:
    server = start(LIMITED)
    server.wait_until_it_listens()
    client = await server.client(host_key(tmp_path))
    order = order_bytes() + b" " * 150_000
    with pytest.raises(asyncssh.SFTPFailure) as refused:
        await put(client, "order.json", order)
    assert refused.value.reason in (
        "no space is left here; we have been told",
        "a write was refused before: the file is not complete and is no message",
    )
    await put(client, "small.json", order_bytes("PO-2"))
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await put(client, "order.json", order)
    assert await client.listdir("/in") == []
    assert int(await ledger._pool.fetchval("select count(*) from messages where verdict = 'accepted'")) == 2
    client.exit()
