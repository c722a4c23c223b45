"""Deliveries past their deadline: noticed once, counted until they end, told as loudly as their flow asks for."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from support.delivering import Told, make_due
from support.ledgering import an_entry, lease_all

from gateway.breaker import Breaker
from gateway.clock import now
from gateway.deadlines import Deadlines
from gateway.delivery import deliver
from gateway.destinations.contract import Postponed
from gateway.ledger.entries import NewDelivery
from gateway.ledger.ledger import Ledger
from gateway.ledger.reading import MessageHistory
from gateway.observing import MISSED, OVERDUE
from policies.flows import FlowRule, flow_of

FLOWS = {
    "shop-floor": flow_of(
        FlowRule(
            name="shop-floor", why="a test", mode="enforce", criticality="stops-production", latency="seconds",
            recovery="exactly-once",
        )
    )
}  # fmt: skip


async def taken(
    ledger: Ledger, number: str, *, ago: int, deadline: int | None, flow: str | None = "shop-floor"
) -> None:
    way = NewDelivery(
        1, "recording", "record", number, f"gw.{number}", "1, 5", "hold", deadline=deadline, flow=flow
    )  # fmt: skip
    await ledger.record(an_entry(number, deliveries=(way,), received_at=now() - timedelta(seconds=ago)))


async def work(ledger: Ledger, told: Told) -> None:
    for lease in await lease_all(ledger):
        while await deliver(ledger, told, Breaker(), lease):
            pass


async def overdue_events(ledger: Ledger) -> list[dict[str, str]]:
    rows = await ledger._pool.fetch("select body from events order by tick, id")
    events = [msgspec.json.decode(row["body"]) for row in rows]
    return [event for event in events if event["event"] == "delivery.document.overdue"]


async def history_of(ledger: Ledger, message: str) -> MessageHistory:
    history = await ledger.history(UUID(message))
    assert history is not None
    return history


def figure(metric: object, *labels: str) -> float:
    return float(metric.labels(*labels)._value.get())  # type: ignore[attr-defined]


async def test_what_is_late_is_told_once_whether_it_waits_or_nobody_looked_at_it_yet(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    await taken(ledger, "late-and-pending", ago=120, deadline=60)
    await taken(ledger, "in-time", ago=10, deadline=60)
    await taken(ledger, "without", ago=9999, deadline=None)
    deadlines = Deadlines(ledger, lambda: FLOWS)
    missed = figure(MISSED, "recording", "page")
    await deadlines.look()
    [event] = await overdue_events(ledger)
    assert event["flow"] == "shop-floor"
    assert event["destination"] == "recording"
    assert figure(OVERDUE, "recording", "page") == 1
    assert figure(MISSED, "recording", "page") == missed + 1
    assert [record.levelname for record in caplog.records if record.message == "delivery.overdue"] == ["ERROR"]
    await deadlines.look()
    assert len(await overdue_events(ledger)) == 1
    [late] = (await history_of(ledger, event["message"])).deliveries
    assert late.deadline is not None
    assert late.overdue_since is not None
    assert late.overdue_since > late.deadline
    assert figure(MISSED, "recording", "page") == missed + 1


async def test_what_ended_after_all_is_overdue_no_more(ledger: Ledger) -> None:
    await taken(ledger, "PO-1", ago=120, deadline=60)
    told = Told()
    told.answers["PO-1"] = [Postponed(why="busy", after=0.0)]
    await work(ledger, told)
    deadlines = Deadlines(ledger, lambda: FLOWS)
    await deadlines.look()
    assert figure(OVERDUE, "recording", "page") == 1
    await make_due(ledger)
    await work(ledger, told)
    await deadlines.look()
    assert await ledger.overdue_now() == []
    assert (await ledger._pool.fetchval("select ended_at from overdue")) is not None


async def test_what_was_delivered_in_time_is_never_late(ledger: Ledger) -> None:
    await taken(ledger, "PO-1", ago=120, deadline=60)
    await work(ledger, Told())
    await Deadlines(ledger, lambda: FLOWS).look()
    assert await overdue_events(ledger) == []


async def test_a_flow_that_is_gone_is_a_ticket(ledger: Ledger) -> None:
    await taken(ledger, "PO-1", ago=120, deadline=60, flow="forgotten")
    await Deadlines(ledger, lambda: FLOWS).look()
    assert figure(OVERDUE, "recording", "ticket") == 1
