"""Older major versions: read as they are, told in their own words, and never seen by anybody behind the reader."""

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta, Struct

from translators.canonical.documents import KINDS, Facts, Kind, decode, encode, kind_named, newest
from translators.canonical.figures import decode_figure, figure
from translators.canonical.quantities import Quantity
from translators.canonical.upcasting import STEPS, step, tag_of, upcast
from translators.findings import Unreadable
from translators.formats import Label
from translators.identify import identify
from translators.reading import Reading, read


class Gadget1(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind",
              tag="gadget/1"):  # fmt: skip
    """As it was: pieces without a unit, a colour nobody needs any more."""

    number: Annotated[str, Meta(min_length=1)]
    pieces: str
    colour: str | None = None
    ext: dict[str, str] | None = None


class Gadget2(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind",
              tag="gadget/2"):  # fmt: skip
    number: Annotated[str, Meta(min_length=1)]
    quantity: Quantity
    ext: dict[str, str] | None = None


class Gadget3(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind",
              tag="gadget/3"):  # fmt: skip
    gadget_id: str
    quantity: Quantity
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        if self.quantity.value < 0:
            raise ValueError("`quantity` may not be negative")


def to_second(old: Gadget1) -> Gadget2:
    ext = {**(old.ext or {}), **({"gadget1:colour": old.colour} if old.colour is not None else {})}
    quantity = Quantity(value=figure(old.pieces), unit="C62")
    return Gadget2(number=old.number, quantity=quantity, ext=ext or None)


def to_third(old: Gadget2) -> Gadget3:
    return Gadget3(gadget_id=old.number, quantity=old.quantity, ext=old.ext)


@pytest.fixture
def gadgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind in its third major, of which both older ones are still taken."""
    kind = Kind(
        document_type="gadget", version="3", struct=Gadget3,
        facts=lambda gadget: Facts(number=gadget.gadget_id, key=(gadget.gadget_id,), lines=1),
        decode=msgspec.json.Decoder(Gadget3, dec_hook=decode_figure).decode,
    )  # fmt: skip
    monkeypatch.setitem(KINDS, "gadget/3", kind)
    for each in (step(Gadget1, Gadget2, to_second), step(Gadget2, Gadget3, to_third)):
        monkeypatch.setitem(STEPS, each.tag, each)


def read_json(content: bytes) -> Reading:
    return read(content, identify(content, "application/json"))


OLD = b'{"kind": "gadget/1", "number": "G-1", "pieces": "12.50", "colour": "green"}'
NEW = b'{"kind":"gadget/3","gadget_id":"G-1","quantity":{"value":"12.5","unit":"C62"},"ext":{"gadget1:colour":"green"}}'


@pytest.mark.usefixtures("gadgets")
def test_an_older_major_is_labelled_as_sent_and_read_as_the_newest() -> None:
    assert identify(OLD, None) == Label("json", "gadget", "1", "gadget")
    (document,) = read_json(OLD).documents
    assert (document.type, document.version, document.number, document.business_key) == ("gadget", "3", "G-1", "G-1")
    assert document.body == NEW
    assert isinstance(document.object, Gadget3)


@pytest.mark.usefixtures("gadgets")
def test_every_major_of_one_gadget_becomes_the_same_bytes() -> None:
    second = (
        b'{"kind":"gadget/2","number":"G-1","quantity":{"value":"12.5","unit":"C62"},"ext":{"gadget1:colour":"green"}}'
    )
    assert {read_json(each).documents[0].body for each in (OLD, second, NEW)} == {NEW}


@pytest.mark.usefixtures("gadgets")
def test_mistakes_are_told_in_the_words_of_the_major_that_was_sent() -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(b'{"kind": "gadget/1", "number": "", "gadget_id": "x"}')
    assert [(finding.text, finding.place.path) for finding in refused.value.findings] == [
        ("the text may not be empty", "/number"),
        ("unknown field `gadget_id`", "/gadget_id"),
        ("the field `pieces` is missing", ""),
    ]


@pytest.mark.usefixtures("gadgets")
@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        (b"-1", "`quantity` may not be negative"),
        (b"many", '`many` is not a decimal; write digits and at most one point, as in "12.5"'),
    ],
)
def test_what_the_newest_major_does_not_allow_is_refused_on_the_way_to_it(pieces: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(OLD.replace(b"12.50", pieces))
    assert [finding.text for finding in refused.value.findings] == [sentence]


@pytest.mark.usefixtures("gadgets")
def test_a_field_that_occurs_twice_is_found_in_an_older_major_too() -> None:
    with pytest.raises(Unreadable, match="the field `number` occurs twice"):
        read_json(OLD.replace(b'"pieces"', b'"number": "G-2", "pieces"'))


@pytest.mark.usefixtures("gadgets")
def test_a_stored_body_of_an_older_major_can_still_be_decoded() -> None:
    assert encode(decode(OLD.replace(b" ", b""))) == NEW


@pytest.mark.usefixtures("gadgets")
def test_an_older_kind_knows_its_facts_and_what_it_becomes() -> None:
    older = kind_named("gadget/1")
    assert older is not None
    assert newest(older) is KINDS["gadget/3"]
    assert older.facts(older.decode(OLD)).number == "G-1"


def test_a_kind_in_its_newest_major_is_itself_and_an_unknown_one_is_none() -> None:
    order = KINDS["purchase_order/1"]
    assert newest(order) is order
    assert kind_named("purchase_order/1") is order
    assert kind_named("gadget/1") is None


def test_steps_go_from_one_major_to_the_next() -> None:
    with pytest.raises(ValueError, match="after gadget/1 comes gadget/2, not gadget/3"):
        step(Gadget1, Gadget3, to_third)


def test_what_is_newest_already_stays_the_same_object() -> None:
    gadget = msgspec.json.decode(NEW, type=Gadget3, dec_hook=decode_figure)
    assert upcast(gadget) is gadget


@pytest.mark.parametrize(("body", "tag"), [(NEW, "gadget/3"), (b'{"number":"1","kind":"x/1"}', ""), (b"[]", "")])
def test_the_tag_of_a_body_is_told_from_its_first_bytes(body: bytes, tag: str) -> None:
    assert tag_of(body) == tag


def test_every_registered_step_leads_to_a_kind_that_is_read() -> None:
    for each in STEPS.values():
        assert each.next in STEPS or each.next in KINDS
        assert each.tag not in KINDS
