"""The house the story plays in: every process the demo starts, their addresses, and the order they come and go."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.cli.demo.programs import DidNotStart, Program
from gateway.cli.demo.secret_files import ODOO, Secrets

HOST = "127.0.0.1"
PLANT, PLANT_CLIENT = "salzungen", "salzungen-mes"
ODOO_RATE = "100"
"""Calls a second: the stand-in bears more than the five an Odoo of one's own is given to begin with."""

Announce = Callable[[str], AbstractContextManager[None]]


class House:
    """Used inside `with`; leaving it stops everything. `announce` shows what is being set up while it is."""

    def __init__(self, folder: Path, announce: Announce) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self._announce = announce
        self._programs: list[Program] = []
        self._keeper: subprocess.Popen[str] | None = None
        self.secrets = Secrets(self.folder / "secrets")
        gateway, issuer, odoo = free_ports(8080, 8081, 8069)
        self._ports = {"gateway": gateway, "issuer": issuer, "odoo": odoo}
        self.gateway, self.issuer, self.odoo = (f"http://{HOST}:{port}" for port in (gateway, issuer, odoo))
        self.inbox = self.folder / "plant" / PLANT / "inbox"
        self.keys = self.folder / "keys"
        self.environment = self._environment()

    def token_url(self, realm: str) -> str:
        return f"{self.issuer}/realms/{realm}/protocol/openid-connect/token"

    def __enter__(self) -> Self:
        try:
            self._set_up()
        except BaseException:
            self._tear_down()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._tear_down()

    def stop_odoo(self) -> None:
        """Odoo goes away: its process ends, its port refuses."""
        self._stop(next(one for one in self._programs if one.name == "odoo-standin"))

    def start_odoo(self) -> None:
        """Odoo comes back, with all it knew."""
        state, key, seed = self.folder / "odoo.sqlite", self.secrets.file(ODOO), Path(__file__).with_name("seed.json")
        files = ("--state", str(state), "--api-key-file", str(key), "--seed", str(seed))
        program = self._start("odoo-standin", "odoo-standin", "--port", str(self._ports["odoo"]), *files)
        program.wait_until_answers(f"{self.odoo}/web/version")

    def check(self) -> None:
        """Raises DidNotStart when a program has ended by itself."""
        for program in self._programs:
            program.check()

    def command(self, *arguments: str, environment: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `partner-gateway …` as a user would; without `environment` it knows nothing of this house."""
        env = self.environment if environment else without_settings()
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-P", "-m", "gateway.cli.main", *arguments],
            env=env, capture_output=True, text=True, timeout=120, check=False, cwd=self.folder,
        )  # fmt: skip

    def _set_up(self) -> None:
        (self.folder / "log").mkdir(exist_ok=True)
        new = "" if (self.folder / "postgresql" / "PG_VERSION").exists() else " (made on the first run)"
        with self._announce(f"PostgreSQL{new} and Valkey"):
            self.environment |= self._start_keeper()
        with self._announce(f"token issuer on {self.issuer}"):
            clients, state = self.secrets.clients_file(), self.folder / "issuer"
            files = ("--clients", str(clients), "--state", str(state))
            issuer = self._start("issuer", "development-issuer", "--port", str(self._ports["issuer"]), *files)
            issuer.wait_until_answers(f"{self.issuer}/realms/partners/.well-known/openid-configuration")
        with self._announce(f"Odoo stand-in on {self.odoo}"):
            self.start_odoo()
        with self._announce(f"gateway on {self.gateway}"):
            self._start("serve", "serve").wait_until_answers(f"{self.gateway}/health/ready")
        with self._announce(f"worker, and the bridge of plant {PLANT}"):
            self._start("worker", "worker")
            self._start_bridge()

    def _start_keeper(self) -> dict[str, str]:
        with (self.folder / "log" / "keeper.log").open("ab") as log:
            self._keeper = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "gateway.cli.demo.keeping", str(self.folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
            )  # fmt: skip
        assert self._keeper.stdout is not None
        said = self._keeper.stdout.readline()
        if not said:
            log_file = self.folder / "log" / "keeper.log"
            end = "\n".join(log_file.read_text(errors="replace").splitlines()[-15:])
            raise DidNotStart(f"the embedded servers did not start; {log_file} ends:\n{end}")
        answer = json.loads(said)
        if "problem" in answer:
            raise DidNotStart(answer["problem"])
        return {f"GATEWAY_{name.upper()}": url for name, url in answer.items()}

    def _start(self, name: str, *arguments: str, module: str = "gateway.cli.main") -> Program:
        log = self.folder / "log" / f"{name}.log"
        program = Program(name, module, arguments, log=log, env=self.environment)
        self._programs.append(program)
        self._tell_keeper(f"+{program.group}")
        return program

    def _start_bridge(self) -> None:
        secret = self.secrets.file(PLANT_CLIENT)
        self._start(
            "plant-bridge", "run", "--gateway", self.gateway, "--plant", PLANT, "--token-url", self.token_url("plants"),
            "--client", PLANT_CLIENT, "--secret-file", str(secret), "--inbox", str(self.inbox),
            module="plant_bridge.cli",
        )  # fmt: skip

    def _stop(self, program: Program) -> None:
        self._programs.remove(program)
        program.stop()
        self._tell_keeper(f"-{program.group}")

    def _tell_keeper(self, line: str) -> None:
        assert self._keeper is not None
        assert self._keeper.stdin is not None
        with suppress(BrokenPipeError):  # a keeper that is gone has ended the house; what asks it next will say so
            print(line, file=self._keeper.stdin, flush=True)

    def _tear_down(self) -> None:
        """Last come, first gone; then the keeper, which ends whatever is left."""
        for program in reversed(list(self._programs)):
            self._stop(program)
        if self._keeper is not None:
            self._keeper.communicate()  # closes its input and waits

    def _environment(self) -> dict[str, str]:
        return without_settings() | {
            "GATEWAY_STATE": str(self.folder),
            "GATEWAY_KEYS": str(self.keys),
            "GATEWAY_CHECKPOINT_FILE": str(self.folder / "checkpoints"),
            "GATEWAY_HOST": HOST,
            "GATEWAY_PORT": str(self._ports["gateway"]),
            "GATEWAY_PUBLIC_URL": self.gateway,
            "GATEWAY_PARTNER_ISSUERS": f"{self.issuer}/realms/partners",
            "GATEWAY_PLANT_ISSUERS": f"{self.issuer}/realms/plants",
            "GATEWAY_CORPORATE_ISSUERS": f"{self.issuer}/realms/corporate",
            "GATEWAY_ODOO_URL": self.odoo,
            "GATEWAY_ODOO_API_KEY_FILE": str(self.secrets.file(ODOO)),
            "GATEWAY_ODOO_RATE": ODOO_RATE,
        }


def without_settings() -> dict[str, str]:
    """The environment as it is, less what it says of another gateway."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}


def free_ports(*usual: int) -> list[int]:
    """The usual ones where they are free, others where not."""
    held = [listen(port) for port in usual]
    ports: list[int] = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def listen(port: int) -> socket.socket:
    for wanted in (port, 0):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, wanted))
        except OSError:
            one.close()
            continue
        return one
    raise DidNotStart(f"no port is free on {HOST}")
