"""The sandbox: everything that happens to a message on its way in, but for what would make it real.

An Intake with a Rehearsal in the place of the ledger reads, judges and routes as ever, under the rules in force and
against the sender's limits. What it would have kept becomes one leaf of the audit that no one can take for an
acceptance; no message, document or delivery is made, and nothing is a repetition, so it can be tried at any time.
"""

from typing import Any
from uuid import UUID

import msgspec

from gateway.ledger.entries import Acceptance, Recorded, Records, Refusal
from gateway.ledger.states import Event


class Rehearsal:
    """Stands where the ledger stands; `ledger` takes the leaves."""

    def __init__(self, ledger: Records) -> None:
        self._ledger = ledger

    async def record(self, entry: Acceptance) -> Recorded:
        """The statement says `destinations`, where it would have gone, and `acknowledgements`, what we would owe."""
        leaf = _leaf(entry)
        leaf["acknowledgements"] = [one.kind for one in entry.owed]
        statement = msgspec.json.encode(leaf, order="sorted")
        await self._ledger.note(statement, entry.message_id)
        return Recorded(entry.message_id, statement, duplicate=False)

    async def refuse(self, entry: Refusal) -> None:
        await self._ledger.note(msgspec.json.encode(_leaf(entry), order="sorted"), entry.message_id)

    async def note(self, body: bytes, message_id: UUID | None = None) -> None:
        await self._ledger.note(body, message_id)


def _leaf(entry: Acceptance | Refusal) -> dict[str, Any]:
    """What the verdict would have said, under another name."""
    leaf: dict[str, Any] = msgspec.json.decode(entry.statement)
    leaf["event"] = Event.SANDBOX_TRIED
    return leaf
