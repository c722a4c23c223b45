"""Which rules each gateway runs, and what a candidate beside them would have decided otherwise."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from gateway.ledger.database import Pool, connection
from gateway.ledger.statements import statements

_SQL = statements("watching")

SILENT_SECONDS = 30.0
"""A gateway that has said nothing for so long is not counted as running."""


class GatewayReport(Struct, frozen=True, kw_only=True):
    """What a gateway says of itself. `number` is that of a signed set."""

    revision: str
    number: int | None
    problems: int
    candidate: str | None = None


class RunningGateway(Struct, frozen=True, kw_only=True):
    """`silent`: seconds since it was last heard of."""

    id: str
    started_at: datetime
    seen_at: datetime
    revision: str
    number: int | None
    problems: int
    candidate: str | None
    silent: float

    @property
    def runs(self) -> bool:
        return self.silent < SILENT_SECONDS


class Difference(Struct, frozen=True, kw_only=True):
    """`change` is one of policies/deciding.py; `rule` the candidate's; `example` a message to look at."""

    sender: str
    change: str
    rule: str
    messages: int
    example: UUID | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None


class ShadowRun(Struct, frozen=True, kw_only=True):
    """How much was compared of a candidate with the rules in force then."""

    candidate: str
    live: str
    judged: int
    skipped: int
    first_at: datetime
    last_at: datetime
    differences: tuple[Difference, ...] = ()


async def report_gateway(pool: Pool, worker: str, report: GatewayReport) -> list[RunningGateway]:
    """Says what this gateway runs; returns all of them, itself included."""
    async with connection(pool) as held:
        values = (report.revision, report.number, report.problems, report.candidate)
        await held.execute(_SQL["report_gateway"], worker, *values)
        await held.execute(_SQL["forget_gateways"])
        rows = await held.fetch(_SQL["gateways"])
    return [RunningGateway(**dict(row)) for row in rows]


async def forget_gateway(pool: Pool, worker: str) -> None:
    async with connection(pool) as held:
        await held.execute(_SQL["forget_gateway"], worker)


async def gateways(pool: Pool) -> list[RunningGateway]:
    async with connection(pool) as held:
        return [RunningGateway(**dict(row)) for row in await held.fetch(_SQL["gateways"])]


async def add_shadow(
    pool: Pool, candidate: str, live: str, *, judged: int, skipped: int, differences: Sequence[Difference]
) -> None:
    """Adds to the sums of this pair of sets."""
    async with connection(pool) as held, held.transaction():
        await held.execute(_SQL["add_shadow_run"], candidate, live, judged, skipped)
        # In one order: two gateways that add at once never wait for each other in a circle.
        for one in sorted(differences, key=lambda d: (d.sender, d.change, d.rule)):
            await held.execute(
                _SQL["add_shadow_difference"], candidate, live, one.sender, one.change, one.rule, one.messages,
                one.example,
            )  # fmt: skip


async def shadow_runs(pool: Pool) -> list[ShadowRun]:
    """The newest first, each with its differences, the most frequent first."""
    async with connection(pool) as held, held.transaction(isolation="repeatable_read", readonly=True):
        runs = await held.fetch(_SQL["shadow_runs"])
        found = []
        for run in runs:
            rows = await held.fetch(_SQL["shadow_differences"], run["candidate"], run["live"])
            found.append(ShadowRun(**dict(run), differences=tuple(Difference(**dict(row)) for row in rows)))
    return found
