"""XML from strangers: what is refused, with line and column; UBL against its maps; XSD validation."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.editorschemas import RULES
from translators.examples import example
from translators.findings import Finding, Unreadable
from translators.formats import Label
from translators.identify import identify
from translators.reading import Limits, Reading, read
from translators.xmldoc.parsing import XmlLimits, XmlTree, parse
from translators.xmldoc.validating import XmlSchema

ORDER = example("order.ubl.xml")
DESPATCH = example("despatch-advice.ubl.xml")
LABEL = identify(ORDER, "application/xml")


def changed(old: str, new: str | bytes, content: bytes = ORDER) -> bytes:
    replaced = content.replace(old.encode(), new if isinstance(new, bytes) else new.encode(), 1)
    assert replaced != content
    return replaced


def refused(content: bytes, limits: Limits | None = None) -> tuple[Finding, ...]:
    with pytest.raises(Unreadable) as caught:
        read(content, LABEL, limits or Limits())
    return caught.value.findings


XML_NOISE = [b"<", b">", b"&", b"<a>", b"]]>", b"<!DOCTYPE a>", b'"', b"\x00", b"\xff", b"0", b"\xc3"]


def damaged(content: bytes, seed: int, count: int, noise: list[bytes]) -> Iterator[bytes]:
    """`count` copies, each with one to four small pieces cut out and replaced."""
    chance = random.Random(seed)
    for _ in range(count):
        copy = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(copy))
            piece = chance.choice(noise) if chance.random() < 0.7 else chance.randbytes(chance.randint(0, 3))
            copy[at : at + chance.choice([0, 1, 1, 2, 40])] = piece
        yield bytes(copy)


def test_the_label_comes_from_the_root_element() -> None:
    assert Label("xml", "Order", "2.1", "purchase_order") == LABEL
    assert identify(DESPATCH[:4096], "text/xml; charset=utf-8") == Label(
        "xml", "DespatchAdvice", "2.1", "despatch_advice"
    )
    assert identify(changed(">2.1<", ">2.3<"), None).version == "2.3"


def test_a_despatch_advice_is_read() -> None:
    (document,) = read(DESPATCH, identify(DESPATCH[:4096], None)).documents
    assert (document.business_key, document.lines, document.ship_to) == ("5412345000013|LS-90817", 2, "4260001230011")


DOCTYPE = "a document type declaration (DOCTYPE) is not taken"
LAUGHS = b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><Order>&c;</Order>'
XXE = b'<!DOCTYPE Order [<!ENTITY x SYSTEM "file:///etc/passwd">]><Order>&x;</Order>'
HOSTILE = [
    (LAUGHS, "xml.doctype", DOCTYPE, 2, 1),
    (XXE, "xml.doctype", DOCTYPE, 1, 1),
    (b'<!DOCTYPE Order SYSTEM "http://example.com/o.dtd"><Order/>', "xml.doctype", DOCTYPE, 1, 1),
    (XXE.decode().encode("utf-16"), "xml.doctype", DOCTYPE, None, None),
    (b"<a>" * 65 + b"</a>" * 65, "xml.depth", "nested deeper than 64 levels", 1, 193),
    (b"<a>" * 50_000, "xml.depth", "nested too deep", 1, 771),
    (b"<a " + b" ".join(b'b%d="1"' % n for n in range(300)) + b"/>", "xml.attributes",
     "an element has more than 256 attributes", 1, 1),
    (b"<a>" + b"<b/>" * 20 + b"</a>", "xml.elements", "the document has 21 elements; at most 20 are taken", None, None),
    (b"<a>&undefined;</a>", "xml.syntax", "not well-formed: entity 'undefined' not defined", 1, 15),
    (b'<?xml version="1.0" encoding="UTF-8"?><a>\xff</a>', "xml.encoding",
     "the bytes are not valid in the declared encoding", 1, 42),
    (b'<?xml version="1.0" encoding="EBCDIC-CP-BE"?><a/>', "xml.encoding",
     "the encoding `EBCDIC-CP-BE` is not taken; use UTF-8", 1, 31),
    (b"<a><b></a>", "xml.syntax", "not well-formed: opening and ending tag mismatch: b line 1 and a", 1, 11),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code", "sentence", "line", "column"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_xml_is_refused(content: bytes, code: str, sentence: str, line: int | None, column: int | None) -> None:
    limits = Limits(max_elements_xml=20) if code == "xml.elements" else Limits()
    (finding,) = refused(content, limits)
    assert (finding.code, finding.text) == (code, sentence)
    assert (finding.place.line, finding.place.column) == (line, column)


def test_hostile_xml_is_refused_at_the_door_as_well() -> None:
    for content in (LAUGHS, XXE, b"<", b"<Order", b"<?xml version='1.0'?>", b"<x/>", XXE.decode().encode("utf-16")):
        with pytest.raises(Unreadable):
            identify(content, None)


def test_an_unknown_document_is_told_the_same_at_the_door_and_inside() -> None:
    with pytest.raises(Unreadable) as caught:
        identify(b'<Thing xmlns="urn:x"/>', None)
    text = caught.value.findings[0].text
    assert text.startswith("documents `{urn:x}Thing` are not read; we read of UBL 2 ApplicationResponse, Catalogue, ")
    assert refused(b'<Thing xmlns="urn:x"/>')[0].text == text


LINE = "/Order/cac:OrderLine[1]/cac:LineItem"
MISTAKES = [
    (changed('unitCode="C62">48<', 'unitCode="QQQ">48<'),
     "unknown unit `QQQ`; use UN/ECE Recommendation 20, as in C62 or KGM", f"{LINE}/cbc:Quantity/@unitCode", 78, 7),
    (changed(' unitCode="C62">48<', ">48<"), "@unitCode is missing", f"{LINE}/cbc:Quantity", 78, 7),
    (changed(">48<", ">viele<"), "`viele` is not a number", f"{LINE}/cbc:Quantity", 78, 7),
    (changed("2026-11-20", "20.11.2026"), "`20.11.2026` is not a date; write it as in 2026-11-23",
     "/Order/cbc:IssueDate", 7, 3),
    (changed("09:30:00", "half past nine"), "`half past nine` is not a time; write it as in 10:15:00",
     "/Order/cbc:IssueTime", 8, 3),
    (changed("<cbc:ID>PO-4711</cbc:ID>", ""), "cbc:ID is missing", "/Order", 2, 1),
    (changed(">4012345000009<", ">4012345000008<"), "`4012345000008` is not a GLN: its check digit should be 9",
     "/Order/cac:BuyerCustomerParty/cac:Party/cac:PartyIdentification/cbc:ID", 17, 32),
    (changed("<cbc:OrderTypeCode>220", "<cbc:OrderTypeCode>380"),
     "`380` is not one of 105, 220, 221, 222, 224, 225, 226, 227, 228", "/Order/cbc:OrderTypeCode", 9, 3),
]  # fmt: skip


@pytest.mark.parametrize(("content", "sentence", "path", "line", "column"), MISTAKES, ids=[m[1][:50] for m in MISTAKES])
def test_a_mistake_is_told_with_path_line_and_column(
    content: bytes, sentence: str, path: str, line: int, column: int
) -> None:
    (finding,) = refused(content)
    assert (finding.text, finding.place.path) == (sentence, path)
    assert (finding.place.line, finding.place.column) == (line, column)


@pytest.mark.parametrize("zone", ["Z", "+01:00", ".0Z"])
def test_a_time_is_what_the_senders_clock_showed(zone: str) -> None:
    assert read(changed("09:30:00", f"09:30:00{zone}"), LABEL).documents == read(ORDER, LABEL).documents


def test_what_the_map_does_not_use_is_told() -> None:
    reading: Reading = read(
        changed(
            "<cac:DeliveryTerms>",
            "<cac:TransactionConditions><cbc:ID>x</cbc:ID></cac:TransactionConditions><cac:DeliveryTerms>",
        ),
        LABEL,
    )
    (finding,) = reading.findings
    assert finding.text == "this has no place in a purchase order"
    assert finding.place.path == "/Order/cac:TransactionConditions/cbc:ID"


@pytest.mark.parametrize(
    "where", ["<cac:LineItem>and quickly, please", "</cac:Price>and quickly, please"], ids=["before", "behind"]
)
def test_text_beside_elements_is_told(where: str) -> None:
    element = where.partition(">")[0] + ">"
    content = changed(element, where)
    reading = read(content, LABEL)
    assert reading.documents == read(ORDER, LABEL).documents
    [finding] = reading.findings
    assert finding.text == "the text beside what stands in this has no place in a purchase order"
    assert finding.place.path == "/Order/cac:OrderLine[1]/cac:LineItem"
    line = content[: content.index(b"<cac:LineItem>")].count(b"\n") + 1
    assert finding.place.line == line


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_other_encodings_are_read(encoding: str) -> None:
    content = ORDER.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    assert read(content, identify(content[:4096], None)).documents == read(ORDER, LABEL).documents


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_document_is_read_or_refused_and_nothing_else(seed: int) -> None:
    for content in damaged(ORDER, seed, 200, XML_NOISE):
        with contextlib.suppress(Unreadable):
            read(content, LABEL)
        with contextlib.suppress(Unreadable):
            identify(content[:4096], None)


XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" xmlns="urn:t"
  elementFormDefault="qualified"><xs:element name="t"><xs:complexType><xs:sequence>
  <xs:element name="n" type="xs:int"/></xs:sequence></xs:complexType></xs:element></xs:schema>"""


@pytest.fixture
def schema(tmp_path: Path) -> XmlSchema:
    path = tmp_path / "t.xsd"
    path.write_text(XSD)
    return XmlSchema(path)


def test_a_document_that_fits_its_schema_has_no_findings(schema: XmlSchema) -> None:
    assert schema.findings(b'<t xmlns="urn:t"><n>1</n></t>') == ()


def test_a_document_that_does_not_fit_is_told_with_its_line(schema: XmlSchema) -> None:
    (finding,) = schema.findings(b'<t xmlns="urn:t">\n<n>x</n></t>')
    assert finding.code == "xml.schema"
    assert finding.text == "element 'n': 'x' is not a valid value of the atomic type 'xs:int'"
    assert finding.place.line == 2


def test_what_reading_has_parsed_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    order = XmlSchema(RULES / "schemas" / "ubl" / "order.xsd")
    wrong = changed(">48<", ">-1<")
    tree, wrong_tree = read(ORDER, LABEL).tree, XmlTree(wrong, parse(wrong, XmlLimits()))
    monkeypatch.delattr("translators.xmldoc.validating.parse")
    assert order.findings(ORDER, tree) == ()
    (finding, *_) = order.findings(wrong, wrong_tree)
    assert (finding.place.line, finding.place.column) == (78, 7)


def test_the_document_cannot_choose_its_own_schema(schema: XmlSchema) -> None:
    hint = (
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:t http://example.com/other.xsd"'
    )
    assert schema.findings(b'<t xmlns="urn:t" ' + hint + b"><n>1</n></t>") == ()
    assert len(schema.findings(b'<t xmlns="urn:t" ' + hint + b"><n>x</n></t>")) == 1


def test_a_doctype_is_refused_before_validation(schema: XmlSchema) -> None:
    assert [finding.code for finding in schema.findings(XXE)] == ["xml.doctype"]


def test_a_schema_that_wants_the_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.xsd"
    path.write_text(
        XSD.replace(
            '<xs:element name="t">', '<xs:include schemaLocation="http://example.com/x.xsd"/><xs:element name="t">', 1
        )
    )
    with pytest.raises(ValueError, match="is not a usable schema"):
        XmlSchema(path)


def test_a_document_is_told_its_own_mistakes_after_others_were_read() -> None:
    def told(content: bytes) -> tuple[Finding, ...]:
        with pytest.raises(Unreadable) as refused:
            parse(content, XmlLimits())
        return refused.value.findings

    first = told(b"<a>\n <b></a>")
    parse(b"<a xmlns='relative'/>", XmlLimits())  # libxml2 warns of such a name
    assert told(b"<a>\n <b></a>") == first
    assert parse(b"<a><b/></a>", XmlLimits())[0].tag == "b"
    assert told(b"<a>\n&c;</a>") != first


def test_a_declaration_that_does_not_stand_first_is_told_as_xml_writes_it() -> None:
    (finding,) = refused(b"\n<?xml version='1.0'?><Order/>", Limits())
    assert finding.text == "not well-formed: XML declaration allowed only at the start of the document"
    assert finding.place.line == 2
