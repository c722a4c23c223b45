"""Requests refused by a limit, put on record in sums: a flood must not be able to fill the ledger."""

import asyncio
from collections import Counter

import msgspec

from gateway.clock import now_text
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.observing import RATE_LIMITED
from policies.verdicts import Refused

SUM_SECONDS = 10.0


class LimitedRequests:
    """Counts by sender and rule; one event for each every ten seconds."""

    def __init__(self, ledger: Ledger, seconds: float = SUM_SECONDS) -> None:
        self._ledger = ledger
        self._seconds = seconds
        self._sums: Counter[tuple[str, str, str]] = Counter()
        self._task: asyncio.Task[None] | None = None

    def count(self, sender: str, refused: Refused) -> None:
        RATE_LIMITED.labels(sender).inc()
        self._sums[sender, str(refused.rule), refused.revision] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._report())

    async def _report(self) -> None:
        await asyncio.sleep(self._seconds)
        sums, self._sums = self._sums, Counter()
        for (sender, rule, revision), requests in sums.items():
            leaf = {
                "event": Event.REQUESTS_LIMITED,
                "at": now_text(),
                "sender": sender,
                "rule": rule,
                "policy": revision,
                "requests": requests,
            }
            try:
                await self._ledger.note(msgspec.json.encode(leaf, order="sorted"))
            except LedgerUnavailable:
                self._sums[sender, rule, revision] += requests
