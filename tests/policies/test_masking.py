"""What is hidden from whom, by canonical path."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from policies.loading import load
from policies.masking import Mask, MaskedField
from translators.canonical.documents import KINDS
from translators.examples import example

KEY = b"k" * 32


def masked(document: dict[str, Any], *fields: tuple[str, Any]) -> Any:
    mask = Mask([MaskedField(path=path, how=how) for path, how in fields])
    return msgspec.json.decode(mask.apply(msgspec.json.encode(document), KEY))


def test_a_plant_gets_an_order_without_prices_and_still_a_whole_order(rules: Path) -> None:
    mask = load(rules).masking.of("plant", "purchase_order", "ulm")
    assert mask is not None
    body = mask.apply(example("order.json"), KEY)
    order = KINDS["purchase_order/1"].decode(body)
    assert order.totals is None
    assert all(line.unit_price is None and line.net_amount is None for line in order.lines)
    assert [line.quantity for line in order.lines] == [
        line.quantity for line in KINDS["purchase_order/1"].decode(example("order.json")).lines
    ]


def test_who_has_no_mask_sees_everything(rules: Path) -> None:
    masking = load(rules).masking
    assert masking.of("sender", "purchase_order") is None
    assert masking.of("plant", "despatch_advice", "ulm") is None


def test_a_mask_may_be_for_one_plant(rules: Path) -> None:
    file = rules / "masking.yaml"
    file.write_text(file.read_text().replace("viewers: [plant]", "viewers: [plant]\n  plants: [ulm]"))
    masking = load(rules).masking
    assert masking.of("plant", "purchase_order", "ulm") is not None
    assert masking.of("plant", "purchase_order", "salzungen") is None


def test_each_way_of_hiding() -> None:
    person = {"name": "Kim Beispiel", "phone": "+49 30 1234567", "email": "kim@example.com", "iban": "short"}
    shown = masked(
        {"people": [person, {}]},
        ("/people/*/name", "replace"), ("/people/*/phone", "last-four"), ("/people/*/email", "hash"),
        ("/people/*/iban", "last-four"), ("/people/*/nothing", "remove"),
    )  # fmt: skip
    assert shown["people"][1] == {}
    hidden = shown["people"][0]
    assert hidden["name"] == "***"
    assert hidden["phone"] == "**********4567"
    assert hidden["iban"] == "********", "of a short one four characters would be too many"
    assert hidden["email"].startswith("hash:")


def test_equal_values_have_equal_hashes_and_another_key_makes_others() -> None:
    mask = Mask([MaskedField(path="/a", how="hash"), MaskedField(path="/b", how="hash")])
    first = msgspec.json.decode(mask.apply(b'{"a":"x","b":"x"}', KEY))
    assert first["a"] == first["b"]
    assert msgspec.json.decode(mask.apply(b'{"a":"x","b":"x"}', b"other"))["a"] != first["a"]


@pytest.mark.parametrize("path", ["/ext/*", "/ext/note"])
def test_free_fields_can_be_masked_by_name_or_all(path: str) -> None:
    shown = masked({"ext": {"note": "secret", "other": "x"}}, (path, "replace"))
    assert shown["ext"]["note"] == "***"
