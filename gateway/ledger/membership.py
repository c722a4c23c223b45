"""The deliveries in a parcel: they end with it, are parked with it, and go again with it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from gateway.clock import now_text
from gateway.identifiers import delivery_id
from gateway.ledger.database import Connection
from gateway.ledger.parcels import Member, columns
from gateway.ledger.statements import statements
from gateway.ledger.states import Event, State

_SQL = statements("parcels")
_OFFERING = statements("offering")
_NOTE = statements("recording")["note"]


async def reopen(held: Connection, members: Sequence[Member], *, actor: str, reason: str) -> bool:
    """Parcels that were refused go again, with all that was parked with them; False when nothing waits in them."""
    parcels = [row["id"] for row in await held.fetch(_SQL["reopen"], *columns(members))]
    rows = await held.fetch(_SQL["parked_members"], parcels) if parcels else []
    at = now_text()
    leaves = [
        encoded_leaf({
            "event": Event.DOCUMENT_REPLAYED, "at": at, "message": str(row["message_id"]),
            "delivery": delivery_id(row["message_id"], row["number"]), "destination": row["destination"],
            "actor": actor, "reason": reason,
        })
        for row in rows
    ]  # fmt: skip
    await held.execute(_NOTE, [row["message_id"] for row in rows], leaves)
    return bool(rows)


async def withdraw(held: Connection, member: Member) -> None:
    """A delivery was given up; what was to go with it alone is, too."""
    await held.execute(_SQL["stop_gathering"], *member)
    await held.execute(_SQL["withdraw"], *member)


async def settle_members(held: Connection, parcel_id: UUID, *, accepted: bool, reference: str, actor: str) -> None:
    """Those that lie ready end as the partner said."""
    for row in await held.fetch(_SQL["offered_members"], parcel_id):
        member = (row["message_id"], row["number"])
        if accepted:
            end = (str(State.DELIVERED), reference, None, actor)
            await held.execute(_OFFERING["end_exception"], *member, *end)
        else:
            await held.execute(_OFFERING["park_exception"], *member, "partner.refused", reference, actor)
        leaf = {
            "event": Event.DOCUMENT_DELIVERED if accepted else Event.DOCUMENT_PARKED,
            "at": now_text(),
            "message": str(row["message_id"]),
            "delivery": delivery_id(*member),
            "destination": row["destination"],
            "parcel": str(parcel_id),
            "actor": actor,
            "attempt": row["attempts"],
            "reference": reference if accepted else None,
            "cause": None if accepted else "partner.refused",
        }
        await held.execute(_NOTE, [row["message_id"]], [encoded_leaf(leaf)])


async def write_leaves(held: Connection, messages: Sequence[UUID], leaf: dict[str, object]) -> None:
    """The same for each message, once."""
    at = now_text()
    ids = list(dict.fromkeys(messages))
    await held.execute(_NOTE, ids, [encoded_leaf({**leaf, "at": at, "message": str(message)}) for message in ids])


def encoded_leaf(leaf: dict[str, object]) -> bytes:
    """An event without what does not apply."""
    return msgspec.json.encode({name: fact for name, fact in leaf.items() if fact is not None}, order="sorted")
