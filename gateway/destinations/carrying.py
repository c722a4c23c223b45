"""What a way to a partner owes us: parcels, and the carriers that bring them over one channel.

A parcel is what leaves as one unit: an interchange with its control number, one XML document, one JSON event. It is
made once, kept, and carried with the same bytes under the same id however often it takes.

Life of a parcel at its carrier:

1. `carry(parcel, partner)` once per attempt. It answers as a destination does (contract.py): `Delivered` when the
   partner's own word is in (a good synchronous MDN, a file renamed into place, a 2xx of a webhook), `Offered` when it
   lies ready or the partner's word is still to come (asynchronous MDN, mailbox, outbox), and so on.
2. `look(parcel, partner)` after an attempt whose outcome we do not know. Where the channel can read back, it does;
   where an id of the parcel makes a repetition harmless (AS2 Message-ID, webhook-id), it answers `Absent`.
3. The partner's later word reaches the ledger as `ledger.parcels.acknowledge(parcel.id, accepted=…, reference=…,
   actor="partner <id>")`: it ends the parcel and all deliveries in it. It may come before `carry` has answered.

Both are safe to do twice, and raise nothing for what a partner's system can do.
"""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from msgspec import Struct

from gateway.destinations.contract import Outcome, Verified
from partners.profile import Partner

CarrierName = Literal["as2", "sftp", "mailbox", "webhook", "outbox"]


class Parcel(Struct, frozen=True, kw_only=True):
    """`id` is ours, the same in every attempt: Message-IDs, webhook-ids and names of temporary files come from it.

    `control_number` is the reference of the interchange (0020, ISA13) where there is one; `deliveries` are the ids of
    what is in it; `file_name` is what the partner sees.
    """

    id: UUID
    partner: str
    agreement: str
    document_types: tuple[str, ...]
    deliveries: tuple[str, ...]
    content: bytes
    media_type: str
    file_name: str
    made_at: datetime
    control_number: str | None = None
    test: bool = False
    attempt: int = 1
    again: bool = False
    """An operator wants it carried once more, though it may have arrived before."""
    traceparent: str | None = None


class Carrier(Protocol):
    """See the module's text. One for each channel, for all partners; it keeps nothing about a partner between calls."""

    name: CarrierName

    async def carry(self, parcel: Parcel, partner: Partner) -> Outcome: ...
    async def look(self, parcel: Parcel, partner: Partner) -> Verified: ...
    async def close(self) -> None: ...
