"""What we write as B2MML V0701 keeps the sequences of its schemas: each child in its place, none missing.

The Business To Manufacturing Markup Language (B2MML) is used courtesy of MESA International. The table holds the facts
of its schemas (OperationsSchedule, OperationsPerformance, Material, Common) that concern what we write: the children of
an element in their order, with `?` for at most one, `*` for any number, `+` for one or more.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from translators.canonical.documents import decode, encode
from translators.identify import identify
from translators.reading import read
from translators.writing import written

TESTS = Path(__file__).parents[1]
EXAMPLES = Path(__file__).parents[2] / "translators" / "examples"
PREPARED = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
SEGMENT = (
    "ID Description* Version? EarliestStartTime? LatestEndTime? HierarchyScope? OperationsType? ProcessSegmentID "
    "Duration? OperationsDefinitionID OperationsSegmentID SegmentState? SegmentParameter* PersonnelRequirement* "
    "EquipmentRequirement* PhysicalAssetRequirement* MaterialRequirement* SegmentRequirementChild*"
)
MATERIAL = (
    "ID MaterialClassID* MaterialDefinitionID* MaterialLotID* MaterialSubLotID* Description* MaterialUse? Quantity*"
)
SEQUENCES = {
    "SyncOperationsSchedule": "ApplicationArea DataArea",
    "SyncOperationsPerformance": "ApplicationArea DataArea",
    "SyncMaterialDefinition": "ApplicationArea DataArea",
    "SyncMaterialInformation": "ApplicationArea DataArea",
    "ApplicationArea": "Sender? Receiver* CreationDateTime",
    "DataArea": "Sync OperationsSchedule* OperationsPerformance* MaterialDefinition* MaterialInformation*",
    "Sync": "",
    "HierarchyScope": "EquipmentID EquipmentElementLevel",
    "Quantity": "QuantityString DataType? UnitOfMeasure?",
    "Value": "ValueString DataType? UnitOfMeasure?",
    "OperationsSchedule": "ID Description* Version? PublishedDate? StartTime? HierarchyScope? OperationsRequest+",
    "OperationsRequest": (
        "ID Description* Version? StartTime? EndTime? HierarchyScope? OperationsType? Priority? RequestState? "
        "OperationsDefinitionID? OperationsSegmentID? SegmentRequirement+"
    ),
    "SegmentRequirement": SEGMENT,
    "SegmentRequirementChild": SEGMENT,
    "EquipmentRequirement": "ID EquipmentClassID* EquipmentID* Description*",
    "MaterialRequirement": MATERIAL,
    "OperationsPerformance": "ID Description* Version? PublishedDate? StartTime? HierarchyScope? OperationsResponse+",
    "OperationsResponse": (
        "ID Description* Version? StartTime? EndTime? HierarchyScope? OperationsType? OperationsRequestID* "
        "SegmentResponse+"
    ),
    "SegmentResponse": (
        "ID Description* PublishedDate? PostingDate? ActualStartTime? ActualEndTime? HierarchyScope? "
        "OperationsType? ProcessSegmentID* SegmentState? SegmentData* PersonnelActual* EquipmentActual* "
        "PhysicalAssetActual* MaterialActual*"
    ),
    "SegmentData": "ID Description* Value*",
    "PersonnelActual": "ID PersonnelClassID* PersonID* Description*",
    "EquipmentActual": "ID EquipmentClassID* EquipmentID* Description*",
    "MaterialActual": MATERIAL,
    "MaterialInformation": "ID? Description* HierarchyScope? PublishedDate? MaterialClass* MaterialDefinition*",
    "MaterialDefinition": "ID Version? Description* PublishedDate? MaterialDefinitionProperty* MaterialClassID*",
    "MaterialDefinitionProperty": "ID Version? Description* PropertyType? Value*",
}
SAMPLES = {
    "operations-schedule-b2mml": "SyncOperationsSchedule",
    "operations-schedule-children-b2mml": "SyncOperationsSchedule",
    "production-schedule-v0401-b2mml": "SyncOperationsSchedule",
    "operations-performance-b2mml": "SyncOperationsPerformance",
    "production-performance-v0401-b2mml": "SyncOperationsPerformance",
    "material-definition-b2mml": "SyncMaterialDefinition",
    "material-information-b2mml": "SyncMaterialInformation",
}


def strays(element: etree._Element) -> list[str]:
    """Every element in this one whose children are not those of its sequence, with the children it has."""
    found = []
    for each in element.iter(etree.Element):
        name = etree.QName(each).localname
        children = [etree.QName(child).localname for child in each]
        if not children and name not in SEQUENCES:
            continue
        steps = [re.fullmatch(r"(\w+)([?*+]?)", step) for step in SEQUENCES[name].split()]
        pattern = "".join(f"(?:{step[1]} ){step[2]}" for step in steps if step is not None)
        if not re.fullmatch(pattern, "".join(f"{child} " for child in children)):
            found.append(f"{name}: {' '.join(children)}")
    return found


def sent(content: bytes, message: str) -> etree._Element:
    """The message as it is sent to a plant: with the moment at which it was made."""
    return etree.fromstring(written(decode(content), f"xml:{message}:V0701", prepared=PREPARED).content)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_written_keeps_the_sequences_of_the_schemas(name: str) -> None:
    assert strays(sent((TESTS / "samples" / f"{name}.out.json").read_bytes(), SAMPLES[name])) == []


def test_a_production_order_that_says_all_it_can_keeps_them_too() -> None:
    """The example of the reference, whose materials a plant knows by its own codes."""
    example = (EXAMPLES / "production-order.json").read_bytes().replace(b"supplier_code", b"plant_code")
    root = sent(example, "SyncOperationsSchedule")
    assert strays(root) == []
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
    assert strays(sent(msgspec.json.encode(confirmation), "SyncOperationsPerformance")) == []


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
