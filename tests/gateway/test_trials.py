"""Tests that partners send over AS2 and SFTP: checked and answered like the real thing, delivered to nobody."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.as2_serving import As2World, as2_world
from support.changed_rules import added, rewrite
from support.mailboxes import SftpWorld, sftp_world
from support.serving import an_order

from gateway.clock import now
from gateway.ledger.ledger import Ledger
from gateway.ledger.verifying import verify
from gateway.submissions import Credential, Sender, Submission
from gateway.trials import key_of_trial, only_tests
from gateway.welcome.samples import inbound, sample_of
from partners.live import LiveDirectory

AGREED = """
edifact:
  theirs: [{id: "4012345000009", qualifier: "14"}]
  ours: {id: "4260001230004", qualifier: "14"}
agreements:
- {name: orders, document: purchase_order, direction: in, channel: sftp, format: "edifact:ORDERS:D.96A"}
- {name: tries, document: purchase_order, direction: in, channel: sftp, format: "edifact:ORDERS:D.96A", test: true}
"""
TRIES = """agreements:
- name: tries
  document: purchase_order
  direction: in
  channel: as2
  format: edifact:ORDERS:D.96A
  test: true
  acknowledgements: [{kind: contrl, within: 5m}, {kind: order_response, within: 4h}]
"""
TESTS_TO_THE_PLANT = """
- name: tests-to-the-plant
  why: somebody there wants to see them
  mode: enforce
  senders: [partner]
  documents: [purchase_order]
  test: true
  destination: plant:salzungen
  operation: inbox.put
  ordering_key: [sender]
  when_parked: pass
  flow: business-documents
"""


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    async with as2_world(ledger, tmp_path) as opened:
        opened.profile("agreements:\n", TRIES)
        yield opened


@pytest.fixture
async def mailboxes(ledger: Ledger, tmp_path: Path) -> AsyncIterator[SftpWorld]:
    async with sftp_world(ledger, tmp_path) as opened:
        with opened.profile("nordlicht").open("a") as profile:
            profile.write(AGREED)
        assert opened.partners.reload(), opened.partners.problems
        yield opened


def a_test(partners: LiveDirectory, partner: str, channel: str) -> bytes:
    """An order as the partner's welcome kit has it: the interchange says that it is a test."""
    directory = partners.current
    agreement, *_ = inbound(directory.partners[partner], channel, now())
    found = sample_of(directory, directory.partners[partner], "purchase_order", agreement, Path("/nowhere"), now())
    assert b"++1'UNH" in found.content
    return found.content


def real(content: bytes) -> bytes:
    return content.replace(b"++1'UNH", b"'UNH", 1)


async def deliveries(ledger: Ledger) -> list[str]:
    rows = await ledger._pool.fetch("select destination from deliveries order by message_id, number")
    return [row["destination"] for row in rows]


async def owed(ledger: Ledger) -> list[str]:
    rows = await ledger._pool.fetch("select kind from acknowledgements where side = 'ours' order by id")
    return [row["kind"] for row in rows]


async def messages(ledger: Ledger) -> list[tuple[bool, bool]]:
    """(test, refused) of each, in their order."""
    rows = await ledger._pool.fetch("select test, refusal is not null as refused from messages order by id")
    return [(row["test"], row["refused"]) for row in rows]


async def sent(world: As2World, content: bytes, message_id: str) -> str:
    """The disposition of the receipt."""
    answer = await world.post(world.built(content, f"<{message_id}@werra.example>"))
    assert answer.status_code == 200, answer.text
    return str(world.receipt(answer).mdn.disposition)


# ---- AS2 -----------------------------------------------------------------------------------------------------------


async def test_a_test_over_as2_is_answered_and_goes_nowhere(world: As2World, ledger: Ledger) -> None:
    content = a_test(world.served.partners, "werra", "as2")
    assert (await sent(world, content, "1")).endswith("processed")
    assert await messages(ledger) == [(True, False)]
    assert await deliveries(ledger) == ["partner:werra"], "our CONTRL, and nothing for the ERP"
    assert await owed(ledger) == ["contrl"], "nothing confirms an order that nobody got"
    rows = await ledger._pool.fetch("select body from events order by tick")
    told = next(one for row in rows if (one := msgspec.json.decode(row["body"]))["event"].startswith("intake.message"))
    assert (told["event"], told["test"], told["destinations"]) == ("intake.message.accepted", True, [])
    await world.served.sequence()
    assert (await verify(ledger._pool, [world.served.checkpoint_key.verifier])).problem is None
    assert (await ledger.balance()).imbalance == 0


async def test_it_may_be_sent_again_at_any_time_and_is_answered_each_time(world: As2World, ledger: Ledger) -> None:
    content = a_test(world.served.partners, "werra", "as2")
    for number in range(3):
        assert (await sent(world, content, str(number))).endswith("processed")
    assert await messages(ledger) == [(True, False)] * 3
    assert await deliveries(ledger) == ["partner:werra"] * 3
    assert await owed(ledger) == ["contrl"] * 3


async def test_the_real_one_with_the_same_reference_is_no_repetition_of_it(world: As2World, ledger: Ledger) -> None:
    content = a_test(world.served.partners, "werra", "as2")
    await sent(world, content, "1")
    assert (await sent(world, real(content), "2")).endswith("processed")
    assert await messages(ledger) == [(True, False), (False, False)]
    assert sorted(await deliveries(ledger)) == ["odoo", "partner:werra", "partner:werra"]
    assert sorted(await owed(ledger)) == ["contrl", "contrl", "order_response"]


async def test_a_wrong_test_is_answered_each_time_too(world: As2World, ledger: Ledger) -> None:
    content = a_test(world.served.partners, "werra", "as2").replace(b"UNT+", b"UNT+9", 1)
    for number in range(2):
        await sent(world, content, str(number))
    assert await messages(ledger) == [(True, True)] * 2
    assert await deliveries(ledger) == ["partner:werra"] * 2
    assert await owed(ledger) == ["contrl"] * 2
    content = real(content)
    for number in range(2, 4):
        await sent(world, content, str(number))
    assert await messages(ledger) == [(True, True)] * 2 + [(False, True)] * 2
    assert len(await owed(ledger)) == 3, "what is no test is answered once"


async def test_before_go_live_everything_is_a_test(world: As2World, ledger: Ledger) -> None:
    world.profile(TRIES, "agreements:\n")
    content = a_test(world.served.partners, "werra", "as2")
    await sent(world, content, "1")
    assert await messages(ledger) == [(True, True)], "once live, tests need an agreement of their own"
    world.profile("state: active", "state: testing")
    for number in range(2, 4):
        await sent(world, content, str(number))
    assert await messages(ledger) == [(True, True), (True, False), (True, False)]
    assert "odoo" not in await deliveries(ledger)


async def test_before_go_live_the_answer_to_a_wrong_test_leaves_too(world: As2World, ledger: Ledger) -> None:
    world.profile("state: active", "state: testing")
    content = a_test(world.served.partners, "werra", "as2").replace(b"UNT+", b"UNT+9", 1)
    await sent(world, content, "1")
    assert await messages(ledger) == [(True, True)], "what leaves for a partner that is tested must be a test itself"


async def test_a_route_for_tests_alone_gets_it(world: As2World, ledger: Ledger) -> None:
    folder = world.served.policies.folder
    added(folder, "routing.yaml", TESTS_TO_THE_PLANT)
    rewrite(folder, "access.yaml", "documents: [despatch_advice]", "documents: [despatch_advice, purchase_order]")
    assert world.served.policies.reload(), world.served.policies.problems
    content = a_test(world.served.partners, "werra", "as2")
    await sent(world, content, "1")
    assert await deliveries(ledger) == ["plant:salzungen", "partner:werra"]


# ---- SFTP ----------------------------------------------------------------------------------------------------------


async def test_a_test_over_sftp_is_told_in_the_mailbox_each_time(mailboxes: SftpWorld, ledger: Ledger) -> None:
    content = a_test(mailboxes.partners, "nordlicht", "sftp")
    for _ in range(2):
        await mailboxes.drop("try.edi", content)
    told = await mailboxes.acknowledgements()
    assert [(one["status"], one["test"], one["duplicate"]) for one in told] == [("accepted", True, False)] * 2
    assert await messages(ledger) == [(True, False)] * 2
    assert await deliveries(ledger) == []


async def test_a_wrong_test_over_sftp_is_explained_in_the_mailbox(mailboxes: SftpWorld, ledger: Ledger) -> None:
    content = a_test(mailboxes.partners, "nordlicht", "sftp").replace(b"QTY+21:48", b"QTY+21:many")
    await mailboxes.drop("try.edi", content)
    (told,) = await mailboxes.acknowledgements()
    assert told["status"] == "refused"
    ((name, page),) = (await mailboxes.read("error")).items()
    assert name.startswith("try.edi.")
    assert b"try.edi was refused." in page
    assert await deliveries(ledger) == []


async def test_what_is_no_test_is_told_as_ever(mailboxes: SftpWorld, ledger: Ledger) -> None:
    await mailboxes.drop("order.edi", real(a_test(mailboxes.partners, "nordlicht", "sftp")))
    (told,) = await mailboxes.acknowledgements()
    assert "test" not in told
    assert await deliveries(ledger) == ["odoo"]


# ---- what is one ---------------------------------------------------------------------------------------------------


class Marked(msgspec.Struct, frozen=True):
    test: bool


@pytest.mark.parametrize(
    ("kind", "document", "marks", "trial"),
    [("partner", "purchase_order", [True], True), ("partner", "purchase_order", [True, True], True),
     ("partner", "purchase_order", [True, False], False), ("partner", "purchase_order", [False], False),
     ("partner", "ack", [True], False), ("partner", "purchase_order", [], False),
     ("corporate", "order_response", [True], False), ("plant", "production_confirmation", [True], False)],
)  # fmt: skip
def test_a_trial_is_all_of_what_a_partner_sends_and_no_acknowledgement(
    kind: Any, document: str, marks: list[bool], trial: bool
) -> None:
    sender = Sender(kind=kind, id="x", plan=None, credential=Credential(kind=kind, client="x"))
    assert only_tests(sender, document, [Marked(one) for one in marks]) is trial


def test_a_key_of_the_senders_own_is_kept_apart_from_those_of_real_documents() -> None:
    content = msgspec.json.encode(an_order())
    keyed = Submission(content=content, media_type=None, idempotency_key="7")
    assert key_of_trial(keyed, msgspec.UNSET) == "test-key:7"  # type: ignore[arg-type]
