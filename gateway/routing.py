"""Which destinations a document goes to: the rules decide, this applies them."""

from gateway.identifiers import external_id
from gateway.ledger.entries import NewDelivery
from gateway.retries import as_schedule
from policies.routing import KeyPart, Route
from translators.reading import Document


def choose(
    routes: tuple[Route, ...], document: Document, number: int, sender: str, plant: str | None
) -> list[NewDelivery]:
    """The deliveries of document `number` of a message, one for each route."""
    return [
        NewDelivery(
            document=number,
            destination=route.destination,
            operation=route.operation,
            lane="|".join(_part(part, document, sender, plant) for part in route.ordering_key),
            external_id=external_id(sender, document.type, document.business_key),
            retries=as_schedule(route.waits),
            when_parked=route.when_parked,
            priority=route.priority,
        )
        for route in routes
    ]


def _part(part: KeyPart, document: Document, sender: str, plant: str | None) -> str:
    """One part of an ordering key; what the document does not have is empty, so it shares a lane with its like."""
    match part:
        case "sender":
            return sender
        case "number":
            return document.number
        case "site":
            return document.site or ""
        case "order":
            return str(getattr(document.object, "order_no", "") or "")
        case "ship_to":
            return document.ship_to or ""
        case "plant":
            return plant or ""
        case "document_type":
            return document.type
