"""Files that come protected with OpenPGP: what is opened, what is refused and how, and what cannot hurt us."""

import random
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncssh
import msgspec
import pytest
from support.mailboxes import SftpWorld, order_bytes, sftp_world
from support.pgp_keys import AGREED, a_bomb, a_public, agree, sealed, signed, write_pgp_keys
from support.pickups import a_world
from support.sftp_ground import stand_in

from gateway.channels.sftp.pgp import is_protected
from gateway.ledger.ledger import Ledger
from gateway.ledger.pickups import Pickups
from translators.examples import example

ORDER = order_bytes()


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[SftpWorld]:
    async with sftp_world(ledger, tmp_path) as opened:
        write_pgp_keys(opened.folder / "keys", opened.folder / "partners" / "certificates")
        agree(opened)
        yield opened


async def refused(world: SftpWorld, content: bytes, name: str = "order.pgp") -> tuple[str, str]:
    """Code and sentence of a file that is taken as refused."""
    await world.drop(name, content)
    (told,) = [one for one in await world.acknowledgements() if one["file"] == name]
    assert told["status"] == "refused"
    return told["code"], told["detail"]


async def events(world: SftpWorld) -> list[dict[str, Any]]:
    rows = await world.ledger._pool.fetch("select body from events order by id")
    return [one for one in (msgspec.json.decode(row["body"]) for row in rows) if one["event"] == "pgp.file.opened"]


# ---- opened --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("armor", [False, True], ids=["binary", "armored"])
async def test_a_file_that_is_signed_and_encrypted_is_what_was_in_it(world: SftpWorld, armor: bool) -> None:
    await world.drop("order.pgp", sealed(ORDER, armor=armor))
    (told,) = await world.acknowledgements()
    assert (told["status"], told["file"]) == ("accepted", "order.pgp")
    assert await world.ledger.content(UUID(told["message"])) == ORDER
    (event,) = await events(world)
    assert (event["partner"], event["message"], event["encrypted"], event["signed_by"]) == (
        "nordlicht", told["message"], True, [a_public("nordlicht").fingerprint],
    )  # fmt: skip


async def test_the_same_order_protected_anew_is_no_second_message(world: SftpWorld) -> None:
    edi = example("order.edi")
    await world.drop("one.pgp", sealed(edi))
    await world.drop("two.pgp", sealed(edi))
    told = await world.acknowledgements()
    assert sorted(one["duplicate"] for one in told) == [False, True]
    assert await world.messages() == 1


async def test_what_was_in_it_is_judged_as_ever(world: SftpWorld) -> None:
    assert (await refused(world, sealed(b"good morning")))[0] == "document.unsupported"
    assert (await refused(world, sealed(order_bytes(currency="EURO")), "other.pgp"))[0] == "schema.not_matched"


@pytest.mark.parametrize("clear", [False, True])
async def test_signed_alone_is_enough_where_nothing_else_is_agreed(world: SftpWorld, clear: bool) -> None:
    edi = example("order.edi").decode("latin-1").encode("ascii", "replace")
    agree(world, receive={"encrypted": False})
    await world.drop("order.asc", signed(edi, clear=clear))
    (told,) = await world.acknowledgements()
    assert told["status"] == "accepted"
    assert (await events(world))[0]["encrypted"] is False


async def test_encrypted_alone_is_enough_where_nothing_else_is_agreed(world: SftpWorld) -> None:
    agree(world, receive={"signed": False})
    await world.drop("order.pgp", sealed(ORDER, by=None))
    await world.drop("other.pgp", sealed(order_bytes("PO-2"), by="a stranger"))
    assert [one["status"] for one in await world.acknowledgements()] == ["accepted", "accepted"]
    assert [one["signed_by"] for one in await events(world)] == [[], []]


async def test_two_keys_at_once_are_how_a_key_is_changed(world: SftpWorld) -> None:
    agree(world, ours=["house-new.pgp", "house.pgp"], theirs=["nordlicht.asc", "nordlicht-new.asc"])
    await world.drop("old.pgp", sealed(ORDER))
    await world.drop("new.pgp", sealed(order_bytes("PO-2"), to="house-new", by="nordlicht-new"))
    assert [one["status"] for one in await world.acknowledgements()] == ["accepted", "accepted"]


# ---- refused -------------------------------------------------------------------------------------------------------


async def test_a_plain_file_is_refused_where_protection_is_agreed(world: SftpWorld) -> None:
    assert await refused(world, ORDER, "order.json") == (
        "pgp.required", "the file is no file of OpenPGP, and the agreement wants it encrypted and signed",
    )  # fmt: skip
    with pytest.raises(asyncssh.SFTPFailure, match="its last brace has not come"):
        await world.drop("half.json", ORDER[:-5])


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (lambda: sealed(ORDER, by=None), "pgp.signature",
         "the file has no signature that holds by a key of the profile"),
        (lambda: sealed(ORDER, by="a stranger"), "pgp.signature",
         "the file has no signature that holds by a key of the profile"),
        (lambda: signed(ORDER), "pgp.required", "the file is not encrypted, and the agreement wants it so"),
        (lambda: signed(ORDER, "a stranger"), "pgp.signature",
         "the file has no signature that holds by a key of the profile"),
        (lambda: sealed(ORDER, to="a stranger"), "pgp.not_opened",
         "none of our keys opens the file to something whole"),
        (lambda: sealed(ORDER) + sealed(ORDER), "pgp.not_opened",
         "none of our keys opens the file to something whole"),
        (lambda: signed(ORDER, clear=True).replace(b"PO-1", b"PO-9"), "pgp.signature",
         "the file has no signature that holds by a key of the profile"),
    ],
    ids=["not signed", "signed by a stranger", "not encrypted", "a stranger's and not encrypted", "to a stranger",
         "two in one", "changed"],
)  # fmt: skip
async def test_what_is_not_protected_as_agreed_is_refused(
    world: SftpWorld, content: Any, code: str, sentence: str
) -> None:
    assert await refused(world, content()) == (code, sentence)
    assert await events(world) == []


async def test_no_cut_and_no_change_is_ever_taken(world: SftpWorld) -> None:
    whole, chance = sealed(ORDER), random.Random(7)
    client = await world.client()
    places = [chance.randrange(1, len(whole)) for _ in range(16)]
    for number, place in enumerate(places):
        cut, changed = whole[:place], bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        for what, content in (("cut", cut), ("changed", bytes(changed))):
            with suppress(asyncssh.SFTPFailure):  # it is not complete
                await world.drop(f"{what}-{number}.pgp", content, client)
    told = {one["status"] for one in await world.acknowledgements()}
    assert told <= {"refused"}
    await world.drop("whole.pgp", whole, client)
    assert "accepted" in {one["status"] for one in await world.acknowledgements()}


async def test_a_file_whose_end_has_not_come_waits_for_it(world: SftpWorld) -> None:
    client, whole = await world.client(), sealed(ORDER)
    with pytest.raises(asyncssh.SFTPFailure) as failed:
        await world.drop("order.pgp", whole[:-100], client)
    assert failed.value.reason == (
        "the file is not complete: it is one of OpenPGP, and its end has not come; it was kept and is no message"
    )
    await world.drop("order.pgp", whole, client)
    assert [one["status"] for one in await world.acknowledgements()] == ["accepted"]


async def test_a_bomb_goes_off_elsewhere(world: SftpWorld) -> None:
    agree(world, receive={"encrypted": False})
    bomb = a_bomb(900)
    assert len(bomb) < 1 << 20
    code, sentence = await refused(world, bomb)
    assert (code, sentence) == ("pgp.not_opened", f"the file unpacks to more than {1 << 20} bytes, or to no end")
    await world.drop("order.asc", signed(ORDER))
    assert "accepted" in {one["status"] for one in await world.acknowledgements()}


async def test_a_content_larger_than_a_file_may_be_is_refused(world: SftpWorld) -> None:
    agree(world, receive={"encrypted": False})
    assert (await refused(world, a_bomb(2)))[0] in ("pgp.signature", "pgp.not_opened")


async def test_a_key_of_ours_that_is_missing_is_our_fault(world: SftpWorld) -> None:
    client, key = await world.client(), world.folder / "keys" / "house.pgp"
    kept = key.read_bytes()
    for wrong in (None, b"no key", str(a_public("house")).encode()):
        key.unlink() if wrong is None else key.write_bytes(wrong)
        with pytest.raises(asyncssh.SFTPFailure) as failed:
            await world.drop("order.pgp", sealed(ORDER), client)
        assert failed.value.reason == "the gateway cannot open it at the moment; we have been told, try again later"
    assert await world.acknowledgements() == []
    key.write_bytes(kept)
    await client.rename("/in/order.pgp", "/in/order.pgp")
    assert [one["status"] for one in await world.acknowledgements()] == ["accepted"]


async def test_nothing_is_opened_where_nothing_is_agreed(world: SftpWorld) -> None:
    profile = world.profile("nordlicht")
    profile.write_text(profile.read_text().partition("\n  pgp: ")[0] + "\n")
    assert world.partners.reload(), world.partners.problems
    client = await world.client()
    await world.drop("order.part", sealed(ORDER), client)
    await client.rename("/in/order.part", "/in/order.pgp")
    (told,) = await world.acknowledgements()
    assert told["code"] == "document.unsupported"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", False), (ORDER, False), (b"UNA:+.? '", False), (b"\xef\xbb\xbf<a/>", False), (b"\xff\xfe<\0", False),
        (b"-----BEGIN PGP MESSAGE-----", True), (b"\r\n-----BEGIN PGP SIGNED MESSAGE-----", True),
        (b"\x84\x5e", True), (b"\xc1\xc0", True), (b"\xa3\x01", True), (b"\x85\x01", True),
    ],
)  # fmt: skip
def test_a_file_of_openpgp_is_known_by_its_first_bytes(content: bytes, told: bool) -> None:
    assert is_protected(content) is told


# ---- at their server -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "verdict"),
    [(ORDER, "accepted"), (b"good morning", "refused")],
    ids=["an order", "a refusal"],
)
async def test_a_file_that_is_fetched_is_opened_too_and_once(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, verdict: str
) -> None:
    """Also when we end after its commit: what is compared then is what was in it."""
    async with stand_in(tmp_path) as ground:
        theirs = tmp_path / "partners" / "certificates"
        theirs.mkdir(parents=True)
        write_pgp_keys(ground.keys, theirs)
        world = a_world(ledger, tmp_path, ground, ready="renamed", pgp=AGREED)
        world.put("order.pgp", sealed(content))
        real = Pickups.taken

        async def ended(*_: Any) -> None:
            raise ZeroDivisionError("a mistake of ours")

        monkeypatch.setattr(Pickups, "taken", ended)
        await world.look(after=0)
        monkeypatch.setattr(Pickups, "taken", real)
        await world.look()
        assert world.there() == []
        counts = {one: await world.messages(one) for one in ("accepted", "refused")}
        assert counts == {"accepted": 0, "refused": 0, verdict: 1}
