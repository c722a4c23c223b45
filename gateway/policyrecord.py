"""Which rules were in force when, and where: every attempt to load a set is an event of the audit, and every gateway
says every few seconds what it runs."""

import asyncio
import logging
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from gateway.clock import now, now_text
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.ledger.watching import GatewayReport
from gateway.observing import POLICY, POLICY_EXPIRES, POLICY_LOADS, POLICY_PROBLEMS, POLICY_REVISIONS
from policies.live import LivePolicies, Told
from policies.policyset import PolicySet
from translators.fileproblems import FileProblem

REPORT_SECONDS = 5.0
_log = logging.getLogger(__name__)


def record_policies(ledger: Ledger) -> Told:
    """Told by LivePolicies, from whatever thread read the files; recording goes on in the loop this is called in."""
    loop = asyncio.get_running_loop()

    def told(rules: PolicySet, problems: tuple[FileProblem, ...]) -> None:
        POLICY.clear()
        POLICY.labels(rules.revision).set(1)
        POLICY_PROBLEMS.set(len(problems))
        POLICY_LOADS.labels("rejected" if problems else "loaded").inc()
        leaf = {
            "event": Event.POLICY_REJECTED if problems else Event.POLICY_LOADED,
            "at": now_text(),
            "policy": rules.revision,
            "number": rules.number,
            "signed_by": rules.signed_by,
            "problems": [str(problem) for problem in problems][:20],
        }
        recording: Coroutine[Any, Any, None] = ledger.note(msgspec.json.encode(leaf, order="sorted"))
        asyncio.run_coroutine_threadsafe(recording, loop).add_done_callback(_report)

    return told


def _report(recorded: "Future[None]") -> None:
    if not recorded.cancelled() and isinstance(recorded.exception(), LedgerUnavailable):
        _log.error("a change of the rules could not be put on record: the ledger is away")


class Candidate(Protocol):
    """The set that runs beside the rules in force."""

    @property
    def revision(self) -> str: ...


class RulesInForce(Struct, frozen=True):
    """`same_everywhere`: whether all gateways that run have this revision; None while the ledger is away."""

    revision: str
    number: int | None
    problems: int
    same_everywhere: bool | None


class PolicyReports:
    """Says what this gateway runs, and knows what the others said."""

    def __init__(self, ledger: Ledger, policies: LivePolicies, candidate: Candidate | None = None) -> None:
        self._ledger = ledger
        self._policies = policies
        self._candidate = candidate
        self._same: bool | None = None

    @property
    def in_force(self) -> RulesInForce:
        live = self._policies
        return RulesInForce(live.current.revision, live.number, len(live.problems), self._same)

    async def run(self, seconds: float = REPORT_SECONDS) -> None:
        """Until cancelled."""
        while True:
            await self.report()
            await asyncio.sleep(seconds)

    async def close(self) -> None:
        """When this gateway stops: else the rules it had would be told beside those of the one that follows it."""
        with suppress(LedgerUnavailable):
            await self._ledger.forget_gateway()

    async def report(self) -> None:
        live = self._policies
        revision, expires = live.current.revision, live.current.expires
        POLICY_EXPIRES.set((expires - now()).total_seconds() if expires is not None else float("inf"))
        candidate = self._candidate.revision if self._candidate is not None else None
        report = GatewayReport(revision=revision, number=live.number, problems=len(live.problems), candidate=candidate)
        try:
            everybody = await self._ledger.report_gateway(report)
        except LedgerUnavailable:
            self._same = None
            return
        running = {one.revision for one in everybody if one.runs}
        POLICY_REVISIONS.set(len(running))
        was, self._same = self._same, len(running) <= 1
        if was and not self._same:
            _log.warning("gateways run different rules: %s", ", ".join(sorted(running)))
