"""A partner orders by its own numbers: known ones come in as ours, unknown ones are refused, or wait for a person."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.ledgering import lease_all
from support.serving import Served, a_despatch_advice, an_order, serving

from gateway.breaker import Breaker
from gateway.delivery import deliver
from gateway.destinations.contract import Delivered, Delivery
from gateway.destinations.plant import PlantDestination
from gateway.destinations.recoded import CROSSREF_CAUSES, RecodedDestination
from gateway.destinations.recording import RecordingDestination
from gateway.ledger.ledger import Ledger
from gateway.ledger.operating import Selection

TABLE = """\
tables:
- table: items
  about: items
  theirs: buyer_code
  ours: supplier_code
  others: OTHERS
  codes:
  - {from: N-1, to: SH-20}
"""


class Taking(RecordingDestination):
    """Takes everything and keeps its bytes."""

    def __init__(self) -> None:
        super().__init__("odoo")
        self.taken: list[bytes] = []

    async def deliver(self, delivery: Delivery) -> Delivered:
        self.taken.append(delivery.body)
        return Delivered("S1")


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(ledger, tmp_path) as api:
        yield api


def _say(served: Served, others: str, *more: str, partner: str = "aurora") -> None:
    directory = served.intake._partners
    (directory.folder / "crossrefs").mkdir(exist_ok=True)
    text = TABLE.replace("OTHERS", others) + "".join(f"  - {one}\n" for one in more)
    (directory.folder / "crossrefs" / f"{partner}.yaml").write_text(text)
    assert directory.reload(), directory.problems


def _lines(*theirs: str) -> list[dict[str, Any]]:
    (line, *_) = an_order()["lines"]
    return [
        {**line, "number": str(number), "product": [{"scheme": "buyer_code", "value": one}]}
        for number, one in enumerate(theirs, 1)
    ]


async def _order(served: Served, *theirs: str) -> Any:
    return await served.post("/v1/documents", an_order(lines=_lines(*theirs), totals=None), served.aurora())


async def _work_off(served: Served, inner: Any) -> None:
    door = RecodedDestination(inner, lambda: served.intake._partners.current)
    for lease in await lease_all(served.ledger, door.name):
        while await deliver(served.ledger, door, Breaker(), lease):
            pass


def _products(body: bytes) -> list[dict[str, str]]:
    return [{one["scheme"]: one["value"] for one in line["product"]} for line in msgspec.json.decode(body)["lines"]]


@pytest.mark.parametrize("others", ["refuse", "park", "pass"])
async def test_a_known_number_comes_in_as_ours(served: Served, others: str) -> None:
    _say(served, others)
    assert (await _order(served, "N-1")).status_code == 202
    odoo = Taking()
    await _work_off(served, odoo)
    assert _products(odoo.taken[0]) == [{"buyer_code": "N-1", "supplier_code": "SH-20"}]


async def test_an_unknown_number_is_refused_with_its_place(served: Served) -> None:
    _say(served, "refuse")
    answer = await _order(served, "N-1", "N-9")
    assert (answer.status_code, answer.json()["code"]) == (422, "document.invalid")
    assert answer.json()["detail"] == "`N-9` is not in the table `items`; known are N-1"
    (finding,) = answer.json()["findings"]
    assert (finding["code"], finding["place"]["path"]) == ("map.code", "/lines/1/product")


async def test_an_unknown_number_passes_where_the_table_says_so(served: Served) -> None:
    _say(served, "pass")
    assert (await _order(served, "N-9")).status_code == 202
    odoo = Taking()
    await _work_off(served, odoo)
    assert _products(odoo.taken[0]) == [{"buyer_code": "N-9"}]


async def test_an_unknown_number_waits_and_leaves_as_ours_when_the_table_has_it(served: Served) -> None:
    _say(served, "park")
    assert (await _order(served, "N-9")).status_code == 202
    odoo = Taking()
    await _work_off(served, odoo)
    (parked,) = await served.ledger.parked()
    assert (parked.cause, parked.last_error) == (
        "crossref.unknown", "/lines/0/product: `N-9` is not in the table `items`; a person has to add it",
    )  # fmt: skip
    assert odoo.taken == []
    _say(served, "park", "{from: N-9, to: SH-31}")
    await served.ledger.replay(Selection(destination="odoo"), actor="operator ann", reason="the table has it")
    await _work_off(served, odoo)
    assert _products(odoo.taken[0]) == [{"buyer_code": "N-9", "supplier_code": "SH-31"}]
    assert (await served.ledger.balance()).imbalance == 0


async def test_what_was_kept_for_a_plant_without_our_number_is_not_handed_out(served: Served) -> None:
    _say(served, "park", partner="stahlhof")
    advice = a_despatch_advice()
    for line in advice["lines"]:
        line["product"] = [{"scheme": "buyer_code", "value": "N-9"}]
    answer = await served.post("/v1/documents", advice, served.supplier())
    assert answer.status_code == 202, answer.text
    await _work_off(served, PlantDestination("salzungen"))
    assert [one.cause for one in await served.ledger.parked()] == ["crossref.unknown"]
    _say(served, "park", "{from: N-9, to: SH-31}", partner="stahlhof")
    await served.ledger.replay(Selection(destination="plant:salzungen"), actor="operator ann", reason="it is there")
    await _work_off(served, PlantDestination("salzungen"))
    assert [one.cause for one in await served.ledger.parked()] == ["crossref.kept_before"]
    assert len(CROSSREF_CAUSES) == 2


async def test_the_numbers_of_one_partner_are_not_those_of_another(served: Served) -> None:
    _say(served, "refuse", partner="nordlicht")
    assert (await _order(served, "N-9")).status_code == 202
