"""What a worker does for a partner on AS2, and that partner's server, which does as a test tells it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.as2_serving import As2World
from support.leaving import an_answer
from support.ledgering import lease_all
from support.serving import PUBLIC_URL

from gateway.beside import Beside
from gateway.breaker import Breaker
from gateway.channels.as2.building import build_receipt, station_headers
from gateway.channels.as2.carrier import As2Carrier
from gateway.channels.as2.dispositions import Disposition
from gateway.channels.as2.headers import read_headers
from gateway.channels.as2.mdn import Receipted
from gateway.channels.as2.mic import Mic
from gateway.channels.as2.replying import Replying
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.windows import Spools
from gateway.cli.demo.as2_partner import As2Partner, _open
from gateway.delivery import deliver
from gateway.destinations.partner.circuits import Circuits
from gateway.destinations.partner.composing import Composer
from gateway.destinations.partner.destination import PartnerDestination
from gateway.destinations.partner.forwarding import Forwarding
from gateway.egress.client import Egress
from partners.ownkeys import OwnKeys

HOST = "gateway.tests.example"
WERRA = {"name": "Werra", "identifiers": [{"scheme": "gln", "value": "4098765000027"}]}
Answer = tuple[list[tuple[str, str]], bytes]


class Listening(As2Partner):
    """Werra's server. `answers` are what it does with the next requests instead of taking them, one after the other."""

    def __init__(self, world: As2World) -> None:
        super().__init__(world.files.werra(), ("127.0.0.1", 0))
        self.requests: list[tuple[list[tuple[str, str]], bytes]] = []
        self.answers: list[Callable[[list[tuple[str, str]], bytes], Answer]] = []

    def take(self, fields, body):  # type: ignore[no-untyped-def]
        self.requests.append((list(fields), body))
        return self.answers.pop(0)(list(fields), body) if self.answers else super().take(fields, body)

    def message_ids(self) -> set[str]:
        return {dict(fields)["message-id"] for fields, _ in self.requests}


class Out:
    """What the worker does for Werra."""

    def __init__(self, world: As2World, egress: Egress) -> None:
        self.world, self.ledger = world, world.served.ledger
        partners = world.served.intake._partners
        self.partners = partners
        self.stations = stations = Stations(lambda: partners.current, OwnKeys(world.files.ours))
        self.carrier = As2Carrier(stations, egress, self.ledger.exchanges, PUBLIC_URL, HOST)
        self.replying = Replying(self.ledger, stations, egress, self.carrier, lambda: partners.current,
                                 beside=Beside(patience=60))  # fmt: skip
        composer = Composer(Path("/nowhere"), lambda: world.served.policies.current.masking, self.ledger.masking_key)
        self.monotonic = 0.0
        self.breaker = Breaker(clock=lambda: self.monotonic)
        circuits = Circuits(lambda: self.monotonic)
        self.forwarding = Forwarding(lambda: partners.current, self.ledger.parcels, composer, {"as2": self.carrier},
                                     circuits, beside=Beside(patience=60))  # fmt: skip
        self.destination = PartnerDestination(
            "werra", lambda: partners.current, self.ledger.parcels, composer, {"as2": self.carrier}, circuits=circuits
        )

    async def order_response(self, number: str = "AB-1") -> None:
        """The ERP answers Werra."""
        answer = await self.world.served.post(
            "/v1/documents", an_answer(number, buyer=WERRA, ship_to=WERRA), self.world.served.corporate()
        )
        assert answer.status_code == 202, answer.text
        self.message = str(answer.json()["message"])

    async def work(self) -> None:
        for lease in await lease_all(self.ledger, self.destination.name):
            while await deliver(self.ledger, self.destination, Breaker(), lease):
                pass

    async def look(self) -> None:
        """One look of the worker, whose breaker is asked first."""
        if self.breaker.admits():
            for lease in await lease_all(self.ledger, self.destination.name):
                while self.breaker.circuit != "open" and await deliver(
                    self.ledger, self.destination, self.breaker, lease
                ):
                    pass
            self.breaker.gave_up_probing()

    async def pass_time(self, hours: float) -> None:
        """As the clocks see it: those of the circuits, and the database's."""
        self.monotonic += hours * 3600
        await self.due_now()
        await self.ledger._pool.execute(
            "update deliveries set deadline = deadline - make_interval(secs => $1)", hours * 3600
        )

    async def due_now(self) -> None:
        self.monotonic += 61
        await self.ledger._pool.execute("update exceptions set due_at = now() where due_at > now()")

    async def told(self) -> dict[str, Any]:
        """The delivery as the ERP sees it."""
        answer = await self.world.served.client.get(
            f"/v1/messages/{self.message}", headers=self.world.served.corporate()
        )
        (delivery,) = answer.json()["deliveries"]
        return dict(delivery)

    async def state(self) -> tuple[str, str | None]:
        delivery = await self.told()
        return delivery["state"], delivery.get("cause")

    async def parcel_state(self) -> str:
        return str(await self.ledger._pool.fetchval("select state from parcels"))


def later(world: As2World, **send: str) -> None:
    """Werra answers asynchronously."""
    given = ", ".join(f"{name}: {value}" for name, value in {"receipt": "async", **send}.items())
    world.profile('/as2"}', f'/as2", {given}}}')


def said(
    werra: Listening,
    fields: list[tuple[str, str]],
    body: bytes,
    disposition: Disposition = Disposition("processed"),  # noqa: B008 - frozen
    *,
    mic: bytes | None = None,
    message_id: str | None = None,
    signed: bool = True,
) -> Answer:
    """The receipt Werra gives for this request, right but for what is given."""
    headers = read_headers((name.encode(), value.encode("latin-1")) for name, value in fields)
    digest = _mic(werra, fields, body) if mic is None else Mic("sha256", mic.ljust(32))
    about = Receipted(
        message_id=message_id or headers.message_id, sender=headers.sender, receiver=headers.receiver, subject="",
        date="", disposition=disposition, mic=digest,
    )  # fmt: skip
    relation = werra._relation()
    made = build_receipt(about, relation, is_signed=signed)
    return [*station_headers(relation, "<r1@werra.example>"), ("Content-Type", made.content_type)], made.body


def _mic(werra: Listening, fields: list[tuple[str, str]], body: bytes) -> Mic:
    with Spools() as spools:
        return _open(fields, body, werra._relation(), spools).measured.mic("sha256")
