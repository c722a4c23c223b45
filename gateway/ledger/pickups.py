"""Files on partners' own SFTP servers: whose turn it is to look there, and what is known of each file.

A turn is a lease with a fence: what a worker writes after it has lost its turn is not written (`LostTurn`).
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from gateway.clock import as_text
from gateway.identifiers import new_message_id
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.judging import first_id
from gateway.ledger.membership import encoded_leaf
from gateway.ledger.statements import statements
from gateway.ledger.states import Event

_SQL = statements("pickups")
_NOTE = statements("recording")["note"]

LEASE_SECONDS = 60.0
"""How long a worker may be silent before another looks there."""

After = Literal["deleted", "moved", "kept", "gone"]
"""What became of a file there; `gone`: somebody took it away before we did, or we did and ended before we could say
so."""
Verdict = Literal["accepted", "refused"]


class LostTurn(Exception):  # noqa: N818 - a state of the world, not a defect
    """Another worker looks there now, or the profile names another place."""


class Turn(Struct, frozen=True):
    """The right to look at one partner's server until the lease ends."""

    partner: str
    place: str
    epoch: int
    failures: int = 0
    """Looks in a row that have failed before."""


class SeenFile(Struct, frozen=True):
    """As their server lists it: `modified` in seconds since 1970, by their clock."""

    name: str
    size: int
    modified: int


class KnownFile(Struct, frozen=True, kw_only=True):
    """What was kept of a file when its server was looked at before."""

    name: str
    size: int
    modified: int
    since: datetime
    state: Literal["seen", "fetched", "taken", "done"]
    hash: bytes | None
    fetched_at: datetime | None
    message_id: UUID | None
    verdict: Verdict | None
    after: After | None
    failures: int
    not_before: datetime | None


class Failing(Struct, frozen=True):
    """How long and how often in a row; `told`: an alert has gone out."""

    since: datetime
    failures: int
    told: bool


class PickupServer(Struct, frozen=True, kw_only=True):
    """What operators see of a partner's server. `failing`: how many of its files could not be picked up."""

    partner: str
    place: str
    next_look: datetime
    looked_at: datetime | None
    waiting: int
    failing_since: datetime | None
    failures: int
    last_error: str | None
    alerted_at: datetime | None
    looking: bool
    failing: int


class PickupFile(Struct, frozen=True, kw_only=True):
    """What operators see of a file there."""

    id: UUID
    name: str
    size: int
    modified: int
    since: datetime
    seen_at: datetime
    state: str
    message_id: UUID | None
    verdict: Verdict | None
    after: After | None
    failures: int
    failing_since: datetime | None
    last_error: str | None
    not_before: datetime | None


class Pickups:
    """Moments are the caller's, leases the database's. Verbs that are given a Turn raise LostTurn."""

    def __init__(self, pool: Pool, worker: str) -> None:
        self._pool = pool
        self._worker = worker

    # -- turns -----------------------------------------------------------------------------------------------------

    async def take_turns(self, places: Mapping[str, str], at: datetime, limit: int) -> list[Turn]:
        """Of what is due. `places`: by partner, as the profiles are now."""
        async with connection(self._pool) as held, held.transaction():
            await held.execute(_SQL["seat"], list(places), list(places.values()), at)
            rows = await held.fetch(_SQL["lease"], self._worker, LEASE_SECONDS, list(places), at, limit)
        return [Turn(*row) for row in rows]

    async def keep(self, turn: Turn) -> None:
        async with connection(self._pool) as held:
            if await held.fetchval(_SQL["renew"], turn.partner, turn.epoch, LEASE_SECONDS) is None:
                raise LostTurn

    async def end_well(self, turn: Turn, at: datetime, *, next_look: datetime, waiting: int) -> bool:
        """Whether it had been told that the server fails: then it is on record that it does no more."""
        async with connection(self._pool) as held, held.transaction():
            row = await held.fetchrow(_SQL["end_well"], turn.partner, turn.epoch, next_look, at, waiting)
            if row is None:
                raise LostTurn
            if row["alerted_at"] is not None:
                await _note(held, {"event": Event.PICKUP_SERVER_WELL, "at": as_text(at), "partner": turn.partner})
        return row["alerted_at"] is not None

    async def end_badly(self, turn: Turn, at: datetime, *, next_look: datetime, why: str) -> Failing:
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["end_badly"], turn.partner, turn.epoch, next_look, at, why)
        if row is None:
            raise LostTurn
        return Failing(row["failing_since"], row["failures"], row["alerted_at"] is not None)

    async def put_off(self, turn: Turn, next_look: datetime) -> None:
        """The turn ends, and says nothing of their server. Nothing happens where it is lost."""
        async with connection(self._pool) as held:
            await held.execute(_SQL["put_off"], turn.partner, turn.epoch, next_look)

    async def alert_server(self, turn: Turn, at: datetime, since: datetime, why: str) -> None:
        leaf = {"event": Event.PICKUP_SERVER_FAILING, "at": as_text(at), "partner": turn.partner,
                "since": as_text(since), "why": why}  # fmt: skip
        async with connection(self._pool) as held, held.transaction():
            await held.execute(_SQL["server_alerted"], turn.partner, at)
            await _note(held, leaf)

    # -- files -----------------------------------------------------------------------------------------------------

    async def see(self, turn: Turn, files: Collection[SeenFile], at: datetime) -> dict[str, KnownFile]:
        """All that lies there now. Returns what is known of it, and of what was taken and is not cleared away yet."""
        names, sizes, times = zip(*((f.name, f.size, f.modified) for f in files), strict=True) if files else ((),) * 3
        async with self._turn(turn) as held:
            row = (turn.partner, turn.place, names, sizes, times, at)
            await held.execute(_SQL["changed"], *row)
            await held.execute(_SQL["seen"], *row, [new_message_id() for _ in names])
            await held.execute(_SQL["vanished"], turn.partner, turn.place, at)
            rows = await held.fetch(_SQL["known"], turn.partner, turn.place, at)
        return {row["name"]: KnownFile(**dict(row)) for row in rows}

    async def fetched(self, turn: Turn, name: str, digest: bytes, at: datetime) -> None:
        """Its bytes are here and go to intake next: whatever happens now, it is known that they may have."""
        async with self._turn(turn) as held:
            await held.execute(_SQL["fetched"], turn.partner, turn.place, name, digest, at)

    async def recorded_since(self, partner: str, digest: bytes, since: datetime) -> tuple[UUID, Verdict] | None:
        """The message with these bytes that intake would not recognise as a repetition: a refusal, or a test."""
        async with connection(self._pool) as held:
            row = await held.fetchrow(_SQL["recorded_since"], partner, first_id(since), digest)
        return (row["id"], row["verdict"]) if row is not None else None

    async def taken(self, turn: Turn, name: str, message_id: UUID, verdict: Verdict) -> None:
        """It is on record; what its profile wants done with it there is owed from now on."""
        async with self._turn(turn) as held:
            await held.execute(_SQL["taken"], turn.partner, turn.place, name, message_id, verdict)

    async def done(self, turn: Turn, name: str, after: After, at: datetime) -> None:
        async with self._turn(turn) as held:
            row = await held.fetchrow(_SQL["done"], turn.partner, turn.place, name, after)
            if row is not None:
                await _note(held, {
                    "event": Event.PICKUP_FILE_TAKEN, "at": as_text(at), "partner": turn.partner,
                    "file": str(row["id"]), "message": str(row["message_id"]), "verdict": row["verdict"],
                    "content": f"sha256:{row['hash'].hex()}", "size": row["size"], "after": after,
                }, row["message_id"])  # fmt: skip

    async def failed(self, turn: Turn, name: str, why: str, at: datetime, not_before: datetime) -> tuple[UUID, Failing]:
        """Its id, and how long it has failed."""
        async with self._turn(turn) as held:
            row = await held.fetchrow(_SQL["failed"], turn.partner, turn.place, name, at, why, not_before)
        assert row is not None, "a file that fails was seen"
        return row["id"], Failing(row["failing_since"], row["failures"], row["alerted_at"] is not None)

    async def alert_file(self, turn: Turn, file: UUID, at: datetime, since: datetime, why: str) -> None:
        leaf = {"event": Event.PICKUP_FILE_FAILING, "at": as_text(at), "partner": turn.partner, "file": str(file),
                "since": as_text(since), "why": why}  # fmt: skip
        async with self._turn(turn) as held:
            await held.execute(_SQL["file_alerted"], file, at)
            await _note(held, leaf)

    async def forget(self, before: datetime, limit: int = 1000) -> int:
        """Files that have not been seen since then; returns how many."""
        async with connection(self._pool) as held:
            return int((await held.execute(_SQL["forget"], before, limit)).split()[-1])

    # -- operators -------------------------------------------------------------------------------------------------

    async def servers(self) -> list[PickupServer]:
        async with connection(self._pool) as held:
            return [PickupServer(**row) for row in await held.fetch(_SQL["servers"])]

    async def files(self, partner: str, limit: int) -> list[PickupFile]:
        """The newest first."""
        async with connection(self._pool) as held:
            return [PickupFile(**row) for row in await held.fetch(_SQL["files"], partner, limit)]

    async def make_due(self, partner: str, at: datetime) -> bool:
        """False where nobody has ever looked."""
        async with connection(self._pool) as held:
            return await held.fetchval(_SQL["make_due"], partner, at) is not None

    @asynccontextmanager
    async def _turn(self, turn: Turn) -> AsyncIterator[Connection]:
        """A transaction of whoever has the turn."""
        async with connection(self._pool) as held, held.transaction():
            if await held.fetchval(_SQL["hold"], turn.partner, turn.epoch) is None:
                raise LostTurn
            yield held


async def _note(held: Connection, leaf: Mapping[str, object], message_id: UUID | None = None) -> None:
    ids: Sequence[UUID | None] = [message_id]
    await held.execute(_NOTE, ids, [encoded_leaf(dict(leaf))])
