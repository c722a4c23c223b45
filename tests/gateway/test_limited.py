"""Requests refused before their body was read: put on record in sums, the last of them when a gateway stops."""

from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.entries import Records
from gateway.limited import RefusedRequests
from policies.facts import RequestFacts
from policies.verdicts import Refused, RuleRef


class Notes:
    """A ledger that notes, or is away."""

    def __init__(self) -> None:
        self.tried = 0
        self.kept: list[dict[str, Any]] = []
        self.is_away = False

    async def note(self, body: bytes) -> None:
        self.tried += 1
        if self.is_away:
            raise LedgerUnavailable
        self.kept.append(msgspec.json.decode(body))


def counted(refused: RefusedRequests, *senders: str) -> None:
    for sender in senders:
        facts = RequestFacts(
            sender=sender,
            sender_kind="partner",
            client=f"{sender}-orders",
            api_version="v1",
            at=datetime(2026, 11, 29, tzinfo=UTC),
        )
        rule = RuleRef("limits", "partner-requests", "limits.yaml", 3)
        refused.count(facts, Refused(rule, "limit.exceeded", "too many requests", "wait", revision="sha256:1"))


async def test_what_was_counted_is_on_record_when_a_gateway_has_stopped() -> None:
    notes = Notes()
    refused = RefusedRequests(cast(Records, notes), seconds=3600)
    counted(refused, "aurora", "aurora", "nordlicht")
    await refused.close()
    assert [(one["sender"], one["requests"]) for one in notes.kept] == [("aurora", 2), ("nordlicht", 1)]
    await refused.close()
    assert len(notes.kept) == 2


async def test_a_ledger_that_is_away_is_asked_once_and_nothing_is_lost() -> None:
    """Each cause would wait for it as long as the first did, and hold up the stop."""
    notes = Notes()
    notes.is_away = True
    refused = RefusedRequests(cast(Records, notes), seconds=0)
    counted(refused, "aurora", "nordlicht", "werra")
    await refused.close()
    assert notes.tried == 1
    notes.is_away = False
    counted(refused, "aurora")
    await refused.close()
    assert sorted((one["sender"], one["requests"]) for one in notes.kept) == [
        ("aurora", 2), ("nordlicht", 1), ("werra", 1),
    ]  # fmt: skip
