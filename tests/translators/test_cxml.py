"""cXML: its DOCTYPE, which is named and never followed, and its header, which says who sends it to whom."""

import re
from pathlib import Path

import pytest

from gateway.cli.translate import run
from translators.findings import Unreadable
from translators.identify import identify
from translators.interchanges import Interchange
from translators.reading import Reading, read
from translators.writing import Unwritable, written

SAMPLES = Path(__file__).parents[1] / "samples"
ORDER = (SAMPLES / "order-request-cxml.in.xml").read_bytes()
NAMED = b'<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/cXML.dtd">'
ENTITY = b'<!ENTITY x SYSTEM "file:///etc/passwd">'


def told(content: bytes) -> Reading:
    return read(content, identify(content[:4096], None))


TAKEN = {
    "named by its address": NAMED,
    "in single quotes": NAMED.replace(b'"', b"'"),
    "over several lines": NAMED.replace(b" SYSTEM", b"\n  SYSTEM").replace(b">", b"\n>"),
    "with a public name": b'<!DOCTYPE cXML PUBLIC "-//cXML//DTD 1.2//EN" "http://127.0.0.1:9/cXML.dtd">',
    "with nothing but the root": b"<!DOCTYPE cXML>",
    "left out": b"",
    "behind a comment": b"<!-- an order -->\n" + NAMED,
}


@pytest.mark.parametrize("doctype", TAKEN.values(), ids=TAKEN.keys())
def test_a_doctype_that_names_a_dtd_changes_nothing(doctype: bytes) -> None:
    reading = told(ORDER.replace(NAMED, doctype))
    assert reading.documents[0].body == told(ORDER).documents[0].body
    assert reading.findings == ()


DECLARING = "a DOCTYPE of cXML is taken where it only names a DTD; declare nothing in it"
REFUSED = {
    "declares an entity": NAMED[:-1] + b" [" + ENTITY + b"]>",
    "declares nothing, in brackets": NAMED[:-1] + b" []>",
    "fetches a parameter entity": NAMED[:-1] + b' [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]>',
    "stands there twice": NAMED + b"\n" + NAMED,
    "is followed by an entity": NAMED + b"<!-- -->" + ENTITY,
    "does not end": NAMED[:-1],
    "has an address without end": b'<!DOCTYPE cXML SYSTEM "' + b"x" * 2_000 + b'">',
}


@pytest.mark.parametrize("doctype", REFUSED.values(), ids=REFUSED.keys())
def test_a_doctype_that_says_more_is_refused(doctype: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        told(ORDER.replace(NAMED, doctype))
    assert [(each.code, each.text) for each in refused.value.findings] == [("xml.doctype", DECLARING)]
    assert refused.value.findings[0].place.line == 2


def test_the_doctype_of_cxml_lets_no_other_document_in() -> None:
    with pytest.raises(Unreadable, match="a document type declaration \\(DOCTYPE\\) is not taken"):
        told(ORDER.replace(NAMED, NAMED.replace(b"DOCTYPE cXML", b"DOCTYPE cXMLs")))
    with pytest.raises(Unreadable, match="a document type declaration \\(DOCTYPE\\) is not taken"):
        told(ORDER.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"))


def test_an_entity_of_the_dtd_is_unknown_to_us_and_refused() -> None:
    with pytest.raises(Unreadable, match="entity 'tor' not defined"):
        told(ORDER.replace(b"Tor 4", b"&tor;"))


def test_places_are_not_moved_by_the_doctype() -> None:
    several = ORDER.replace(NAMED, NAMED.replace(b" SYSTEM", b"\n\n SYSTEM")).replace(b'"regular"', b'"odd"')
    with pytest.raises(Unreadable) as refused:
        told(several)
    (finding,) = refused.value.findings
    line = several[: several.index(b"<OrderRequestHeader")].count(b"\n") + 1
    assert (finding.place.line, "odd" in finding.text) == (line, True)


def test_the_header_says_who_sends_it_to_whom() -> None:
    reading = told(ORDER)
    assert reading.interchange == Interchange(
        sender="AN01000004711",
        sender_qualifier="NetworkID",
        recipient="AN01000008150",
        recipient_qualifier="NetworkID",
        reference="20261123.0815.order-request-cxml@nordlicht.example",
        test=True,
        carrier="AN01000004711",
        carrier_qualifier="NetworkID",
        also_sender=(("123456787", "DUNS"),),
    )
    assert reading.documents[0].test


def test_further_credentials_name_the_same_company() -> None:
    vat = b'<Credential domain="VATID"><Identity> DE811234567 </Identity></Credential></From>'
    reading = told(ORDER.replace(b"</From>", vat))
    assert reading.interchange is not None
    assert reading.interchange.sender == "AN01000004711"
    assert reading.interchange.also_sender == (("123456787", "DUNS"), ("DE811234567", "VATID"))
    assert reading.interchange.also_recipient == ()


def test_a_marketplace_between_both_is_the_carrier() -> None:
    hub = b'<Sender><Credential domain="NetworkID"><Identity>AN01000000087</Identity>'
    changed = re.sub(rb"<Sender>.*?</Identity>", hub, ORDER).replace(b' deploymentMode="test"', b"")
    reading = told(changed)
    assert reading.interchange is not None
    assert (reading.interchange.sender, reading.interchange.carrier) == ("AN01000004711", "AN01000000087")
    assert not reading.interchange.test
    assert not reading.documents[0].test


def test_a_shared_secret_goes_no_further() -> None:
    reading = told(ORDER)
    assert b"<SharedSecret>invented<" in ORDER
    assert b"invented" not in reading.documents[0].body
    assert "invented" not in repr(reading.interchange)


def test_without_the_name_of_its_transmission_no_interchange_is_known() -> None:
    reading = told(re.sub(rb' payloadID="[^"]*"', b"", ORDER))
    assert reading.interchange is None
    assert reading.documents


def test_a_cxml_document_without_a_map_is_told_what_else_is_read() -> None:
    content = b'<cXML payloadID="1"><Header/><Request><ProfileRequest/></Request></cXML>'
    sentence = (
        "`cXML/Request/ProfileRequest` is not read; of cXML we read ConfirmationRequest, InvoiceDetailRequest, "
        "OrderRequest, ShipNoticeRequest"
    )
    with pytest.raises(Unreadable) as refused:
        told(content)
    assert [each.text for each in refused.value.findings] == [sentence]


WRITTEN = {
    "order-request": "OrderRequest",
    "confirmation-request": "ConfirmationRequest",
    "ship-notice-request": "ShipNoticeRequest",
    "invoice-detail-request": "InvoiceDetailRequest",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_names_the_dtd_it_follows(name: str) -> None:
    content = (SAMPLES / f"{name}-cxml.in.xml").read_bytes()
    named = re.search(rb"<!DOCTYPE[^>]*>", content)
    done = written(told(content).documents[0].object, f"xml:cXML/Request/{WRITTEN[name]}:1.2")
    assert named is not None
    assert done.content.splitlines()[1] == named[0]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_says_from_whom_to_whom(name: str) -> None:
    """The DTD asks for both; an invoice has its sender in a contact as well."""
    content = (SAMPLES / f"{name}-cxml.in.xml").read_bytes()
    document = told(content).documents[0].object
    again = told(written(document, f"xml:cXML/Request/{WRITTEN[name]}:1.2").content).interchange
    first = told(content).interchange
    assert again is not None
    assert first is not None
    said = [{(each.sender, each.sender_qualifier), *each.also_sender} for each in (first, again)]
    assert said[0] & said[1]
    assert again.recipient


def test_the_seller_of_an_invoice_is_numbered_in_the_header_and_named_in_its_contact() -> None:
    content = (SAMPLES / "invoice-detail-request-cxml.in.xml").read_bytes()
    seller = told(content.replace(b' addressID="4098765000010" addressIDDomain="GLN"', b"")).documents[0].object.seller
    assert [(each.scheme, each.value, each.agency) for each in seller.identifiers] == [
        ("other", "AN01000008150", "NetworkID")
    ]
    assert seller.name == "Talbrücke Gusswerk AG"


def test_an_order_of_cxml_becomes_edifact_from_gln_to_gln(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The domains of its credentials are no qualifiers of a UNB."""
    gln = b'<Credential domain="GLN"><Identity>%s</Identity></Credential></%s>'
    content = ORDER.replace(b"</From>", gln % (b"4012345000009", b"From")).replace(
        b"</To>", gln % (b"4098765000010", b"To")
    )
    path = tmp_path / "order.xml"
    path.write_bytes(content)
    assert run([str(path), "--to", "edifact:ORDERS:D.96A"]) == 0
    assert b"+4012345000009:14+4098765000010:14+" in capsysbinary.readouterr().out


def split(name: str, after: bytes, group: str) -> bytes:
    """The sample with its second line in a group of its own, for the order PO-4712."""
    content = (SAMPLES / f"{name}-cxml.in.xml").read_bytes()
    opening = re.search(rf"<{group}>.*?(?=<{after.decode()})".encode(), content, re.DOTALL)
    assert opening is not None
    again = b"</%s>%s<%s" % (group.encode(), opening[0].replace(b"PO-4711", b"PO-4712"), after)
    head, _, rest = content[opening.end() :].partition(b"<" + after)
    first, _, second = rest.partition(b"<" + after)
    return content[: opening.end()] + head + b"<" + after + first + again + second


SEVERAL = [
    ("invoice-detail-request", b"InvoiceDetailItem ", "InvoiceDetailOrder"),
    ("ship-notice-request", b"ShipNoticeItem ", "ShipNoticePortion"),
]


@pytest.mark.parametrize(("name", "item", "group"), SEVERAL)
def test_each_line_belongs_to_the_order_that_stands_around_it(name: str, item: bytes, group: str) -> None:
    reading = told(split(name, item, group))
    orders = [(line.order.number, line.order.line) for line in reading.documents[0].object.lines]
    assert orders == [("PO-4711", "10"), ("PO-4712", "20")]
    references = reading.documents[0].object.references
    assert [each.number for each in references if each.kind == "order"] == ["PO-4711", "PO-4712"]
    assert [each.text for each in reading.findings] == []


@pytest.mark.parametrize(("name", "item", "group"), SEVERAL)
def test_a_line_of_an_order_without_a_number_belongs_to_none(name: str, item: bytes, group: str) -> None:
    """`orderID` may be left out, or an agreement stand in place of the order: that is not the order beside it."""
    reading = told(re.sub(rb' orderID="PO-4712"', b"", split(name, item, group)))
    assert [line.order and line.order.number for line in reading.documents[0].object.lines] == ["PO-4711", None]
    left = [each.place.path for each in reading.findings if each.code == "xml.residue"]
    assert [path.rpartition("/")[2] for path in left if path] == ["@orderDate", "@lineNumber"]


@pytest.mark.parametrize(("name", "item", "group"), SEVERAL)
def test_a_document_for_several_orders_is_not_written_as_one_for_the_first(name: str, item: bytes, group: str) -> None:
    document = told(split(name, item, group)).documents[0].object
    with pytest.raises(Unwritable, match="`PO-4712` stands there already"):
        written(document, f"xml:cXML/Request/{WRITTEN[name]}:1.2")
