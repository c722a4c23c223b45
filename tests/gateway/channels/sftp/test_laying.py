"""What we lay into a mailbox: parcels in /out, and when a partner has them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncssh
import pytest
from support.leaving import World, a_partner, accept, an_agreement
from support.mailboxes import ACCOUNT, SftpWorld

from gateway.channels.sftp.laying import MailboxCarrier
from gateway.channels.sftp.tending import Tending
from gateway.destinations.carrying import Parcel
from gateway.destinations.contract import Absent, Delivered, Offered, Refused, Unavailable
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.ledger.mailbox import Mailboxes
from partners.profile import Partner


def a_parcel(**given: Any) -> Parcel:
    usual: dict[str, Any] = {
        "id": uuid4(), "partner": ACCOUNT, "agreement": "answers", "document_types": ("order_response",),
        "deliveries": ("x",), "content": b"UNB+...", "media_type": "application/EDIFACT", "file_name": "answer.edi",
        "made_at": datetime(2026, 11, 23, tzinfo=UTC),
    }  # fmt: skip
    return Parcel(**{**usual, **given})


@pytest.fixture
def carrier(ledger: Ledger) -> MailboxCarrier:
    return MailboxCarrier(ledger.mailboxes)


@pytest.fixture
def partner(world: SftpWorld) -> Partner:
    found = world.partners.current.by_account(ACCOUNT)
    assert found is not None
    return found


async def test_a_parcel_lies_in_out_until_its_partner_has_read_it(
    world: SftpWorld, carrier: MailboxCarrier, partner: Partner
) -> None:
    parcel = a_parcel()
    assert await carrier.carry(parcel, partner) == Offered()
    assert await carrier.carry(parcel, partner) == Offered()
    assert await carrier.look(parcel, partner) == Absent()
    assert await world.read("out") == {"answer.edi": b"UNB+..."}
    assert await carrier.look(parcel, partner) == Delivered("answer.edi")
    assert await carrier.carry(parcel, partner) == Delivered("answer.edi")
    assert await world.read("out") == {"answer.edi": b"UNB+..."}  # and it lies there until it is removed
    client = await world.client()
    await client.remove("/out/answer.edi")
    assert await client.listdir("/out") == []
    assert await carrier.look(parcel, partner) == Delivered("answer.edi")
    assert await carrier.carry(parcel, partner) == Delivered("answer.edi")
    assert await client.listdir("/out") == []


async def test_what_an_operator_sends_again_lies_there_once_more(
    world: SftpWorld, carrier: MailboxCarrier, partner: Partner
) -> None:
    parcel = a_parcel()
    await carrier.carry(parcel, partner)
    await world.read("out")
    client = await world.client()
    await client.remove("/out/answer.edi")
    await carrier.carry(a_parcel(content=b"another"), partner)  # its name is taken meanwhile
    again = a_parcel(id=parcel.id, again=True)
    for _ in range(2):
        assert await carrier.carry(again, partner) == Offered()
    assert await carrier.look(again, partner) == Absent()
    name = f"answer.edi.{parcel.id.hex}"
    assert (await world.read("out"))[name] == b"UNB+..."
    assert await carrier.look(again, partner) == Delivered(name)


async def test_two_parcels_of_one_name_lie_beside_each_other(
    world: SftpWorld, carrier: MailboxCarrier, partner: Partner
) -> None:
    first, second = a_parcel(content=b"1"), a_parcel(content=b"2")
    for parcel in (first, second, second):
        assert await carrier.carry(parcel, partner) == Offered()
    assert await world.read("out") == {"answer.edi": b"1", f"answer.edi.{second.id.hex}": b"2"}


async def test_a_file_name_that_is_none_becomes_the_parcels_id(
    world: SftpWorld, carrier: MailboxCarrier, partner: Partner
) -> None:
    parcel = a_parcel(file_name="../x\n")
    assert await carrier.carry(parcel, partner) == Offered()
    assert list(await world.read("out")) == [parcel.id.hex]


async def test_a_partner_without_a_mailbox_is_refused(carrier: MailboxCarrier) -> None:
    refused = await carrier.carry(a_parcel(), a_partner())
    assert refused == Refused("destination.refused", "the profile of `nordlicht` has no `sftp.mailbox`")


async def test_without_the_ledger_nothing_is_laid(
    carrier: MailboxCarrier, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise LedgerUnavailable("gone")

    monkeypatch.setattr(Mailboxes, "known", away)
    assert await carrier.carry(a_parcel(), partner) == Unavailable("the ledger does not answer")
    assert await carrier.look(a_parcel(), partner) == Unavailable("the ledger does not answer")


async def test_half_a_download_is_none(world: SftpWorld, carrier: MailboxCarrier, partner: Partner) -> None:
    parcel = a_parcel(content=b"0123456789")
    await carrier.carry(parcel, partner)
    client = await world.client()
    async with client.open("/out/answer.edi", "rb") as file:
        assert await file.read(5) == b"01234"
    assert await carrier.look(parcel, partner) == Absent()
    with pytest.raises(asyncssh.SFTPPermissionDenied) as refused:
        await client.remove("/out/answer.edi")
    assert refused.value.reason == "read it to its end and close it first: nobody has it yet"
    async with client.open("/out/answer.edi", "rb") as file:  # it goes on where it was
        assert await file.read(5, 5) == b"56789"
    assert await carrier.look(parcel, partner) == Delivered("answer.edi")


async def test_the_end_alone_is_no_download(world: SftpWorld, carrier: MailboxCarrier, partner: Partner) -> None:
    parcel = a_parcel(content=b"0123456789")
    await carrier.carry(parcel, partner)
    client = await world.client()
    async with client.open("/out/answer.edi", "rb") as file:
        assert await file.read(5, 5) == b"56789"
    assert await carrier.look(parcel, partner) == Absent()


async def test_a_download_that_is_cut_before_its_close_is_none(
    world: SftpWorld, carrier: MailboxCarrier, partner: Partner
) -> None:
    parcel = a_parcel()
    await carrier.carry(parcel, partner)
    connection = await world.connect()
    client = await connection.start_sftp_client()
    file = await client.open("/out/answer.edi", "rb")
    assert await file.read() == b"UNB+..."
    connection.abort()
    await connection.wait_closed()
    assert await carrier.look(parcel, partner) == Absent()


@pytest.fixture
async def leaving(world: SftpWorld) -> AsyncIterator[World]:
    """A worker that lays what is for nordlicht."""
    mailbox = world.partners.current.partners[ACCOUNT].sftp
    partner = a_partner(an_agreement(channel="sftp"), sftp=mailbox)
    made = World(world.ledger, world.policies.current.masking, partner)
    made.carriers["mailbox"] = MailboxCarrier(world.ledger.mailboxes)
    return made


async def test_the_parcel_and_its_deliveries_end_when_it_was_read(
    world: SftpWorld, leaving: World, ledger: Ledger
) -> None:
    await accept(ledger, "AB-1")
    await leaving.work_off()
    assert await leaving.states() == ["offered"]
    ((name, content),) = (await world.read("out")).items()
    assert content.startswith(b"UN")
    assert await leaving.states() == ["delivered"]
    assert [one.state for one in await ledger.depths()] == []
    (parcel,) = await leaving.parcels.search()
    assert parcel.reference == f"read from the mailbox of {ACCOUNT}"
    assert name == parcel.file_name


async def test_a_download_whose_word_was_lost_is_told_later(
    world: SftpWorld, leaving: World, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends between noting that the file was read and telling the parcel."""

    async def dies(*_: object, **__: object) -> None:
        raise LedgerUnavailable("gone")

    await accept(ledger, "AB-1")
    await leaving.work_off()
    with monkeypatch.context() as patch:
        patch.setattr(Mailboxes, "_settle", dies)
        with pytest.raises(asyncssh.SFTPFailure):
            await world.read("out")
    assert await leaving.states() == ["offered"]
    tending = Tending(ledger.mailboxes)
    await tending.look()
    assert await leaving.states() == ["offered"]  # the server may still be about to
    await ledger._pool.execute("update mailbox set fetched_at = fetched_at - interval '1 minute'")
    await tending.look()
    assert await leaving.states() == ["delivered"]


async def test_old_files_go_but_none_that_was_not_read(
    world: SftpWorld, carrier: MailboxCarrier, partner: Partner
) -> None:
    await world.drop("order.json", b'{"kind": "purchase_order/1"}')
    unread, read = a_parcel(file_name="unread"), a_parcel(file_name="read")
    for parcel in (unread, read):
        await carrier.carry(parcel, partner)
    client = await world.client()
    async with client.open("/out/read", "rb") as file:
        await file.read()
    await world.ledger._pool.execute("update mailbox set made_at = made_at - interval '31 days'")
    payloads = "select count(*) from payloads where owner = 'mailbox:nordlicht'"
    before = await world.ledger._pool.fetchval(payloads)
    await Tending(world.ledger.mailboxes).look()
    assert {folder: await client.listdir(f"/{folder}") for folder in ("out", "ack", "error")} == {
        "out": ["unread"], "ack": [], "error": []
    }  # fmt: skip
    assert await world.ledger._pool.fetchval(payloads) < before


async def test_acknowledgements_are_removed_by_their_partner(world: SftpWorld) -> None:
    await world.drop("order.json", b'{"kind": "purchase_order/1"}')
    client = await world.client()
    for folder in ("ack", "error"):
        (name,) = await client.listdir(f"/{folder}")
        assert json.loads(await read(client, f"/{folder}/{name}")) if folder == "ack" else True
        await client.remove(f"/{folder}/{name}")
        assert await client.listdir(f"/{folder}") == []


async def read(client: asyncssh.SFTPClient, path: str) -> bytes:
    async with client.open(path, "rb") as file:
        return bytes(await file.read())
