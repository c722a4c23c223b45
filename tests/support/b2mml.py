"""The sequences of the schemas of B2MML, as far as we write what they order.

The Business To Manufacturing Markup Language (B2MML) is used courtesy of MESA International and of WBF. The tables hold
facts of its schemas: the children of an element in their order, with `?` for at most one, `*` for any number, `+` for
one or more. V0701: OperationsSchedule, OperationsPerformance, Material, Common. V0401: ProductionSchedule,
ProductionPerformance, Material, Common.
"""

import re

from lxml import etree

SEGMENT = (
    "ID Description* Version? EarliestStartTime? LatestEndTime? HierarchyScope? OperationsType? ProcessSegmentID "
    "Duration? OperationsDefinitionID OperationsSegmentID SegmentState? SegmentParameter* PersonnelRequirement* "
    "EquipmentRequirement* PhysicalAssetRequirement* MaterialRequirement* SegmentRequirementChild*"
)
MATERIAL = (
    "ID MaterialClassID* MaterialDefinitionID* MaterialLotID* MaterialSubLotID* Description* MaterialUse? Quantity*"
)
V0701 = {
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

SEGMENT_V0401 = (
    "ID? ProductSegmentID? ProcessSegmentID? Description* Location? EarliestStartTime? LatestEndTime? Duration? "
    "ProductionParameter* PersonnelRequirement* EquipmentRequirement* MaterialRequirement* SegmentRequirement* "
    "SegmentState?"
)
MATERIAL_V0401 = (
    "MaterialClassID* MaterialDefinitionID* MaterialLotID* MaterialSubLotID* Description* Location? MaterialUse? "
    "Quantity*"
)
V0401 = {
    "SyncProductionSchedule": "ApplicationArea DataArea",
    "SyncProductionPerformance": "ApplicationArea DataArea",
    "SyncMaterialDefinition": "ApplicationArea DataArea",
    "SyncMaterialInformation": "ApplicationArea DataArea",
    "ApplicationArea": "Sender? CreationDateTime",
    "DataArea": "Sync ProductionSchedule* ProductionPerformance* MaterialDefinition* MaterialInformation*",
    "Sync": "",
    "Location": "EquipmentID EquipmentElementLevel",
    "Quantity": "QuantityString DataType UnitOfMeasure",
    "Value": "ValueString DataType UnitOfMeasure",
    "Parameter": "ID Value* Description*",
    "ProductionSchedule": "ID? Description* Location? PublishedDate? ProductionRequest*",
    "ProductionRequest": (
        "ID? Description* ProductProductionRuleID* Location? StartTime? EndTime? Priority? "
        "SegmentRequirement* RequestState?"
    ),
    "SegmentRequirement": SEGMENT_V0401,
    "ProductionParameter": "ProductSegmentID? ProcessSegmentID? Parameter?",
    "EquipmentRequirement": "EquipmentClassID* EquipmentID* Description*",
    "MaterialRequirement": MATERIAL_V0401 + " MaterialRequirementProperty*",
    "MaterialRequirementProperty": "ID? Description* Value*",
    "ProductionPerformance": "ID? Description* Location? PublishedDate? ProductionResponse*",
    "ProductionResponse": (
        "ID? ProductionRequestID? ProductProductionRuleID* Location? StartTime? EndTime? SegmentResponse*"
    ),
    "SegmentResponse": (
        "ID? ProcessSegmentID* ProductSegmentID* Description* Location? ActualStartTime? ActualEndTime? "
        "ProductionData* PersonnelActual* EquipmentActual* MaterialActual* SegmentState?"
    ),
    "ProductionData": "ID Description* Value*",
    "PersonnelActual": "PersonnelClassID* PersonID* Description*",
    "EquipmentActual": "EquipmentClassID* EquipmentID* Description*",
    "MaterialActual": MATERIAL_V0401,
    "MaterialInformation": "ID? Description* Location? PublishedDate? MaterialClass* MaterialDefinition*",
    "MaterialDefinition": "ID Description* MaterialDefinitionProperty* MaterialClassID* MaterialLotID*",
    "MaterialDefinitionProperty": "ID Description* Value*",
}


def strays(element: etree._Element, sequences: dict[str, str]) -> list[str]:
    """Every element in this one whose children are not those of its sequence, with the children it has."""
    found = []
    for each in element.iter(etree.Element):
        name = etree.QName(each).localname
        children = [etree.QName(child).localname for child in each]
        if not children and name not in sequences:
            continue
        steps = [re.fullmatch(r"(\w+)([?*+]?)", step) for step in sequences[name].split()]
        pattern = "".join(f"(?:{step[1]} ){step[2]}" for step in steps if step is not None)
        if not re.fullmatch(pattern, "".join(f"{child} " for child in children)):
            found.append(f"{name}: {' '.join(children)}")
    return found
