"""A partner that sends EDIFACT and is answered: what is agreed with it, what it sends, what it finds in its outbox."""

from typing import Any

import msgspec
from support.leaving import World
from support.serving import Served

from gateway.destinations.partner.outbox import OutboxCarrier
from gateway.ledger.parcels import KeptParcel
from gateway.submissions import Credential, Submission
from translators.edifact.answers import Answers, read_answers
from translators.examples import example

AURORA = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send", "despatch.send"}))
ORDERS = example("order.edi")


def agree(served: Served, folder: Any, *acknowledgements: dict[str, Any], **given: Any) -> None:
    """Writes it into the profile of `aurora` and has it read."""
    file = folder / "partners" / "profiles" / "aurora.yaml"
    text = file.read_text().partition("\nagreements:")[0].rstrip()
    inbound = {
        "name": "orders", "document": "purchase_order", "direction": "in", "channel": "http",
        "acknowledgements": [{"within": "5m", **one} for one in acknowledgements], **given,
    }  # fmt: skip
    file.write_text(f"{text}\nagreements: {msgspec.json.encode([inbound]).decode()}\n")
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
