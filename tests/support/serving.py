"""The HTTP API as it is served, on a real PostgreSQL, real rules and real profiles; only the issuer is of the tests."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar
from support.ledgering import lease_all
from support.tokens import ISSUERS, TestIssuer

from gateway.breaker import Breaker
from gateway.channels.as2.hearing import Hearing
from gateway.channels.as2.outcomes import Outcomes
from gateway.channels.as2.receiving import As2Inbox
from gateway.channels.as2.receiving import Limits as As2Limits
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.strangers import Strangers
from gateway.channels.http.application import Api, fast, http_application
from gateway.channels.http.asking import Questions
from gateway.channels.http.calling import Callers
from gateway.channels.http.health import Health
from gateway.channels.http.inbox import PlantInbox
from gateway.channels.http.outbox import PartnerOutbox
from gateway.channels.http.selftest import SelfTests
from gateway.channels.http.submitting import Submissions
from gateway.channels.http.timelimits import TimeLimits
from gateway.counters import Counters
from gateway.delivery import deliver
from gateway.destinations.plant import PlantDestination
from gateway.identity.tokens import TokenVerifier
from gateway.intake import Intake
from gateway.ledger.checkpoints import SigningKey as CheckpointKey
from gateway.ledger.ledger import Ledger
from gateway.longintake import LongIntake
from gateway.rehearsing import Rehearsal
from gateway.settings import PACKAGED
from gateway.together import Together
from partners.live import LiveDirectory
from partners.ownkeys import OwnKeys
from policies.live import LivePolicies
from translators.examples import example
from translators.reading import Limits

PUBLIC_URL = "https://gateway.tests.example"
ORDERS = ("orders.send", "messages.read")
DESPATCH = ("despatch.send", "messages.read")
PLANT = ("production.confirm", "deliveries.fetch")
LOCAL = (ip_network("127.0.0.0/8"),)

PROFILES = {
    "profiles/gesperrt": {"kind": "distributor", "state": "suspended", "plan": "standard"},
    "profiles/dpopler": {"kind": "distributor", "plan": "standard", "binding": "dpop"},
    "profiles/zertifix": {"kind": "distributor", "plan": "standard", "binding": "certificate"},
    "profiles/planlos": {"kind": "distributor", "plan": "forgotten"},
    "plants/ulm": {"kind": "plant", "gln": "4260001230028"},
}
"""Beside the packaged ones; each has one client named `<id>-client`."""


@dataclass
class Served:
    """The API in this process, and what stands behind it."""

    app: Litestar
    client: httpx.AsyncClient
    issuer: TestIssuer
    ledger: Ledger
    counters: Counters
    intake: Intake
    policies: LivePolicies
    checkpoint_key: CheckpointKey
    partners: LiveDirectory

    def aurora(self) -> dict[str, str]:
        return self.partner("aurora-orders")

    def partner(self, client: str, *roles: str) -> dict[str, str]:
        """The Authorization field of a partner's client, with the roles of a distributor unless others are named."""
        return {"authorization": f"Bearer {self.issuer.token('partner', client, *(roles or ORDERS))}"}

    def supplier(self) -> dict[str, str]:
        return self.partner("stahlhof-versand", *DESPATCH)

    def plant(self, client: str = "salzungen-mes", *roles: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.issuer.token('plant', client, *(roles or PLANT))}"}

    def corporate(self, *roles: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.issuer.token('corporate', 'erp', *(roles or ('documents.send',)))}"}

    async def post(self, path: str, content: Any, *fields: dict[str, str], media: str = "application/json") -> Any:
        """POST bytes, or an object as JSON."""
        body = content if isinstance(content, bytes) else msgspec.json.encode(content)
        headers = {"content-type": media}
        for more in fields:
            headers |= more
        return await self.client.post(path, content=body, headers=headers)

    async def order(self, number: str, *fields: dict[str, str]) -> httpx.Response:
        """An order of this number, accepted."""
        answer = await self.post("/v1/documents", an_order(number=number), self.aurora(), *fields)
        assert answer.status_code == 202, answer.text
        return answer

    async def sequence(self) -> None:
        """What the worker's sequencer does each moment: put the events under a signed checkpoint."""
        async with self.ledger._pool.acquire() as held:
            await self.ledger.sequencer(self.checkpoint_key).sequence(held)

    async def lay_ready(self, plant: str = "salzungen") -> None:
        """What the worker does: offer what goes to the plant."""
        destination = PlantDestination(plant)
        for lease in await lease_all(self.ledger, destination.name):
            while await deliver(self.ledger, destination, Breaker(), lease):
                pass

    async def messages_kept(self) -> int:
        return int(await self.ledger._pool.fetchval("select count(*) from messages"))


@asynccontextmanager
async def serving(
    ledger: Ledger,
    folder: Path,
    *,
    counters_url: str | None = None,
    body_seconds: float = 5,
    total_seconds: float = 60,
    most: int = 1 << 20,
) -> AsyncIterator[Served]:
    """Serves over ASGI, without a socket. `folder` takes the files people edit; each test may change its own."""
    write_profiles(folder / "partners")
    shutil.copytree(PACKAGED / "policies" / "rules", folder / "rules")
    async with AsyncExitStack() as stack:
        counters = Counters(counters_url)
        stack.push_async_callback(counters.close)
        issuer, policies = TestIssuer(), LivePolicies(folder / "rules")
        partners = LiveDirectory(folder / "partners")
        intake = Intake(policies, partners, counters, ledger, Limits(max_bytes=most))
        sandbox = Intake(policies, partners, counters, Rehearsal(ledger), Limits(max_bytes=most))
        verifier = TokenVerifier(list(ISSUERS.values()), issuer, replays=counters)
        callers = Callers(verifier, LOCAL, PUBLIC_URL)
        api = Api(
            submissions=Submissions(callers, intake, TimeLimits(), most, body_seconds, total_seconds),
            questions=Questions(callers, intake, ledger),
            inbox=PlantInbox(callers, intake, ledger),
            outbox=PartnerOutbox(callers, intake, ledger),
            as2=as2_inbox(intake, partners, ledger, folder / "partner-keys", most, body_seconds, total_seconds),
            self_tests=SelfTests(callers, sandbox, ledger, TimeLimits(), most, body_seconds, total_seconds),
            health=Health(ledger, folder, LOCAL),
        )
        app = http_application(lambda: api)
        transport = httpx.ASGITransport(app=fast(app, lambda: api), raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL))
        key = CheckpointKey("audit.tests.example", Ed25519PrivateKey.generate())
        yield Served(app, client, issuer, ledger, counters, intake, policies, key, partners)


def as2_inbox(
    intake: Intake, partners: LiveDirectory, ledger: Ledger, keys: Path, most: int, body: float, total: float
) -> As2Inbox:
    return As2Inbox(
        stations=Stations(lambda: partners.current, OwnKeys(keys)),
        outcomes=Outcomes(
            intake=intake,
            long_intake=LongIntake(ledger, most),
            together=Together(intake, intake._counters, ledger, most),
            ledger=ledger,
            most_content=most,
            host="gateway.tests.example",
        ),
        ledger=ledger,
        hearing=Hearing(ledger),
        strangers=Strangers(),
        time_limits=TimeLimits(),
        limits=As2Limits(most_bytes=2 * most, body_seconds=body, total_seconds=total),
        trusted_proxies=LOCAL,
    )


def write_profiles(folder: Path) -> None:
    """The packaged partners and plants, and those of PROFILES."""
    shutil.copytree(PACKAGED / "partners" / "profiles", folder / "profiles")
    shutil.copytree(PACKAGED / "partners" / "plants", folder / "plants")
    for place, given in PROFILES.items():
        name = place.rpartition("/")[2]
        profile: dict[str, Any] = {"id": name, "name": name.title(), "state": "active", "binding": "none", **given}
        profile |= {
            "clients": [f"{name}-client"],
            "identifiers": {"gln": [profile.pop("gln")]} if "gln" in given else {},
        }
        (folder / f"{place}.yaml").write_bytes(msgspec.json.encode(profile))  # JSON is YAML


def an_order(**changes: Any) -> dict[str, Any]:
    return {**msgspec.json.decode(example("order.json")), **changes}


def a_confirmation(**changes: Any) -> dict[str, Any]:
    return {**msgspec.json.decode(example("production-confirmation.json")), **changes}


def a_despatch_advice(**changes: Any) -> dict[str, Any]:
    """Of a supplier, to the plant at Bad Salzungen."""
    return {
        "kind": "despatch_advice/1",
        "number": "LS-1",
        "issued_on": "2026-11-23",
        "despatcher": {"identifiers": [{"scheme": "gln", "value": "7612345000008"}], "name": "Stahlhof"},
        "receiver": {"identifiers": [{"scheme": "gln", "value": "4260001230004"}], "name": "Bergmann"},
        "ship_to": {"identifiers": [{"scheme": "gln", "value": "4260001230011"}], "name": "Werk Bad Salzungen"},
        "lines": [
            {
                "number": "1",
                "product": [{"scheme": "supplier_code", "value": "SH-20"}],
                "quantity": {"value": "400", "unit": "C62"},
            }
        ],
        **changes,
    }


async def until(holds: Any, *, seconds: float = 10) -> None:
    """Waits for a condition another task brings about; fails rather than hangs."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)
