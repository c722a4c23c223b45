"""Which destinations a document goes to: the rules decide, this applies them."""

from msgspec.structs import replace

from gateway.clock import now
from gateway.identifiers import external_id
from gateway.ledger.entries import NewDelivery
from gateway.places import Places, part_for
from gateway.rejections import by_rule, indivisible, not_agreed
from gateway.retries import as_schedule
from gateway.submissions import Rejection
from partners.agreements import agreement_for, why_none
from partners.directory import Directory
from policies.routes import KeyPart
from policies.routing import Route
from policies.verdicts import Refused
from translators.reading import Document, Reading


class Deliveries:
    """What the documents of one message lead to. `parts` are documents made by dividing one; they follow the others."""

    def __init__(
        self, sender: str, documents: int, partners: Directory, *, trial: bool = False, together: str | None = None
    ) -> None:
        """Of a `trial` every way is looked at, and none is gone but those for tests. What belongs `together` goes to
        each destination in one lane of that name: in its order, and one that is parked holds the rest."""
        self.made: list[NewDelivery] = []
        self.parts: list[Document] = []
        self._sender = sender
        self._documents = documents
        self._partners = partners
        self._trial = trial
        self._together = together

    def lead(
        self, routes: tuple[Route, ...] | Refused, document: Document, number: int, places: Places
    ) -> Rejection | None:
        """Document `number` of the message on its ways; refused whole when one of them cannot take it."""
        if isinstance(routes, Refused) and routes.code == "routing.no_route" and document.type == "ack":
            return None  # it is laid beside what it answers; where else it goes is said by rules, if by any
        if isinstance(routes, Refused):
            return by_rule(routes, places.findings() if routes.code == "routing.several_plants" else ())
        for route in routes:
            refused = self._not_agreed(route, document) if route.destination.startswith("partner:") else None
            if refused is not None:
                return refused
            if route.destination.startswith("plant:") and not places.are_known():
                return indivisible(route.rule, "not every line goes to one of our plants", places.findings())
            if self._trial and not route.for_tests:
                continue
            if route.part is None:
                self._add(route, document, number, places.plant)
                continue
            part = part_for(document, places, route.part)
            if part is None:
                return indivisible(route.rule, f"a {document.type} is not divided", places.findings())
            self.parts.append(part)
            self._add(route, part, self._documents + len(self.parts), route.part)
        return None

    def with_parts(self, reading: Reading) -> Reading:
        """What is kept of the message: its documents, then the parts made of them."""
        return replace(reading, documents=(*reading.documents, *self.parts)) if self.parts else reading

    def _not_agreed(self, route: Route, document: Document) -> Rejection | None:
        """Nothing is taken for a partner that nothing can carry to it. One that is suspended keeps its agreements: what
        is for it is taken, and waits."""
        name = route.destination.removeprefix("partner:")
        partner = self._partners.partners.get(name)
        if partner is None:
            return not_agreed(route.rule, name, f"there is no profile of `{name}`")
        at = now()
        if agreement_for(partner.agreements, document=document.type, at=at, test=document.test) is not None:
            return None
        return not_agreed(route.rule, name, why_none(name, partner.agreements, document=document.type, at=at))

    def _add(self, route: Route, document: Document, number: int, plant: str | None) -> None:
        together = self._together
        lane = "|".join(_part(part, document, self._sender, plant) for part in route.ordering_key)
        self.made.append(
            NewDelivery(
                document=number,
                destination=route.destination,
                operation=route.operation,
                lane=lane if together is None else together,
                external_id=external_id(self._sender, document.type, document.business_key),
                retries=as_schedule(route.waits),
                when_parked=route.when_parked if together is None else "hold",
                priority=route.priority,
                deadline=route.deadline,
                flow=route.flow,
            )
        )


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
