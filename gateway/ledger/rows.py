"""New documents and deliveries as the rows that the schema's types take."""

from datetime import datetime, timedelta
from uuid import UUID

from gateway.ledger.entries import NewDelivery, NewDocument
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
