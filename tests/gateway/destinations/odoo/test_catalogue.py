"""Every operation is complete, and nothing outside an operation's entry can be called."""

from pathlib import Path

import msgspec
import pytest
from support.odoo_documents import delivery, order

from gateway.destinations.contract import Delivery
from gateway.destinations.odoo import calls as calls_module
from gateway.destinations.odoo.calls import Calls, OutsideCatalogue
from gateway.destinations.odoo.catalogue import OPERATIONS, PRODUCTION_CONFIRM, SALE_ORDER_CREATE_CONFIRMED
from gateway.destinations.odoo.destination import RECIPES
from gateway.destinations.odoo.refusals import REFUSALS
from gateway.destinations.odoo_standin.fields import MODELS

_PACKAGE = Path(calls_module.__file__).parent
_NEVER = {
    ("stock.quant", "write"),
    ("ir.model.data", "search_read"),
    ("res.partner", "create"),
    ("sale.order", "unlink"),
}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_says_everything_about_itself(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation.name == name
    assert RECIPES[name].operation is operation
    for attribute in ("document_type", "model", "verify", "compensation", "retry", "writes"):
        assert getattr(operation, attribute), attribute
    assert all(operation.preconditions)
    assert operation.preconditions
    assert any(call.model == operation.model and call.effect != "reads" for call in operation.calls)
    assert any(call.model == operation.model and call.effect == "reads" for call in operation.calls), "no read-back"
    pairs = [(call.model, call.method) for call in operation.calls]
    assert len(set(pairs)) == len(pairs)
    assert not _NEVER & set(pairs)
    for call in operation.calls:
        assert (call.effect == "acts") == (not call.fields), f"{call.model}.{call.method} lists no fields"


def test_every_recipe_has_its_entry() -> None:
    assert set(RECIPES) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_stand_in_knows_every_field_of_an_operation(name: str) -> None:
    for call in OPERATIONS[name].calls:
        for column in call.fields | call.optional:
            assert column.partition("/")[0] in MODELS[call.model], (call.model, column)


def test_every_refusal_in_the_code_is_documented_and_every_documented_one_is_used() -> None:
    source = "".join(file.read_text() for file in _PACKAGE.glob("*.py") if file.name != "refusals.py")
    for code in REFUSALS:
        assert f'"{code}"' in source, code


async def _nothing(*_: object, **__: object) -> None:
    raise AssertionError("nothing may be sent")


def _calls(made: Delivery) -> Calls:
    class Silent:
        call = staticmethod(_nothing)
        version = staticmethod(_nothing)

    known = msgspec.defstruct("Known", [("company", int)])(1)
    operation = SALE_ORDER_CREATE_CONFIRMED
    return Calls(operation, Silent(), None, made, known)  # type: ignore[arg-type]  # must refuse before they are used


async def test_what_an_operation_does_not_list_cannot_be_called() -> None:
    calls = _calls(delivery(order("1", [])))
    with pytest.raises(OutsideCatalogue, match=r"^sale_order.create_confirmed may not call stock.quant.write$"):
        await calls.write("stock.quant", 1, {"quantity": 7})
    with pytest.raises(OutsideCatalogue, match=r"^sale_order.create_confirmed may not call sale.order.unlink$"):
        await calls.act("sale.order", "unlink", 1)
    with pytest.raises(OutsideCatalogue, match=r"may not touch \['state'\] with sale.order.load$"):
        await calls.load("sale.order", ["id", "state"], [])
    with pytest.raises(OutsideCatalogue, match=r"may not touch \['password'\] with res.partner.search_read$"):
        await calls.find("res.partner", [], ["password"])
    with pytest.raises(OutsideCatalogue, match=r"may not send the context \['skip'\] to action_confirm$"):
        await calls.act("sale.order", "action_confirm", 1, {"skip": True})


def test_the_stock_ledger_cannot_be_bypassed() -> None:
    assert PRODUCTION_CONFIRM.permits("stock.quant", "write") is None
    assert PRODUCTION_CONFIRM.permits("stock.move", "unlink") is None
