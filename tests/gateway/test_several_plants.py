"""A document whose lines go to several of our plants: refused, divided, or left whole, as its route says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from support.serving import Served, an_order, serving

from gateway.intake import Admission, Intake
from gateway.ledger.ledger import Ledger
from gateway.submissions import Credential, Receipt, Rejection, Submission

AURORA = Credential(kind="partner", client="aurora-orders", roles=frozenset({"orders.send"}))
SALZUNGEN, ULM, NOBODY = "4260001230011", "4260001230028", "4260001230004"
ROUTE = """
- name: orders-to-plants
  why: each plant picks its own lines
  mode: enforce
  senders: [partner]
  documents: [purchase_order]
  destination: plant:{plant}
  operation: inbox.put
  ordering_key: [sender]
  when_parked: pass
  flow: business-documents
"""


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


def routed(served: Served, folder: Path, more: str = "") -> Intake:
    access = folder / "rules" / "access.yaml"
    advice = "documents: [despatch_advice]\n"
    access.write_text(access.read_text().replace(advice, advice.replace("]", ", purchase_order]")))
    file = folder / "rules" / "routing.yaml"
    file.write_text(file.read_text() + ROUTE + more)
    assert served.policies.reload(), served.policies.problems
    return served.intake


def to(gln: str) -> dict[str, Any]:
    return {"identifiers": [{"scheme": "gln", "value": gln}], "name": "Werk"}


def an_order_for(*places: str) -> dict[str, Any]:
    """One line for each place."""
    line = an_order()["lines"][2]
    lines = [{**line, "number": str(number), "ship_to": to(place)} for number, place in enumerate(places, 1)]
    order = an_order(lines=lines, ship_to=to(SALZUNGEN))
    order.pop("totals", None)
    return order


async def sent(intake: Intake, order: dict[str, Any]) -> Receipt | Rejection:
    admission = await intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission), admission
    return await intake.accept(Submission(content=msgspec.json.encode(order), media_type=None), admission)


async def deliveries(ledger: Ledger, receipt: Receipt | Rejection) -> dict[str, list[str]]:
    """Destination -> the line numbers that go there."""
    assert isinstance(receipt, Receipt), receipt
    history = await ledger.history(UUID(receipt.message_id))
    assert history is not None
    kept = {one.number: msgspec.json.decode(one.body or b"") for one in await ledger.documents(history.id)}
    return {one.destination: [line["number"] for line in kept[one.document]["lines"]] for one in history.deliveries}


async def test_one_plant_a_document_is_what_a_route_to_a_plant_takes(
    served: Served, ledger: Ledger, tmp_path: Path
) -> None:
    intake = routed(served, tmp_path)
    assert await deliveries(ledger, await sent(intake, an_order_for(SALZUNGEN, SALZUNGEN))) == {
        "odoo": ["1", "2"],
        "plant:salzungen": ["1", "2"],
    }
    refused = await sent(intake, an_order_for(SALZUNGEN, ULM, SALZUNGEN))
    assert isinstance(refused, Rejection)
    assert refused.code == "routing.several_plants"
    assert refused.text == (
        "its lines go to several plants, `salzungen` and `ulm`, and route `orders-to-plants` takes one plant a document"
    )
    assert refused.act == "send one document for each plant; the findings say which line goes where"
    assert [finding.text for finding in refused.findings] == [
        "line `1` goes to `salzungen`",
        "line `2` goes to `ulm`",
        "line `3` goes to `salzungen`",
    ]
    assert refused.rule is not None
    assert refused.rule.startswith("routing `orders-to-plants` (routing.yaml:")
    assert refused.policy_revision == served.policies.current.revision


async def test_a_route_that_splits_gives_each_plant_its_lines(served: Served, ledger: Ledger, tmp_path: Path) -> None:
    intake = routed(served, tmp_path, "  several_plants: split\n")
    receipt = await sent(intake, an_order_for(SALZUNGEN, ULM, SALZUNGEN))
    assert await deliveries(ledger, receipt) == {
        "odoo": ["1", "2", "3"],
        "plant:salzungen": ["1", "3"],
        "plant:ulm": ["2"],
    }
    assert isinstance(receipt, Receipt)
    history = await ledger.history(UUID(receipt.message_id))
    assert history is not None
    assert len({one.external_id for one in history.deliveries}) == 3
    assert len({document.business_number for document in history.documents}) == 1
    assert (await ledger.balance()).imbalance == 0


async def test_a_line_for_a_place_that_is_not_ours_is_refused(served: Served, tmp_path: Path) -> None:
    intake = routed(served, tmp_path, "  several_plants: split\n")
    refused = await sent(intake, an_order_for(SALZUNGEN, NOBODY))
    assert isinstance(refused, Rejection)
    assert refused.text == "not every line goes to one of our plants, so route `orders-to-plants` cannot deliver it"
    assert refused.findings[1].text == "line `2` goes to none of our plants"


async def test_who_may_not_send_to_a_plant_may_not_by_a_line_either(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "rules" / "access.yaml"
    closed = (
        "rules:\n\n- name: ulm-is-closed\n  why: a test\n  mode: enforce\n  effect: deny\n  may: send\n"
        "  senders: [partner]\n  plants: [ulm]\n"
    )
    file.write_text(file.read_text().replace("rules:\n", closed, 1))
    intake = routed(served, tmp_path, "  several_plants: split\n")
    refused = await sent(intake, an_order_for(SALZUNGEN, ULM))
    assert isinstance(refused, Rejection)
    assert refused.code == "access.denied"
    assert isinstance(await sent(intake, an_order_for(SALZUNGEN)), Receipt)


async def test_an_order_whose_lines_all_go_to_one_plant_goes_there_whatever_its_head_says(
    served: Served, ledger: Ledger, tmp_path: Path
) -> None:
    intake = routed(served, tmp_path)
    order = {**an_order_for(ULM, ULM), "ship_to": to(NOBODY)}
    assert await deliveries(ledger, await sent(intake, order)) == {"odoo": ["1", "2"], "plant:ulm": ["1", "2"]}
