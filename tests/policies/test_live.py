"""Rules change without a restart, whole or not at all."""

import asyncio
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policies.facts import RequestFacts
from policies.live import LivePolicies
from policies.loading import PolicySet
from policies.verdicts import Allowed
from translators.yamlfiles import FileProblem, FileProblems

PARTNER = RequestFacts(
    sender_kind="partner",
    sender="nordlicht",
    client="nordlicht-edi",
    roles=frozenset({"orders.send"}),
    plan="standard",
    at=datetime(2026, 11, 23, tzinfo=UTC),
)


def change(rules: Path, before: str, after: str) -> None:
    path = rules / "limits.yaml"
    path.write_text(path.read_text().replace(before, after))


def test_a_gateway_does_not_start_on_rules_it_cannot_read(rules: Path) -> None:
    change(rules, "5000 per 1s", "5000")
    with pytest.raises(FileProblems):
        LivePolicies(rules)


def test_good_rules_replace_the_set_as_a_whole(rules: Path, caplog: pytest.LogCaptureFixture) -> None:
    live = LivePolicies(rules)
    before = live.current
    change(rules, "5000 per 1s", "4000 per 1s")
    assert live.reload()
    assert live.current is not before
    assert live.current.charges(PARTNER)[0].measure.most == 4_000
    assert before.charges(PARTNER)[0].measure.most == 5_000
    assert caplog.messages == [f"rules reloaded: {live.current.revision} replaces {before.revision}"]


def test_bad_rules_change_nothing_and_are_loud(rules: Path, caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[str, tuple[FileProblem, ...]]] = []
    live = LivePolicies(rules, told=lambda current, problems: told.append((current.revision, problems)))
    before = live.current
    change(rules, "5000 per 1s", "5000 per sec.")
    (rules / "access.yaml").unlink()
    assert not live.reload()
    assert live.current is before
    assert len(live.problems) == 2
    assert told == [(before.revision, live.problems)]
    assert caplog.records[0].levelno == logging.ERROR
    assert "limits.yaml:20:9: `sec.` is not a length of time" in caplog.messages[0]


def test_a_mistake_that_is_taken_back_leaves_no_trace(rules: Path) -> None:
    live = LivePolicies(rules)
    before = live.current
    change(rules, "5000 per 1s", "5000")
    assert not live.reload()
    change(rules, "rate: 5000\n", "rate: 5000 per 1s\n")
    assert live.reload()
    assert live.problems == ()
    assert live.current is before, "the same files are the same set"


async def test_a_change_is_noticed_by_itself(rules: Path) -> None:
    seen = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(current: PolicySet, problems: tuple[FileProblem, ...]) -> None:
        assert problems == ()
        loop.call_soon_threadsafe(seen.set)

    live = LivePolicies(rules, told=told)
    watching = asyncio.create_task(live.watch(0.02))
    change(rules, "5000 per 1s", "4000 per 1s")
    async with asyncio.timeout(20):
        await seen.wait()
    assert live.current.charges(PARTNER)[0].measure.most == 4_000
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


def test_steady_questions_during_many_reloads_see_whole_sets_only(rules: Path) -> None:
    live = LivePolicies(rules)
    burst_of = {live.current.revision: 5_000}
    mixed: list[str] = []
    asked = 0
    done = threading.Event()

    def ask() -> None:
        nonlocal asked
        while not done.is_set():
            current = live.current
            verdict = current.admit(PARTNER)
            charge = current.charges(PARTNER)[0]
            one = isinstance(verdict, Allowed) and verdict.revision == charge.revision == current.revision
            if not one or burst_of.get(current.revision, charge.measure.most) != charge.measure.most:
                mixed.append(current.revision)
            asked += 1

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(20):
        change(rules, f"{5_000 - number} per 1s", f"{4_999 - number} per 1s")
        assert live.reload()
        burst_of[live.current.revision] = 4_999 - number
    done.set()
    asking.join()
    assert asked > 0
    assert mixed == []
