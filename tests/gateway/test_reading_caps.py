"""Caps before and while reading: the refusal names the rule, and what is within them is read as ever."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from support.serving import Served, an_order, serving

from gateway.intake import Admission
from gateway.ledger.ledger import Ledger
from gateway.submissions import Credential, Receipt, Rejection, Submission
from translators.examples import example

AURORA = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send"}))


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


async def sent(served: Served, folder: Path, cap: str, content: bytes) -> Receipt | Rejection:
    file = folder / "rules" / "schemas.yaml"
    file.write_text(file.read_text() + f"\ncaps:\n- {{name: tight, why: a test, senders: [partner], {cap}}}\n")
    assert served.policies.reload(), served.policies.problems
    admission = await served.intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission), admission
    return await served.intake.accept(Submission(content=content, media_type=None), admission)


@pytest.mark.parametrize(
    ("cap", "name", "text"),
    [
        ("mode: enforce, size: 200 B", "order.json", "the submission has {size} bytes; at most 200 B are read"),
        ("mode: enforce, formats: [xml], depth: 3", "order.ubl.xml", "it is nested deeper than 3 levels"),
        ("mode: enforce, formats: [xml], count: 20", "order.ubl.xml", "it has more than 20 elements or segments"),
        ("mode: enforce, formats: [edifact], count: 10", "order.edi", "it has more than 10 elements or segments"),
    ],
)
async def test_what_is_too_much_is_refused_by_the_rule(
    served: Served, tmp_path: Path, cap: str, name: str, text: str
) -> None:
    content = example(name)
    refused = await sent(served, tmp_path, cap, content)
    assert isinstance(refused, Rejection)
    assert (refused.code, refused.text) == ("limit.too_large", text.format(size=len(content)))
    assert refused.act == "split it and send the parts"
    assert refused.rule is not None
    assert refused.rule.startswith("schemas `tight` (schemas.yaml:")
    assert refused.policy_revision == served.policies.current.revision
    assert refused.message_id is not None, "it is on record"


@pytest.mark.parametrize(
    ("cap", "name"),
    [
        ("mode: enforce, size: 1 MiB, time: 10s", "order.json"),
        ("mode: enforce, formats: [xml], depth: 30, count: 5000", "order.ubl.xml"),
        ("mode: enforce, formats: [edifact], count: 500", "order.edi"),
        ("mode: enforce, formats: [xml], size: 10 B", "order.json"),
        ("mode: enforce, documents: [invoice], size: 10 B", "order.json"),
    ],
)
async def test_what_is_within_is_read_as_ever(served: Served, tmp_path: Path, cap: str, name: str) -> None:
    receipt = await sent(served, tmp_path, cap, example(name))
    assert isinstance(receipt, Receipt), receipt


async def test_a_cap_that_observes_tells_whom_it_would_have_refused(served: Served, tmp_path: Path) -> None:
    receipt = await sent(served, tmp_path, "mode: observe, size: 200 B", msgspec.json.encode(an_order()))
    assert isinstance(receipt, Receipt), receipt
    [rule] = msgspec.json.decode(receipt.statement)["observed"]
    assert rule.startswith("schemas `tight`")


async def test_a_large_document_has_a_time_to_be_read_in(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*_: object, **__: object) -> None:
        time.sleep(1.5)

    monkeypatch.setattr("gateway.reading.read", slowly)
    monkeypatch.setattr("gateway.reading.READ_IN_THREAD", 10)
    refused = await sent(served, tmp_path, "mode: enforce, time: 1s", msgspec.json.encode(an_order()))
    assert isinstance(refused, Rejection)
    assert refused.text == "reading it takes longer than 1 s"
