"""What came and what it became in one payload, or apart where they are large."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st
from support.ledgering import an_entry, lease_all, take_all

from gateway.identifiers import new_message_id
from gateway.ledger.bundles import LARGEST, pack, unpack
from gateway.ledger.ledger import Ledger


@given(st.lists(st.binary(max_size=200), min_size=2, max_size=20))
def test_every_part_is_found_by_its_hash(parts: list[bytes]) -> None:
    bundle = pack(parts)
    assert bundle is not None
    assert unpack(bundle) == {sha256(part).digest(): part for part in parts}


def test_one_part_is_no_bundle_nor_are_large_ones() -> None:
    assert pack([b"x"]) is None
    assert pack([b"x" * LARGEST, b"y"]) is None
    assert pack([b"x" * (LARGEST - 1), b"y"]) is not None


async def bodies_to_deliver(ledger: Ledger) -> list[bytes | None]:
    return [work.delivery.body for _, works in await take_all(ledger, await lease_all(ledger)) for work in works]


async def test_large_contents_and_their_documents_are_payloads_of_their_own(ledger: Ledger) -> None:
    entry = an_entry(content=b"x" * LARGEST)
    await ledger.record(entry)
    rows = await ledger._pool.fetch("select hash from payloads")
    assert {row["hash"] for row in rows} == {entry.content_hash, entry.documents[0].body_hash}
    assert await bodies_to_deliver(ledger) == [entry.documents[0].body]


async def test_a_bundle_gives_the_body_back(ledger: Ledger) -> None:
    entry = an_entry()
    await ledger.record(entry)
    assert await ledger._pool.fetchval("select count(*) from payloads") == 1
    assert await bodies_to_deliver(ledger) == [entry.documents[0].body]


async def test_what_came_is_read_again_out_of_a_bundle_or_by_itself(ledger: Ledger) -> None:
    for entry in (an_entry(), an_entry("PO-2", content=b"x" * LARGEST)):
        await ledger.record(entry)
        assert await ledger.content(entry.message_id) == entry.content
    assert await ledger.content(new_message_id()) is None
