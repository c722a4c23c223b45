"""The job that erases what is over: a walk over all messages whose bytes are here, oldest first; then over those whose
events alone are, where a rule says how long.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from uuid import UUID

import msgspec

from gateway.clock import now
from gateway.ledger.ledger import Ledger
from gateway.ledger.retention import KeptMessage
from gateway.observing import ERASED, EVENTS_ERASED, log_change
from policies.facts import DocumentFacts, RequestFacts, SenderKind
from policies.policyset import PolicySet
from policies.recordedfacts import decode_facts
from policies.retention import Kept, is_over

PAGE = 1000
PAUSE = 4
"""Times as long as a page took: a ledger that is cleared for the first time still delivers."""
_FIRST = UUID(int=0)


class Retaining:
    """Any number of workers may do it. `rules` gives those in force."""

    every = 3600.0

    def __init__(self, ledger: Ledger, rules: Callable[[], PolicySet], clock: Callable[[], datetime] = now) -> None:
        self._ledger = ledger
        self._rules = rules
        self._clock = clock
        self._after = _FIRST
        self._would: Counter[str] = Counter()

    async def look(self) -> None:
        """From the oldest to the youngest that any rule might let go, page by page."""
        self._would.clear()
        for page in (self.page, self.page_of_events):
            self._after = _FIRST
            more = True
            while more:
                started = monotonic()
                more = await page()
                await asyncio.sleep(PAUSE * (monotonic() - started))
        for rule, messages in self._would.items():
            log_change("retention.observed", level=logging.WARNING, rule=rule, messages=messages)

    async def page(self) -> bool:
        """The next page; False when it was the last."""
        rules, moment = self._rules(), self._clock()
        before = moment - rules.retention.shortest
        messages = await self._ledger.kept_messages(self._after, before, PAGE)
        over: dict[str, list[UUID]] = {}
        for message in messages:
            if not message.ended:
                continue
            decision = rules.retention.of(_kept(message))
            if is_over(decision, message.received_at, moment):
                over.setdefault(str(decision.rule), []).append(message.id)
                continue
            for observing, keep in decision.observed:
                self._would[str(observing)] += message.received_at + keep <= moment
        for rule, ids in over.items():
            erased = await self._ledger.erase_payloads(ids, rule=rule, policy=rules.revision)
            ERASED.inc(erased.messages)
        if messages:
            self._after = messages[-1].id
        return len(messages) == PAGE

    async def page_of_events(self) -> bool:
        """The next page of messages whose bytes are gone; False when it was the last."""
        rules, moment = self._rules(), self._clock()
        if rules.retention.shortest_events is None:
            return False
        before = moment - rules.retention.shortest_events
        messages = await self._ledger.telling_messages(self._after, before, PAGE)
        over: dict[str, list[UUID]] = {}
        for message in messages:
            decision = rules.retention.of(_kept(message))
            if decision.events is not None and message.received_at + decision.events <= moment:
                over.setdefault(str(decision.rule), []).append(message.id)
        for rule, ids in over.items():
            EVENTS_ERASED.inc(await self._ledger.erase_events(ids, rule=rule, policy=rules.revision))
        if messages:
            self._after = messages[-1].id
        return len(messages) == PAGE


def _kept(message: KeptMessage) -> Kept:
    request, documents = _facts(message)
    return Kept(
        request=request,
        documents=documents,
        document_type=message.document_type,
        verdict=message.verdict,
        flows=message.flows,
        test=message.test,
    )


def _facts(message: KeptMessage) -> tuple[RequestFacts, tuple[DocumentFacts, ...]]:
    """What it was judged by; of messages from before facts were kept, what is known of the sender."""
    if message.facts is not None:
        return decode_facts(message.facts)
    kind = msgspec.convert(message.sender_kind, SenderKind)
    return RequestFacts(sender_kind=kind, sender=message.sender, client="", at=message.received_at), ()
