"""Who uses which version, told with the state the version is in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from policies.facts import DocumentFacts, RequestFacts
from policies.loading import load
from policies.usage import Uses

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def request(sender: str, days: int, version: str = "v1") -> RequestFacts:
    at = NOW - timedelta(days=days)
    return RequestFacts(sender_kind="partner", sender=sender, client=sender, api_version=version, at=at)


def order(request: RequestFacts, version: str) -> DocumentFacts:
    return DocumentFacts(
        request=request, format="edifact", name="ORDERS", version=version, document_type="purchase_order", size=1
    )


def test_messages_are_counted_by_sender_and_version(rules: Path) -> None:
    uses = Uses(load(rules).versions, NOW)
    for days in (3, 1, 2):
        asked = request("aurora", days)
        uses.count(asked, [order(asked, "D.96A"), order(asked, "D.96A")], refused=days == 2)
    uses.count(request("kiesel", 5), [order(request("kiesel", 5), "D.93A")], refused=True)
    uses.count_refused(request("kiesel", 4, "v0"), 7, NOW - timedelta(days=4))
    told = uses.told()
    assert [(one.sender, one.version, one.state, one.messages, one.refused) for one in told] == [
        ("kiesel", "api v0", "retired", 7, 7),
        ("aurora", "api v1", "active", 3, 1),
        ("kiesel", "api v1", "active", 1, 1),
        ("kiesel", "edifact ORDERS D.93A", "unknown", 1, 1),
        ("aurora", "edifact ORDERS D.96A", "active", 3, 1),
    ]
    assert told[1].last_seen == NOW - timedelta(days=1)
    assert [one.version for one in uses.told(ending=True)] == ["api v0", "edifact ORDERS D.93A"]
