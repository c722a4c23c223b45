"""A partner that sends EDIFACT and is answered: what is agreed with it, what it sends, what it finds in its outbox."""

from collections.abc import Sequence
from typing import Any

import msgspec
from support.leaving import World
from support.ledgering import lease_all
from support.serving import Served

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.contract import Delivered, Delivery, Outcome, Verified
from gateway.destinations.partner.outbox import OutboxCarrier
from gateway.ledger.ledger import Ledger
from gateway.ledger.parcels import KeptParcel
from gateway.submissions import Credential, Submission
from translators.edifact.answers import Answers, read_answers
from translators.examples import example

AURORA = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send", "despatch.send"}))
ORDERS = example("order.edi")


def agree(
    served: Served,
    folder: Any,
    *acknowledgements: dict[str, Any],
    responses: str | None = None,
    asked: Sequence[dict[str, Any]] = (),
    **given: Any,
) -> None:
    """Writes it into the profile of `aurora` and has it read. `responses`: the format of our order responses,
    which they answer as is `asked`."""
    file = folder / "partners" / "profiles" / "aurora.yaml"
    text = file.read_text().partition("\nagreements:")[0].rstrip()
    inbound = {
        "name": "orders", "document": "purchase_order", "direction": "in", "channel": "http",
        "acknowledgements": [{"within": "5m", **one} for one in acknowledgements], **given,
    }  # fmt: skip
    agreements: list[dict[str, Any]] = [inbound]
    if responses is not None:
        agreements.append({"name": "responses", "document": "order_response", "direction": "out", "channel": "outbox",
                           "format": responses, "acknowledgements": list(asked)})  # fmt: skip
    names = '{theirs: [{id: "4012345000009", qualifier: "14"}], ours: {id: "4260001230004", qualifier: "14"}}'
    text = text if "\nedifact:" in text else f"{text}\nedifact: {names}"
    file.write_text(f"{text}\nagreements: {msgspec.json.encode(agreements).decode()}\n")
    assert served.intake._partners.reload(), served.intake._partners.problems


def submitted(content: bytes) -> Submission:
    return Submission(content=content, media_type="application/edifact" if content[:2] == b"UN" else None)


class Outbox(World):
    """The way back to `aurora`, by its profile as it is read."""

    def __init__(self, served: Served) -> None:
        super().__init__(served.ledger, served.policies.current.masking)
        self.carriers["outbox"] = OutboxCarrier()
        self._served = served

    async def fetch(self) -> list[KeptParcel]:
        """What the worker has laid ready by now."""
        self.directory = self._served.intake._partners.current
        await self.work_off("aurora")
        return await self.parcels.fetch_outbox("aurora", limit=100, seconds=0)

    async def answers(self) -> Answers:
        return read_answers(b"".join(one.content for one in await self.fetch()))


class Confirming:
    """A system of record that takes every order."""

    name, concurrency, batch = "odoo", 4, 50

    async def start(self) -> None:
        """Nothing."""

    async def deliver(self, delivery: Delivery) -> Outcome:
        return Delivered(f"S-{delivery.external_id[-6:]}")

    async def verify(self, delivery: Delivery) -> Verified:
        return Delivered(f"S-{delivery.external_id[-6:]}")

    async def close(self) -> None:
        """Nothing."""


async def confirm(ledger: Ledger) -> None:
    """What the worker does: the orders that wait become sale orders."""
    destination = Confirming()
    for lease in await lease_all(ledger, destination.name):
        while await deliver(ledger, destination, Breaker(), lease):
            pass
