"""Limits on the way in: a message is charged whole or not at all, and not for what it did not bring."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from support.serving import Served, an_order, serving

from gateway.intake import Intake
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.statements import Admission
from gateway.submissions import Credential, Receipt, Rejection, Submission
from policies.facts import DocumentFacts
from policies.limits import verdict
from policies.verdicts import Allowed

AURORA = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send", "despatch.send"}))


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path, valkey_server: str) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path, counters_url=valkey_server) as api:
        yield api


@pytest.fixture
def intake(served: Served) -> Intake:
    return served.intake


def limit(served: Served, folder: Path, words: str) -> None:
    """One more limit, on the way in of partners."""
    name = f"one-{folder.name}"[:60].lower().replace("_", "-")
    rule = f"- name: {name}\n  why: a test\n  mode: enforce\n  senders: [partner]\n"
    rule += "".join(f"  {line}\n" for line in words.splitlines())
    file = folder / "rules" / "limits.yaml"
    file.write_text(file.read_text().replace("\n# Not counted", f"\n{rule}\n# Not counted"))
    assert served.policies.reload(), served.policies.problems


async def admitted(intake: Intake) -> Admission:
    admission = await intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission), admission
    return admission


async def sent(intake: Intake, number: str, **given: str) -> Receipt | Rejection:
    body = msgspec.json.encode(an_order(number=number))
    submission = Submission(content=body, media_type="application/json", **given)
    return await intake.accept(submission, await admitted(intake))


async def left(served: Served, intake: Intake) -> int:
    """How many orders more the limit would take, found out without using any up."""
    order = DocumentFacts(
        request=(await admitted(intake)).facts,
        format="json",
        name="purchase_order",
        version="1",
        document_type="purchase_order",
        size=1_000,
    )
    charges = served.policies.current.document_charges([order])
    counted = await served.counters.charge(charges)
    served.counters.undo(counted)
    await served.counters.ping()
    return counted.states[0].remaining + (1 if isinstance(verdict(counted), Allowed) else 0)


async def test_a_document_that_came_before_is_not_charged_again(intake: Intake, served: Served, tmp_path: Path) -> None:
    limit(served, tmp_path, "counts: documents\nrate: 1 per 1h\nburst: 3")
    first = await sent(intake, "PO-1")
    assert isinstance(first, Receipt)
    for _ in range(4):
        again = await sent(intake, "PO-1")
        assert isinstance(again, Receipt)
        assert (again.duplicate, again.message_id) == (True, first.message_id)
    assert await left(served, intake) == 2


async def test_a_key_used_for_other_content_is_not_charged(intake: Intake, served: Served, tmp_path: Path) -> None:
    limit(served, tmp_path, "counts: documents\nrate: 1 per 1h\nburst: 3")
    assert isinstance(await sent(intake, "PO-1", idempotency_key="k"), Receipt)
    conflict = await sent(intake, "PO-2", idempotency_key="k")
    assert isinstance(conflict, Rejection)
    assert conflict.code == "idempotency.conflict"
    assert [name for name, _ in conflict.fields] == ["RateLimit-Policy", "RateLimit"]
    assert await left(served, intake) == 2


async def test_a_refused_document_is_charged_nothing_of_any_limit(
    intake: Intake, served: Served, tmp_path: Path
) -> None:
    limit(served, tmp_path, "counts: documents\nrate: 1 per 1h\nburst: 3")
    body = msgspec.json.encode({**an_order(number="PO-1"), "lines": []})
    refused = await intake.accept(Submission(content=body, media_type="application/json"), await admitted(intake))
    assert isinstance(refused, Rejection)
    assert await left(served, intake) == 3


async def test_what_a_silent_ledger_may_have_kept_stays_charged(
    intake: Intake, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(served, tmp_path, "counts: documents\nrate: 1 per 1h\nburst: 3")

    async def silent(*_: object) -> None:
        raise LedgerUnavailable("gone")

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "record", silent)
        with pytest.raises(LedgerUnavailable):
            await sent(intake, "PO-1")
    assert await left(served, intake) == 2


async def test_a_late_refusal_shows_nothing_that_lies_beyond_its_retry_after(
    intake: Intake, served: Served, tmp_path: Path
) -> None:
    limit(served, tmp_path, "counts: documents\nrate: 1 per 2s\nburst: 1")
    assert isinstance(await sent(intake, "PO-1"), Receipt)
    refused = await sent(intake, "PO-2")
    assert isinstance(refused, Rejection)
    assert (refused.code, refused.retry_after) == ("limit.exceeded", 2)
    assert refused.limits == (refused.rule.split("`")[1],) if refused.rule else False
    assert [name for name, _ in refused.fields] == ["RateLimit-Policy"]


async def test_a_request_holds_its_place_until_its_task_ends(intake: Intake, served: Served, tmp_path: Path) -> None:
    limit(served, tmp_path, "concurrency: 2")
    answered = asyncio.Event()

    async def under_way() -> object:
        admission = await intake.admit(AURORA, "v1")
        await answered.wait()
        return admission

    tasks = [asyncio.create_task(under_way()) for _ in range(2)]
    await asyncio.sleep(0.05)
    third = await asyncio.create_task(intake.admit(AURORA, "v1"))
    assert isinstance(third, Rejection)
    assert (third.code, third.retry_after) == ("limit.exceeded", 1)
    assert third.text.endswith("is used up; it allows 2 requests at once")
    answered.set()
    await asyncio.gather(*tasks)
    await served.counters.ping()
    assert isinstance(await asyncio.create_task(intake.admit(AURORA, "v1")), Admission)


async def test_a_place_is_free_again_when_the_answer_went_out(served: Served, tmp_path: Path) -> None:
    limit(served, tmp_path, "concurrency: 1")
    for number in range(5):
        answer = await asyncio.create_task(served.order(f"PO-{number}"))
        assert answer.status_code == 202
        assert '";q=1;qu="concurrent-requests"' in answer.headers["RateLimit-Policy"]


async def test_a_limit_that_observes_is_told_on_record_and_refuses_nothing(
    intake: Intake, served: Served, tmp_path: Path
) -> None:
    limit(served, tmp_path, "counts: documents\nrate: 1 per 1h\nburst: 1")
    file = tmp_path / "rules" / "limits.yaml"
    text = file.read_text()
    file.write_text(text.replace("a test\n  mode: enforce", "a test\n  mode: observe"))
    assert served.policies.reload()
    assert isinstance(await sent(intake, "PO-1"), Receipt)
    second = await sent(intake, "PO-2")
    assert isinstance(second, Receipt)
    (told,) = msgspec.json.decode(second.statement)["observed"]
    assert told.startswith("limits `one-")
