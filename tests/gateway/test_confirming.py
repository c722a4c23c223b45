"""The order response: made when the system of record has confirmed the order, once, in the format of the agreement."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from support.answers import AURORA, ORDERS, Outbox, agree, confirm, submitted
from support.leaving import an_answer
from support.ledgering import lease_all, take_all
from support.serving import Served, serving

from gateway.destinations.confirming import confirmation
from gateway.ledger.delivering import Fenced
from gateway.ledger.ledger import Ledger
from gateway.ledger.states import Event
from gateway.ledger.work import Result, Work
from gateway.statements import Admission
from gateway.submissions import Receipt
from translators.canonical.order_response import OrderResponse
from translators.identify import identify
from translators.reading import read

RESPONSE = {"kind": "order_response", "within": "4h"}


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


async def send(served: Served, content: bytes = ORDERS) -> Receipt:
    admission = await served.intake.admit(AURORA, "v1")
    assert isinstance(admission, Admission)
    receipt = await served.intake.accept(submitted(content), admission)
    assert isinstance(receipt, Receipt)
    return receipt


@pytest.mark.parametrize("target", ["edifact:ORDRSP:D.96A", "edifact:ORDRSP:D.01B", "ubl", "json"])
async def test_a_confirmed_order_is_answered_in_the_format_agreed(served: Served, tmp_path: Path, target: str) -> None:
    agree(served, tmp_path, RESPONSE, responses=target)
    await send(served)
    outbox = Outbox(served)
    assert await outbox.fetch() == []
    await confirm(served.ledger)
    (parcel,) = await outbox.fetch()
    response = read(parcel.content, identify(parcel.content, parcel.media_type)).documents[0].object
    assert isinstance(response, OrderResponse)
    assert (response.order.number, response.status) == ("PO-4711", "accepted")
    assert [(one.number, one.status) for one in response.lines] == [(n, "accepted") for n in ("1", "2", "3")]
    assert [str(one.quantity.value) for one in response.lines if one.quantity] == ["48", "12.5", "2000"]


async def test_nobody_is_answered_who_is_owed_nothing(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path, {"kind": "contrl"}, responses="json")
    receipt = await send(served)
    await confirm(served.ledger)
    history = await served.ledger.history(UUID(receipt.message_id))
    assert history is not None
    assert [one.document_type for one in history.documents] == ["purchase_order", "ack"]


async def test_the_answer_is_on_record_with_the_end_it_tells(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path, {"kind": "contrl"}, RESPONSE, responses="json")
    receipt = await send(served)
    await confirm(served.ledger)
    history = await served.ledger.history(UUID(receipt.message_id))
    assert history is not None
    assert [one.document_type for one in history.documents] == ["purchase_order", "ack", "order_response"]
    assert [one.destination for one in history.deliveries] == ["odoo", "partner:aurora", "partner:aurora"]
    assert (await served.ledger.balance()).imbalance == 0
    await Outbox(served).fetch()
    open_ = await served.ledger._pool.fetchval("select count(*) from acknowledgements where state = 'open'")
    assert open_ == 0


async def test_a_fenced_worker_answers_nothing(served: Served, tmp_path: Path) -> None:
    """It was killed, or slow, between Odoo's word and its record: the next one finds the order there and answers."""
    agree(served, tmp_path, RESPONSE, responses="json")
    await send(served)
    ((lease, (work,)),) = await take_all(served.ledger, await lease_all(served.ledger, "odoo"))
    await served.ledger._pool.execute("update shards set epoch = epoch + 1 where destination = 'odoo'")
    with pytest.raises(Fenced):
        await served.ledger.settle(lease, [ended(work)])
    assert await served.ledger._pool.fetchval("select count(*) from documents where document_type <> 'ack'") == 1
    await served.ledger._pool.execute("update shards set epoch = $1 where destination = 'odoo'", lease.epoch)
    await served.ledger.settle(lease, [ended(work)])
    assert len(await Outbox(served).fetch()) == 1


async def test_two_orders_of_one_interchange_are_answered_each(served: Served, tmp_path: Path) -> None:
    agree(served, tmp_path, RESPONSE, responses="edifact:ORDRSP:D.96A")
    start, end = ORDERS.index(b"UNH+"), ORDERS.index(b"UNZ+")
    second = ORDERS[start:end].replace(b"UNH+1+", b"UNH+2+").replace(b"UNT+52+1", b"UNT+52+2")
    second = second.replace(b"PO-4711", b"PO-4712")
    await send(served, ORDERS[:end] + second + ORDERS[end:].replace(b"UNZ+1", b"UNZ+2"))
    await confirm(served.ledger)
    found = [read(one.content, identify(one.content, None)).documents[0].object for one in await Outbox(served).fetch()]
    assert sorted(one.order.number for one in found) == ["PO-4711", "PO-4712"]


def ended(work: Work) -> Result:
    answer = confirmation(work.delivery, "S00042")
    return Result(work=work, event=Event.DOCUMENT_DELIVERED, outcome="delivered", reference="S00042", answer=answer)


async def test_what_the_erp_answers_itself_is_owed_no_longer_and_not_answered_twice(
    served: Served, tmp_path: Path
) -> None:
    agree(served, tmp_path, RESPONSE, responses="json")
    await send(served)
    aurora = {"name": "Aurora", "identifiers": [{"scheme": "gln", "value": "8712345000004"}]}
    answer = await served.post("/v1/documents", an_answer("AB-1", buyer=aurora, ship_to=aurora), served.corporate())
    assert answer.status_code == 202, answer.text
    (one,) = await served.ledger.acknowledgements.search(side="ours", open_only=False)
    assert (one.state, str(one.answered_by)) == ("accepted", answer.json()["message"])
    await confirm(served.ledger)
    parcels = await Outbox(served).fetch()
    documents = [read(each.content, identify(each.content, each.media_type)).documents[0] for each in parcels]
    assert [each.number for each in documents] == ["AB-1"]
