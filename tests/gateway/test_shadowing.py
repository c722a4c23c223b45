"""A candidate beside the rules in force changes no answer; what it would have decided otherwise is counted."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY
from support.changed_rules import rewrite
from support.serving import Served, an_order, serving

from gateway import shadowing
from gateway.intake import Admission, Intake
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.entries import Acceptance, Refusal
from gateway.ledger.ledger import Ledger
from gateway.shadowing import Shadow
from gateway.submissions import Credential, Receipt, Rejection, Submission
from policies.live import LivePolicies

AURORA = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send"}))


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


@pytest.fixture
def candidate(served: Served, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tmp_path / "rules", tmp_path / "candidate"))


def shadowed(served: Served, ledger: Ledger, candidate: Path) -> Shadow:
    shadow = Shadow(LivePolicies(candidate, otherwise=served.policies.current), ledger)
    served.intake._shadow = shadow
    return shadow


async def send(intake: Intake, **order: Any) -> Receipt | Rejection:
    admission = await intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission)
    content = msgspec.json.encode(an_order(**order))
    return await intake.accept(Submission(content=content, media_type="application/json"), admission)


async def test_no_answer_changes_and_what_would_have_is_counted(
    served: Served, ledger: Ledger, candidate: Path
) -> None:
    rewrite(candidate, "access.yaml", "roles: [orders.send]\n  documents: [purchase_order]",
           "roles: [orders.send]\n  documents: [invoice]")  # fmt: skip
    shadow = shadowed(served, ledger, candidate)
    receipts = [await send(served.intake, number=f"PO-{number}") for number in range(3)]
    assert all(isinstance(one, Receipt) for one in receipts)
    assert isinstance(await send(served.intake, currency="EURO"), Rejection)
    assert isinstance(await served.intake.admit(AURORA, "v0"), Rejection)
    shadow.compare_some()
    await shadow.report()
    (run,) = await ledger.shadow_runs()
    assert (run.live, run.candidate) == (served.policies.current.revision, shadow.revision)
    assert (run.judged, run.skipped) == (5, 0)
    one, other = run.differences
    assert (one.sender, one.change, one.messages) == ("aurora", "refused", 3)
    assert one.rule == other.rule == "access `default`"
    assert (other.change, other.messages) == ("other reason", 1), "refused either way, by another rule"
    last = receipts[-1]
    assert isinstance(last, Receipt)
    assert str(one.example) == last.message_id
    labels = {"partner": "aurora", "change": "refused", "rule": "access `default`"}
    assert (REGISTRY.get_sample_value("gateway_policy_shadow_differences_total", labels) or 0) >= 3
    events = await ledger._pool.fetch("select body from events where body like '%policy.candidate.differed%'::bytea")
    told = msgspec.json.decode(events[0]["body"])
    assert (told["candidate"], told["messages"], told["sender"]) == (shadow.revision, 3, "aurora")


async def test_the_same_rules_differ_in_nothing(served: Served, ledger: Ledger, candidate: Path) -> None:
    shadow = shadowed(served, ledger, candidate)
    await send(served.intake)
    await send(served.intake, lines=[])
    await served.intake.admit(AURORA, "v0")
    shadow.compare_some()
    await shadow.report()
    (run,) = await ledger.shadow_runs()
    assert (run.judged, run.differences) == (3, ())


async def test_our_own_answer_is_no_route_of_the_rules(
    served: Served, ledger: Ledger, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An acceptance holds the delivery of our answer too, which no rule decides about."""
    shadow = shadowed(served, ledger, candidate)
    entries: list[Acceptance | Refusal] = []
    monkeypatch.setattr(shadow, "see", entries.append)
    await send(served.intake)
    (accepted,) = entries
    assert isinstance(accepted, Acceptance)
    answer = msgspec.structs.replace(accepted.deliveries[0], destination="partner:aurora", operation="partner.answer")
    monkeypatch.undo()
    shadow.see(msgspec.structs.replace(accepted, deliveries=(*accepted.deliveries, answer)))
    shadow.compare_some()
    await shadow.report()
    (run,) = await ledger.shadow_runs()
    assert (run.judged, run.differences) == (1, ())


async def test_limits_of_the_candidate_are_counted_beside(served: Served, ledger: Ledger, candidate: Path) -> None:
    rewrite(candidate, "limits.yaml", "rate: 5000 per 1s", "rate: 2 per 1m")
    shadow = shadowed(served, ledger, candidate)
    for number in range(5):
        assert isinstance(await send(served.intake, number=f"PO-{number}"), Receipt)
    shadow.compare_some()
    await shadow.report()
    (run,) = await ledger.shadow_runs()
    (one,) = run.differences
    assert (one.change, one.messages) == ("refused", 3)
    assert one.rule.startswith("limits `standard-requests`")


async def test_a_candidate_with_mistakes_stops_nothing(served: Served, ledger: Ledger, candidate: Path) -> None:
    (candidate / "access.yaml").write_text("kind: access\nrules: nonsense\n")
    shadow = shadowed(served, ledger, candidate)
    assert isinstance(await send(served.intake), Receipt)
    shadow.compare_some()
    assert shadow.revision == served.policies.current.revision


async def test_whatever_breaks_in_the_shadow_is_told_and_the_next_goes_on(
    served: Served, ledger: Ledger, candidate: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shadow = shadowed(served, ledger, candidate)

    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(shadowing, "decide", broken)
    assert isinstance(await send(served.intake), Receipt)
    shadow.compare_some()
    assert "could not judge a message" in caplog.text


async def test_more_than_can_be_compared_is_skipped_and_said(
    served: Served, ledger: Ledger, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadowing, "MOST_WAITING", 2)
    shadow = shadowed(served, ledger, candidate)
    for _ in range(5):
        await served.intake.admit(AURORA, "v0")
    shadow.compare_some()
    await shadow.report()
    (run,) = await ledger.shadow_runs()
    assert (run.judged, run.skipped) == (2, 3)


async def test_sums_wait_while_the_ledger_is_away(
    served: Served, ledger: Ledger, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(candidate, "versions.yaml", "state: retired", "state: deprecated")
    rewrite(candidate, "versions.yaml", "sunset: 2026-09-30T23:59:59Z", "sunset: 2099-09-30T23:59:59Z")
    shadow = shadowed(served, ledger, candidate)
    await served.intake.admit(AURORA, "v0")
    shadow.compare_some()

    async def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "add_shadow", away)
        await shadow.report()
    await shadow.report()
    (run,) = await ledger.shadow_runs()
    assert [(one.change, one.messages, one.example) for one in run.differences] == [("accepted", 1, None)]


async def test_it_runs_by_itself(served: Served, ledger: Ledger, candidate: Path) -> None:
    shadow = Shadow(LivePolicies(candidate), ledger, seconds=0.05)
    served.intake._shadow = shadow
    running = asyncio.create_task(shadow.run())
    await send(served.intake)
    async with asyncio.timeout(20):
        while not await ledger.shadow_runs():
            await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
