"""Entries and a pretend delivery loop for the tests of the ledger."""

from hashlib import sha256
from typing import Any

import msgspec

from gateway.clock import as_text, now
from gateway.identifiers import external_id, new_message_id
from gateway.ledger.entries import Acceptance, NewDelivery, NewDocument
from gateway.ledger.leasing import Lease
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.ledger.work import Result, Work
from policies.facts import DocumentFacts, RequestFacts
from policies.recordedfacts import encode_facts


def an_entry(number: str = "PO-1", *, lane: str = "a", key: str | None = None, **given: Any) -> Acceptance:
    content = given.pop("content", f'{{"number":"{number}"}}'.encode())
    body = content + b" "
    moment = now()
    message_id = new_message_id()
    statement = {"event": Event.MESSAGE_ACCEPTED, "message": str(message_id), "at": as_text(moment)}
    facts: dict[str, Any] = {
        "message_id": message_id,
        "received_at": moment,
        "sender_kind": "partner",
        "sender": "nordwind",
        "channel": "http",
        "document_type": "purchase_order",
        "content": content,
        "content_hash": sha256(content).digest(),
        "key": key or f"key {message_id}",
        "policy_revision": "sha256:0",
        "statement": msgspec.json.encode(statement, order="sorted"),
        "documents": (NewDocument("purchase_order", number, f"b|{number}", body, sha256(body).digest()),),
        "deliveries": (
            NewDelivery(1, "recording", "record", lane, external_id("nordwind", "po", number), "1, 5", "hold"),
        ),
    }
    return Acceptance(**{**facts, **given})


def facts_of_an_order() -> bytes:
    """What the rules looked at when they took an order of `an_entry`: destinations ask again whose data it is."""
    request = RequestFacts(sender_kind="partner", sender="nordwind", client="nordwind-edi", at=now())
    order = DocumentFacts(
        request=request, format="json", name="purchase_order", version="1", document_type="purchase_order", size=2000,
        writes=frozenset({"create sales_order.order"}),
    )  # fmt: skip
    return encode_facts(request, [order])


async def lease_all(ledger: Ledger, destination: str = "recording") -> list[Lease]:
    await ledger.leases.seat([destination])
    await ledger.leases.rebalance([destination])
    return ledger.leases.of(destination)


async def take_all(ledger: Ledger, leases: list[Lease], limit: int = 500) -> list[tuple[Lease, list[Work]]]:
    taken = [(lease, await ledger.next_deliveries(lease, limit)) for lease in leases]
    return [(lease, works) for lease, works in taken if works]


def delivered(work: Work) -> Result:
    return Result(work=work, event=Event.DOCUMENT_DELIVERED, outcome="delivered", reference="S1")


def postponed(work: Work, after: float = 0.0) -> Result:
    return Result(work=work, event=Event.DOCUMENT_POSTPONED, outcome="postponed", cause="busy", after=after)


def held(work: Work) -> Result:
    return Result(work=work, event=Event.DOCUMENT_HELD, outcome="held", spent=False)


def parked(work: Work, *, blocks: bool = True) -> Result:
    return Result(work=work, event=Event.DOCUMENT_PARKED, outcome="refused", cause="no", error="never", blocks=blocks)
