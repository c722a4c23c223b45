"""Two whole gateways that face each other over AS2: each has processes, a database, keys and rules of its own, and is
the other's partner. Bergmann sells, with Odoo's stand-in behind it; Werra buys, and records what it is answered.

Each is reached through a `CuttingProxy`, the only address the other knows.
"""

import asyncio
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
from faults.buyer import BERGMANN_HERE, BUYERS_ACCESS, BUYERS_OWNERSHIP, BUYERS_ROUTES, TRUSTING
from faults.ground import Process, free_port, gateway
from support.cutting import CuttingProxy

from gateway.app import open_records
from gateway.cli.demo.partner_files import PartnerFiles
from gateway.ledger.ledger import Ledger
from gateway.settings import PACKAGED, read_settings
from translators.examples import example

WERRA = "4098765000027"
PARTNERS = ("bergmann", "werra")
SEED = Path(PACKAGED) / "gateway" / "cli" / "demo" / "seed.json"
_ERP = "werra-erp"


@dataclass
class Side:
    """One of the two. `proxy` is how the other reaches it."""

    name: str
    folder: Path
    proxy: CuttingProxy
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server = Process("server", gateway("serve"), self.environment, self.folder)
        self.worker = Process("worker", gateway("worker"), self.environment, self.folder)

    def start(self) -> None:
        self.server.start()
        self.worker.start()

    def wait_until_ready(self, seconds: float = 60) -> None:
        def answers() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{self.proxy.port}/health/ready", timeout=5).status_code == 200
            except httpx.TransportError:
                return False

        until(answers, f"{self.name} to be ready", seconds, self.logs)

    def kill_server(self) -> None:
        """`kill -9`; then it is started, as a supervisor does."""
        self.server.kill()
        self.server.start()

    def kill_worker(self) -> None:
        """The same; the lease that a dead worker still has, 20 seconds at the most, is let end at once."""
        self.worker.kill()
        asyncio.run(self.rows("update shards set expires_at = now() returning shard"))
        asyncio.run(self.rows("delete from workers returning id"))
        self.worker.start()

    def change(self, old: str, new: str) -> None:
        """In the profile of the other; a process looks every 0.4 s, or when it comes to it."""
        (profile,) = [one for one in (self.folder / "partners" / "profiles").glob("*.yaml") if one.stem in PARTNERS]
        text = profile.read_text()
        assert old in text, text
        profile.write_text(text.replace(old, new))
        time.sleep(2.0)

    def command(self, *words: str) -> Any:
        """What `partner-gateway … --json` says."""
        ran = subprocess.run(
            gateway(*words, "--json"), cwd=self.folder, capture_output=True, text=True, check=False,
            env={k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")} | self.environment,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return json.loads(ran.stdout)

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[Ledger]:
        async with open_records(read_settings(self.environment), "examiner") as opened:
            yield opened

    async def rows(self, query: str, *given: object) -> list[dict[str, Any]]:
        async with self.ledger() as opened:
            return [dict(row) for row in await opened._pool.fetch(query, *given)]

    def logs(self) -> str:
        return self.server.log.read_text() + self.worker.log.read_text()


class Odoo:
    """Its stand-in, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        port, self._key, key_file = free_port(), secrets.token_hex(16), folder / "odoo.key"
        key_file.write_text(self._key)
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            "GATEWAY_ODOO_URL": self.url, "GATEWAY_ODOO_API_KEY_FILE": str(key_file), "GATEWAY_ODOO_RATE": "100",
        }  # fmt: skip
        words = ("odoo-standin", "--port", str(port), "--api-key-file", str(key_file), "--seed", str(SEED))
        self.process = Process("odoo", gateway(*words), {}, folder)

    def wait_until_listens(self) -> None:
        until(lambda: _listens(int(self.url.rpartition(":")[2])), "Odoo's stand-in")

    def sold(self, number: str) -> list[dict[str, Any]]:
        """The sale orders it has of this order of a customer."""
        answer = httpx.post(
            f"{self.url}/json/2/sale.order/search_read", timeout=30,
            json={"domain": [["client_order_ref", "=", number]], "fields": ["name", "state", "client_order_ref"]},
            headers={"Authorization": f"bearer {self._key}"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


@dataclass
class Facing:
    """Both, with what stands behind them."""

    bergmann: Side
    werra: Side
    odoo: Odoo
    issuer_url: str
    _secret: str

    def order(self, number: str) -> dict[str, Any]:
        """Werra's ERP orders from Bergmann; the receipt of Werra's own gateway."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.werra.proxy.port}/v1/documents", content=an_order(number), timeout=30,
            headers={"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.status_code == 202, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    def answered(self, number: str) -> list[dict[str, Any]]:
        """Order responses that Werra's ERP has got to the sale order of this order."""
        file = self.werra.folder / "state" / "recorded" / "recording"
        effects = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()] if file.exists() else []
        names = {one["name"] for one in self.odoo.sold(number)}
        return [one for one in effects if any(name in one["key"] for name in names)]

    def wait_for_answer(self, number: str, seconds: float = 60) -> None:
        until(lambda: self.answered(number), f"the answer to {number}", seconds, self.why)

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.bergmann, self.werra

    def why(self) -> str:
        return "\n".join(side.logs()[-3000:] for side in self.sides)

    def _token(self) -> str:
        answer = httpx.post(
            f"{self.issuer_url}/protocol/openid-connect/token", auth=(_ERP, self._secret), timeout=30,
            data={"grant_type": "client_credentials"},
        )  # fmt: skip
        return str(answer.json()["access_token"])


def an_order(number: str) -> bytes:
    """The order that ships, given by Werra."""
    order = json.loads(example("order.json"))
    order["number"] = number
    order["buyer"]["identifiers"] = [{"scheme": "gln", "value": WERRA}]
    return json.dumps(order).encode()


def until(holds: Callable[[], object], what: str, seconds: float = 60, why: Callable[[], str] = str) -> None:
    """Waits for what other processes bring about."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}\n{why()}")
        time.sleep(0.1)


@contextmanager
def facing(folder: Path, databases: dict[str, str], counters: str) -> Iterator[Facing]:
    """`databases` are empty, one for each; `counters` is a Valkey, whose databases 1 and 2 are used."""
    with ExitStack() as stack:
        proxies = {name: stack.enter_context(CuttingProxy(free_port())) for name in PARTNERS}
        keys = _write_partners(folder, {name: f"{proxy.url}/as2" for name, proxy in proxies.items()})
        _write_buyers_rules(folder / "werra" / "rules")
        shutil.copytree(PACKAGED / "policies" / "rules", folder / "bergmann" / "rules")
        secret, odoo = secrets.token_hex(16), Odoo(folder)
        issuer_port = free_port()
        issuer_url = f"http://127.0.0.1:{issuer_port}/realms/corporate"
        more = {
            "bergmann": odoo.environment,
            "werra": {"GATEWAY_RECORDING": "recording", "GATEWAY_CORPORATE_ISSUERS": issuer_url},
        }
        sides = {
            name: Side(name, folder / name, proxies[name], settings_of(
                folder / name, proxies[name], keys[name], databases[name], f"{counters}/{number}") | more[name])
            for number, name in enumerate(PARTNERS, 1)
        }  # fmt: skip
        clients = folder / "clients.json"
        clients.touch(0o600)
        clients.write_text(json.dumps({"realms": {"partners": [], "plants": [], "corporate": [
            {"client_id": _ERP, "secret": secret, "audiences": ["partner-gateway"], "realm_roles": ["documents.send"]}
        ]}}))  # fmt: skip
        issuer = Process("issuer", gateway("development-issuer", "--clients", str(clients), "--state",
                                           str(folder / "issuer"), "--port", str(issuer_port)), {}, folder)  # fmt: skip
        processes = [issuer, odoo.process, *(one for side in sides.values() for one in (side.server, side.worker))]
        stack.callback(stop_all, processes)
        for process in (issuer, odoo.process):
            process.start()
        # a server that finds no issuer at its first start asks again only half a minute later
        until(lambda: _listens(issuer_port), "the issuer")
        for side in sides.values():
            side.start()
        odoo.wait_until_listens()
        for side in sides.values():
            side.wait_until_ready()
        yield Facing(sides["bergmann"], sides["werra"], odoo, issuer_url, secret)


def stop_all(processes: list[Process]) -> None:
    """All at once: each settles what is under way first."""
    with ThreadPoolExecutor(len(processes)) as pool:
        list(pool.map(Process.stop, processes))


def _write_partners(folder: Path, urls: dict[str, str]) -> dict[str, Path]:
    """The profiles and certificates of both; where each keeps its own keys."""
    files = PartnerFiles(
        folder / "bergmann" / "partners", folder / "bergmann" / "keys-as2", folder / "werra" / "keys-as2"
    )
    files.write(urls["werra"])
    profile = files.folder / "profiles" / "werra.yaml"
    asked = "direction: out\n  channel: as2\n  format: edifact:ORDRSP:D.96A\n"
    text = profile.read_text().replace("  keys:", f'  receipt_urls: ["{urls["werra"]}"]\n  keys:')
    profile.write_text(text.replace(asked, f"{asked}  acknowledgements:\n  - {{kind: contrl, within: 5m}}\n"))
    here = folder / "werra" / "partners"
    for name in ("profiles", "plants", "certificates"):
        (here / name).mkdir(parents=True)
    (here / "profiles" / "bergmann.yaml").write_text(BERGMANN_HERE.format(url=urls["bergmann"]))
    shutil.copy(files.ours / "bergmann.crt", here / "certificates" / "bergmann.pem")
    return {"bergmann": files.ours, "werra": files.theirs}


def _write_buyers_rules(rules: Path) -> None:
    shutil.copytree(PACKAGED / "policies" / "rules", rules)
    (rules / "routing.yaml").write_text(BUYERS_ROUTES)
    ownership = (rules / "ownership.yaml").read_text()
    (rules / "ownership.yaml").write_text(ownership.replace(*TRUSTING) + BUYERS_OWNERSHIP)
    text = (rules / "access.yaml").read_text()
    for old, new in BUYERS_ACCESS.items():
        assert old in text, old
        text = text.replace(old, new)
    (rules / "access.yaml").write_text(text)


def settings_of(folder: Path, proxy: CuttingProxy, keys: Path, database: str, counters: str) -> dict[str, str]:
    (folder / "state").mkdir()
    return {
        "GATEWAY_STATE": str(folder / "state"), "GATEWAY_KEYS": str(folder / "keys"),
        "GATEWAY_PORT": str(proxy.port), "GATEWAY_PUBLIC_URL": proxy.url, "GATEWAY_POLICIES": str(folder / "rules"),
        "GATEWAY_PARTNERS": str(folder / "partners"), "GATEWAY_PARTNER_KEYS": str(keys),
        "GATEWAY_DATABASE_URL": database, "GATEWAY_COUNTERS_URL": counters,
        "GATEWAY_CHECKPOINT_FILE": str(folder / "checkpoints"), "GATEWAY_LOG_LEVEL": "info",
    }  # fmt: skip


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0
