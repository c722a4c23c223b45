"""A change of the rules on its whole way: signed, approved, promoted, taken by a gateway that runs. What was tampered
with is not taken, a gateway starts on what it has kept, and there is a way back."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from support.serving import an_order

from gateway.cli.demo.house import without_settings
from gateway.cli.demo.ports import HOST, Reserved, reserve
from gateway.cli.demo.programs import Program
from gateway.cli.main import main
from gateway.settings import PACKAGED

SECRET = "a-secret-of-both-clients"
CLIENTS = {
    "realms": {
        "partners": [
            {"client_id": client, "secret": SECRET, "audiences": ["partner-gateway"], "realm_roles": roles}
            for client, roles in (("aurora-orders", ["orders.send", "messages.read"]), ("kiesel-test", []))
        ],
        "plants": [],
        "corporate": [],
    }
}
USUAL, SLOWER = "rate: 5000 per 1s", "rate: 4000 per 1s"
TOLD = {USUAL: '"standard-requests";q=5000;w=1', SLOWER: '"standard-requests";q=4000;w=1'}
"""What the RateLimit-Policy of an answer says."""


class House:
    """A gateway and an issuer that run; commands that are typed beside them, in the same environment."""

    def __init__(self, folder: Path, environment: dict[str, str], port: Reserved, issuer: str, ended: Any) -> None:
        self.folder = folder
        self.url = environment["GATEWAY_PUBLIC_URL"]
        self._environment = environment
        self._port = port
        self._ended = ended
        self._gateway: Program | None = None
        self.issuer = issuer

    @property
    def log(self) -> str:
        return (self.folder / "gateway.log").read_text()

    def start(self) -> None:
        self._port.leave_to_listen()
        log = self.folder / "gateway.log"
        self._gateway = Program("gateway", "gateway.cli.main", ("serve",), log=log, env=self._environment)
        self._gateway.wait_until_answers(f"{self.url}/health/ready")

    def stop(self) -> None:
        if self._gateway is not None:
            self._gateway.stop()
            self._gateway = None

    def policy(self, *words: str, ends: int | None = 0) -> str:
        """What the command prints, once it has ended with this status; None: with any."""
        status = main(["policy", *words])
        told = self._ended()
        assert ends in (None, status), told.out + told.err
        assert "Traceback" not in told.out + told.err
        return str(told.out + told.err)

    def sign_and_approve(self, name: str) -> None:
        self.policy("sign", name, "--key", "mira.pem", "--as", "mira", "--why", "a test")
        self.policy("approve", name, "--key", "jonas.pem", "--as", "jonas")

    def send(self, client: str = "aurora-orders", **order: Any) -> httpx.Response:
        form = {"grant_type": "client_credentials"}
        given = httpx.post(f"{self.issuer}/protocol/openid-connect/token", data=form, auth=(client, SECRET))
        fields = {"authorization": f"Bearer {given.json()['access_token']}", "content-type": "application/json"}
        return httpx.post(f"{self.url}/v1/documents", content=msgspec.json.encode(an_order(**order)), headers=fields)

    def rules_hold(self, rate: str) -> bool:
        answer = self.send(number=f"PO-{time.monotonic_ns()}")
        assert answer.status_code == 202, "it goes on all the while"
        return answer.headers["ratelimit-policy"] == TOLD[rate]

    def says(self, number: int, problems: int = 0) -> bool:
        """Whether `policy status` tells this of the one gateway that runs."""
        (gateway,) = json.loads(self.policy("status", "--json", ends=None))["gateways"]
        return (gateway["number"], gateway["problems"]) == (number, problems)

    def uses(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Messages and how many of them were refused, by sender and version, as `policy usage` tells."""
        told = json.loads(self.policy("usage", "--json"))["uses"]
        return {(one["sender"], one["version"]): (one["messages"], one["refused"]) for one in told}


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def house(
    tmp_path: Path, database: str, valkey_server: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[House]:  # fmt: skip
    """Number 1 is live, and runs."""
    shutil.copytree(PACKAGED / "policies" / "rules", tmp_path / "live")
    (tmp_path / "clients.json").write_bytes(msgspec.json.encode(CLIENTS))
    ports = {name: reserve(0) for name in ("gateway", "issuer")}
    issuer = f"http://{HOST}:{ports['issuer'].port}/realms/partners"
    settings = {
        "GATEWAY_DATABASE_URL": database, "GATEWAY_COUNTERS_URL": valkey_server, "GATEWAY_HOST": HOST,
        "GATEWAY_PORT": str(ports["gateway"].port), "GATEWAY_PUBLIC_URL": f"http://{HOST}:{ports['gateway'].port}",
        "GATEWAY_PARTNER_ISSUERS": issuer, "GATEWAY_STATE": str(tmp_path / "state"),
        "GATEWAY_KEYS": str(tmp_path / "keys"), "GATEWAY_POLICIES": str(tmp_path / "live"),
    }  # fmt: skip
    environment = without_settings() | settings | {"GATEWAY_POLICY_SIGNERS": str(tmp_path / "signers.yaml")}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    asked = ("development-issuer", "--clients", str(tmp_path / "clients.json"), "--state", str(tmp_path / "issuer"),
             "--port", str(ports["issuer"].port))  # fmt: skip
    ports["issuer"].leave_to_listen()
    identity = Program("issuer", "gateway.cli.main", asked, log=tmp_path / "issuer.log", env=environment)
    made = House(tmp_path, environment, ports["gateway"], issuer, capsys.readouterr)
    try:
        lines = [made.policy("keygen", name, "--key", f"{name}.pem").splitlines()[-1] for name in ("mira", "jonas")]
        (tmp_path / "signers.yaml").write_text("\n".join(["kind: signers", "approvals: 1", "signers:", *lines, ""]))
        monkeypatch.setenv("GATEWAY_POLICY_SIGNERS", environment["GATEWAY_POLICY_SIGNERS"])
        made.sign_and_approve("live")
        identity.wait_until_answers(f"{issuer}/.well-known/openid-configuration")
        made.start()
        yield made
    finally:
        made.stop()
        identity.stop()
        for port in ports.values():
            port.close()


@pytest.mark.slow
@pytest.mark.xdist_group("processes")
def test_a_change_of_the_rules_on_its_whole_way_and_back(house: House) -> None:
    live = house.folder / "live"
    assert [house.send(number=f"PO-{number}").status_code for number in range(3)] == [202] * 3
    assert house.send(lines=[]).status_code == 422
    assert house.send("kiesel-test").json()["code"] == "access.not_granted"
    assert house.rules_hold(USUAL)

    shutil.copytree(live, house.folder / "candidate")
    limits = house.folder / "candidate" / "limits.yaml"
    limits.write_text(limits.read_text().replace(USUAL, SLOWER, 1))
    house.sign_and_approve("candidate")
    assert "number 2, revision sha256:" in house.policy("promote", "candidate")
    until(lambda: house.rules_hold(SLOWER))
    until(lambda: house.says(number=2))
    house.policy("status")

    (live / "limits.yaml").write_text(limits.read_text().replace(SLOWER, USUAL, 1))
    until(lambda: house.says(number=2, problems=1))
    assert house.rules_hold(SLOWER)
    changed = "live/limits.yaml: this file was changed after it was signed"
    assert changed in house.policy("promote", "live", "--dry-run", ends=2)
    assert changed in house.log

    assert house.send("kiesel-test").status_code == 403
    house.stop()  # what was refused before its body, and is recorded in sums, is recorded before it ends
    shutil.rmtree(live)
    house.start()
    assert house.rules_hold(SLOWER)
    until(lambda: house.says(number=2, problems=1))

    house.policy("rollback", "1", "--out", "back", "--key", "mira.pem", "--as", "mira", "--why", "a test")
    house.policy("approve", "back", "--key", "jonas.pem", "--as", "jonas", "--against", "2")
    assert "number 3, revision sha256:" in house.policy("promote", "back")
    until(lambda: house.rules_hold(USUAL))
    until(lambda: house.says(number=3))
    house.policy("status")
    assert "Traceback" not in house.log

    told = json.loads(house.policy("replay", "live", "--contents", "--exit-code", "--json"))
    assert (told["differences"], told["requests"], told["without_facts"]) == ([], 2, 0)
    assert told["messages"] > 5
    assert "nothing would have been judged otherwise" in house.policy("replay", "1", "--exit-code")
    uses = house.uses()
    assert uses["kiesel", "api v1"] == (2, 2)
    assert uses["aurora", "api v1"] == (told["messages"], 1)
