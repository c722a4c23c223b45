"""The house the story plays in: every process the demo starts, their addresses, and the order they come and go."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from shlex import quote
from types import TracebackType
from typing import Self

from gateway.cli.demo.partner_files import PartnerFiles
from gateway.cli.demo.ports import HOST, reserve
from gateway.cli.demo.programs import DidNotStart, Program
from gateway.cli.demo.secret_files import ODOO, Secrets

USUAL_PORTS = {"gateway": 8080, "issuer": 8081, "odoo": 8069, "sftp": 8022, "werra": 4080, "worker": 9464}
SITES = ("gateway", "issuer", "odoo")
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
        self._reserved = {name: reserve(port) for name, port in USUAL_PORTS.items()}
        self._ports: dict[str, int] = {name: one.port for name, one in self._reserved.items()}
        self.gateway, self.issuer, self.odoo = (f"http://{HOST}:{self._ports[name]}" for name in SITES)
        self.inbox = self.folder / "plant" / PLANT / "inbox"
        self.keys = self.folder / "keys"
        self.settings = self.folder / "settings.sh"
        self.werra, self.sftp = (HOST, self._ports["werra"]), (HOST, self._ports["sftp"])
        self.partners = PartnerFiles(self.folder / "partners", self.folder / "partner-keys", self.folder / "theirs")
        self.worker_metrics = f"http://{HOST}:{self._ports['worker']}/metrics"
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

    def leave_werra_its_port(self) -> None:
        """Its own address is about to be listened on by the story itself."""
        self._reserved["werra"].leave_to_listen()

    def stop_odoo(self) -> None:
        """Odoo goes away: its process ends, its port refuses."""
        self._stop(next(one for one in self._programs if one.name == "odoo-standin"))

    def start_odoo(self) -> None:
        """Odoo comes back, with all it knew."""
        self._wait_for_odoo(self._launch_odoo())

    def check(self) -> None:
        """Raises DidNotStart when a program has ended by itself."""
        for program in self._programs:
            program.check()

    def process_of(self, name: str) -> int:
        """For whoever wants to end it."""
        return next(one.group for one in self._programs if one.name == name)

    def ended(self) -> Program | None:
        """One that is gone, by itself or by somebody's hand."""
        return next((program for program in self._programs if program.has_ended), None)

    def start_again(self, program: Program) -> None:
        """Raises DidNotStart when it ends at once."""
        self._tell_keeper(f"-{program.group}")
        program.start_again()
        self._tell_keeper(f"+{program.group}")
        time.sleep(3.0)
        program.check()

    def command(self, *arguments: str, environment: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `partner-gateway …` as a user would; without `environment` it knows nothing of this house."""
        env = self.environment if environment else without_settings()
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-P", "-m", "gateway.cli.main", *arguments],
            env=env, capture_output=True, text=True, timeout=120, check=False, cwd=self.folder,
        )  # fmt: skip

    def _set_up(self) -> None:
        """What needs nothing else is launched first and waited for last, so that they start beside each other."""
        (self.folder / "log").mkdir(exist_ok=True)
        self.partners.write(f"http://{HOST}:{self._ports['werra']}/as2")
        new = "" if (self.folder / "postgresql" / "PG_VERSION").exists() else " (made on the first run)"
        self._launch_keeper()
        self._hear_keeper()  # the folder is ours; before that nothing may touch what is in it
        issuer, odoo = self._launch_issuer(), self._launch_odoo()
        with self._announce(f"PostgreSQL{new} and Valkey"):
            urls = self._hear_keeper()
        self.environment |= {f"GATEWAY_{name.upper()}": url for name, url in urls.items()}
        self._write_settings()
        gateway = self._launch("serve", "serve", port="gateway")
        with self._announce(f"token issuer on {self.issuer}"):
            issuer.wait_until_answers(f"{self.issuer}/realms/partners/.well-known/openid-configuration")
        with self._announce(f"Odoo stand-in on {self.odoo}"):
            self._wait_for_odoo(odoo)
        self._launch("worker", "worker", port="worker")
        sftp = self._launch("sftp", "sftp", port="sftp")
        with self._announce(f"gateway on {self.gateway}, SFTP server, a worker, and the bridge of plant {PLANT}"):
            gateway.wait_until_answers(f"{self.gateway}/health/ready")
            sftp.wait_until_listens(*self.sftp)
            self._launch_bridge()

    def _write_settings(self) -> None:
        """For whoever plays: `. settings.sh`, and the commands of operators look into this house."""
        ours = {name: value for name, value in self.environment.items() if name.startswith("GATEWAY_")}
        ours.pop("GATEWAY_WORKER_METRICS_PORT")  # that of our worker: another one may be started beside it
        self.settings.write_text("".join(f"export {name}={quote(value)}\n" for name, value in ours.items()))

    def _launch_keeper(self) -> None:
        with (self.folder / "log" / "keeper.log").open("ab") as log:
            self._keeper = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "gateway.cli.demo.keeping", str(self.folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
            )  # fmt: skip

    def _hear_keeper(self) -> dict[str, str]:
        """Its next line. Raises DidNotStart."""
        assert self._keeper is not None
        assert self._keeper.stdout is not None
        said = self._keeper.stdout.readline()
        if not said:
            log = self.folder / "log" / "keeper.log"
            end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise DidNotStart(f"the embedded servers did not start; {log} ends:\n{end}")
        answer: dict[str, str] = json.loads(said)
        if "problem" in answer:
            raise DidNotStart(answer["problem"])
        return answer

    def _launch_issuer(self) -> Program:
        files = ("--clients", str(self.secrets.clients_file()), "--state", str(self.folder / "issuer"))
        return self._launch("issuer", "development-issuer", "--port", str(self._ports["issuer"]), *files, port="issuer")

    def _launch_odoo(self) -> Program:
        state, key, seed = self.folder / "odoo.sqlite", self.secrets.file(ODOO), Path(__file__).with_name("seed.json")
        files = ("--state", str(state), "--api-key-file", str(key), "--seed", str(seed))
        return self._launch("odoo-standin", "odoo-standin", "--port", str(self._ports["odoo"]), *files, port="odoo")

    def _wait_for_odoo(self, program: Program) -> None:
        program.wait_until_answers(f"{self.odoo}/web/version")

    def _launch(self, name: str, *arguments: str, module: str = "gateway.cli.main", port: str = "") -> Program:
        """`port` names the reserved port the program is about to listen on; it stays ours while that program starts."""
        if port in self._reserved:
            self._reserved[port].leave_to_listen()
        log = self.folder / "log" / f"{name}.log"
        program = Program(name, module, arguments, log=log, env=self.environment)
        self._programs.append(program)
        self._tell_keeper(f"+{program.group}")
        return program

    def _launch_bridge(self) -> None:
        secret = self.secrets.file(PLANT_CLIENT)
        self._launch(
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
        for one in self._reserved.values():
            one.close()
        for program in reversed(list(self._programs)):
            self._stop(program)
        if self._keeper is not None:
            self._keeper.communicate()  # closes its input and waits

    def _environment(self) -> dict[str, str]:
        return without_settings() | {
            "GATEWAY_STATE": str(self.folder),
            "GATEWAY_KEYS": str(self.keys),
            "GATEWAY_CHECKPOINT_FILE": str(self.folder / "checkpoints"),
            "GATEWAY_PARTNERS": str(self.partners.folder),
            "GATEWAY_PARTNER_KEYS": str(self.partners.ours),
            "GATEWAY_SFTP_HOST": HOST,
            "GATEWAY_SFTP_PORT": str(self._ports["sftp"]),
            "GATEWAY_SFTP_HOST_KEYS": str(self.folder / "sftp-host-keys"),
            "GATEWAY_SFTP_SPOOL": str(self.folder / "sftp-spool"),
            "GATEWAY_HOST": HOST,
            "GATEWAY_PORT": str(self._ports["gateway"]),
            "GATEWAY_PUBLIC_URL": self.gateway,
            "GATEWAY_WORKER_METRICS_PORT": str(self._ports["worker"]),
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
