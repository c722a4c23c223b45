"""Every field of every canonical object belongs to one group, and every object says what it writes."""

from pathlib import Path

import msgspec
import pytest

from translators.canonical.documents import KINDS, Kind, decode
from translators.canonical.fieldgroups import FIELD_GROUPS, fields_of, known_groups, writes_of

EXAMPLES = sorted((Path(__file__).parents[3] / "translators" / "examples").rglob("*.json"))


def test_every_document_type_is_in_the_table_and_no_other() -> None:
    assert {kind.document_type for kind in KINDS.values()} == FIELD_GROUPS.keys()


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_groups_of_a_type_share_out_its_fields(kind: Kind) -> None:
    groups = FIELD_GROUPS[kind.document_type].groups
    first, *others = groups.values()
    assert first == "*", "the first group takes what no other has, so that no field is in none"
    named = [field for fields in others for field in fields.split()]
    assert len(named) == len(set(named)), "no field is in two groups"
    assert set(named) <= set(kind.struct.__struct_fields__), "a name that is no field puts nothing in a group"
    assert all(fields_of(kind.document_type, group) for group in list(groups)[1:])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_writes_its_base_group_and_a_later_one_exactly_when_it_sets_a_field_of_it(path: Path) -> None:
    body = path.read_bytes()
    if not body.startswith(b'{"kind"') and b'"kind"' not in body[:200]:
        pytest.skip("no canonical object")
    found = decode(body)
    groups = FIELD_GROUPS[str(found.__struct_config__.tag).partition("/")[0]]
    writes = writes_of(found)
    verb = groups.verb(found)
    set_by_hand = {
        f"{verb} {groups.domain}.{group}"
        for group, fields in list(groups.groups.items())[1:]
        for field in msgspec.structs.fields(type(found))
        if field.name in fields.split() and (field.required or getattr(found, field.name) != field.default)
        and getattr(found, field.name) not in ((), None)
    }  # fmt: skip
    assert writes == set_by_hand | {f"{verb} {groups.domain}.{next(iter(groups.groups))}"}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= len(KINDS)


def test_a_change_cancels_a_reversal_cancels_and_a_plan_is_updated() -> None:
    base = {"kind": "order_change/1", "number": "C1", "order": {"kind": "order", "number": "O1"}, "version": "1",
            "issued_on": "2026-11-23", "buyer": {"name": "a"}, "seller": {"name": "b"}}  # fmt: skip
    found = decode(msgspec.json.encode({**base, "cancels": True}))
    assert writes_of(found) == {"cancel sales_order.order"}
    movement = decode((EXAMPLES[0].parent / "inventory-movement.json").read_bytes())
    assert writes_of(msgspec.structs.replace(movement, reverses=None)) == {"create stock.movement"}
    assert writes_of(msgspec.structs.replace(movement, reverses="4711")) == {"cancel stock.movement"}
    plan = msgspec.structs.replace(decode((EXAMPLES[0].parent / "production-order.json").read_bytes()), supersedes="1")
    assert writes_of(plan) == {"update production_order.plan", "update production_order.progress"}


def test_the_domains_are_those_of_the_table() -> None:
    known = known_groups()
    assert known["sales_order"] == {"order", "terms"}
    assert known["stock"] == {"movement", "snapshot"}
