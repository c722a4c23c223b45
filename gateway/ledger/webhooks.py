"""How it stands with the addresses of partners that webhooks are sent to: failing since when, disabled by whom."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from gateway.clock import as_text
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.membership import encoded_leaf
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("webhooks")
_NOTE = statements("recording")["note"]

WITHOUT_A_CALL = timedelta(days=2)
"""After so long without a call an address that failed is not known to have failed all the time."""
_SUCCESS_EVERY = timedelta(minutes=1)


class Standing(Struct, frozen=True, kw_only=True):
    """Of an address, towards one parcel. `others_wait`: one before it in its agreement lies ready or is on its way."""

    succeeded_at: datetime | None
    failing_since: datetime | None
    failures: int
    not_before: datetime | None
    disabled_at: datetime | None
    others_wait: bool


class Endpoint(Struct, frozen=True, kw_only=True):
    """What operators see of an address that was called, or disabled."""

    partner: str
    url: str
    succeeded_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    not_before: datetime | None = None
    disabled_at: datetime | None = None
    disabled_by: str | None = None
    reason: str | None = None


class Webhooks:
    """Moments are the caller's, so that all of one call have the same."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def standing(self, partner: str, url: str, parcel: UUID) -> Standing:
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["standing"], partner, url, parcel)
        assert row is not None
        return Standing(**{**row, "failures": row["failures"] or 0})

    async def succeeded(self, partner: str, url: str, at: datetime, before: Standing) -> None:
        """Written once a minute, and always when it ends a failure."""
        last = before.succeeded_at
        if before.failing_since is None and last is not None and last > at - _SUCCESS_EVERY:
            return
        async with connection(self._pool) as held:
            await held.execute(_SQL["succeeded"], partner, url, at)

    async def failed(
        self, partner: str, url: str, at: datetime, why: str, *, not_before: datetime | None, disable_after: timedelta
    ) -> bool:
        """Whether this failure disabled it: nothing got through for `disable_after`. That is an event of the audit."""
        async with connection(self._pool) as held, held.transaction():
            since = await held.fetchval(_SQL["failed"], partner, url, at, why, not_before, WITHOUT_A_CALL)
            if at - since < disable_after:
                return False
            reason = why if not disable_after else f"nothing got through since {as_text(since)}; the last call: {why}"
            return await _disable(held, partner, url, at, reason, actor="gateway")

    async def disable(self, partner: str, url: str, at: datetime, *, actor: str, reason: str) -> bool:
        """False where it was disabled before."""
        async with connection(self._pool) as held, held.transaction():
            return await _disable(held, partner, url, at, reason, actor=actor)

    async def enable(self, partner: str, url: str, at: datetime, *, actor: str, reason: str) -> bool:
        """False where it was not disabled. What lies ready is carried from now on."""
        async with connection(self._pool) as held, held.transaction():
            if await held.fetchval(_SQL["enable"], partner, url) is None:
                return False
            await _note(held, Event.WEBHOOK_ENABLED, partner, at, reason, actor)
        return True

    async def wake(self, addresses: Mapping[str, str]) -> None:
        """What lies ready for partners whose address is in use is due. `addresses`: by partner, as the profiles are."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["wake"], list(addresses), list(addresses.values()))

    async def endpoints(self) -> list[Endpoint]:
        async with connection(self._pool) as held:
            return [Endpoint(**row) for row in await held.fetch(_SQL["endpoints"])]

    async def waiting(self) -> dict[str, int]:
        """Parcels that have not been taken, by partner."""
        async with connection(self._pool) as held:
            return {row["partner"]: row["parcels"] for row in await held.fetch(_SQL["waiting"])}

    async def to_replay(
        self, partner: str, *, since: datetime, until: datetime, delivered: bool, limit: int
    ) -> list[UUID]:
        """Parcels that were not taken, or whose deliveries may be parked; with `delivered` also those that were."""
        async with connection(self._pool) as held:
            rows = await held.fetch(_SQL["parcels_to_replay"], partner, delivered, since, until, limit)
        return [row["id"] for row in rows]


async def _disable(held: Connection, partner: str, url: str, at: datetime, reason: str, *, actor: str) -> bool:
    if await held.fetchval(_SQL["disable"], partner, url, at, actor, reason) is None:
        return False
    await _note(held, Event.WEBHOOK_DISABLED, partner, at, reason, actor)
    return True


async def _note(held: Connection, event: Event, partner: str, at: datetime, reason: str, actor: str) -> None:
    leaf: dict[str, object] = {"event": event, "at": as_text(at), "partner": partner, "actor": actor, "reason": reason}
    await held.execute(_NOTE, [None], [encoded_leaf(leaf)])
