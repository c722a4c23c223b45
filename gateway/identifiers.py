"""Identifiers people and systems use for messages and deliveries."""

import time
from datetime import datetime
from hashlib import sha1
from uuid import UUID

from gateway.randomness import random_bytes


def new_message_id() -> UUID:
    """A UUIDv7 (RFC 9562): sortable by time, unguessable in its last 74 bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(random_bytes(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def earliest_id(at: datetime) -> UUID:
    """The id before those of all messages from that moment on."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (0x7 << 76))


def external_id(sender: str, document_type: str, business_key: str) -> str:
    """The name our effect has in a destination: the same in every attempt, replay and worker."""
    digest = sha1(business_key.encode(), usedforsecurity=False).hexdigest()[:16]
    return f"gw.{sender}_{document_type}_{digest}"


def delivery_id(message_id: UUID | str, number: int) -> str:
    return f"{message_id}.{number}"


def split_delivery_id(text: str) -> tuple[UUID, int]:
    """Raises ValueError when `text` is not `<message id>.<number>`."""
    message, separator, number = text.partition(".")
    if not separator or not number.isascii() or not number.isdigit() or len(number) > 4:
        raise ValueError("a delivery is called `<message id>.<number>`")
    return UUID(message), int(number)


def as_uuid(text: str | None) -> UUID | None:
    """An id as answers carry it; None stays None."""
    return UUID(text) if text is not None else None
