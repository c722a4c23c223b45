"""The states of a delivery and what may follow what. Nothing else stands in this file.

`pending` has no row of its own (the delivery lies in the log beyond its shard's cursor), nor have the two ends
(`delivered`, `cancelled`: an attempt says so); the others are the states of a row in `exceptions`.
"""

from enum import StrEnum


class State(StrEnum):
    PENDING = "pending"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    HELD = "held"
    OFFERED = "offered"
    PARKED = "parked"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """Every entry of the audit: `source.subject.action`."""

    MESSAGE_ACCEPTED = "intake.message.accepted"
    MESSAGE_REFUSED = "intake.message.refused"
    MESSAGE_CONFLICTED = "intake.message.conflicted"
    INTERCHANGE_DIVIDED = "intake.interchange.divided"
    INTERCHANGE_REFUSED = "intake.interchange.refused"
    SANDBOX_TRIED = "sandbox.message.tried"
    REQUESTS_LIMITED = "intake.requests.limited"
    REQUESTS_REFUSED = "intake.requests.refused"
    DOCUMENT_DELIVERED = "delivery.document.delivered"
    DOCUMENT_OFFERED = "delivery.document.offered"
    DOCUMENT_POSTPONED = "delivery.document.postponed"
    DOCUMENT_HELD = "delivery.document.held"
    DOCUMENT_UNKNOWN = "delivery.document.unknown"
    DOCUMENT_PARKED = "delivery.document.parked"
    DOCUMENT_OVERDUE = "delivery.document.overdue"
    PARCEL_KEPT = "delivery.parcel.kept"
    PARCEL_CARRIED = "delivery.parcel.carried"
    WEBHOOK_DISABLED = "delivery.webhook.disabled"
    ACKNOWLEDGEMENT_DUE_SOON = "delivery.acknowledgement.nearing"
    ACKNOWLEDGEMENT_OVERDUE = "delivery.acknowledgement.overdue"
    ACKNOWLEDGEMENT_RECEIVED = "intake.acknowledgement.received"
    ACKNOWLEDGEMENT_CONTRADICTED = "intake.acknowledgement.contradicted"
    ACKNOWLEDGEMENT_REPEATED = "intake.acknowledgement.repeated"
    DOCUMENT_REPLAYED = "operator.document.replayed"
    DOCUMENT_CANCELLED = "operator.document.cancelled"
    PARCEL_RESENT = "operator.parcel.resent"
    ACKNOWLEDGEMENT_CLOSED = "operator.acknowledgement.closed"
    WEBHOOK_ENABLED = "operator.webhook.enabled"
    AS2_ANSWERED = "as2.message.answered"
    AS2_FAILED = "as2.message.failed"
    AS2_CONFLICTED = "as2.message.conflicted"
    AS2_RECEIPTED = "as2.parcel.receipted"
    AS2_REFUSED = "as2.parcel.refused"
    AS2_RECEIPT_IGNORED = "as2.receipt.ignored"
    AS2_RECEIPT_OVERDUE = "as2.receipt.overdue"
    AS2_REPLY_ABANDONED = "as2.reply.abandoned"
    PICKUP_FILE_TAKEN = "pickup.file.taken"
    PICKUP_FILE_FAILING = "pickup.file.failing"
    PICKUP_SERVER_FAILING = "pickup.server.failing"
    PICKUP_SERVER_WELL = "pickup.server.well"
    PGP_FILE_OPENED = "pgp.file.opened"
    PAYLOADS_ERASED = "retention.payloads.erased"
    EVENTS_ERASED = "retention.events.erased"
    DOCUMENT_REVEALED = "operator.document.revealed"
    PARTNER_ONBOARDED = "operator.partner.onboarded"
    PARTNER_SUSPENDED = "operator.partner.suspended"
    PARTNER_RESUMED = "operator.partner.resumed"
    PARTNER_APPROVED = "operator.partner.approved"
    PARTNER_WITHDRAWN = "operator.partner.withdrawn"
    CERTIFICATE_ANNOUNCED = "partners.certificate.announced"
    CERTIFICATE_ANSWERED = "partners.certificate.answered"
    CERTIFICATE_UNANSWERED = "partners.certificate.unanswered"
    CERTIFICATE_OFFERED = "operator.certificate.announced"
    CERTIFICATE_ACCEPTED = "operator.certificate.accepted"
    CERTIFICATE_REJECTED = "operator.certificate.rejected"
    CERTIFICATE_ENDING = "partners.certificate.ending"
    CERTIFICATE_ENDED = "partners.certificate.ended"
    PROFILES_LOADED = "partners.profiles.loaded"
    PROFILES_REJECTED = "partners.profiles.rejected"
    POLICY_LOADED = "policy.set.loaded"
    POLICY_REJECTED = "policy.set.rejected"
    POLICY_DIFFERED = "policy.candidate.differed"


TRANSITIONS: dict[State, dict[Event, State]] = {
    State.PENDING: {
        Event.DOCUMENT_DELIVERED: State.DELIVERED,
        Event.DOCUMENT_OFFERED: State.OFFERED,
        Event.DOCUMENT_POSTPONED: State.WAITING,
        Event.DOCUMENT_HELD: State.HELD,
        Event.DOCUMENT_UNKNOWN: State.UNKNOWN,
        Event.DOCUMENT_PARKED: State.PARKED,
    },
    State.WAITING: {
        Event.DOCUMENT_DELIVERED: State.DELIVERED,
        Event.DOCUMENT_OFFERED: State.OFFERED,
        Event.DOCUMENT_POSTPONED: State.WAITING,
        Event.DOCUMENT_HELD: State.HELD,
        Event.DOCUMENT_UNKNOWN: State.UNKNOWN,
        Event.DOCUMENT_PARKED: State.PARKED,
        Event.DOCUMENT_CANCELLED: State.CANCELLED,
    },
    State.UNKNOWN: {
        Event.DOCUMENT_DELIVERED: State.DELIVERED,
        Event.DOCUMENT_OFFERED: State.OFFERED,
        Event.DOCUMENT_POSTPONED: State.WAITING,
        Event.DOCUMENT_UNKNOWN: State.UNKNOWN,
        Event.DOCUMENT_PARKED: State.PARKED,
    },
    State.HELD: {
        Event.DOCUMENT_DELIVERED: State.DELIVERED,
        Event.DOCUMENT_OFFERED: State.OFFERED,
        Event.DOCUMENT_POSTPONED: State.WAITING,
        Event.DOCUMENT_HELD: State.HELD,
        Event.DOCUMENT_UNKNOWN: State.UNKNOWN,
        Event.DOCUMENT_PARKED: State.PARKED,
        Event.DOCUMENT_CANCELLED: State.CANCELLED,
    },
    State.OFFERED: {
        Event.DOCUMENT_DELIVERED: State.DELIVERED,
        Event.DOCUMENT_PARKED: State.PARKED,
        Event.DOCUMENT_CANCELLED: State.CANCELLED,
    },
    State.PARKED: {
        Event.DOCUMENT_REPLAYED: State.UNKNOWN,
        Event.DOCUMENT_CANCELLED: State.CANCELLED,
    },
    State.DELIVERED: {},
    State.CANCELLED: {},
}
