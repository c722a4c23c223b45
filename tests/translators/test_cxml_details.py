"""What cXML leaves open or says in its own ways, as networks and marketplaces send it."""

import re
from pathlib import Path

import pytest
from support.changed_samples import changed_once, xml_document, xml_refusals

SAMPLES = Path(__file__).parents[1] / "samples"
ORDER, CONFIRMATION, NOTICE, INVOICE, CREDIT = (
    (SAMPLES / f"{name}-cxml.in.xml").read_text()
    for name in (
        "order-request",
        "confirmation-request",
        "ship-notice-request",
        "invoice-detail-request",
        "credit-memo",
    )
)


def test_items_of_an_order_without_numbers_are_numbered_by_their_places() -> None:
    without = re.sub(r"(<ItemOut[^>]*) lineNumber=\"\d+\"", r"\1", ORDER)
    assert [line.number for line in xml_document(ORDER).lines] == ["10", "20"]
    assert [line.number for line in xml_document(without).lines] == ["1", "2"]


DESCRIPTION = '<Description xml:lang="de">Deckel DK-80</Description>'


@pytest.mark.parametrize(
    ("said", "description", "short"),
    [
        ("<ShortName>DK-80</ShortName>Deckel, verzinkt", "Deckel, verzinkt", "DK-80"),
        ("Deckel <ShortName>DK-80</ShortName> verzinkt", "Deckel verzinkt", "DK-80"),
        ("<ShortName>Deckel DK-80</ShortName>", "Deckel DK-80", None),
    ],
)
@pytest.mark.parametrize("text", [ORDER, INVOICE], ids=["order", "invoice"])
def test_a_description_is_what_stands_around_its_short_name(
    text: str, said: str, description: str, short: str | None
) -> None:
    line = xml_document(changed_once(text, DESCRIPTION, f'<Description xml:lang="de">{said}</Description>')).lines[1]
    assert (line.description, (line.ext or {}).get("short_name")) == (description, short)


def test_a_contact_at_the_supplier_is_one_of_the_seller() -> None:
    order = xml_document(changed_once(ORDER, 'Contact role="purchasingAgent"', 'Contact role="supplierCorporate"'))
    assert [contact.name for contact in order.seller.contacts] == ["Jana Brandt"]
    assert order.buyer.contacts == ()


def test_a_confirmation_without_a_number_is_named_by_its_transmission() -> None:
    payload = re.search(r'payloadID="([^"]+)"', CONFIRMATION)
    assert payload is not None
    assert xml_document(changed_once(CONFIRMATION, ' confirmID="OC-9901"', "")).number == payload[1]


ITEM = '<UnitOfMeasure>C62</UnitOfMeasure><Batch expirationDate="2028-03-31">'
PACKED = """<UnitOfMeasure>C62</UnitOfMeasure>
  <Packaging><Dimension quantity="184.5" type="grossWeight"><UnitOfMeasure>KGM</UnitOfMeasure></Dimension>
    <PackageTypeCodeIdentifierCode>CT</PackageTypeCodeIdentifierCode>
    <ShippingContainerSerialCode>340123450000000017</ShippingContainerSerialCode>
    <ShippingContainerSerialCodeReference>340123450000000024</ShippingContainerSerialCodeReference></Packaging>
  <Packaging><PackagingCode xml:lang="de">Palette</PackagingCode>
    <ShippingContainerSerialCode>340123450000000024</ShippingContainerSerialCode></Packaging>
  <Batch expirationDate="2028-03-31">"""


def test_packages_of_a_ship_notice_are_read_with_what_lies_in_them() -> None:
    carton, pallet = xml_document(changed_once(NOTICE, ITEM, PACKED)).packages
    assert (carton.scheme, carton.id, carton.type, carton.parent) == (
        "sscc",
        "340123450000000017",
        "CT",
        "340123450000000024",
    )
    assert (str(carton.gross.value), carton.gross.unit) == ("184.5", "KGM")
    assert [content.line for content in carton.contents] == ["1"]
    assert (pallet.id, pallet.type, pallet.parent) == ("340123450000000024", "Palette", None)


def test_what_is_only_planned_is_not_on_its_way() -> None:
    planned = changed_once(NOTICE, ' operation="new">', ' operation="new" shipmentType="planned">')
    assert xml_refusals(planned) == ["`planned` is not taken here: what is only planned is not on its way"]
    actual = changed_once(NOTICE, ' operation="new">', ' operation="new" shipmentType="actual">')
    assert xml_document(actual).number == "LS-88410"


def test_a_notice_without_its_day_was_given_when_it_was_sent() -> None:
    sent = re.search(r'timestamp="(\d{4}-\d\d-\d\d)T', NOTICE)
    assert sent is not None
    without = changed_once(NOTICE, ' noticeDate="2026-12-06T16:40:00+01:00"', "")
    assert str(xml_document(without).issued_on) == sent[1]


def test_an_item_may_be_known_by_the_line_of_its_order_alone() -> None:
    without = changed_once(NOTICE, "<ItemID><SupplierPartID>PR-5</SupplierPartID></ItemID>", "")
    line = xml_document(without).lines[1]
    assert (line.product, line.order.number, line.order.line) == ((), "PO-4711", "20")
    unknown = changed_once(without, 'lineNumber="20" shipNotice', "shipNotice")
    assert xml_refusals(unknown) == ["a line needs a product identifier, a description or the line of an order"]


def test_how_a_shipment_travels_is_told_by_its_route() -> None:
    by_rail = changed_once(
        NOTICE, "</ShipControl>", '<TransportInformation><Route method="rail"/></TransportInformation></ShipControl>'
    )
    assert xml_document(by_rail).transport.mode == "2"


def test_what_is_to_be_paid_is_the_net_amount_where_no_other_is_due() -> None:
    due = '<DueAmount><Money currency="EUR">2572.78</Money></DueAmount>'
    totals = xml_document(changed_once(INVOICE, due, "")).totals
    assert (str(totals.gross.amount), str(totals.payable.amount)) == ("2572.78", "2572.78")
    deposit = '<DepositAmount><Money currency="EUR">72.78</Money></DepositAmount>'
    assert xml_document(changed_once(INVOICE, due, deposit)).totals.payable is None


def test_a_credit_memo_is_a_credit_note_with_positive_amounts() -> None:
    credit = xml_document(CREDIT)
    assert credit.type == "381"
    assert [
        (str(line.quantity.value), str(line.unit_price.amount), str(line.net_amount.amount)) for line in credit.lines
    ] == [
        ("20", "6.25", "125"),
        ("5", "15.2", "76"),
    ]
    assert str(credit.totals.payable.amount) == "250"


def test_a_credit_memo_that_charges_something_is_refused() -> None:
    charged = changed_once(
        CREDIT, '<SubtotalAmount><Money currency="EUR">-76.00<', '<SubtotalAmount><Money currency="EUR">76.00<'
    )
    assert xml_refusals(charged) == ["`76.00` is positive, where what is given back is negative"]


SERVICE = """<InvoiceDetailServiceItem invoiceLineNumber="3">
  <InvoiceDetailServiceItemReference lineNumber="30"><Description xml:lang="de">Montage</Description>
  </InvoiceDetailServiceItemReference>
  <SubtotalAmount><Money currency="EUR">{amount}</Money></SubtotalAmount>
  <Period startDate="2026-12-01T00:00:00+01:00" endDate="2026-12-04T00:00:00+01:00"/></InvoiceDetailServiceItem>
</InvoiceDetailOrder>"""


def test_a_service_is_a_line_of_an_invoice() -> None:
    service = xml_document(changed_once(INVOICE, "</InvoiceDetailOrder>", SERVICE.format(amount="0.00"))).lines[2]
    assert (service.number, service.description, service.order.line) == ("3", "Montage", "30")
    assert (str(service.delivered.start), str(service.delivered.end)) == ("2026-12-01", "2026-12-04")
    assert service.quantity is None


def test_a_header_invoice_has_a_line_for_each_order() -> None:
    start, end = INVOICE.index("<InvoiceDetailOrder>"), INVOICE.index("</InvoiceDetailOrder>")
    orders = """<InvoiceDetailHeaderOrder>
      <InvoiceDetailOrderInfo><OrderReference orderID="PO-4711"/></InvoiceDetailOrderInfo>
      <InvoiceDetailOrderSummary invoiceLineNumber="1">
        <SubtotalAmount><Money currency="EUR">2162.00</Money></SubtotalAmount></InvoiceDetailOrderSummary>
    </InvoiceDetailHeaderOrder>"""
    invoice = xml_document(INVOICE[:start] + orders + INVOICE[end + len("</InvoiceDetailOrder>") :])
    (line,) = invoice.lines
    assert (line.number, line.description, line.order.number) == ("1", "the order as a whole", "PO-4711")
    assert (invoice.references[0].kind, invoice.references[0].number) == ("order", "PO-4711")
