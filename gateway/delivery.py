"""Everything that happens to a document on its way out. `deliver` is the page; the rest of this file is its words."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, get_args

from gateway.breaker import Breaker
from gateway.destinations.confirming import confirmation
from gateway.destinations.contract import (
    Absent,
    Delivered,
    Delivery,
    Destination,
    Offered,
    Outcome,
    Postponed,
    Refused,
    Unavailable,
    Unknown,
    Verified,
)
from gateway.ledger.delivering import Fenced
from gateway.ledger.leasing import Lease
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import DOES_NOT_OPEN
from gateway.ledger.sharding import rank_of
from gateway.ledger.states import Event
from gateway.ledger.work import Result, Work
from gateway.observing import count_outcome, observe_delivery
from gateway.retries import wait_before_next, wait_before_reading_back
from gateway.turns import Turns

_log = logging.getLogger(__name__)

LONGEST_ANSWER = 300.0
"""Seconds: a destination has time-outs of its own, far shorter; this one keeps a defect from stopping a shard."""
UNAVAILABLE_WAIT = 2.0
"""Seconds before what was not taken is tried again: others may get through meanwhile and keep the breaker closed."""


async def deliver(
    ledger: Ledger, destination: Destination, breaker: Breaker, lease: Lease, turns: Turns | None = None
) -> int:
    """Make the next deliveries of one shard and settle them; returns how many there were.

    Lanes run beside each other, the deliveries of a lane one after the other, each when it is its turn (`turns` is
    shared by the shards of a destination). The first that does not get through holds those behind it, unless its rule
    lets them pass. Raises Fenced when the lease ended meanwhile: then nothing more is sent and nothing recorded, and
    its next owner reads back what may have been sent.
    """
    works = await ledger.next_deliveries(lease, destination.batch if breaker.circuit == "closed" else 1)
    lanes: dict[str, list[Work]] = {}
    for work in works:
        lanes.setdefault(work.delivery.lane, []).append(work)
    turns, rank = turns or Turns(destination.concurrency), rank_of(lease.shard)

    async def one_lane(lane: list[Work]) -> list[Result]:
        results: list[Result] = []
        held = False
        for work in lane:
            if held or work.blocked:
                result = _hold(work)
            else:
                async with turns.taken(rank):
                    if not ledger.leases.owns(lease):
                        break
                    result = await _attempt(destination, breaker, work)
            held = held or (result.state not in ("delivered", "offered") and result.blocks)
            results.append(result)
        return results

    done = await asyncio.gather(*(one_lane(lane) for lane in lanes.values()))
    if works:
        results = {id(result.work): result for lane in done for result in lane}
        if len(results) < len(works):
            raise Fenced(f"the lease of shard {lease.shard} of {lease.destination} has ended")
        await ledger.settle(lease, [results[id(work)] for work in works])
    return len(works)


async def _attempt(destination: Destination, breaker: Breaker, work: Work) -> Result:
    """One delivery: read back first where it may have been sent, then send, unless the destination is out."""
    if work.unreadable:
        return _park(work, "ledger.payload_unreadable", DOES_NOT_OPEN)
    if breaker.circuit == "open":
        return _result(work, Unavailable(why="the destination is out"))
    with observe_delivery(destination.name):
        if work.maybe_sent:
            verified: Verified | Unknown = await _ask(destination.verify, work, get_args(Verified))
            if not isinstance(verified, Absent):
                return _told(destination, breaker, work, verified)
        outcome: Outcome = await _ask(destination.deliver, work, get_args(Outcome))
        return _told(destination, breaker, work, outcome)


async def _ask(question: Callable[[Delivery], Awaitable[object]], work: Work, allowed: tuple[type, ...]) -> Any:
    """A destination that raises, hangs, or answers what it may not has a defect: what it did is unknown."""
    try:
        async with asyncio.timeout(LONGEST_ANSWER):
            answer = await question(work.delivery)
    except Exception as error:  # noqa: BLE001 - whatever it is, the effect may be there
        _log.exception("a destination raised instead of answering")
        return Unknown(why=f"the destination failed in an unexpected way: {type(error).__name__}")
    if not isinstance(answer, allowed):
        _log.error("a destination answered with `%s`", type(answer).__name__)
        return Unknown(why=f"the destination answered what it may not: {type(answer).__name__}")
    return answer


def _told(destination: Destination, breaker: Breaker, work: Work, outcome: Outcome) -> Result:
    if isinstance(outcome, Unavailable | Unknown) and not outcome.partly:
        breaker.failed(outcome.after if isinstance(outcome, Unavailable) else None)
    else:
        breaker.succeeded()
    count_outcome(destination.name, work, outcome)
    return _result(work, outcome)


def _result(work: Work, outcome: Outcome) -> Result:
    """What an outcome means for the ledger. Only verdicts about the document spend an attempt, outages do not."""
    attempt = work.delivery.attempt
    match outcome:
        case Delivered(reference):
            answer = confirmation(work.delivery, reference)
            return Result(
                work=work, event=Event.DOCUMENT_DELIVERED, outcome="delivered", reference=reference, answer=answer
            )
        case Offered():
            return Result(work=work, event=Event.DOCUMENT_OFFERED, outcome="offered", blocks=False, spent=False)
        case Refused(code, why):
            return _park(work, code, why)
        case Postponed(why, after):
            return _retry(work, Event.DOCUMENT_POSTPONED, "postponed", "destination.postponed", why, after or 0.0)
        case Unknown(why, harmless, _):
            after = wait_before_reading_back(attempt)
            if harmless:
                return Result(
                    work=work, event=Event.DOCUMENT_UNKNOWN, outcome="unknown", cause="destination.no_answer",
                    error=why, after=after, blocks=not work.passed, spent=False,
                )  # fmt: skip
            return _retry(work, Event.DOCUMENT_UNKNOWN, "unknown", "destination.no_answer", why, after)
        case Unavailable(why, after, _):
            event = Event.DOCUMENT_UNKNOWN if work.maybe_sent else Event.DOCUMENT_POSTPONED
            return Result(
                work=work, event=event, outcome="unavailable", cause="destination.unavailable", error=why,
                after=max(after or 0.0, UNAVAILABLE_WAIT), blocks=not work.passed, spent=False,
            )  # fmt: skip


def _retry(work: Work, event: Event, outcome: str, cause: str, why: str, after: float) -> Result:
    """Once more by the schedule of its rule, or parked at its end."""
    wait = wait_before_next(work.retries, work.delivery.attempt)
    if wait is None:
        return _park(work, "delivery.attempts_used_up", why)
    if event is Event.DOCUMENT_POSTPONED:
        after = max(wait, after)
    blocks = not work.passed
    return Result(work=work, event=event, outcome=outcome, cause=cause, error=why, after=after, blocks=blocks)


def _park(work: Work, cause: str, why: str) -> Result:
    blocks = work.when_parked == "hold"
    return Result(work=work, event=Event.DOCUMENT_PARKED, outcome="refused", cause=cause, error=why, blocks=blocks)


def _hold(work: Work) -> Result:
    """Its turn comes after what lies before it. What may have been sent stays `unknown`, to be read back first."""
    event = Event.DOCUMENT_UNKNOWN if work.maybe_sent else Event.DOCUMENT_HELD
    return Result(work=work, event=event, outcome="held", after=0.0, spent=False)
