"""What partners say of what we sent, laid beside the parcel they speak of, in the transaction that records it.

The first final word stands. The same word again is counted; another word is a contradiction, which changes nothing but
that a person must look. A word that only says "received" ends nothing. A late word counts like any other, also where
an operator had closed the matter meanwhile.
"""

from typing import Literal
from uuid import UUID

from gateway.clock import now_text
from gateway.ledger.acknowledging import note
from gateway.ledger.database import Connection
from gateway.ledger.entries import Acceptance, Heard
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("acknowledging")

Effect = Literal["accepted", "rejected", "received", "repeated", "contradicted", "unmatched"]


async def hear(held: Connection, entry: Acceptance) -> None:
    """Every word of a message that is recorded for the first time."""
    for word in entry.heard:
        parcel = await _parcel(held, entry.sender, word)
        effect = await _lay(held, entry, word, parcel) if parcel is not None else "unmatched"
        contradicted = effect == "contradicted"
        leaf: dict[str, object] = {
            "event": Event.ACKNOWLEDGEMENT_CONTRADICTED if contradicted else Event.ACKNOWLEDGEMENT_RECEIVED,
            "at": now_text(), "partner": entry.sender, "kind": word.kind, "says": word.result, "outcome": effect,
            "subject": (word.control_number or word.document or "")[:60],
            "parcel": str(parcel) if parcel is not None else None, "answer": str(entry.message_id),
        }  # fmt: skip
        await note(held, entry.message_id if parcel is None else None, parcel, leaf)


async def _parcel(held: Connection, partner: str, word: Heard) -> UUID | None:
    if word.control_number is not None:
        found = await held.fetchval(_SQL["parcel_numbered"], partner, word.control_number)
    else:
        found = await held.fetchval(_SQL["parcel_with"], partner, word.document)
    return found if isinstance(found, UUID) else None


async def _lay(held: Connection, entry: Acceptance, word: Heard, parcel: UUID) -> Effect:
    await held.execute(_SQL["open_unasked"], parcel, word.kind)
    row = await held.fetchrow(_SQL["lock_expected"], parcel, word.kind)
    assert row is not None, "it was opened just now, if it was not there"
    if word.result == "received":
        return "received"
    if row["state"] in ("open", "given_up"):
        await held.execute(_SQL["heard"], row["id"], word.result, entry.message_id)
        return "accepted" if word.result == "accepted" else "rejected"
    if row["state"] == word.result:
        await held.execute(_SQL["repeated"], row["id"])
        return "repeated"
    await held.execute(_SQL["contradicted"], row["id"])
    return "contradicted"
