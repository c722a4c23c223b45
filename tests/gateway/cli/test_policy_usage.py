"""`policy usage`: who still uses what, from what the ledger recorded."""

from datetime import timedelta
from pathlib import Path

from support.serving import a_despatch_advice, an_order, serving

from gateway.cli.policy.usage import usage_since
from gateway.clock import now
from gateway.ledger.ledger import Ledger


async def test_usage_is_told_by_sender_and_version(ledger: Ledger, tmp_path: Path) -> None:
    async with serving(ledger, tmp_path) as served:
        await served.order("PO-1")
        await served.order("PO-2")
        refused = await served.post("/v1/documents", an_order(currency="EURO"), served.aurora())
        assert refused.status_code == 422
        advice = await served.post("/v1/documents", a_despatch_advice(), served.supplier())
        assert advice.status_code == 202, advice.text
        found = await usage_since(ledger, served.policies.current, now() - timedelta(days=1))
    assert [(use.sender, use.version, use.state, use.messages, use.refused) for use in found.uses] == [
        ("aurora", "api v1", "active", 3, 1),
        ("stahlhof", "api v1", "active", 1, 0),
        ("stahlhof", "json despatch_advice 1", "active", 1, 0),
        ("aurora", "json purchase_order 1", "active", 3, 1),
    ]
    assert found.unknown == 0
    assert all(now() - use.last_seen < timedelta(minutes=5) for use in found.uses)
