"""Facts are kept by position: what was recorded last month is read by the gateway of next year."""

from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.facts import DocumentFacts, RequestFacts, SenderKind
from policies.recordedfacts import decode_facts, encode_facts

NAMES = st.text(min_size=1, max_size=20)
MOMENTS = st.integers(1_600_000_000, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
REQUESTS = st.builds(
    RequestFacts,
    sender_kind=st.sampled_from(get_args(SenderKind)),
    sender=NAMES,
    client=NAMES,
    roles=st.frozensets(NAMES, max_size=3),
    scopes=st.frozensets(NAMES, max_size=3),
    plan=st.none() | NAMES,
    at=MOMENTS,
)


def documents_of(request: RequestFacts) -> st.SearchStrategy[list[DocumentFacts]]:
    numbers = st.integers(0, 2**31)
    one = st.builds(
        DocumentFacts, request=st.just(request), format=NAMES, name=NAMES, version=NAMES, document_type=NAMES,
        size=numbers, lines=numbers, plant=st.none() | NAMES, ship_to=st.none() | NAMES, test=st.booleans(),
    )  # fmt: skip
    return st.lists(one, max_size=3)


@given(st.data(), REQUESTS)
def test_what_is_kept_is_what_was_judged(data: st.DataObject, request: RequestFacts) -> None:
    documents = data.draw(documents_of(request))
    assert decode_facts(encode_facts(request, documents)) == (request, tuple(documents))


def test_a_fact_keeps_its_position_for_ever() -> None:
    """Append here what is appended there; a moved line is a gateway that reads the past wrongly."""
    assert RequestFacts.__struct_fields__[:11] == (
        "sender_kind", "sender", "client", "roles", "scopes", "plan", "channel", "api_version", "address", "binding",
        "at",
    )  # fmt: skip
    assert DocumentFacts.__struct_fields__[:10] == (
        "request", "format", "name", "version", "document_type", "size", "lines", "plant", "ship_to", "test",
    )  # fmt: skip


def test_facts_from_before_a_fact_was_added_are_read_with_its_default() -> None:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    old = ["partner", "nordlicht", "nordlicht-edi", ["orders.send"], [], "trial", "http", "v1", "", "none", at]
    document = ["edifact", "ORDERS", "D.96A", "purchase_order", 2048, 3]
    request, documents = decode_facts(msgspec.msgpack.encode([old, [document]]))
    assert (request.sender, request.roles, request.at) == ("nordlicht", {"orders.send"}, at)
    assert (documents[0].lines, documents[0].plant, documents[0].test) == (3, None, False)


def test_bytes_that_are_no_facts_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_facts(msgspec.msgpack.encode({"sender": "nordlicht"}))


def test_the_facts_of_an_order_are_small() -> None:
    request = RequestFacts(
        sender_kind="partner", sender="nordlicht", client="nordlicht-edi", roles=frozenset({"orders.send"}),
        plan="standard", at=datetime(2026, 11, 23, 8, tzinfo=UTC),
    )  # fmt: skip
    document = DocumentFacts(
        request=request, format="edifact", name="ORDERS", version="D.96A", document_type="purchase_order", size=2048,
        lines=3, plant="ulm", ship_to="4260001230028",
    )  # fmt: skip
    assert len(encode_facts(request, [document])) < 160
