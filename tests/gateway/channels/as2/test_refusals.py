"""What each refusal says to the partner, and what the audit says of it: exact sentences, and nothing is used up."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from support.as2_keys import holder
from support.as2_serving import As2World, as2_world, outgoing

from gateway.channels.as2.building import Built, build
from gateway.ledger.database import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from partners.ownkeys import KeyPair
from translators.examples import example

ORDER = example("order.edi")
ID = "<4712@werra.example>"


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[As2World]:
    """The partner may leave out encryption, so that each refusal has its own word."""
    async with as2_world(ledger, tmp_path) as opened:
        opened.profile("keys:", "receive: {encrypted: false}\n  keys:")
        yield opened


async def _refused(world: As2World, built: Built) -> tuple[str, str, str]:
    """Disposition, code and detail; nothing was kept, and the Message-ID is free."""
    heard = world.receipt(await world.post(built))
    assert heard.verified
    pool = world.served.ledger._pool
    assert await pool.fetchval("select count(*) from as2_received") == 0
    assert await world.served.messages_kept() == 0
    leaves = [msgspec.json.decode(bytes(row["body"])) for row in await pool.fetch("select body from events")]
    (leaf,) = [one for one in leaves if one["event"] == "as2.message.failed"]
    return str(heard.mdn.disposition), leaf["code"], leaf["detail"]


async def test_bytes_after_the_closing_boundary(world: As2World) -> None:
    built = world.built(ORDER, ID, cipher=None)
    assert await _refused(world, replace(built, body=built.body + b"more")) == (
        "processed/error: unexpected-processing-error",
        "as2.malformed",
        "something follows the closing boundary of multipart/signed",
    )


async def test_no_signature(world: As2World) -> None:
    assert await _refused(world, world.built(ORDER, ID, cipher=None, digest=None)) == (
        "processed/error: insufficient-message-security",
        "as2.security",
        "the message is not signed, and the agreement wants it so",
    )


async def test_no_signature_inside_what_is_encrypted(world: As2World) -> None:
    assert await _refused(world, world.built(ORDER, ID, digest=None)) == (
        "processed/error: decryption-failed",
        "as2.decryption",
        "as2.security: the message is not signed, and the agreement wants it so",
    )


async def test_the_signature_of_somebody_else(world: As2World) -> None:
    other = holder("somebody else")
    stranger = replace(world.theirs(cipher=None), signer=KeyPair("other", other.key, other.certificate))
    said, code, detail = await _refused(world, build(outgoing(ORDER, ID), stranger))
    assert (said, code) == ("processed/error: authentication-failed", "as2.signature")
    assert detail.endswith("signed, which is not one of this partner's")


async def test_content_that_was_changed(world: As2World) -> None:
    built = world.built(ORDER, ID, cipher=None)
    changed = replace(built, body=built.body.replace(b"PO-4711", b"PO-4712"))
    assert await _refused(world, changed) == (
        "processed/error: integrity-check-failed",
        "as2.digest",
        "the sha256 of the content is not the signed one",
    )


async def test_what_becomes_too_large_when_it_is_decompressed(world: As2World) -> None:
    bomb = world.built(b" " * (64 << 20), ID, cipher=None, compress="after-signing")
    assert await _refused(world, bomb) == (
        "processed/error: unexpected-processing-error",
        "as2.decompression",
        "the content is longer than 2097152 bytes",
    )


async def test_a_ledger_that_is_away_gives_no_receipt_and_the_same_message_is_taken_later(
    world: As2World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise LedgerUnavailable("the database does not answer")

    built = world.built(ORDER, ID)
    monkeypatch.setattr(world.served.ledger, "record", away)
    failed = await world.post(built)
    monkeypatch.undo()
    heard = world.receipt(await world.post(built))

    assert (failed.status_code, b"disposition-notification" in failed.content) == (503, False)
    assert str(heard.mdn.disposition) == "processed"
    assert await world.served.messages_kept() == 1
