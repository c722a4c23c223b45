"""The way in without a channel: who is admitted, what is judged in which order, and what stays on record."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from support.changed_rules import rewrite
from support.serving import Served, a_confirmation, a_despatch_advice, an_order, serving

from gateway.clock import now
from gateway.intake import Admission, Intake
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.reading import READ_IN_THREAD
from gateway.submissions import Credential, Receipt, Rejection, Submission
from policies.live import LivePolicies
from policies.recordedfacts import decode_facts

AURORA = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send", "despatch.send"}))
SALZUNGEN = Credential(kind="plant", client="salzungen-mes", roles=frozenset({"production.confirm"}))
OPERATOR = Credential(kind="corporate", client="operator-7", roles=frozenset({"operator"}))


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


@pytest.fixture
def intake(served: Served) -> Intake:
    return served.intake


async def admitted(intake: Intake, credential: Credential = AURORA) -> Admission:
    admission = await intake.admit(credential, "v1")
    assert isinstance(admission, Admission), admission
    return admission


def submitted(content: Any, **given: Any) -> Submission:
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Submission(content=body, media_type="application/json", **given)


async def refused(intake: Intake, submission: Submission, credential: Credential = AURORA) -> Rejection:
    outcome = await intake.accept(submission, await admitted(intake, credential))
    assert isinstance(outcome, Rejection), outcome
    return outcome


def reloaded(policies: LivePolicies) -> None:
    assert policies.reload(), policies.problems


async def test_a_receipt_means_that_it_is_committed(intake: Intake, ledger: Ledger) -> None:
    receipt = await intake.accept(submitted(an_order()), await admitted(intake))
    assert isinstance(receipt, Receipt)
    history = await ledger.history(UUID(receipt.message_id))
    assert history is not None
    assert history.verdict == "accepted"
    assert history.deliveries[0].operation == "sale_order.create_confirmed"
    assert history.timeline[0] == msgspec.json.decode(receipt.statement)


async def test_nothing_is_a_receipt_when_the_ledger_did_not_commit(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        raise LedgerUnavailable("gone")

    monkeypatch.setattr(Ledger, "record", lost)
    with pytest.raises(LedgerUnavailable):
        await intake.accept(submitted(an_order()), await admitted(intake))


async def test_a_refusal_that_cannot_be_recorded_is_no_answer(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> None:
        raise LedgerUnavailable("gone")

    monkeypatch.setattr(Ledger, "refuse", lost)
    with pytest.raises(LedgerUnavailable):
        await intake.accept(submitted(b"{}"), await admitted(intake))


async def test_a_refusal_is_on_record_with_its_findings_and_revision(
    intake: Intake, served: Served, ledger: Ledger
) -> None:
    rejection = await refused(intake, submitted(an_order(currency="EURO")))
    assert rejection.message_id is not None
    history = await ledger.history(UUID(rejection.message_id))
    assert history is not None
    assert history.refusal is not None
    assert history.refusal["code"] == rejection.code
    assert history.refusal["findings"][0]["place"]["path"] == "/currency"
    assert history.policy_revision == rejection.policy_revision == served.policies.current.revision
    assert history.deliveries == []


async def test_a_message_is_judged_by_the_rules_it_was_admitted_under(
    intake: Intake, served: Served, tmp_path: Path
) -> None:
    admission = await admitted(intake)
    rewrite(
        tmp_path / "rules",
        "access.yaml",
        "roles: [orders.send]\n  documents: [purchase_order]",
        "roles: [orders.send]\n  documents: [invoice]",
    )
    reloaded(served.policies)
    receipt = await intake.accept(submitted(an_order()), admission)
    assert isinstance(receipt, Receipt)
    assert msgspec.json.decode(receipt.statement)["policy"] == admission.rules.revision
    assert (await refused(intake, submitted(an_order(number="PO-2")))).code == "access.not_granted"


async def test_an_operator_enters_what_came_by_mail(intake: Intake) -> None:
    receipt = await intake.accept(submitted(an_order()), await admitted(intake, OPERATOR))
    assert isinstance(receipt, Receipt)
    assert msgspec.json.decode(receipt.statement)["sender"] == "operator-7"
    assert (await refused(intake, submitted(a_confirmation()), OPERATOR)).code == "access.not_granted"


async def test_a_suspension_holds_at_once(intake: Intake, served: Served, tmp_path: Path) -> None:
    await admitted(intake)
    profile = tmp_path / "partners" / "profiles" / "aurora.yaml"
    profile.write_text(profile.read_text().replace("state: active", "state: suspended"))
    assert intake._partners.reload()
    outcome = await intake.admit(AURORA, "v1")
    assert isinstance(outcome, Rejection)
    assert (outcome.code, outcome.text) == ("sender.suspended", "`aurora` is suspended")


async def test_a_large_document_is_read_beside_the_loop(intake: Intake) -> None:
    line = an_order()["lines"][2]
    lines = [{**line, "number": str(number)} for number in range(1, 1500)]
    content = msgspec.json.encode(an_order(lines=lines, totals={}))
    content = content.replace(b'"totals":{},', b"").replace(b',"totals":{}', b"")
    assert len(content) > READ_IN_THREAD
    receipt = await intake.accept(submitted(content), await admitted(intake))
    assert isinstance(receipt, Receipt), receipt
    broken = await refused(intake, submitted(content[:-20]))
    assert broken.code == "document.malformed"


async def test_documents_are_counted_where_a_limit_counts_them(intake: Intake, served: Served, tmp_path: Path) -> None:
    rule = (
        "- name: few-orders\n  why: a test\n  mode: enforce\n  senders: [partner]\n"
        "  counts: documents\n  documents: [purchase_order]\n  rate: 1 per 1h\n  burst: 2\n\n# Not counted"
    )
    rewrite(tmp_path / "rules", "limits.yaml", "# Not counted", rule)
    reloaded(served.policies)
    admission = await admitted(intake)
    outcomes = [await intake.accept(submitted(an_order(number=f"PO-{n}")), admission) for n in range(3)]
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt, Rejection]
    last = outcomes[-1]
    assert isinstance(last, Rejection)
    assert (last.code, last.limits) == ("limit.exceeded", ("few-orders",))
    assert last.retry_after is not None
    assert last.retry_after > 1000
    other = await intake.accept(submitted(a_despatch_advice()), admission)
    assert isinstance(other, Receipt)


async def test_a_schema_in_observe_mode_refuses_nothing(intake: Intake, served: Served, tmp_path: Path) -> None:
    schema = tmp_path / "rules" / "schemas" / "purchase_order.1.json"
    wanted = msgspec.json.decode(schema.read_bytes())
    wanted["required"] = [*wanted.get("required", []), "ext"]
    schema.write_bytes(msgspec.json.encode(wanted))
    reloaded(served.policies)
    assert (await refused(intake, submitted(an_order()))).code == "schema.not_matched"
    rewrite(tmp_path / "rules", "schemas.yaml", "mode: enforce", "mode: observe")
    reloaded(served.policies)
    assert isinstance(await intake.accept(submitted(an_order()), await admitted(intake)), Receipt)


async def test_a_conflict_is_noted_at_the_first_message(intake: Intake, ledger: Ledger) -> None:
    admission = await admitted(intake)
    first = await intake.accept(submitted(an_order(), idempotency_key="k"), admission)
    assert isinstance(first, Receipt)
    conflict = await refused(intake, submitted(an_order(number="PO-2"), idempotency_key="k"))
    assert (conflict.code, conflict.message_id) == ("idempotency.conflict", first.message_id)
    history = await ledger.history(UUID(first.message_id))
    assert history is not None
    assert [event["event"] for event in history.timeline] == ["intake.message.accepted", "intake.message.conflicted"]


async def test_a_refused_document_may_be_corrected_under_the_same_key(intake: Intake) -> None:
    assert await refused(intake, submitted(an_order(currency="EURO"), idempotency_key="k"))
    corrected = await intake.accept(submitted(an_order(), idempotency_key="k"), await admitted(intake))
    assert isinstance(corrected, Receipt)
    assert not corrected.duplicate


async def test_the_facts_a_message_was_judged_by_are_on_record(intake: Intake, ledger: Ledger) -> None:
    admission = await admitted(intake)
    receipt = await intake.accept(submitted(an_order()), admission)
    assert isinstance(receipt, Receipt)
    judged = await ledger.judged_one(UUID(receipt.message_id))
    assert judged is not None
    request, documents = decode_facts(judged.facts)
    assert request == admission.facts
    assert [(one.document_type, one.lines > 0) for one in documents] == [("purchase_order", True)]
    assert judged.routes == ("odoo sale_order.create_confirmed",)


async def test_the_facts_of_a_refused_document_are_on_record_too(intake: Intake, ledger: Ledger) -> None:
    rejection = await refused(intake, submitted(a_confirmation(site="atlantis")), SALZUNGEN)
    judged = await ledger.judged_one(UUID(rejection.message_id))
    assert judged is not None
    assert (judged.code, judged.rule) == ("access.not_granted", rejection.rule)
    assert decode_facts(judged.facts)[1][0].document_type == "production_confirmation"
    unread = await refused(intake, submitted(b"{}"))
    judged = await ledger.judged_one(UUID(unread.message_id))
    assert judged is not None
    assert decode_facts(judged.facts)[1] == ()


async def test_requests_of_a_retired_api_are_put_on_record_in_sums(ledger: Ledger, served: Served) -> None:
    served.intake._refused._seconds = 0.01
    for _ in range(3):
        assert isinstance(await served.intake.admit(AURORA, "v0"), Rejection)
    async with asyncio.timeout(10):
        while not (sums := await ledger.refused_requests(now() - timedelta(minutes=1))):
            await asyncio.sleep(0.02)
    assert (sums[0].requests, sums[0].code, sums[0].sender) == (3, "version.retired", "aurora")
    assert sums[0].example is not None
    assert sums[0].example["api_version"] == "v0"


async def test_a_gateway_that_stops_has_put_them_on_record(ledger: Ledger, served: Served) -> None:
    await served.intake.close()  # where nothing was refused, nothing is waited for
    assert await ledger.refused_requests(now() - timedelta(minutes=1)) == []
    for _ in range(2):
        assert isinstance(await served.intake.admit(AURORA, "v0"), Rejection)
        await served.intake.close()
    assert [one.requests for one in await ledger.refused_requests(now() - timedelta(minutes=1))] == [1, 1]


async def test_what_was_counted_before_it_stops_is_one_sum(ledger: Ledger, served: Served) -> None:
    for _ in range(3):
        assert isinstance(await served.intake.admit(AURORA, "v0"), Rejection)
    await served.intake.close()
    assert [one.requests for one in await ledger.refused_requests(now() - timedelta(minutes=1))] == [3]


async def test_a_flood_is_put_on_record_in_sums(ledger: Ledger, served: Served) -> None:
    served.intake._refused._seconds = 0.01
    kiesel = Credential(kind="partner", client="kiesel-test", roles=frozenset({"orders.send"}))
    outcomes = [await served.intake.admit(kiesel, "v1") for _ in range(30)]
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Rejection)]
    assert len(refusals) >= 15
    async with asyncio.timeout(10):
        while not (
            found := await ledger._pool.fetch("select body from events where body like '%requests%limited%'::bytea")
        ):
            await asyncio.sleep(0.02)
    told = msgspec.json.decode(found[0]["body"])
    assert told["sender"] == "kiesel"
    assert "trial-requests" in told["rule"]


async def test_a_plants_site_must_be_one_we_know(intake: Intake) -> None:
    rejection = await refused(intake, submitted(a_confirmation(site="atlantis")), SALZUNGEN)
    assert rejection.code == "access.not_granted"


@pytest.mark.parametrize("number", ["x" * 501, "a\x00b", "a\tb"])
async def test_a_name_nobody_can_keep_is_a_fault_of_the_document(intake: Intake, number: str) -> None:
    rejection = await refused(intake, submitted(a_despatch_advice(number=number)))
    assert rejection.code == "document.invalid"
    assert (
        rejection.text == "a number or a part of its key has control characters, or more than 500 characters together"
    )


async def test_the_longest_number_is_kept(intake: Intake) -> None:
    receipt = await intake.accept(submitted(a_despatch_advice(number="ß" * 480)), await admitted(intake))
    assert isinstance(receipt, Receipt), receipt
