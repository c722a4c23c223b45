"""What we owe for a message, recorded in the transaction that records the message."""

from collections.abc import Sequence

import asyncpg

from gateway.ledger.database import Connection
from gateway.ledger.entries import Acceptance, Refusal
from gateway.ledger.payloads import PayloadRow
from gateway.ledger.rows import delivery_row, document_row
from gateway.ledger.statements import statements

_SQL = statements("acknowledging")


async def owe(held: Connection, entries: Sequence[Acceptance | Refusal]) -> list[asyncpg.Record]:
    """Returns message and delivery of what had not been answered before."""
    rows = [
        (o.partner, o.agreement, o.kind, o.subject, e.message_id, o.delivery, o.repetition, o.says, o.within, o.warn,
         e.received_at)
        for e in entries
        for o in e.owed
    ]  # fmt: skip
    if not rows:
        return []
    return list(await held.fetch(_SQL["owe"], *(list(column) for column in zip(*rows, strict=True))))


async def owe_for_refused(held: Connection, entries: Sequence[Refusal], payloads: Sequence[PayloadRow]) -> None:
    """The answers too, but for bytes that were refused and answered before: those are on record and can be sent again.

    So an answer is made once however often its subject comes, and a batch that is repeated makes none twice.
    """
    new = {(row["message_id"], row["delivery"]) for row in await owe(held, entries)}
    documents, deliveries, wanted = [], [], set()
    for e in entries:
        for number, delivery in enumerate(e.deliveries, 1):
            if (e.message_id, number) in new:
                document = e.documents[delivery.document - 1]
                documents.append(document_row(e.message_id, delivery.document, document, None))
                deliveries.append(delivery_row(e.message_id, number, delivery, e.received_at))
                wanted.add((e.message_id, document.body_hash))
    if new:
        kept = [row for row in payloads if (row[0], row[2]) in wanted]
        await held.execute(_SQL["derive"], kept, documents, deliveries)
