"""Documents on their way to a partner: a directory, carriers that do as they are told, and the loop around them."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from support.ledgering import an_entry, facts_of_an_order, lease_all

from gateway.beside import Beside
from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.carrying import CarrierName, Parcel
from gateway.destinations.contract import Absent, Offered, Outcome, Verified
from gateway.destinations.partner.answering import Answering
from gateway.destinations.partner.circuits import Circuits
from gateway.destinations.partner.composing import Composer
from gateway.destinations.partner.destination import PartnerDestination
from gateway.destinations.partner.forwarding import Forwarding
from gateway.identifiers import external_id
from gateway.ledger.entries import NewDelivery, NewDocument
from gateway.ledger.ledger import Ledger
from partners.agreements import Agreement, Batch
from partners.codetables import CodeTable
from partners.directory import Directory
from partners.names import EdifactName, EdifactNames
from partners.profile import Identifiers, Partner
from policies.masking import Masking
from translators.amounts import Duration, Size

SAMPLES = Path(__file__).parents[1] / "samples"
ORDRSP = "edifact:ORDRSP:D.96A"


class Carrying:
    """A carrier. `answers` are given one after the other, then `otherwise`; `there` are the parcels that arrived."""

    def __init__(self, name: CarrierName = "as2", otherwise: Outcome | None = None) -> None:
        self.name: CarrierName = name
        self.otherwise: Outcome = otherwise or Offered()
        self.answers: list[object] = []
        self.looks: list[Verified] = []
        self.carried: list[Parcel] = []
        self.looked: list[Parcel] = []

    async def carry(self, parcel: Parcel, partner: Partner) -> Outcome:
        self.carried.append(parcel)
        answer = self.answers.pop(0) if self.answers else self.otherwise
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[return-value]

    async def look(self, parcel: Parcel, partner: Partner) -> Verified:
        self.looked.append(parcel)
        return self.looks.pop(0) if self.looks else Absent()

    async def close(self) -> None:
        """Nothing."""


def an_agreement(**given: Any) -> Agreement:
    usual: dict[str, Any] = {
        "name": "answers", "document": "order_response", "direction": "out", "channel": "as2", "format": ORDRSP,
        "association": "EAN005",
    }  # fmt: skip
    return Agreement(**{**usual, **given})


def a_partner(*agreements: Agreement, **given: Any) -> Partner:
    usual: dict[str, Any] = {
        "id": "nordlicht", "name": "Nordlicht Handel GmbH", "kind": "distributor", "state": "active",
        "plan": "standard", "binding": "none", "identifiers": Identifiers(), "agreements": agreements,
        "edifact": EdifactNames(
            theirs=(EdifactName(id="4012345000009", qualifier="14"),),
            ours=EdifactName(id="4260001230004", qualifier="14"),
        ),
    }  # fmt: skip
    return Partner(**{**usual, **given})


class World:
    """One worker's way to its partners; `partners` may be changed while it runs."""

    def __init__(self, ledger: Ledger, masking: Masking, *partners: Partner, carriers: Iterable[Carrying] = ()) -> None:
        self.ledger = ledger
        self.parcels = ledger.parcels
        self.monotonic = 0.0
        self.breaker = Breaker(clock=lambda: self.monotonic)
        self.tables: dict[str, tuple[CodeTable, ...]] = {}
        self.let(*partners)
        self.carrier = Carrying()
        self.carriers: dict[CarrierName, Any] = {one.name: one for one in (self.carrier, *carriers)}
        self.masking = masking
        self.compose_with(Path("/nowhere"))

    def compose_with(self, maps: Path) -> None:
        self.composer = Composer(
            maps, lambda: self.masking, self.ledger.masking_key, lambda one: self.directory.codes(one)
        )
        self.circuits = Circuits(lambda: self.monotonic)
        self.forwarding = Forwarding(lambda: self.directory, self.parcels, self.composer, self.carriers, self.circuits,
                                     Beside(patience=60))  # fmt: skip

    def let(self, *partners: Partner) -> None:
        self.directory = Directory(partners, (), "sha256:0", tables=self.tables)

    def destination(self, partner: str = "nordlicht") -> PartnerDestination:
        return PartnerDestination(partner, lambda: self.directory, self.parcels, self.composer, self.carriers,
                                  Answering(self.ledger.content), self.circuits)  # fmt: skip

    async def work_off(self, partner: str = "nordlicht") -> None:
        destination = self.destination(partner)
        for lease in await lease_all(self.ledger, destination.name):
            while await deliver(self.ledger, destination, self.breaker, lease):
                pass

    async def make_due(self) -> None:
        """As if the time that exceptions, parcels and circuits wait for had passed."""
        self.monotonic += 61
        await self.ledger._pool.execute("update exceptions set due_at = now() where due_at > now()")
        await self.ledger._pool.execute("update parcels set due_at = now() where due_at > now()")

    async def states(self) -> list[str]:
        return [one.state for one in await self.parcels.search(limit=1000)][::-1]

    async def numbers(self) -> list[str | None]:
        return [one.control_number for one in await self.parcels.search(limit=1000)][::-1]


def an_answer(number: str = "AB-1", **given: Any) -> bytes:
    """A canonical order response that EDIFACT can say."""
    document = msgspec.json.decode((SAMPLES / "order-response-d96a.out.json").read_bytes())
    return msgspec.json.encode({**document, "number": number, **given})


async def accept(
    ledger: Ledger, *numbers: str, partner: str = "nordlicht", lane: str = "a", retries: str = "1, 5, 5, 5",
    body: bytes | None = None, deadline: int | None = None, test: bool = False, document_type: str = "order_response",
) -> None:  # fmt: skip
    for number in numbers:
        content = body if body is not None else an_answer(number)
        way = NewDelivery(1, f"partner:{partner}", "partner.send", lane, external_id("erp", document_type, number),
                          retries, "pass", deadline=deadline)  # fmt: skip
        document = NewDocument(document_type, number, f"s|{number}", content, sha256(content).digest())
        entry = an_entry(number, content=content, sender_kind="corporate", sender="erp", document_type=document_type,
                         documents=(document,), deliveries=(way,), test=test, facts=facts_of_an_order())  # fmt: skip
        await ledger.record(entry)


def batched(documents: int = 3, every: str = "1h", size: str = "1 MiB") -> Agreement:
    batch = Batch(documents=documents, bytes=Size.from_text(size), every=Duration.from_text(every))
    return replace(an_agreement(), batch=batch)
