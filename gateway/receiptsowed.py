"""Asynchronous receipts (MDN) in the ledger of acknowledgements: what leaves after the reply is owed until then."""

from msgspec.structs import replace

from gateway.ledger.entries import Acceptance, Obligation
from partners.agreements import is_in_force
from partners.profile import Partner

RECEIPT_SECONDS = 3600.0
"""In which an asynchronous receipt leaves where nothing is agreed; so says exchanging.sql too."""


def owing_receipt(entry: Acceptance, partner: Partner | None) -> Acceptance:
    """The acceptance with the asynchronous receipt (MDN) that it brings, owed by the deadline of the first agreement
    over AS2 that names one, else within an hour. A receipt in the reply itself is never owed."""
    exchange = entry.exchange
    if exchange is None or exchange.answer.reply_url is None:
        return entry
    asked = (
        (one, each)
        for one in (partner.agreements if partner is not None else ())
        if (one.direction, one.channel) == ("in", "as2") and is_in_force(one, entry.received_at)
        for each in one.acknowledgements
        if each.kind == "mdn"
    )
    agreement, agreed = next(asked, (None, None))
    receipt = Obligation(
        partner=entry.sender,
        agreement=agreement.name if agreement is not None else "",
        kind="mdn",
        subject=exchange.claim.key.message_id[:60],
        within=agreed.within.seconds if agreed is not None else RECEIPT_SECONDS,
        warn=agreed.warn.seconds if agreed is not None and agreed.warn is not None else None,
        says="accepted",
    )
    return replace(entry, owed=(*entry.owed, receipt))
