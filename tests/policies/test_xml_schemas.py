"""The XSDs we ship: UBL's names and namespaces exactly, our figures strictly, everything else openly."""

import re
from pathlib import Path

import pytest

from policies.editorschemas import RULES
from translators.xmldoc.order import ubl
from translators.xmldoc.validating import XmlSchema

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
PREFIXES = f'xmlns:cac="{UBL}CommonAggregateComponents-2" xmlns:cbc="{UBL}CommonBasicComponents-2"'

ORDER = f"""<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="{UBL}Order-2" {PREFIXES}>
  <cbc:UBLVersionID>2.1</cbc:UBLVersionID>
  <cbc:ID>PO-4711</cbc:ID>
  <cbc:IssueDate>2026-11-20</cbc:IssueDate>
  <cbc:Note languageID="de">Bitte avisieren</cbc:Note>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:BuyerCustomerParty><cac:Party>
    <cbc:EndpointID schemeID="0088">4012345000009</cbc:EndpointID>
    <cac:PartyName><cbc:Name>Nordlicht</cbc:Name></cac:PartyName>
  </cac:Party></cac:BuyerCustomerParty>
  <cac:SellerSupplierParty/>
  <cac:OrderLine><cac:LineItem>
    <cbc:ID>1</cbc:ID>
    <cbc:Quantity unitCode="C62">48</cbc:Quantity>
    <cbc:LineExtensionAmount currencyID="EUR">5688.00</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Getriebemotor</cbc:Name></cac:Item>
  </cac:LineItem></cac:OrderLine>
</Order>"""

ADVICE = f"""<DespatchAdvice xmlns="{UBL}DespatchAdvice-2" {PREFIXES}>
  <cbc:ID>LS-1</cbc:ID>
  <cbc:IssueDate>2026-11-22</cbc:IssueDate>
  <cac:DespatchSupplierParty/>
  <cac:DeliveryCustomerParty/>
  <cac:DespatchLine>
    <cbc:ID>1</cbc:ID>
    <cbc:DeliveredQuantity unitCode="C62">0</cbc:DeliveredQuantity>
    <cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference>
    <cac:Item/>
  </cac:DespatchLine>
</DespatchAdvice>"""


@pytest.fixture(scope="module")
def order() -> XmlSchema:
    return XmlSchema(RULES / "schemas" / "ubl" / "order.xsd")


@pytest.fixture(scope="module")
def advice() -> XmlSchema:
    return XmlSchema(RULES / "schemas" / "ubl" / "despatch-advice.xsd")


def test_documents_as_partners_send_them_match(order: XmlSchema, advice: XmlSchema) -> None:
    assert order.findings(ORDER.encode()) == ()
    assert advice.findings(ADVICE.encode()) == ()


EXTENSION = f'<ext:UBLExtensions xmlns:ext="{UBL}CommonExtensionComponents-2"><x xmlns="urn:own"/></ext:UBLExtensions>'


def test_extensions_and_unread_parts_are_left_open(order: XmlSchema) -> None:
    open_parts = ORDER.replace("<cbc:UBLVersionID>", f"{EXTENSION}<cbc:UBLVersionID>").replace(
        "<cac:SellerSupplierParty/>",
        "<cac:SellerSupplierParty><cac:Unheard><cbc:Of>x</cbc:Of></cac:Unheard></cac:SellerSupplierParty>"
        "<cac:Delivery><cac:RequestedDeliveryPeriod><cbc:StartDate>2026-12-04</cbc:StartDate>"
        "</cac:RequestedDeliveryPeriod></cac:Delivery>",
    )
    assert order.findings(open_parts.encode()) == ()


@pytest.mark.parametrize(
    ("before", "after", "element"),
    [
        ("<cbc:ID>PO-4711</cbc:ID>", "", "IssueDate"),
        ("<cbc:ID>PO-4711</cbc:ID>", "<cbc:ID> </cbc:ID>", "ID"),
        ("2026-11-20", "20.11.2026", "IssueDate"),
        (">EUR</cbc:Doc", ">Euro</cbc:Doc", "DocumentCurrencyCode"),
        (">48<", ">0<", "Quantity"),
        (">48<", ">1e3<", "Quantity"),
        (">48<", ">0.0000001<", "Quantity"),
        (' unitCode="C62"', "", "Quantity"),
        ('"C62"', '"pieces"', "Quantity"),
        (' currencyID="EUR"', "", "LineExtensionAmount"),
        ("<cac:SellerSupplierParty/>", "", "OrderLine"),
        ("<cac:SellerSupplierParty/>", '<SellerSupplierParty xmlns="urn:x"/>', "SellerSupplierParty"),
        ("<cbc:IssueDate>", "<cbc:Surprise/><cbc:IssueDate>", "Surprise"),
        (f"{UBL}Order-2", f"{UBL}Order-3", "Order"),
    ],
)
def test_what_does_not_match_is_told_with_its_line(order: XmlSchema, before: str, after: str, element: str) -> None:
    assert before in ORDER
    findings = order.findings(ORDER.replace(before, after, 1).encode())
    assert findings
    assert f"'{element}'" in findings[0].text
    assert findings[0].place.line


def test_a_despatch_line_names_its_order_line(advice: XmlSchema) -> None:
    reference = "<cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference>"
    assert advice.findings(ADVICE.replace(reference, "").encode())


def test_the_files_name_no_other_place() -> None:
    for path in Path(RULES / "schemas" / "ubl").glob("*.xsd"):
        assert 'schemaLocation="http' not in path.read_text()


@pytest.mark.parametrize(("file", "name"), [("order", "Order"), ("despatch-advice", "DespatchAdvice")])
def test_the_children_of_a_document_are_those_of_ubl(file: str, name: str) -> None:
    """Names, their order, and how many there may be: as in the table derived from the published schemas."""
    rows = ubl_rows((RULES / "schemas" / "ubl" / f"{file}.xsd").read_bytes())
    assert rows
    prefixes = {"cac": f"{{{UBL}CommonAggregateComponents-2}}", "cbc": f"{{{UBL}CommonBasicComponents-2}}"}
    ranked = ubl().children(f"{{{UBL}{name}-2}}{name}")
    assert [(prefixes[prefix] + child, most) for prefix, child, most in rows if prefix in prefixes] == ranked


def ubl_rows(schema: bytes) -> list[tuple[str, str, int]]:
    """(prefix, name, how many) of the elements a schema of ours names."""
    found = re.findall(rb'<xs:element ref="(\w+):(\w+)"([^>]*)/>', schema)
    return [(prefix.decode(), name.decode(), 0 if b"unbounded" in rest else 1) for prefix, name, rest in found]
