"""Documents as they are shown: without what is masked for whoever looks. Our own people see all of one only when they
say why, which is an event of the audit."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace

from gateway.clock import now_text
from gateway.ledger.ledger import Ledger
from gateway.ledger.reading import KeptDocument
from gateway.ledger.states import Event
from policies.masking import Masking, Viewer


def masked(document: KeptDocument, masking: Masking, viewer: Viewer, key: bytes) -> KeptDocument:
    """The document without what the rules hide from the viewer."""
    mask = masking.of(viewer, document.document_type)
    if mask is None or document.body is None:
        return document
    return replace(document, body=msgspec.Raw(mask.apply(bytes(document.body), key)))


async def reveal(ledger: Ledger, message_ids: Sequence[UUID], *, actor: str, reason: str) -> None:
    """On record before anything is shown."""
    for message_id in message_ids:
        leaf = {
            "event": Event.DOCUMENT_REVEALED,
            "at": now_text(),
            "message": str(message_id),
            "actor": actor,
            "reason": reason,
        }
        await ledger.note(msgspec.json.encode(leaf, order="sorted"), message_id)
