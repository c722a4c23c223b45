"""Odoo as a destination: JSON-2, an allow-list of operations, and read-back before anything is repeated."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from gateway.destinations.contract import Delivery, Outcome, Postponed, Refused, Unavailable, Verified
from gateway.destinations.odoo import production, sale
from gateway.destinations.odoo.calls import Calls
from gateway.destinations.odoo.catalogue import OPERATIONS, PRODUCTION_CONFIRM, SALE_ORDER_CREATE_CONFIRMED, Operation
from gateway.destinations.odoo.knowledge import Knowledge, learn
from gateway.destinations.odoo.pacing import Clock, Pace
from gateway.destinations.odoo.refusals import Stopped, refuse
from gateway.destinations.odoo.settings import OdooSettings
from gateway.destinations.odoo.transport import Json2, Transport
from translators.canonical.documents import decode


class Recipe(Struct, frozen=True):
    """How an operation is carried out and read back."""

    operation: Operation
    deliver: Callable[[Calls, Delivery, Any], Awaitable[Outcome]]
    verify: Callable[[Calls, Delivery, Any], Awaitable[Verified]]


RECIPES: dict[str, Recipe] = {
    recipe.operation.name: recipe
    for recipe in (
        Recipe(SALE_ORDER_CREATE_CONFIRMED, sale.deliver, sale.verify),
        Recipe(PRODUCTION_CONFIRM, production.deliver, production.verify),
    )
}


class OdooDestination:
    """One Odoo database. Meets `gateway.destinations.contract.Destination`.

    `client` is made by the caller (HTTP/1.1, keep-alive, its certificates) and closed by `close`. Every `deliver`
    begins with a read-back, so that repeating one is safe whatever happened to the attempt before.
    """

    def __init__(
        self,
        settings: OdooSettings,
        client: httpx.AsyncClient,
        *,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.name = settings.name
        self.concurrency = settings.concurrency
        self.batch = settings.batch
        self._settings = settings
        self._client = client
        self._transport: Transport = transport or Json2(settings, client)
        self._pace = Pace(settings.rate, settings.ceiling, clock)
        self._known: Knowledge | None = None

    async def start(self) -> None:
        """Read what must be known of this Odoo. Raises ConnectionError with a sentence when that fails."""
        try:
            self._known = await learn(self._settings, self._transport, self._pace)
        except Stopped as stopped:
            raise ConnectionError(getattr(stopped.outcome, "why", "Odoo is not ready")) from None

    async def deliver(self, delivery: Delivery) -> Outcome:
        try:
            recipe, calls, document = await self._prepare(delivery)
            return await recipe.deliver(calls, delivery, document)
        except Stopped as stopped:
            return stopped.outcome

    async def verify(self, delivery: Delivery) -> Verified:
        """Changes nothing. What cannot be read back now is `Unavailable`: asked again later, never guessed."""
        try:
            recipe, calls, document = await self._prepare(delivery)
            return await recipe.verify(calls, delivery, document)
        except Stopped as stopped:
            match stopped.outcome:
                case Refused() | Unavailable() as told:
                    return told
                case Postponed(why, after):
                    return Unavailable(why, after)
                case _:
                    return Unavailable("Odoo could not be read back")

    def writes(self, operation: str) -> frozenset[str] | None:
        known = OPERATIONS.get(operation)
        return known.writes if known is not None else None

    async def close(self) -> None:
        await self._client.aclose()

    def set_share(self, fraction: float) -> None:
        """This worker's part of the calls the database bears (workers of one database share its rate)."""
        self._pace.set_share(fraction)

    @property
    def rate(self) -> float:
        """Calls a second this worker makes at most, now."""
        return self._pace.rate

    @property
    def disabled(self) -> dict[str, str]:
        """Operations this Odoo cannot do, with what it lacks; for the operators."""
        return dict(self._known.disabled) if self._known is not None else {}

    async def _prepare(self, delivery: Delivery) -> tuple[Recipe, Calls, Any]:
        recipe = RECIPES.get(delivery.operation)
        if recipe is None:
            raise refuse("odoo.operation.unknown", f"the gateway has no operation `{delivery.operation}` for Odoo")
        if delivery.document_type != recipe.operation.document_type:
            raise refuse("odoo.document.type", f"`{delivery.operation}` does not take a `{delivery.document_type}`")
        if delivery.test and not self._settings.accepts_tests:
            raise refuse("odoo.test", "the document is marked as a test and this Odoo takes none")
        document = _decoded(delivery)
        if self._known is None:
            self._known = await learn(self._settings, self._transport, self._pace)
        lack = self._known.disabled.get(recipe.operation.name)
        if lack is not None:
            raise refuse("odoo.version", f"`{delivery.operation}` cannot be done in this Odoo: {lack}")
        calls = Calls(recipe.operation, self._transport, self._pace, delivery, self._known)
        return recipe, calls, document


def _decoded(delivery: Delivery) -> Any:
    try:
        return decode(delivery.body)
    except (msgspec.ValidationError, msgspec.DecodeError):
        why = f"the body is not the canonical `{delivery.document_type}` of this version of the gateway"
        raise refuse("odoo.document.type", why) from None
