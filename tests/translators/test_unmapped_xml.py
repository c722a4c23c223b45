"""What is told of an XML document that has no map: its vocabulary, its release, and what of it is read."""

import pytest

from translators.xmldoc.translating import MAPS
from translators.xmldoc.unmapped import unmapped

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
UBL_READ = "ApplicationResponse, Catalogue, CreditNote, DespatchAdvice, "
CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:"
V0401 = "V0401 SyncMaterialDefinition, SyncMaterialInformation, SyncProductionPerformance, SyncProductionSchedule"

SENTENCES = [
    (f"{{{UBL}Waybill-2}}Waybill", f"`Waybill` of UBL 2 is not read; of UBL 2 we read {UBL_READ}"),
    (f"{{{UBL}Order-1.0}}Order", "`Order` of UBL 1.0 is not read; we read UBL 2 (2.0 to 2.4)"),
    (
        f"{{{UBL}Order-2}}Invoice",
        "the root element `Invoice` does not belong to its namespace, which is that of `Order`",
    ),
    ("Order", f"documents `Order` are not read; `Order` is read where its namespace is `{UBL}Order-2`"),
    (
        f"{{{CII}8}}CrossIndustryInvoice",
        f"`CrossIndustryInvoice` of `{CII}8` is not read; of UN/CEFACT CII we read CrossIndustryInvoice of `{CII}100`",
    ),
    (
        "{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument",
        "ZUGFeRD 1.0 (CrossIndustryDocument) is not read; "
        "send ZUGFeRD 2 or Factur-X, whose root is CrossIndustryInvoice",
    ),
    (
        "{urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:100}SCRDMCCBDACIOMessageStructure",
        "Order-X (SCRDMCCBDACIOMessageStructure) is not read; send the order as UBL, cXML or EDIFACT",
    ),
    (
        "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}StandardBusinessDocument",
        "an SBDH envelope (StandardBusinessDocument) is not opened; send the document in it by itself",
    ),
    (
        "cXML/Message/PunchOutOrderMessage",
        "`cXML/Message/PunchOutOrderMessage` is not read; "
        "of cXML we read ConfirmationRequest, InvoiceDetailRequest, OrderRequest, ShipNoticeRequest",
    ),
    (
        "{http://www.wbf.org/xml/b2mml-v02}ProductionSchedule",
        f"`ProductionSchedule` of B2MML v02 is not read; of B2MML we read {V0401}; V0600 ProcessOp",
    ),
    (
        "{http://www.mesa.org/xml/B2MML}ProcessWorkSchedule",
        f"`ProcessWorkSchedule` of B2MML V0701 is not read; of B2MML we read {V0401}; V0600 ProcessOp",
    ),
    ("ORDERS05", f"documents `ORDERS05` are not read; we read of UBL 2 {UBL_READ}"),
]


@pytest.mark.parametrize(("root", "sentence"), SENTENCES, ids=[root[-40:] for root, _ in SENTENCES])
def test_the_vocabulary_is_named_and_what_of_it_is_read(root: str, sentence: str) -> None:
    finding = unmapped(root, MAPS)
    assert finding.code == "xml.root"
    if sentence.endswith((", ", "ProcessOp")):
        assert finding.text.startswith(sentence)
    else:
        assert finding.text == sentence
