"""The audit: every event in the tree, every tampering named, receipts provable."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.ledgering import an_entry

from gateway.ledger.checkpoints import SigningKey, open_checkpoint
from gateway.ledger.database import connection
from gateway.ledger.ledger import Ledger
from gateway.ledger.merkle import leaf_hash, verify_inclusion
from gateway.ledger.statements import statements

KEY = SigningKey("gateway.test/audit", Ed25519PrivateKey.generate())


async def _sequence(ledger: Ledger, anchor: Path | None = None) -> int:
    sequencer = ledger.sequencer(KEY, anchor=anchor)
    async with connection(ledger._pool) as held:
        return await sequencer.sequence(held)


@pytest.fixture
async def audited(ledger: Ledger) -> Ledger:
    """Seven messages under two checkpoints."""
    for n in range(4):
        await ledger.record(an_entry(f"PO-{n}"))
    await _sequence(ledger)
    for n in range(4, 7):
        await ledger.record(an_entry(f"PO-{n}"))
    await _sequence(ledger)
    return ledger


@pytest.fixture
async def tamper(database: str) -> AsyncIterator[asyncpg.Connection]:
    connected = await asyncpg.connect(database)
    yield connected
    await connected.close()


async def _problem(ledger: Ledger) -> str | None:
    return (await ledger.verify([KEY.verifier])).problem


async def test_an_untouched_ledger_verifies(audited: Ledger) -> None:
    verdict = await audited.verify([KEY.verifier])
    assert (verdict.events, verdict.checkpoints, verdict.problem) == (7, 2, None)


async def test_an_edited_event_is_named(audited: Ledger, tamper: asyncpg.Connection) -> None:
    await tamper.execute("update events set body = replace(body::text, 'a', 'b')::bytea where id = 3")
    assert "leaf 2, event 3" in str(await _problem(audited))
    assert "was changed after it was recorded" in str(await _problem(audited))


async def test_a_deleted_event_is_named(audited: Ledger, tamper: asyncpg.Connection) -> None:
    await tamper.execute("delete from events where id = 2")
    assert await _problem(audited) == "leaf 1 is missing: its event was deleted before event 3"


async def test_a_truncated_log_is_named(audited: Ledger, tamper: asyncpg.Connection) -> None:
    await tamper.execute("delete from events where id >= 6")
    assert "leaf 5 is missing: the log ends there" in str(await _problem(audited))


async def test_a_truncation_with_its_head_and_leaves_is_found_by_the_checkpoints(
    audited: Ledger, tamper: asyncpg.Connection
) -> None:
    await tamper.execute("delete from events where id >= 6; delete from leaves where leaf >= 5")
    await tamper.execute("update tree_head set size = 5, event = 5, tick = (select tick from events where id = 5)")
    assert "leaf 5 is missing" in str(await _problem(audited))


async def test_a_rollback_with_its_checkpoints_is_found_by_the_anchor(
    ledger: Ledger, tamper: asyncpg.Connection, tmp_path: Path
) -> None:
    anchor = tmp_path / "anchor" / "checkpoints"
    for n in range(3):
        await ledger.record(an_entry(f"PO-{n}"))
        await _sequence(ledger, anchor)
    await tamper.execute("delete from events where id = 3; delete from leaves where leaf = 2")
    await tamper.execute("delete from messages where id = (select max(id::text)::uuid from messages)")
    await tamper.execute("delete from checkpoints where size = 3")
    await tamper.execute("update tree_head set size = 2, event = 2, tick = (select tick from events where id = 2)")
    assert await _problem(ledger) is None
    verdict = await ledger.verify([KEY.verifier], anchor=anchor)
    assert verdict.problem == ("leaf 2 is missing: the log ends there, but the checkpoint of 3 leaves was signed")


async def test_what_was_recorded_since_the_newest_checkpoint_is_counted(audited: Ledger, tmp_path: Path) -> None:
    await audited.record(an_entry("PO-8"))
    anchor = tmp_path / "checkpoints"
    anchor.write_text("")
    verdict = await audited.verify([KEY.verifier], anchor=anchor)
    assert (verdict.events, verdict.not_in_tree, verdict.messages, verdict.anchored) == (7, 1, 7, 0)
    await _sequence(audited, anchor)
    verdict = await audited.verify([KEY.verifier], anchor=anchor)
    assert (verdict.events, verdict.not_in_tree, verdict.messages, verdict.anchored) == (8, 0, 8, 8)


async def test_a_checkpoint_that_is_missing_at_the_end_is_named(audited: Ledger, tamper: asyncpg.Connection) -> None:
    """What stands behind the newest that is left could have been changed together with its hashes."""
    await tamper.execute("delete from checkpoints where size = 7")
    told = (
        "the checkpoints after that of 4 leaves are missing: the tree has 7 leaves, and each head of it was signed when"
    )
    assert str(await _problem(audited)) == f"{told} it was made"


async def _as_received(ledger: Ledger) -> tuple[str, bytes]:
    """One message more whose verdict says what real ones say."""
    entry = an_entry("PO-9")
    said = {
        "event": "intake.message.accepted", "message": str(entry.message_id), "sender": "nordwind",
        "verdict": "accepted", "content": f"sha256:{entry.content_hash.hex()}",
    }  # fmt: skip
    await ledger.record(msgspec.structs.replace(entry, statement=msgspec.json.encode(said)))
    await _sequence(ledger)
    return str(entry.message_id), entry.content_hash


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("sender = 'kiesel'", "its sender is `kiesel`, and the verdict in leaf 7 says `nordwind`"),
        ("verdict = 'refused'", "its verdict is `refused`, and the verdict in leaf 7 says `accepted`"),
        ("content_hash = '\\x00'", "its content is `sha256:00`, and the verdict in leaf 7 says `sha256:{content}`"),
    ],
)
async def test_a_message_that_was_changed_is_named(
    audited: Ledger, tamper: asyncpg.Connection, change: str, told: str
) -> None:
    message, content = await _as_received(audited)
    assert await _problem(audited) is None
    await tamper.execute(f"update messages set {change} where id = '{message}'")
    assert await _problem(audited) == f"message {message} was changed: {told.format(content=content.hex())}"


async def test_a_message_that_was_deleted_or_inserted_is_named(audited: Ledger, tamper: asyncpg.Connection) -> None:
    message, _ = await _as_received(audited)
    await tamper.execute("create temporary table aside as select * from messages where id = $1", UUID(message))
    await tamper.execute("delete from messages where id = $1", UUID(message))
    assert await _problem(audited) == f"message {message} was deleted: leaf 7 is the verdict on it"
    new = uuid4()
    await tamper.execute("insert into messages select * from aside")
    await tamper.execute("update aside set id = $1", new)
    await tamper.execute("insert into messages select * from aside")
    told = "was inserted, or its events were deleted: no event tells of it"
    assert await _problem(audited) == f"message {new} {told}"


async def test_each_message_is_looked_at_and_no_statement_looks_at_all(
    audited: Ledger, tamper: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that looked at all was given up after half a minute, and a large ledger could not be verified."""
    monkeypatch.setattr("gateway.ledger.verifying.BATCH", 2)
    statement = statements("sequencing")["told_of"]
    assert len(await tamper.fetch(statement, UUID(int=0), 2)) == 2
    assert await _problem(audited) is None
    last = await tamper.fetchval("select id from messages order by id desc limit 1")
    new = UUID(int=last.int + 1)
    await tamper.execute("create temporary table aside as select * from messages limit 1")
    await tamper.execute("update aside set id = $1", new)
    await tamper.execute("insert into messages select * from aside")
    assert str(await _problem(audited)).startswith(f"message {new} was inserted")


async def test_a_damaged_anchor_is_not_blamed_on_the_database(audited: Ledger, tmp_path: Path) -> None:
    anchor = tmp_path / "checkpoints"
    anchor.write_text("a\n\nb\n\n")
    verdict = await audited.verify([KEY.verifier], anchor=anchor)
    assert str(verdict.problem).startswith(f"a checkpoint of {anchor} is not to be trusted: ")
    assert verdict.act == "hold the ledger against another copy of that file, and find out who changed this one"


async def test_what_to_do_is_told_with_what_is_wrong(audited: Ledger, tamper: asyncpg.Connection) -> None:
    stranger = SigningKey("gateway.test/audit", Ed25519PrivateKey.generate())
    unknown = await audited.verify([stranger.verifier])
    assert str(unknown.act).startswith("put the .vkey of every key that signed this log into GATEWAY_KEYS")
    await tamper.execute("delete from events where id >= 6")
    assert str((await audited.verify([KEY.verifier])).act).startswith("if a backup was restored, what came after it is")
    await tamper.execute("update events set body = 'x' where id = 2")
    changed = await audited.verify([KEY.verifier])
    assert str(changed.act).startswith("somebody who can write to the database changed it")


async def test_an_inserted_event_is_named(audited: Ledger, tamper: asyncpg.Connection) -> None:
    await tamper.execute('insert into events (tick, body) select tick, \'{"event":"x"}\' from events where id = 3')
    assert "was inserted: it has no leaf in the tree" in str(await _problem(audited))


async def test_an_edit_together_with_its_hash_is_found_between_two_checkpoints(
    audited: Ledger, tamper: asyncpg.Connection
) -> None:
    body = await tamper.fetchval("select body from events where id = 6")
    changed = body.replace(b"accepted", b"rejected")
    await tamper.execute("update events set body = $1 where id = 6", changed)
    await tamper.execute("update leaves set hash = $1 where event = 6", leaf_hash(changed))
    assert "between leaf 4 and leaf 6" in str(await _problem(audited))


async def test_events_swapped_are_found(audited: Ledger, tamper: asyncpg.Connection) -> None:
    await tamper.execute("update events set message_id = (select message_id from events where id = 1) where id = 2")
    assert "event 2, was moved to another message" in str(await _problem(audited))


async def test_a_forged_checkpoint_is_refused(audited: Ledger, tamper: asyncpg.Connection) -> None:
    await tamper.execute("update checkpoints set note = replace(note, '7', '8') where size = 7")
    assert "a checkpoint is not to be trusted" in str(await _problem(audited))


async def test_a_message_can_be_proven_once_it_is_sequenced(ledger: Ledger) -> None:
    entry = an_entry()
    await ledger.record(entry)
    assert await ledger.prove(entry.message_id) is None
    for n in range(300):
        await ledger.record(an_entry(f"PO-{n}"))
    await _sequence(ledger)
    proof = await ledger.prove(entry.message_id)
    assert proof is not None
    head = open_checkpoint(proof.checkpoint, [KEY.verifier])
    assert proof.statement == entry.statement
    assert verify_inclusion(leaf_hash(proof.statement), proof.leaf, head.size, proof.hashes, head.root)


async def test_the_tree_never_skips_an_event_that_commits_late(ledger: Ledger, tamper: asyncpg.Connection) -> None:
    late = tamper.transaction()
    await late.start()
    await tamper.execute('insert into events (tick, body) values (ledger_tick(), \'{"event":"late"}\')')
    await ledger.record(an_entry())
    assert await _sequence(ledger) == 0
    await late.commit()
    assert await _sequence(ledger) == 2
    assert await _problem(ledger) is None


async def test_one_sequencer_leads_and_accepting_does_not_wait_for_it(ledger: Ledger) -> None:
    tasks = [asyncio.create_task(ledger.sequencer(KEY, anchor=None).run()) for _ in range(2)]
    await asyncio.gather(*(ledger.record(an_entry(f"PO-{n}")) for n in range(200)))
    async with asyncio.timeout(10):
        while (await ledger.verify([KEY.verifier])).events < 200:
            await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (await ledger.verify([KEY.verifier])).problem is None


async def test_who_stops_sequencing_lets_another_lead_although_its_connection_stays(ledger: Ledger) -> None:
    running = asyncio.create_task(ledger.sequencer(KEY).run())
    async with ledger._pool.acquire() as other:
        lead = "select pg_try_advisory_lock(7226962)"
        async with asyncio.timeout(10):
            while await other.fetchval(lead):
                await other.execute("select pg_advisory_unlock_all()")
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await other.fetchval(lead)
        await other.execute("select pg_advisory_unlock_all()")
