"""A new parcel as rows: itself, the answers it is owed, and a leaf for each of its documents."""

from uuid import UUID

from gateway.clock import now_text
from gateway.identifiers import delivery_id
from gateway.ledger.controlnumbers import References, Series
from gateway.ledger.membership import encoded_leaf
from gateway.ledger.parcels import Made, NewParcel
from gateway.ledger.states import Event


def parcel_row(
    new: NewParcel, made: Made, digest: bytes, series: Series | None, references: References
) -> tuple[object, ...]:
    return (
        new.id, new.partner, new.agreement, new.carrier, list(new.document_types),
        series.ours if series else None, series.theirs if series else None, references.interchange or None, digest,
        made.media_type, made.file_name, new.test, new.traceparent, new.made_at, new.gathered,
    )  # fmt: skip


def expectations(new: NewParcel, references: References) -> tuple[object, ...]:
    return (
        new.partner, new.agreement, references.interchange or None, new.id, [one.kind for one in new.expects],
        [one.within for one in new.expects], [one.warn for one in new.expects],
    )  # fmt: skip


def kept_leaves(new: NewParcel, references: References) -> tuple[list[UUID], list[bytes]]:
    """One for each member, so that the history of every message names its parcel."""
    at = now_text()
    leaves = [
        encoded_leaf({
            "event": Event.PARCEL_KEPT, "at": at, "message": str(message), "delivery": delivery_id(message, number),
            "parcel": str(new.id), "partner": new.partner, "agreement": new.agreement,
            "control_number": references.interchange or None,
        })
        for message, number in new.members
    ]  # fmt: skip
    return [message for message, _ in new.members], leaves
