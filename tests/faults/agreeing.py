"""What must hold between two gateways after any fault: both ledgers, both audits and both ERPs tell one story."""

import asyncio
import time
from collections import Counter

import msgspec
from faults.facing import Facing, Side

_UNSETTLED = """select (select count(*) from exceptions) + (select count(*) from deliveries d join shards s
using (destination, shard) where (d.tick, d.position) > (s.tick, s.position))
+ (select count(*) from parcels where state in ('kept', 'offered', 'refused'))
+ (select count(*) from acknowledgements where ended_at is null)
+ (select count(*) from as2_replies where sent_at is null) as open"""


async def all_done(both: Facing, seconds: float = 90) -> None:
    """Waits until neither has anything left to do: no document on its way, no answer and no receipt owed."""
    deadline = time.monotonic() + seconds
    while any([await left_to_do(side) for side in both.sides]):
        assert time.monotonic() < deadline, both.why()
        await asyncio.sleep(0.2)


async def left_to_do(side: Side) -> int:
    (row,) = await side.rows(_UNSETTLED)
    return int(row["open"])


async def settled(both: Facing, orders: set[str]) -> None:
    """Once all is done: everything of `orders` is there, once, and nothing else."""
    await all_done(both)
    await _same_exchanges(both.werra, both.bergmann)
    await _same_exchanges(both.bergmann, both.werra)
    for number in orders:
        assert [one["state"] for one in both.odoo.sold(number)] == ["sale"], f"{number} in Odoo"
        assert len(both.answered(number)) == 1, f"answers to {number} in the ERP that ordered"
    for side in both.sides:
        said = await side.rows("select side, kind, state, count(*) from acknowledgements group by 1, 2, 3")
        assert {one["state"] for one in said} == {"accepted"}, said
        async with side.ledger() as ledger:
            assert (await ledger.balance()).imbalance == 0
    audits = await asyncio.gather(*(asyncio.to_thread(side.command, "audit", "verify") for side in both.sides))
    assert [(one["ok"], one["problem"]) for one in audits] == [(True, None)] * 2


async def _same_exchanges(here: Side, there: Side) -> None:
    """What one has sent, the other has kept: under one Message-ID one message, with the digest that was sent, and with
    the disposition that was heard. `as2_received` has what was proven, answered or not."""
    sent = {row["message_id"]: row for row in await here.rows("select * from as2_sent")}
    received = {row["message_id"]: row for row in await there.rows("select * from as2_received")}
    assert sent.keys() == received.keys()
    for message_id, one in sent.items():
        other = received[message_id]
        assert (one["state"], one["disposition"]) == ("receipted", other["disposition"]) == ("receipted", "processed")
        digest, algorithm = other["mic"].split(", ")
        assert msgspec.json.decode(one["mics"])[algorithm.replace("-", "")] == digest
    kept = Counter(row["message"] for row in received.values())
    assert set(kept.values()) == {1}, "two exchanges led to one message"
    accepted = await there.rows("select id from messages where channel = 'as2' and verdict = 'accepted'")
    assert {row["id"] for row in accepted} == kept.keys(), "a message of no exchange, or an exchange of no message"
