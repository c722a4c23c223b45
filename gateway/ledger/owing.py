"""What we owe for a message, recorded in the transaction that records the message."""

from collections.abc import Callable, Sequence
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from gateway.clock import now_text
from gateway.ledger.acknowledging import note
from gateway.ledger.database import Connection
from gateway.ledger.entries import Acceptance, Derived, Refusal
from gateway.ledger.payloads import PayloadRow, Payloads
from gateway.ledger.rows import delivery_row, document_row
from gateway.ledger.sealing import DataKey
from gateway.ledger.statements import statements
from gateway.ledger.states import Event
from gateway.ledger.work import Work

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


async def settle(held: Connection, entry: Acceptance) -> None:
    """What our own systems answer is owed no longer."""
    for one in entry.settled:
        await held.execute(_SQL["settle"], one.partner, one.kind, one.subject[:60], one.says, entry.message_id)


async def answer_again(held: Connection, messages: Sequence[UUID]) -> None:
    """Who sends an interchange again has missed our answer: the one on record leaves once more, under its number."""
    for row in await held.fetch(_SQL["answers_again"], list(messages)):
        leaf: dict[str, object] = {
            "event": Event.ACKNOWLEDGEMENT_REPEATED, "at": now_text(), "partner": row["partner"], "kind": row["kind"],
            "subject": row["subject"], "parcel": str(row["parcel"]),
        }  # fmt: skip
        await note(held, row["message_id"], row["parcel"], leaf)


async def owe_for_refused(held: Connection, entries: Sequence[Refusal], payloads: Sequence[PayloadRow]) -> None:
    """The answers too, but for bytes that were refused and answered before: that answer leaves once more.

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
    await _answer_refused_again(held, [e for e in entries if not any(one == e.message_id for one, _ in new)])
    if new:
        kept = [row for row in payloads if (row[0], row[2]) in wanted]
        await held.execute(_SQL["derive"], kept, documents, deliveries)


async def _answer_refused_again(held: Connection, entries: Sequence[Refusal]) -> None:
    rows = [(o.partner, o.kind, o.repetition) for e in entries for o in e.owed]
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    found = await held.fetch(_SQL["refused_before"], *columns, [e.message_id for e in entries])
    await answer_again(held, [row["message_id"] for row in found])


async def derive_answers(
    held: Connection, payloads: Payloads, ended: Sequence[tuple[Work, Callable[[], Derived | None]]]
) -> list[DataKey]:
    """The answers to documents whose delivery has ended, where their senders are owed one; in the transaction that ends
    it, so there is one answer however often the end is found. Returns keys to mark as stored after the commit."""
    owed = await held.fetch(_SQL["owed_for"], list({work.message_id for work, _ in ended}))
    waiting = {(row["message_id"], row["kind"], row["subject"]): row for row in owed}
    keys: list[DataKey] = []
    for work, make in ended if waiting else ():
        derived = make()
        row = waiting.pop((work.message_id, derived.kind, derived.subject[:60]), None) if derived is not None else None
        if row is None or derived is None:
            continue
        numbers = await held.fetchrow(_SQL["next_numbers"], work.message_id)
        assert numbers is not None
        body = derived.document
        payload = payloads.seal_derived(work.message_id, row["sender"], body.body, body.body_hash)
        keys += await payloads.add_new_keys(held)
        delivery = replace(derived.delivery, document=numbers["document"])
        await held.execute(
            _SQL["derive"], [payload], [document_row(work.message_id, numbers["document"], body, None)],
            [delivery_row(work.message_id, numbers["delivery"], delivery, row["received_at"])],
        )  # fmt: skip
        await held.execute(_SQL["made"], row["id"], numbers["delivery"], derived.says)
    return keys
