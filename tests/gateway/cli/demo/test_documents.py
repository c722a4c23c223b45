"""The documents of a run: fresh numbers, and as right or wrong as they are meant to be."""

import msgspec
import pytest

from gateway.cli.demo.documents import Content, Documents
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import Reading, read

RUN = Documents("261123161452")


def read_back(content: Content) -> Reading:
    return read(content.content, identify(content.content, content.media_type))


def test_one_order_in_three_formats_is_one_canonical_object() -> None:
    bodies = [
        read_back(one).documents[0].body for one in (RUN.order_in_edifact(), RUN.order_in_ubl(), RUN.order_in_json())
    ]
    assert bodies[0] == bodies[1] == bodies[2]
    assert msgspec.json.decode(bodies[0])["number"] == "PO-261123161452"


@pytest.mark.parametrize("suffix", ["", "-1", "-W"])
def test_an_interchange_keeps_its_counts_and_has_a_reference_of_its_own(suffix: str) -> None:
    reading = read_back(RUN.order_in_edifact(suffix))
    assert reading.findings == ()
    assert reading.interchange is not None
    assert reading.interchange.reference == f"D261123161452{suffix.removeprefix('-')}"
    assert len(reading.interchange.reference) <= 14
    assert reading.documents[0].number == f"PO-261123161452{suffix}"


def test_two_runs_share_no_number() -> None:
    other = Documents("261123161453")
    for name in ("order_number", "despatch_number", "production_number"):
        assert getattr(RUN, name)() != getattr(other, name)()


def test_the_despatch_advice_and_the_confirmation_carry_the_numbers_of_the_run() -> None:
    assert read_back(RUN.despatch_advice()).documents[0].number == "LS-261123161452"
    confirmation = msgspec.json.decode(read_back(RUN.production_confirmation()).documents[0].body)
    assert confirmation["order_no"] == "WH/MO/D261123161452"
    assert confirmation["cumulative"] == confirmation["delta"]


@pytest.mark.parametrize(("content", "place"), [
    (RUN.wrong_order_in_edifact(), {"segment": "QTY", "element": 1}),
    (RUN.wrong_order_in_ubl(), {"line": 7}),
])  # fmt: skip
def test_a_wrong_document_is_wrong_in_one_place(content: Content, place: dict[str, object]) -> None:
    with pytest.raises(Unreadable) as unreadable:
        read_back(content)
    [finding] = unreadable.value.findings
    seen = msgspec.to_builtins(finding.place)
    assert {name: seen[name] for name in place} == place
