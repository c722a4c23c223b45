"""Operators see which rules run where, and when something is wrong with them."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from prometheus_client import REGISTRY
from support.changed_rules import rewrite_limits
from support.signed_rules import NOW, House

from gateway.channels.http.health import Health
from gateway.clock import now
from gateway.ledger.database import LedgerUnavailable, open_pool
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer
from gateway.policyrecord import PolicyReports, record_policies
from gateway.settings import PACKAGED
from policies.keeping import Kept
from policies.live import LivePolicies


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGED / "policies" / "rules", tmp_path / "rules"))


@pytest.fixture
async def other(database: str, sealer: Sealer) -> AsyncIterator[Ledger]:
    opened = Ledger(await open_pool(database), Payloads(sealer), "other")
    yield opened
    await opened.close()


async def test_gateways_that_run_different_rules_are_noticed(
    ledger: Ledger, other: Ledger, rules: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here = PolicyReports(ledger, LivePolicies(rules))
    assert here.in_force.same_everywhere is None, "nobody was asked yet"
    await here.report()
    assert here.in_force.same_everywhere is True
    rewrite_limits(rules)
    there = PolicyReports(other, LivePolicies(rules))
    await there.report()
    with caplog.at_level(logging.WARNING):
        await here.report()
    assert here.in_force.same_everywhere is there.in_force.same_everywhere is False
    assert REGISTRY.get_sample_value("gateway_policy_revisions") == 2
    assert "gateways run different rules: sha256:" in caplog.text


async def test_a_gateway_that_was_stopped_runs_nothing_any_more(ledger: Ledger, other: Ledger, rules: Path) -> None:
    """Else its successor with newer rules would be said to differ from it."""
    here, there = (PolicyReports(one, LivePolicies(rules)) for one in (ledger, other))
    await here.report()
    await there.report()
    await here.close()
    assert [one.id for one in await ledger.gateways()] == ["other"]


async def test_health_tells_the_rules_without_turning_traffic_away(
    ledger: Ledger, other: Ledger, rules: Path, tmp_path: Path
) -> None:
    policies = LivePolicies(rules)
    reports = PolicyReports(ledger, policies)
    health = Health(ledger, tmp_path, (), lambda: reports.in_force)
    (rules / "access.yaml").write_text("kind: access\nrules: nonsense\n")
    assert not policies.reload()
    await reports.report()
    answer = await health.ready()
    assert answer.status_code == 200
    revision = policies.current.revision.encode()
    expected = b'"rules":{"revision":"%s","number":null,"problems":1,"same_everywhere":true}' % revision
    assert expected in answer.content


async def test_the_time_left_of_a_signed_set_is_a_metric(ledger: Ledger, rules: Path, tmp_path: Path) -> None:
    house = House(tmp_path / "keys")
    house.make(rules, 7, expires=now() + timedelta(days=3))
    policies = LivePolicies(rules, kept=Kept(tmp_path / "state"), signers=house.signers, now=lambda: NOW)
    await PolicyReports(ledger, policies).report()
    left = REGISTRY.get_sample_value("gateway_policy_expires_seconds")
    assert left == pytest.approx(3 * 86_400, abs=60)
    assert (await ledger.gateways())[0].number == 7


async def test_while_the_ledger_is_away_nobody_can_tell(
    ledger: Ledger, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = PolicyReports(ledger, LivePolicies(rules))
    await reports.report()

    async def away(*_: object) -> None:
        raise LedgerUnavailable("gone")

    monkeypatch.setattr(ledger, "forget_gateway", away)
    await reports.close()  # and nobody can be told

    monkeypatch.setattr(Ledger, "report_gateway", away)
    await reports.report()
    assert reports.in_force.same_everywhere is None


async def test_who_signed_the_rules_in_force_is_on_record(ledger: Ledger, rules: Path, tmp_path: Path) -> None:
    house = House(tmp_path / "keys")
    house.make(rules, 7)
    told = record_policies(ledger)
    policies = LivePolicies(rules, told, kept=Kept(tmp_path / "state"), signers=house.signers, now=lambda: NOW)
    told(policies.current, policies.problems)
    async with asyncio.timeout(10):
        while not (found := await ledger._pool.fetch("select body from events where body like '%set.loaded%'::bytea")):
            await asyncio.sleep(0.02)
    leaf = msgspec.json.decode(found[0]["body"])
    assert (leaf["number"], leaf["signed_by"]) == (7, ["mira", "aylin", "jonas"])
