"""A candidate set of rules beside those in force: what it would have decided otherwise is counted, and nothing else.

Entries come from intake after its answer is settled, and are judged again in the background, a few at a time; when more
come in than can be compared, the rest is counted as skipped. No answer ever waits for this or changes by it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from gateway.clock import now_text
from gateway.destinations.contract import ANSWER
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.entries import Acceptance, Refusal
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.ledger.watching import Difference
from gateway.local_counters import LocalCounters
from gateway.observing import SHADOW_DIFFERENCES, SHADOW_JUDGED
from policies.deciding import OF_RULES, Change, compare, decide
from policies.facts import RequestFacts
from policies.live import LivePolicies
from policies.policyset import PolicySet
from policies.recordedfacts import decode_facts
from policies.verdicts import Refused

MOST_WAITING = 10_000
"""Entries not yet compared; beyond it they are skipped, so that a flood costs no memory."""
SUM_SECONDS = 10.0
_SLICE = 50
_log = logging.getLogger(__name__)

_Cause = tuple[str, str, str]
"""Sender, change, the candidate's rule."""


_Seen = Acceptance | Refusal | tuple[RequestFacts, Refused]


class _Sum(Struct):
    messages: int = 0
    example: UUID | None = None


class Shadow:
    """Judges again what intake decided. `candidate` is watched as the rules in force are, and may change meanwhile."""

    def __init__(self, candidate: LivePolicies, ledger: Ledger, seconds: float = SUM_SECONDS) -> None:
        self._candidate = candidate
        self._ledger = ledger
        self._seconds = seconds
        # Counted by each gateway alone: with several, a limit of the candidate differs later than it would.
        self._counting = LocalCounters()
        self._waiting: deque[_Seen] = deque()
        self._arrived = asyncio.Event()
        self._sums: dict[tuple[str, str], dict[_Cause, _Sum]] = {}
        self._judged: dict[tuple[str, str], int] = {}
        self._skipped: dict[tuple[str, str], int] = {}

    @property
    def revision(self) -> str:
        return self._candidate.current.revision

    def see(self, entry: Acceptance | Refusal) -> None:
        """A message was accepted or refused under the rules in force."""
        self._take(entry, entry.policy_revision)

    def see_request(self, facts: RequestFacts, refused: Refused) -> None:
        """A request was refused before its body was read. Limits are left out: they are counted once, by the rules in
        force, and a candidate's would count what these let through."""
        if not refused.code.startswith("limit."):
            self._take((facts, refused), refused.revision)

    def _take(self, seen: _Seen, live: str) -> None:
        if len(self._waiting) >= MOST_WAITING:
            pair = (self.revision, live)
            self._skipped[pair] = self._skipped.get(pair, 0) + 1
            return
        self._waiting.append(seen)
        self._arrived.set()

    async def run(self) -> None:
        """Until cancelled: compares what waits, and puts the sums on record."""
        beside = [asyncio.create_task(self._candidate.watch()), asyncio.create_task(self._report_for_ever())]
        try:
            while True:
                await self._arrived.wait()
                self.compare_some()
                await asyncio.sleep(0)  # messages on their way in go first
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def compare_some(self) -> None:
        """Judges some of what waits."""
        for _ in range(min(_SLICE, len(self._waiting))):
            seen = self._waiting.popleft()
            rules = self._candidate.current
            try:
                self._compare(seen, rules)
            except Exception:  # noqa: BLE001 - a candidate is not trusted yet: what it breaks is told, and stops nothing
                _log.error("the candidate %s could not judge a message", rules.revision, exc_info=True)
        if not self._waiting:
            self._arrived.clear()

    def _compare(self, seen: _Seen, rules: PolicySet) -> None:
        if isinstance(seen, tuple):
            facts, refused = seen
            change = compare(refused.code, str(refused.rule), (), decide(rules, facts, ()))
            self._count((rules.revision, refused.revision), facts.sender, change, None)
            return
        if seen.facts is None:
            return
        request, documents = decode_facts(seen.facts)
        code, rule = (None, None) if isinstance(seen, Acceptance) else _refusal_of(seen)
        pair = (rules.revision, seen.policy_revision)
        if code is not None and code not in OF_RULES:
            self._count(pair, seen.sender, None, None)
            return
        decision = decide(rules, request, documents, self._counting.charge)
        if code == "schema.not_matched" and decision.allowed:
            change = None  # the bytes are gone from here; `policy replay --contents` can tell
        else:
            change = compare(code, rule, _routes_of(seen), decision)
        self._count(pair, seen.sender, change, seen.message_id)

    def _count(self, pair: tuple[str, str], sender: str, change: Change | None, example: UUID | None) -> None:
        SHADOW_JUDGED.inc()
        self._judged[pair] = self._judged.get(pair, 0) + 1
        if change is None:
            return
        SHADOW_DIFFERENCES.labels(sender, change.kind, change.rule).inc()
        found = self._sums.setdefault(pair, {}).setdefault((sender, change.kind, change.rule), _Sum())
        found.messages += 1
        found.example = example or found.example

    async def _report_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self.report()

    async def report(self) -> None:
        """Puts the sums on record; they are kept for the next time while the ledger is away."""
        judged, self._judged = self._judged, {}
        skipped, self._skipped = self._skipped, {}
        sums, self._sums = self._sums, {}
        for pair in judged.keys() | skipped.keys():
            differences = [
                Difference(sender=sender, change=change, rule=rule, messages=one.messages, example=one.example)
                for (sender, change, rule), one in sums.get(pair, {}).items()
            ]
            try:
                await self._put_on_record(pair, judged.get(pair, 0), skipped.get(pair, 0), differences)
            except LedgerUnavailable:
                self._judged[pair] = self._judged.get(pair, 0) + judged.get(pair, 0)
                self._skipped[pair] = self._skipped.get(pair, 0) + skipped.get(pair, 0)
                for cause, one in sums.get(pair, {}).items():
                    kept = self._sums.setdefault(pair, {}).setdefault(cause, _Sum())
                    kept.messages += one.messages
                    kept.example = one.example or kept.example

    async def _put_on_record(
        self, pair: tuple[str, str], judged: int, skipped: int, differences: Sequence[Difference]
    ) -> None:
        candidate, live = pair
        await self._ledger.add_shadow(candidate, live, judged=judged, skipped=skipped, differences=differences)
        for one in differences:
            leaf = {
                "event": Event.POLICY_DIFFERED,
                "at": now_text(),
                "policy": live,
                "candidate": candidate,
                "sender": one.sender,
                "change": one.change,
                "rule": one.rule,
                "messages": one.messages,
                "example": str(one.example) if one.example is not None else None,
            }
            await self._ledger.note(msgspec.json.encode(leaf, order="sorted"))


def _refusal_of(entry: Refusal) -> tuple[str | None, str | None]:
    """Code and rule, as it stands in the ledger."""
    refusal = msgspec.json.decode(entry.refusal)
    return refusal.get("code"), refusal.get("rule")


def _routes_of(entry: Acceptance | Refusal) -> tuple[str, ...]:
    """Where rules have sent it: our answer to it leaves without one, and no candidate changes that."""
    deliveries = entry.deliveries if isinstance(entry, Acceptance) else ()
    return tuple(f"{one.destination} {one.operation}" for one in deliveries if one.operation != ANSWER)
