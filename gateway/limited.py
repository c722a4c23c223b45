"""Requests refused before their body was read, put on record in sums: a flood must not be able to fill the ledger."""

import asyncio
from contextlib import suppress

import msgspec
from msgspec import Struct

from gateway.clock import now_text
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.entries import Records
from gateway.ledger.states import Event
from gateway.observing import RATE_LIMITED
from policies.facts import RequestFacts
from policies.verdicts import Refused

SUM_SECONDS = 10.0

_Cause = tuple[str, str, str, str]
"""Sender, rule, code, revision of the rules."""


class _Sum(Struct):
    example: RequestFacts
    """Of one of them, so that other rules can judge it again."""
    requests: int = 0


class RefusedRequests:
    """Counts by sender and rule; one event for each every ten seconds."""

    def __init__(self, ledger: Records, seconds: float = SUM_SECONDS) -> None:
        self._ledger = ledger
        self._seconds = seconds
        self._sums: dict[_Cause, _Sum] = {}
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def count(self, facts: RequestFacts, refused: Refused) -> None:
        if refused.code.startswith("limit."):
            RATE_LIMITED.labels(facts.sender).inc()
        cause = (facts.sender, str(refused.rule), refused.code, refused.revision)
        self._add(cause, _Sum(facts, 1))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._report())

    def _add(self, cause: _Cause, more: _Sum) -> None:
        self._sums.setdefault(cause, _Sum(more.example)).requests += more.requests

    async def close(self) -> None:
        """Records what was counted since the last time, so that a restart loses none of it while the ledger answers."""
        self._ending.set()
        if self._task is not None:
            await self._task

    async def _report(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), self._seconds)
        sums, self._sums = self._sums, {}
        for cause in list(sums):
            try:
                await self._ledger.note(_leaf(cause, sums[cause]))
            except LedgerUnavailable:  # the others would wait for it as long, one after the other
                break
            del sums[cause]
        for cause, refused in sums.items():
            self._add(cause, refused)


def _leaf(cause: _Cause, refused: _Sum) -> bytes:
    sender, rule, code, revision = cause
    facts = refused.example
    leaf = {
        "event": Event.REQUESTS_LIMITED if code.startswith("limit.") else Event.REQUESTS_REFUSED,
        "at": now_text(),
        "sender": sender,
        "sender_kind": facts.sender_kind,
        "rule": rule,
        "code": code,
        "policy": revision,
        "requests": refused.requests,
        "example": {
            "client": facts.client,
            "roles": sorted(facts.roles),
            "scopes": sorted(facts.scopes),
            "plan": facts.plan,
            "channel": facts.channel,
            "api_version": facts.api_version,
            "binding": facts.binding,
            "verb": facts.verb,
        },
    }
    return msgspec.json.encode(leaf, order="sorted")
