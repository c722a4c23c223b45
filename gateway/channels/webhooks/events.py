"""What a partner's endpoint is sent: a parcel as the event it is.

JSON is wrapped as the specification recommends. Anything else is sent as it was agreed, byte for byte: an EDIFACT
interchange inside JSON would help nobody.
"""

from datetime import datetime
from typing import Any

import msgspec

from gateway.clock import as_text
from gateway.destinations.carrying import Parcel

TEST_TYPE = "gateway.test"


def event_of(parcel: Parcel) -> tuple[bytes, str]:
    """Body and media type, the same for the same parcel."""
    kind = parcel.document_types[0]
    match parcel.media_type:
        case "application/json":
            return _event(f"document.{kind}", parcel, msgspec.Raw(parcel.content)), "application/json"
        case "application/x-ndjson":
            lines = [msgspec.Raw(line) for line in parcel.content.splitlines() if line]
            return _event(f"documents.{kind}", parcel, lines), "application/json"
        case other:
            return parcel.content, other


def test_event(event_id: str, at: datetime) -> bytes:
    """What `partner-gateway webhook test` sends: it asks for nothing but a 2xx."""
    event = {"type": TEST_TYPE, "id": event_id, "timestamp": as_text(at), "test": True, "data": {}}
    return msgspec.json.encode(event)


def _event(kind: str, parcel: Parcel, data: Any) -> bytes:
    event: dict[str, Any] = {"type": kind, "id": str(parcel.id), "timestamp": as_text(parcel.made_at)}
    if parcel.test:
        event["test"] = True
    return msgspec.json.encode({**event, "agreement": parcel.agreement, "data": data})
