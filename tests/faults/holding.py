"""What must hold after any fault: the client's own ledger and the destination's file against ours."""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field

import asyncpg
import msgspec
from faults.ground import Ground
from faults.sending import MARK, Client

from gateway.app import open_records
from gateway.ledger.operating import Balance
from gateway.settings import read_settings

_NUMBER = re.compile(r"F-(\d{3})-(\d{6})")
_OPEN = """select (select count(*) from exceptions) + (select count(*) from deliveries d join shards s
using (destination, shard) where (d.tick, d.position) > (s.tick, s.position))"""


@dataclass
class Findings:
    """All but `acknowledged`, `effects` and `read_back` (outcomes that were unknown) must be empty, zero or None."""

    acknowledged: int
    effects: int
    lost: list[str] = field(default_factory=list)
    without_effect: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    twice_accepted: int = 0
    undelivered: int = 0
    imbalance: int = 0
    read_back: int = 0
    audit: object = None
    in_logs: bool = False

    @property
    def hold(self) -> bool:
        wrong = (self.lost, self.without_effect, self.doubled, self.out_of_order, self.twice_accepted)
        return not any((*wrong, self.undelivered, self.imbalance, self.audit, self.in_logs))


async def drained(ground: Ground, seconds: float) -> float:
    """Waits until nothing is left to deliver; returns the seconds it took."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        ground.revive()
        connection = await asyncpg.connect(ground.database_url)
        try:
            if not await connection.fetchval(_OPEN):
                return time.monotonic() - started
        finally:
            await connection.close()
        await asyncio.sleep(0.2)
    return seconds


async def examine(ground: Ground, client: Client) -> Findings:
    """Compare the three ledgers, recount the balance, recompute the audit."""
    acknowledged = dict(line.split() for line in client.file.read_text().splitlines())
    effects = [msgspec.json.decode(line) for line in ground.effects.read_bytes().splitlines()]
    numbers = [match.group() for effect in effects if (match := _NUMBER.search(effect["key"]))]
    found = Findings(acknowledged=len(acknowledged), effects=len(effects))
    found.doubled = [number for number, times in Counter(numbers).items() if times > 1]
    found.without_effect = sorted(set(acknowledged.values()) - set(numbers))
    found.out_of_order = _out_of_order(numbers)
    found.in_logs = MARK in ground.logs()
    async with open_records(read_settings(ground.environment), "examiner") as ledger:
        balance: Balance = await ledger.balance()
        found.read_back = await ledger._pool.fetchval("select count(*) from attempts where outcome = 'unknown'")
        rows = await ledger._pool.fetch("select id::text from messages where verdict = 'accepted'")
    kept = {row["id"] for row in rows}
    found.lost = sorted(set(acknowledged) - kept)
    found.twice_accepted = balance.accepted - len(set(numbers))
    found.undelivered = balance.deliveries - balance.delivered
    found.imbalance = balance.imbalance
    found.audit = (await asyncio.to_thread(ground.audit))["problem"]
    return found


def _out_of_order(numbers: list[str]) -> list[str]:
    """Every effect before which a later one of its lane had happened."""
    highest: dict[str, str] = {}
    wrong = []
    for number in numbers:
        lane = number[:5]
        if number < highest.get(lane, ""):
            wrong.append(number)
        highest[lane] = max(number, highest.get(lane, ""))
    return wrong
