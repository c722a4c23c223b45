"""What we write as B2MML keeps the sequences of its schemas: each child in its place, none missing.

The sequences are in tests/support/b2mml.py.
"""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from lxml import etree
from support.b2mml import V0401, V0701, strays

from translators.canonical.documents import decode, encode
from translators.identify import identify
from translators.reading import read
from translators.writing import written

TESTS = Path(__file__).parents[1]
EXAMPLES = Path(__file__).parents[2] / "translators" / "examples"
PREPARED = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
SAMPLES = {
    "operations-schedule-b2mml": "SyncOperationsSchedule",
    "operations-schedule-children-b2mml": "SyncOperationsSchedule",
    "production-schedule-v0401-b2mml": "SyncOperationsSchedule",
    "operations-performance-b2mml": "SyncOperationsPerformance",
    "production-performance-v0401-b2mml": "SyncOperationsPerformance",
    "material-definition-b2mml": "SyncMaterialDefinition",
    "material-information-b2mml": "SyncMaterialInformation",
}


def sent(content: bytes, message: str, release: str = "V0701") -> etree._Element:
    """The message as it is sent to a plant: with the moment at which it was made."""
    return etree.fromstring(written(decode(content), f"xml:{message}:{release}", prepared=PREPARED).content)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_written_keeps_the_sequences_of_the_schemas(name: str) -> None:
    assert strays(sent((TESTS / "samples" / f"{name}.out.json").read_bytes(), SAMPLES[name]), V0701) == []


def test_a_production_order_that_says_all_it_can_keeps_them_too() -> None:
    """The example of the reference, whose materials a plant knows by its own codes."""
    example = (EXAMPLES / "production-order.json").read_bytes().replace(b"supplier_code", b"plant_code")
    root = sent(example, "SyncOperationsSchedule")
    assert strays(root, V0701) == []
    request = root.find(".//{*}OperationsRequest")
    assert request is not None
    assert request.findtext("{*}OperationsDefinitionID") == "4"
    named = [
        each.findtext("{*}ProcessSegmentID")
        for each in request.iter("{*}SegmentRequirement", "{*}SegmentRequirementChild")
    ]
    assert named == ["", "", "test"]  # only the segment that the order names is named


def test_a_confirmation_of_what_has_no_lot_keeps_them_too() -> None:
    content = (TESTS / "samples" / "operations-performance-b2mml.out.json").read_bytes()
    confirmation = msgspec.json.decode(content)
    del confirmation["produced"]
    assert strays(sent(msgspec.json.encode(confirmation), "SyncOperationsPerformance"), V0701) == []


def test_the_segment_of_the_operations_definition_names_an_operation_whose_process_segment_is_empty() -> None:
    content = encode(decode((TESTS / "samples" / "operations-schedule-children-b2mml.out.json").read_bytes()))
    sent_as = written(decode(content), "xml:SyncOperationsSchedule:V0701", prepared=PREPARED).content
    moved = sent_as.replace(
        b"<b:ProcessSegmentID>Montage</b:ProcessSegmentID>", b"<b:ProcessSegmentID></b:ProcessSegmentID>"
    )
    moved = moved.replace(
        b"<b:OperationsSegmentID></b:OperationsSegmentID>",
        b"<b:OperationsSegmentID>Vormontage</b:OperationsSegmentID>",
        2,
    )
    again = read(moved, identify(moved[:4096], None)).documents[0].object
    assert [each.segment for each in again.operations] == ["Vormontage", "Prüflauf"]


OLDER = {
    "production-schedule-v0401-b2mml": "SyncProductionSchedule",
    "operations-schedule-children-b2mml": "SyncProductionSchedule",
    "production-performance-v0401-b2mml": "SyncProductionPerformance",
    "operations-performance-b2mml": "SyncProductionPerformance",
    "material-definition-v0401-b2mml": "SyncMaterialDefinition",
    "material-information-v0401-b2mml": "SyncMaterialInformation",
}


@pytest.mark.parametrize("name", OLDER)
def test_what_is_written_as_v0401_keeps_the_sequences_of_its_schemas(name: str) -> None:
    content = (TESTS / "samples" / f"{name}.out.json").read_bytes()
    assert strays(sent(content, OLDER[name], "V0401"), V0401) == []


@pytest.mark.parametrize(
    ("name", "message", "field"),
    [
        ("operations-schedule-children-b2mml", "SyncProductionSchedule", "version"),
        ("material-definition-v0401-b2mml", "SyncMaterialDefinition", "revision"),
    ],
)
def test_a_version_v0401_has_no_element_for_is_a_parameter_or_property(name: str, message: str, field: str) -> None:
    document = decode((TESTS / "samples" / f"{name}.out.json").read_bytes())
    content = written(document, f"xml:{message}:V0401", prepared=PREPARED).content
    assert b"<b:Version>" not in content
    again = read(content, identify(content[:4096], None)).documents[0].object
    assert getattr(again, field) == getattr(document, field)


@pytest.mark.parametrize(("said", "state"), [("Suspended", "held"), ("Aborted", "cancelled"), ("Held", "held")])
def test_what_a_plant_calls_an_order_that_rests_or_was_given_up_is_understood(said: str, state: str) -> None:
    content = (TESTS / "samples" / "operations-schedule-b2mml.in.xml").read_bytes()
    changed = content.replace(b"<RequestState>Released<", f"<RequestState>{said}<".encode())
    reading = read(changed, identify(changed[:4096], None))
    assert reading.documents[0].object.state == state
