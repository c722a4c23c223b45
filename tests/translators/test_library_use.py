"""The examples of docs/library-use.md do what the page says."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from translators.examples import example

PAGE = Path(__file__).parents[2] / "docs" / "library-use.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def names_of(number: int) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(EXAMPLES[number], str(PAGE), "exec"), names)
    return names


def test_anything_is_read() -> None:
    orders_in = names_of(0)["orders_in"]
    assert orders_in(example("order.edi")) == ["purchase_order PO-4711: 3 lines"]
    assert orders_in(example("despatch-advice.ubl.xml"))[0].startswith("despatch_advice ")
    broken = example("order.edi").replace(b"UNT+52+1'", b"UNT+9+1'")
    assert orders_in(broken) == ["UNT: the UNT says `9` segments, UNH and UNT included; there are 52"]


def test_another_format_is_written() -> None:
    ubl_to_edifact = names_of(1)["ubl_to_edifact"]
    prepared = datetime(2026, 11, 20, 9, 31)  # noqa: DTZ001 - UNB knows no zone
    content = ubl_to_edifact(example("order.ubl.xml"), "NL000815", prepared)
    assert content.startswith(
        b"UNB+UNOC:3+4012345000009:14+4260001230004:14+261120:0931+NL000815'UNH+1+ORDERS:D:96A:UN'"
    )


def test_a_map_of_ones_own_is_proven_and_used(tmp_path: Path) -> None:
    read_with = names_of(2)["read_with"]
    path = tmp_path / "orders-ours.yaml"
    path.write_text("extends: orders-d96a\n")
    assert b'"number":"PO-4711"' in read_with(path, example("order.edi"))
    change = "{remove: invoicee, path: 'SG2[NAD/3035=IV]'}"
    path.write_text(f"extends: orders-d96a\nchanges: [{change}]\n")
    with pytest.raises(ValueError, match="NAD 16/1/1: NAD element 1 component 1 has no place in a purchase order"):
        read_with(path, example("order.edi"))
