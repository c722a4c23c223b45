"""What partners drop: when it is a message, what they are told, and what they find in their mailbox."""

import asyncio
import errno
import json
from typing import Any
from uuid import UUID

import asyncssh
import pytest
from support.leaving import an_answer
from support.mailboxes import SftpWorld, order_bytes
from support.serving import until

from gateway.channels.sftp.spool import Upload
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.entries import Conflicting
from gateway.ledger.ledger import Ledger
from gateway.ledger.mailbox import Mailboxes

EDIFACT = (
    b"UNB+UNOC:3+4012345000009:14+4260001230004:14+261123:0800+REF1'UNH+1+ORDERS:D:96A:UN:EAN008'"
    b"BGM+220+PO-77+9'UNT+3+1'UNZ+1+REF1'"
)


async def test_a_file_that_is_closed_in_order_is_a_message_and_is_acknowledged(world: SftpWorld) -> None:
    await world.drop("order.json", order_bytes())
    (told,) = await world.acknowledgements()
    assert (told["status"], told["file"], told["duplicate"]) == ("accepted", "order.json", False)
    history = await world.ledger.history(UUID(told["message"]))
    assert history is not None
    assert (history.verdict, history.timeline[0]) == ("accepted", json.loads(told["statement"]))
    assert await world.read("in") == {}
    assert world.spooled() == []


async def test_the_close_is_answered_after_the_commit(world: SftpWorld) -> None:
    client = await world.client()
    file = await client.open("/in/order.json", "wb")
    await file.write(order_bytes())
    assert await world.messages() == 0
    await file.close()
    assert await world.messages() == 1


async def test_a_temporary_name_is_a_message_once_it_is_renamed(world: SftpWorld) -> None:
    client = await world.client()
    for name in (".order.json", "order.json.part", "order.json.filepart", "order.tmp", "order.json~"):
        await world.drop(name, order_bytes("PO-" + name), client)
    assert await world.messages() == 0
    await client.rename("/in/order.json.part", "/in/order.json")
    assert await world.messages() == 1
    await client.posix_rename("/in/.order.json", "/in/order.json")
    assert await world.messages() == 2
    assert sorted(await client.listdir("/in")) == ["order.json.filepart", "order.json~", "order.tmp"]
    assert [told["file"] for told in await world.acknowledgements()] == ["order.json", "order.json"]


async def test_from_one_temporary_name_to_another_it_is_no_message(world: SftpWorld) -> None:
    client = await world.client()
    await world.drop("a.part", order_bytes(), client)
    await client.rename("/in/a.part", "/in/b.part")
    assert await client.listdir("/in") == ["b.part"]
    assert await world.messages() == 0


async def test_the_same_file_again_is_recognised(world: SftpWorld) -> None:
    await world.drop("order.json", order_bytes())
    await world.drop("another-name.json", order_bytes())
    first, second = await world.acknowledgements()
    assert first["message"] == second["message"]
    assert sorted([first["duplicate"], second["duplicate"]]) == [False, True]
    assert await world.messages() == 1


async def test_a_resend_of_the_same_name_has_a_word_of_its_own(world: SftpWorld) -> None:
    client = await world.client()
    for _ in range(2):
        await world.drop("order.json", order_bytes(), client)
    told = {name: json.loads(word) for name, word in (await world.read("ack", client)).items()}
    (message,) = {one["message"] for one in told.values()}
    assert {name: one["duplicate"] for name, one in told.items()} == {
        f"order.json.{message}.json": False, f"order.json.{message}.2.json": True,
    }  # fmt: skip


async def test_the_same_word_is_laid_again_only_once_it_was_read(world: SftpWorld) -> None:
    client = await world.client()
    for _ in range(5):
        await world.drop("order.json", order_bytes(), client)
    names = [str(name) for name in await client.listdir("/ack")]
    assert len(names) == 2, "the duplicate's word lies unread, and stands for the others"
    await world.read("ack", client)
    await world.drop("order.json", order_bytes(), client)
    added = {str(name) for name in await client.listdir("/ack")} - set(names)
    assert [name.split(".")[-2:] for name in added] == [["3", "json"]]
    for name in names:
        await client.remove(f"/ack/{name}")
    assert [told["duplicate"] for told in await world.acknowledgements()] == [True]
    await world.drop("order.json", order_bytes(), client)
    assert len(await client.listdir("/ack")) == 2, "a name that is free again is used again"


async def test_another_order_under_a_name_that_was_used_has_words_of_its_own(world: SftpWorld) -> None:
    client = await world.client()
    for number in ("PO-1", "PO-2"):
        await world.drop("order.json", order_bytes(number), client)
    told = await world.acknowledgements()
    assert [one["duplicate"] for one in told] == [False, False]
    assert len({one["message"] for one in told}) == 2


async def test_other_content_under_a_used_reference_is_told_beside_the_first_word(
    world: SftpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await world.client()
    await world.drop("order.json", order_bytes(), client)
    (first,) = await world.acknowledgements()

    async def conflicting(*_: Any) -> Conflicting:
        return Conflicting(UUID(first["message"]))

    monkeypatch.setattr(Ledger, "record", conflicting)
    for _ in range(2):
        await world.drop("order.json", order_bytes("PO-2"), client)
    names = sorted(str(name) for name in await client.listdir("/ack"))
    assert sorted(name.removeprefix(f"order.json.{first['message']}") for name in names) == [".2.json", ".json"]
    told = {one["status"]: one for one in await world.acknowledgements()}
    assert told["accepted"] == first, "the first word is what it was"
    assert told["refused"]["code"] == "idempotency.conflict"
    await world.drop("order.json", order_bytes("PO-3"), client)
    pages = sorted(str(name) for name in await client.listdir("/error"))
    assert len(pages) == len(await client.listdir("/ack")) - 1 == 2


async def test_fifty_of_one_name_at_once_lose_no_word(world: SftpWorld) -> None:
    clients = [await world.client() for _ in range(5)]
    await asyncio.gather(*(world.drop("order.json", order_bytes(), clients[n % 5]) for n in range(50)))
    assert await world.messages() == 1
    told = [one["duplicate"] for one in await world.acknowledgements()]
    assert told.count(False) == 1
    assert told.count(True) >= 1


async def test_the_longest_name_has_room_for_the_number_of_its_word(world: SftpWorld) -> None:
    name = "ö" * 125 + ".json"
    for _ in range(2):
        await world.drop(name, order_bytes())
        await world.read("ack")
    names = list(await world.read("ack"))
    assert len(names) == 2
    assert all(len(one.encode()) <= 255 for one in names)


async def test_a_refusal_on_record_is_ok_and_tells_a_program_and_a_person(world: SftpWorld) -> None:
    await world.drop("order.json", order_bytes(currency="EURO"))
    (told,) = await world.acknowledgements()
    assert (told["status"], told["file"], told["code"]) == ("refused", "order.json", "schema.not_matched")
    assert told["findings"][0]["place"]["path"] == "/currency"
    history = await world.ledger.history(UUID(told["message"]))
    assert history is not None
    assert history.verdict == "refused"
    ((name, page),) = (await world.read("error")).items()
    assert name == f"order.json.{told['message']}.txt"
    lines = page.decode().splitlines()
    assert lines[0] == "order.json was refused."
    assert f"Message   {told['message']}" in lines
    assert any("/currency" in line for line in lines)
    assert await world.read("in") == {}


async def test_a_file_without_its_end_stays_and_is_no_message(world: SftpWorld) -> None:
    client = await world.client()
    with pytest.raises(asyncssh.SFTPFailure) as refused:
        await world.drop("order.json", order_bytes()[:-20], client)
    assert refused.value.reason == (
        "the file is not complete: its last brace has not come; it was kept and is no message"
    )
    assert (await client.stat("/in/order.json")).size == len(order_bytes()) - 20
    assert await world.messages() == 0


async def test_a_file_without_its_end_is_no_message_under_a_new_name_either(world: SftpWorld) -> None:
    client = await world.client()
    await world.drop("order.part", EDIFACT[:-13], client)
    with pytest.raises(asyncssh.SFTPFailure, match="its UNZ has not come"):
        await client.rename("/in/order.part", "/in/order.edi")
    assert await client.listdir("/in") == ["order.part"]
    assert await world.messages() == 0


async def test_what_was_cut_off_is_gone_on_with(world: SftpWorld) -> None:
    content = order_bytes()
    with pytest.raises(asyncssh.SFTPFailure):
        await world.drop("order.json", content[:100])
    client = await world.client()
    assert (await client.stat("/in/order.json")).size == 100
    async with client.open("/in/order.json", asyncssh.FXF_WRITE, encoding=None) as file:
        await file.write(content[100:], 100)
    (told,) = await world.acknowledgements()
    assert told["status"] == "accepted"
    history = await world.ledger.history(UUID(told["message"]))
    assert history is not None
    assert json.loads(told["statement"]) == history.timeline[0]


async def test_content_of_no_known_format_counts_when_it_is_renamed(world: SftpWorld) -> None:
    """Nothing in it tells its end; the partner's own word does, and the refusal comes from the reader."""
    client = await world.client()
    with pytest.raises(asyncssh.SFTPFailure) as refused:
        await world.drop("stock.csv", b"a;b;c\n1;2;3\n", client)
    assert refused.value.reason == (
        "the file is not complete: its format is not known here, so nothing in it tells its end; "
        "it was kept and is no message"
    )
    await client.rename("/in/stock.csv", "/in/stock-1.csv")
    (told,) = await world.acknowledgements()
    assert (told["status"], told["code"]) == ("refused", "document.unsupported")


async def test_a_file_that_has_become_a_message_still_answers_to_stat_for_a_while(world: SftpWorld) -> None:
    """Clients look whether all of it arrived."""
    client = await world.client()
    await world.drop("order.json", order_bytes(), client)
    assert (await client.stat("/in/order.json")).size == len(order_bytes())
    assert await client.listdir("/in") == []


async def test_two_uploads_of_one_name_are_two_files(world: SftpWorld) -> None:
    one, other = await world.client(), await world.client()
    first = await one.open("/in/order.json", "wb")
    await first.write(order_bytes("PO-1"))
    second = await other.open("/in/order.json", "wb")
    await second.write(order_bytes("PO-2"))
    await first.close()
    await second.close()
    assert await world.messages() == 2
    assert [told["status"] for told in await world.acknowledgements()] == ["accepted", "accepted"]
    assert world.spooled() == []


async def test_a_second_handle_does_not_write_into_an_open_upload(world: SftpWorld) -> None:
    one, other = await world.client(), await world.client()
    await one.open("/in/order.json", "wb")
    with pytest.raises(asyncssh.SFTPFailure) as refused:
        await other.open("/in/order.json", asyncssh.FXF_WRITE)
    assert refused.value.reason == "this upload is under way on another handle; begin it anew to replace it"


async def test_an_upload_under_way_is_not_renamed_or_removed(world: SftpWorld) -> None:
    client = await world.client()
    file = await client.open("/in/order.part", "wb")
    await file.write(order_bytes())
    for change in (client.rename("/in/order.part", "/in/order.json"), client.remove("/in/order.part")):
        with pytest.raises(asyncssh.SFTPFailure) as refused:
            await change
        assert refused.value.reason == "this upload is under way; close it first"
    await file.close()
    await client.rename("/in/order.part", "/in/order.json")
    assert await world.messages() == 1


async def test_fifty_at_once_are_one_message(world: SftpWorld) -> None:
    clients = [await world.client() for _ in range(5)]
    drops = [world.drop(f"order-{number}.json", order_bytes(), clients[number % 5]) for number in range(50)]
    await asyncio.gather(*drops)
    assert await world.messages() == 1
    told = await world.acknowledgements()
    assert len(told) == 50
    assert sorted(one["duplicate"] for one in told) == [False] + [True] * 49


async def test_while_the_ledger_is_away_the_upload_stays_and_the_same_request_succeeds_later(
    world: SftpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise LedgerUnavailable("gone")

    client = await world.client()
    await world.drop("order.part", order_bytes(), client)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "record", away)
        with pytest.raises(asyncssh.SFTPFailure) as refused:
            await client.rename("/in/order.part", "/in/order.json")
        assert refused.value.reason == "the gateway cannot keep anything at the moment; try again later"
        with pytest.raises(asyncssh.SFTPFailure):
            await world.drop("second.json", order_bytes("PO-2"), client)
        assert sorted(await client.listdir("/in")) == ["order.part", "second.json"]
    await client.rename("/in/order.part", "/in/order.json")
    await client.rename("/in/second.json", "/in/second.json")
    assert await world.messages() == 2


async def test_an_acknowledgement_that_cannot_be_kept_is_no_success(
    world: SftpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed, but the partner was told nothing yet: it repeats, is recognised, and has its acknowledgement."""

    async def away(*_: object) -> None:
        raise LedgerUnavailable("gone")

    client = await world.client()
    await world.drop("order.part", order_bytes(), client)
    with monkeypatch.context() as patch:
        patch.setattr(Mailboxes, "lay", away)
        with pytest.raises(asyncssh.SFTPFailure):
            await client.rename("/in/order.part", "/in/order.json")
    assert await world.messages() == 1
    await client.rename("/in/order.part", "/in/order.json")
    assert await world.messages() == 1
    assert [told["duplicate"] for told in await world.acknowledgements()] == [True]


async def test_a_gateway_that_takes_too_long_says_so(world: SftpWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(Ledger, "record", slow)
    world.server._submitting = world.server._submitting.__class__(world.intake, world.ledger.mailboxes, 0.2)
    with pytest.raises(asyncssh.SFTPFailure) as refused:
        await world.drop("order.json", order_bytes())
    assert refused.value.reason == "the gateway did not finish in time; try again, it is recognised if it was kept"


async def test_what_nobody_granted_is_refused_on_record(world: SftpWorld) -> None:
    answer = an_answer("AB-1")
    await world.drop("answer.json", answer, await world.client("stahlhof", key="stahlhof"))
    client = await world.client("stahlhof", key="stahlhof")
    (told,) = [json.loads(content) for content in (await world.read("ack", client)).values()]
    assert (told["status"], told["code"]) == ("refused", "access.not_granted")


async def test_a_limit_that_is_exceeded_is_a_temporary_failure(world: SftpWorld) -> None:
    rules = world.folder / "rules" / "limits.yaml"
    rules.write_text(rules.read_text().replace("rate: 5000 per 1s", "rate: 1 per 1h\n  burst: 1"))
    assert world.policies.reload(), world.policies.problems
    client = await world.client()
    await world.drop("one.json", order_bytes("PO-1"), client)
    with pytest.raises(asyncssh.SFTPFailure, match=r"^limit\.exceeded: .*; try again in \d+ s$"):
        await world.drop("two.json", order_bytes("PO-2"), client)
    assert await client.listdir("/in") == ["two.json"]


async def test_a_full_disk_is_a_sentence_and_leaves_nothing_half(
    world: SftpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")

    client = await world.client()
    with monkeypatch.context() as patch:
        patch.setattr(Upload, "write", full)
        file = await client.open("/in/order.json", "wb")
        with pytest.raises(asyncssh.SFTPFailure) as refused:
            await file.write(order_bytes())
        assert refused.value.reason == "no space is left here; we have been told"
    with pytest.raises(asyncssh.SFTPFailure) as refused:
        await file.close()
    assert refused.value.reason == "a write was refused before: the file is not complete and is no message"
    assert await world.messages() == 0
    await world.drop("order.json", order_bytes(), client)
    assert await world.messages() == 1


async def test_a_disk_that_is_full_when_the_upload_is_left_is_no_success(
    world: SftpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Upload, "sync", full)
    with pytest.raises(asyncssh.SFTPFailure, match="no space is left here"):
        await world.drop("order.part", order_bytes())


async def test_an_upload_nobody_finishes_goes_with_a_notice(world: SftpWorld) -> None:
    client = await world.client()
    await world.drop("order.part", order_bytes(), client)
    mailbox = world.server._open["nordlicht", "nordlicht"]
    assert await mailbox.expire() == 0
    assert await mailbox.expire(seconds=-1) == 1
    assert await client.listdir("/in") == []
    ((name, page),) = (await world.read("error", client)).items()
    assert name.startswith("order.part.")
    assert page.decode().splitlines()[0] == "order.part"
    assert "Why it was no message: it has a temporary name." in page.decode()
    assert await world.messages() == 0


async def test_what_was_left_is_there_after_a_restart(world: SftpWorld) -> None:
    client = await world.client()
    await world.drop("order.part", order_bytes(), client)
    mailbox = world.server._open.pop(("nordlicht", "nordlicht"))
    await mailbox.close()
    client = await world.client()
    assert (await client.stat("/in/order.part")).size == len(order_bytes())
    await client.rename("/in/order.part", "/in/order.json")
    assert await world.messages() == 1


async def test_a_client_that_does_not_wait_for_the_answer_is_recorded_all_the_same(
    world: SftpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, reached = Ledger.record, asyncio.Event()

    async def slow(ledger: Ledger, entry: Any) -> Any:
        reached.set()
        await asyncio.sleep(0.3)
        return await record(ledger, entry)

    monkeypatch.setattr(Ledger, "record", slow)
    connection = await world.connect()
    client = await connection.start_sftp_client()
    file = await client.open("/in/order.json", "wb")
    await file.write(order_bytes())
    closing = asyncio.create_task(file.close())
    await reached.wait()
    connection.abort()
    await asyncio.gather(closing, return_exceptions=True)
    mailbox = world.server._open["nordlicht", "nordlicht"]
    await until(lambda: not mailbox._under_way)
    assert await world.messages() == 1
    assert world.spooled() == []
