"""What stands where the ledger and the counters stand while several submissions are judged that are taken together."""

from collections.abc import Callable, Sequence
from uuid import UUID

from gateway.counters import Charging
from gateway.ledger.entries import Acceptance, Conflicting, Recorded, Records, Refusal
from policies.charges import Charge, Counted


class SetAside:
    """`keep` gets what would be recorded; `refused` is the refusal that would be. Notes go to the ledger at once."""

    def __init__(self, ledger: Records, counters: Charging, keep: Callable[[Acceptance], object]) -> None:
        self.refused: Refusal | None = None
        self._ledger = ledger
        self._counters = counters
        self._keep = keep
        self._counted: list[Counted] = []

    async def record(self, entry: Acceptance) -> Recorded | Conflicting:
        self._keep(entry)
        return Recorded(entry.message_id, entry.statement, duplicate=False)

    async def refuse(self, entry: Refusal) -> None:
        self.refused = entry

    async def note(self, body: bytes, message_id: UUID | None = None) -> None:
        await self._ledger.note(body, message_id)

    async def charge(self, charges: Sequence[Charge]) -> Counted:
        counted = await self._counters.charge(charges)
        self._counted.append(counted)
        return counted

    def undo(self, counted: Counted) -> None:
        self._counters.undo(counted)

    def undo_one(self, number: int) -> None:
        """What was counted for the submission of this number, from 0."""
        self._counters.undo(self._counted[number])

    def undo_all(self) -> None:
        for counted in self._counted:
            self._counters.undo(counted)
