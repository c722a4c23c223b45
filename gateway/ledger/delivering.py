"""Deliveries out of the log, and their results back into it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from gateway.clock import now_text
from gateway.identifiers import delivery_id
from gateway.ledger.database import Connection, Pool, connection
from gateway.ledger.leasing import Lease
from gateway.ledger.owing import derive_answers
from gateway.ledger.payloads import Payloads
from gateway.ledger.statements import statements
from gateway.ledger.states import State
from gateway.ledger.work import Delivery, Result, Work

_SQL = statements("delivering")


class Fenced(Exception):  # noqa: N818 - a state of the world, not a defect
    """The lease was lost to another worker meanwhile: nothing of this batch was recorded here."""


async def next_deliveries(pool: Pool, payloads: Payloads, lease: Lease, worker: str, limit: int) -> list[Work]:
    """Exceptions that are due, and what comes next in the log; empty when there is nothing or the lease is lost.

    What waited gets half of the room at most, so that a long lane that catches up does not stop the others.
    """
    async with connection(pool) as held:
        rows = await held.fetch(_SQL["take_due"], *lease.place, max(1, limit // 2), worker, lease.epoch)
        if len(rows) < limit:
            rows += await held.fetch(_SQL["take_next"], *lease.place, limit - len(rows), worker, lease.epoch)
        bodies = await payloads.fetch(held, [(row["sender"], row["body_hash"], row["bundle"]) for row in rows])
    # A message's facts come with the first of its rows.
    facts = {row["message_id"]: row["facts"] for row in rows if row["facts"] is not None}
    return [_work(row, lease.destination, bodies.get((row["sender"], row["body_hash"])), facts) for row in rows]


async def shards_with_work(pool: Pool, destination: str, shards: Sequence[int]) -> list[int]:
    async with connection(pool) as held:
        return [row["shard"] for row in await held.fetch(_SQL["shards_with_work"], destination, list(shards))]


async def settle(pool: Pool, payloads: Payloads, lease: Lease, worker: str, results: Sequence[Result]) -> None:
    """Record a batch of results and move the cursor past it, in one transaction. Raises Fenced."""
    forward = [(r.work.tick, r.work.position) for r in results if not r.work.exceptional]
    cursor = max(forward, default=(0, 0))
    freed = sorted({r.work.delivery.lane for r in results if _may_free(r)})
    answers = [(r.work, r.answer) for r in results if r.answer is not None and r.state is State.DELIVERED]
    async with connection(pool) as held:
        async with held.transaction():
            if not await held.fetchval(
                _SQL["settle"], lease.destination, lease.shard, worker, lease.epoch, *cursor, *_result_columns(results)
            ):
                raise Fenced(f"shard {lease.shard} of {lease.destination} has another owner")
            if freed:
                await free_lanes(held, lease.destination, lease.shard, freed)
            keys = await derive_answers(held, payloads, answers) if answers else []
        payloads.mark_stored(keys)


async def free_lanes(held: Connection, destination: str, shard: int, lanes: list[str]) -> None:
    await held.execute(_SQL["free_lanes"], destination, shard, lanes)


def _may_free(result: Result) -> bool:
    """Whether a row held in its lane may have to be made due: behind what is over, or because what it was held for
    was cancelled while it was under way."""
    if result.state is State.HELD:
        return True
    return result.work.exceptional and (result.state is State.DELIVERED or not result.blocks)


def _work(row: asyncpg.Record, destination: str, body: bytes | None, facts: Mapping[UUID, bytes]) -> Work:
    delivery = Delivery(
        id=delivery_id(row["message_id"], row["number"]),
        message_id=str(row["message_id"]),
        document_number=row["document"],
        document_type=row["document_type"],
        destination=destination,
        operation=row["operation"],
        lane=row["lane"],
        sender=row["sender"],
        business_key=row["business_key"],
        external_id=row["external_id"],
        body=body or b"",
        attempt=row["attempts"] + 1,
        traceparent=row["traceparent"],
        test=row["test"],
        facts=facts.get(row["message_id"]),
        approved=row["approved"],
    )
    return Work(
        delivery=delivery,
        message_id=row["message_id"],
        number=row["number"],
        state=State(row["state"]),
        tick=row["tick"],
        position=row["position"],
        exceptional=row["exceptional"],
        blocked=row["blocked"],
        maybe_sent=row["maybe_sent"],
        retries=row["retries"],
        when_parked=row["when_parked"],
        passed=row["passed"],
        unreadable=body is None,
    )


def _result_columns(results: Sequence[Result]) -> list[list[object]]:
    """The arrays of `settle`, in its order; results are recorded in the order of the log."""
    at = now_text()
    rows = [
        (r.work.message_id, r.work.number, r.attempts, r.outcome, r.reference, r.error, r.state, r.blocks, r.after,
         r.cause, r.work.tick, r.work.position, r.work.delivery.lane)
        for r in results
    ]  # fmt: skip
    changes = [result for result in results if result.changes]
    return [
        *(list(column) for column in zip(*rows, strict=True)),
        [result.work.message_id for result in changes],
        [result.leaf(at) for result in changes],
    ]
