"""New documents and deliveries as the rows that the schema's types take."""

from datetime import datetime, timedelta
from uuid import UUID

from gateway.ledger.entries import Acceptance, NewDelivery, NewDocument
from gateway.ledger.sharding import shard_of


def document_row(message_id: UUID, number: int, document: NewDocument, bundle: bytes | None) -> tuple[object, ...]:
    """The type `bundled_document`."""
    return (
        message_id, number, document.document_type, document.business_number, document.business_key,
        document.body_hash, bundle,
    )  # fmt: skip


def delivery_row(message_id: UUID, number: int, delivery: NewDelivery, received_at: datetime) -> tuple[object, ...]:
    """The type `dated_delivery`."""
    seconds = delivery.deadline
    deadline = received_at + timedelta(seconds=seconds) if seconds is not None else None
    return (
        message_id, number, delivery.document, delivery.destination, shard_of(delivery.lane, delivery.priority),
        delivery.operation, delivery.lane, delivery.external_id, delivery.retries, delivery.when_parked, deadline,
        delivery.flow,
    )  # fmt: skip


def exchange_row(entry: Acceptance) -> tuple[object, ...]:
    """The type `answered_exchange`."""
    assert entry.exchange is not None
    claim, answer = entry.exchange.claim, entry.exchange.answer
    return (
        entry.message_id, claim.key.partner, claim.key.ours, claim.key.message_id, claim.raw_digest,
        claim.content_digest, claim.signer, claim.file_name, answer.disposition, answer.mic, answer.receipt,
        answer.reply_url, answer.leaf,
    )  # fmt: skip
