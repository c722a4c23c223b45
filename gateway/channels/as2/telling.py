"""What is told of an exchange: to the log and the metrics, and to the audit."""

import msgspec

from gateway.channels.as2.answering import Exchange
from gateway.clock import now_text
from gateway.ledger.states import Event
from gateway.observing import log_change, received
from gateway.submissions import Receipt, Rejection


def tell(exchange: Exchange, outcome: Receipt | Rejection) -> None:
    code = outcome.code if isinstance(outcome, Rejection) else "accepted"
    received("as2", "any", code).inc()
    event = "intake.refused" if isinstance(outcome, Rejection) else "intake.accepted"
    log_change(event, message_id=outcome.message_id, sender=exchange.key.partner, code=code, traceparent=exchange.trace)


def leaf_about(event: Event, exchange: Exchange, **facts: str | None) -> bytes:
    leaf = {
        "event": event,
        "at": now_text(),
        "partner": exchange.key.partner,
        "ours": exchange.key.ours,
        "message_id": exchange.headers.message_id,
        "request": f"sha256:{exchange.raw.hex()}",
        **{name: fact for name, fact in facts.items() if fact is not None},
    }
    return msgspec.json.encode(leaf, order="sorted")
