"""Receiving over AS2, on a real PostgreSQL: the receipt follows the commit, and every refusal says what it should."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.as2_keys import holder
from support.as2_serving import As2World, as2_world, outgoing

from gateway.channels.as2.building import build
from gateway.channels.as2.receipts import Accepted, Expected, judge_receipt
from gateway.clock import now
from gateway.ledger.database import Connection
from gateway.ledger.entries import Conflicting, Recorded
from gateway.ledger.ledger import Ledger
from gateway.ledger.recording import Entry, Recorder
from gateway.ledger.verifying import verify
from partners.ownkeys import KeyPair
from translators.examples import example

ORDER = example("order.edi")
ID = "<4711@werra.example>"


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    async with as2_world(ledger, tmp_path) as opened:
        yield opened


async def _events(world: As2World, kind: str) -> list[str]:
    rows = await world.served.ledger._pool.fetch("select body from events order by tick")
    return [text for row in rows if f'"event":"{kind}"' in (text := bytes(row["body"]).decode())]


@pytest.mark.parametrize("compress", ["no", "before-signing", "after-signing"])
@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-gcm"])
async def test_a_message_is_committed_and_its_receipt_counts(world: As2World, compress: str, cipher: str) -> None:
    built = world.built(ORDER, ID, compress=compress, cipher=cipher)
    answer = await world.post(built)
    assert answer.status_code == 200, answer.text
    heard = world.receipt(answer)
    judged = judge_receipt(heard.mdn, Expected(ID, built.mics, signed=True), verified=heard.verified)
    assert judged == Accepted("")
    assert await world.served.messages_kept() == 1


async def test_the_same_request_again_gets_the_same_receipt_and_is_kept_once(world: As2World) -> None:
    built = world.built(ORDER, ID)
    first, second = await world.post(built), await world.post(built)
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["message-id"] == first.headers["message-id"]
    assert await world.served.messages_kept() == 1


async def test_a_resend_encrypted_anew_is_recognised_by_its_content(world: As2World) -> None:
    await world.post(world.built(ORDER, ID))
    again = world.built(ORDER, ID)
    answer = await world.post(again)
    heard = world.receipt(answer)
    assert judge_receipt(heard.mdn, Expected(ID, again.mics, signed=True), verified=heard.verified) == Accepted("")
    assert await world.served.messages_kept() == 1


async def test_a_message_id_with_other_content_is_refused_and_the_first_stands(world: As2World) -> None:
    await world.post(world.built(ORDER, ID))
    heard = world.receipt(await world.post(world.built(ORDER.replace(b"PO-4711", b"PO-4712"), ID)))
    assert str(heard.mdn.disposition) == "processed/error: unexpected-processing-error"
    assert "this Message-ID came with other content before" in heard.mdn.explanation
    assert await world.served.messages_kept() == 1
    assert len(await _events(world, "as2.message.conflicted")) == 1


async def test_a_document_that_is_wrong_is_on_record_and_the_receipt_says_processed(world: As2World) -> None:
    wrong = ORDER.replace(b"QTY+21:48:PCE", b"QTY+21:4B:PCE")
    heard = world.receipt(await world.post(world.built(wrong, ID)))
    assert str(heard.mdn.disposition) == "processed"
    assert len(await _events(world, "as2.message.answered")) == 1
    assert '"code":"document.invalid"' in (await _events(world, "as2.message.answered"))[0]


async def test_what_is_less_protected_than_agreed_is_refused(world: As2World) -> None:
    for agreed in ({"cipher": None}, {"digest": None}):
        heard = world.receipt(await world.post(world.built(ORDER, ID, **agreed)))
        said = "insufficient-message-security" if agreed == {"cipher": None} else "decryption-failed"
        assert str(heard.mdn.disposition) == f"processed/error: {said}"
    assert await world.served.messages_kept() == 0


async def test_the_name_of_a_partner_proves_nothing_and_uses_up_no_message_id(world: As2World) -> None:
    """Signed and encrypted by somebody else, who knows our certificate and the partner's names."""
    stranger = replace(world.theirs(), signer=_other_pair())
    heard = world.receipt(await world.post(build(outgoing(ORDER, ID), stranger)))
    assert str(heard.mdn.disposition) == "processed/error: decryption-failed", "outwards one error for all"
    (event,) = await _events(world, "as2.message.failed")
    assert "as2.signature" in event
    judged = world.receipt(await world.post(world.built(ORDER, ID)))
    assert str(judged.mdn.disposition) == "processed"


async def test_a_message_that_was_changed_on_its_way_is_refused(world: As2World) -> None:
    built = world.built(ORDER, ID, cipher=None)
    world.profile("keys:", "receive: {encrypted: false}\n  keys:")
    heard = world.receipt(await world.post(replace(built, body=built.body.replace(b"PO-4711", b"PO-4712"))))
    assert str(heard.mdn.disposition) == "processed/error: integrity-check-failed"
    assert await world.served.messages_kept() == 0


async def test_names_that_nothing_is_agreed_between(world: As2World) -> None:
    built = world.built(ORDER, ID)
    unknown = await world.post(built, as2_from="NOBODY")
    assert (unknown.status_code, b"processed/error: unexpected-processing-error" in unknown.content) == (200, True)
    elsewhere = await world.post(built, as2_to="SOMEBODY")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "as2.relation_unknown")
    same = await world.post(built, as2_from="SOMEBODY", as2_to="SOMEBODY")
    assert (same.status_code, same.json()["code"]) == (400, "as2.same_names")


async def test_a_head_that_is_none(world: As2World) -> None:
    built = world.built(ORDER, ID)
    missing = await world.post(built, as2_from=None)
    assert (missing.status_code, missing.json()["code"]) == (400, "as2.malformed")
    heard = world.receipt(await world.post(built, message_id="<two words>"))
    assert "invalid-message-id" not in str(heard.mdn.disposition), "a partner on 1.2 does not know that word"
    assert str(heard.mdn.disposition) == "processed/error: unexpected-processing-error"


async def test_a_suspended_partner_is_told_so(world: As2World) -> None:
    world.profile("state: active", "state: suspended")
    heard = world.receipt(await world.post(world.built(ORDER, ID)))
    assert str(heard.mdn.disposition) == "processed/error: authentication-failed"
    assert await world.served.messages_kept() == 0


async def test_a_receipt_is_asked_for_at_an_address_that_nobody_agreed_to(world: As2World) -> None:
    built = world.built(ORDER, ID, receipt="async", receipt_url="http://169.254.169.254/latest")
    answer = await world.post(built)
    assert (answer.status_code, answer.json()["code"]) == (403, "as2.receipt_address")
    assert await world.served.messages_kept() == 0


async def test_an_asynchronous_receipt_is_owed_with_the_commit(world: As2World) -> None:
    world.profile("keys:", 'receipt_urls: ["https://werra.example/mdn"]\n  keys:')
    built = world.built(ORDER, ID, receipt="async", receipt_url="https://werra.example/mdn")
    answer = await world.post(built)
    assert (answer.status_code, answer.content) == (200, b"")
    (reply,) = await world.served.ledger.exchanges.take_replies(10, 60)
    assert (reply.url, reply.attempts) == ("https://werra.example/mdn", 1)
    assert b"disposition-notification" in reply.receipt
    assert await world.served.messages_kept() == 1


@pytest.mark.parametrize("content", [ORDER, b"no interchange"], ids=["taken", "refused"])
@pytest.mark.parametrize(("given_up", "state"), [(False, "sent"), (True, "given_up")])
async def test_the_ledger_of_acknowledgements_knows_the_asynchronous_receipts_that_we_owe(
    world: As2World, content: bytes, given_up: bool, state: str
) -> None:
    world.profile("keys:", 'receipt_urls: ["https://werra.example/mdn"]\n  keys:')
    await world.post(world.built(content, ID, receipt="async", receipt_url="https://werra.example/mdn"))
    ledger = world.served.ledger
    found = [one for one in await ledger.acknowledgements.search(side="ours") if one.kind == "mdn"]
    assert [(one.partner, one.subject, one.state) for one in found] == [("werra", ID.strip("<>"), "open")]
    assert found[0].due_at is not None
    assert found[0].since is not None
    assert (found[0].due_at - found[0].since).total_seconds() == 3600
    (reply,) = await ledger.exchanges.take_replies(10, 60)
    await ledger.exchanges.reply_failed(reply, "away", after=60)
    assert [one.state for one in await ledger.acknowledgements.search(side="ours") if one.kind == "mdn"] == ["open"]
    if given_up:
        await ledger.exchanges.reply_failed(reply, "away", after=None)
    else:
        await ledger.exchanges.replied(reply)
    ended = [one for one in await ledger.acknowledgements.search(side="ours", open_only=False) if one.kind == "mdn"]
    assert [one.state for one in ended] == [state if given_up else found[0].says]


async def test_the_deadline_of_a_receipt_is_that_of_the_agreement(world: As2World) -> None:
    world.profile("keys:", 'receipt_urls: ["https://werra.example/mdn"]\n  keys:')
    world.profile("- {kind: contrl, within: 5m}", "- {kind: contrl, within: 5m}\n  - {kind: mdn, within: 10m}")
    await world.post(world.built(ORDER, ID, receipt="async", receipt_url="https://werra.example/mdn"))
    (one,) = [one for one in await world.served.ledger.acknowledgements.search(side="ours") if one.kind == "mdn"]
    assert one.due_at is not None
    assert one.since is not None
    assert (one.agreement, (one.due_at - one.since).total_seconds()) == ("orders", 600)


async def test_without_a_receipt_the_status_is_the_only_word(world: As2World) -> None:
    taken = await world.post(world.built(ORDER, ID, receipt="none"))
    assert (taken.status_code, taken.content) == (200, b"")
    wrong = await world.post(world.built(b"no interchange", "<2@werra.example>", receipt="none"))
    assert (wrong.status_code, wrong.json()["code"]) == (415, "document.unsupported")


async def test_the_audit_holds_over_all_that_was_answered(world: As2World) -> None:
    await world.post(world.built(ORDER, ID))
    await world.post(world.built(ORDER.replace(b"PO-4711", b"PO-4712"), ID))
    await world.post(world.built(ORDER, "<3@werra.example>", cipher=None))
    await world.served.sequence()
    verdict = await verify(world.served.ledger._pool, [world.served.checkpoint_key.verifier])
    assert (verdict.problem, verdict.events) == (None, 4)


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(ledger: Ledger, tmp_path: Path) -> None:
    async with as2_world(ledger, tmp_path, most=1000) as world:
        answer = await world.post(world.built(ORDER * 4, ID))
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
        assert answer.json()["detail"] == "at most 2000 bytes are taken in one message"


def _other_pair() -> KeyPair:
    other = holder("stranger", begins=now() - timedelta(days=1), ends=now() + timedelta(days=9))
    return KeyPair("stranger", other.key, other.certificate)


async def test_many_at_once_under_one_message_id_are_kept_once_and_get_one_receipt(world: As2World) -> None:
    sent = [world.built(ORDER, ID) for _ in range(12)]
    answers = await asyncio.gather(*(world.post(one) for one in sent))
    assert {answer.status_code for answer in answers} == {200}
    for one, answer in zip(sent, answers, strict=True):
        heard = world.receipt(answer)
        assert str(heard.mdn.disposition) == "processed"
        assert judge_receipt(heard.mdn, Expected(ID, one.mics, signed=True), verified=heard.verified) == Accepted("")
    assert await world.served.messages_kept() == 1
    assert len(await _events(world, "as2.message.answered")) == 1


async def test_of_two_at_once_that_say_different_things_under_one_message_id_one_is_taken(world: As2World) -> None:
    sent = [world.built(ORDER.replace(b"PO-4711", b"PO-471%d" % n), ID) for n in range(6)]
    answers = await asyncio.gather(*(world.post(one) for one in sent))
    said = sorted(str(world.receipt(answer).mdn.disposition) for answer in answers)
    assert said == ["processed", *["processed/error: unexpected-processing-error"] * 5]
    accepted = (
        "select count(*) from messages where verdict = 'accepted'"  # others may be kept as refused: one reference
    )
    assert await world.served.ledger._pool.fetchval(accepted) == 1
    assert len(await _events(world, "as2.message.answered")) == 1


async def test_a_commit_whose_answer_was_lost_is_found_with_its_receipt(
    world: As2World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database commits and the connection breaks: the batch is repeated and meets itself."""
    record, broken = Recorder._record_once, []

    async def breaking(self: Recorder, entries: list[Entry], held: Connection) -> list[Recorded | Conflicting | None]:
        results = await record(self, entries, held)
        if not broken:
            broken.append(results)
            raise ConnectionResetError
        return results

    monkeypatch.setattr(Recorder, "_record_once", breaking)
    built = world.built(ORDER, ID)
    first, again = await world.post(built), await world.post(built)
    assert broken
    assert str(world.receipt(first).mdn.disposition) == "processed"
    assert again.content == first.content
    assert await world.served.messages_kept() == 1
    assert len(await _events(world, "as2.message.answered")) == 1


async def test_an_answer_that_cannot_be_kept_takes_nothing(world: As2World) -> None:
    """The message and its receipt are one commit: without the place for the one there is no other."""
    pool = world.served.ledger._pool
    await pool.execute("alter table as2_received add constraint nothing check (receipt is null)")
    built = world.built(ORDER, ID)
    answer = await world.post(built)
    assert answer.status_code == 503, answer.text
    assert await world.served.messages_kept() == 0
    await pool.execute("alter table as2_received drop constraint nothing")
    assert str(world.receipt(await world.post(built)).mdn.disposition) == "processed"
    assert await world.served.messages_kept() == 1
