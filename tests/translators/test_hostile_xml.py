"""What XML can be made of to do harm: refused or read, in little time, never followed, never expanded."""

import contextlib
import time
from pathlib import Path

import pytest

from translators.examples import example
from translators.findings import Unreadable
from translators.identify import identify
from translators.reading import read
from translators.xmldoc.validating import XmlSchema

ORDER = example("order.ubl.xml")
LABEL = identify(ORDER, None)
ROOT = b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">%s</Order>'
ENTITY = '<!DOCTYPE a [<!ENTITY b "c">]><a x="&b;">&b;</a>'

DOCTYPES = {
    "after a comment and an instruction": b'<?xml version="1.0"?><!-- <a> -->\n<?p i?><!DOCTYPE Order><Order/>',
    "behind a plain declaration": b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE Order><Order/>',
    "behind white space": b"<?xml version='1.0' encoding='utf-8' ?>  \n\t<!DOCTYPE Order><Order/>",
    "in an element that is nearly UTF-16": b"<a>\x00<!DOCTYPE a></a>",
    "behind a byte order mark": b"\xef\xbb\xbf<!DOCTYPE Order><Order/>",
    "with an entity in an attribute": ENTITY.encode(),
    "with a parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]><a/>',
    "public": b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:9/x.dtd"><html/>',
    "in UTF-16 without a mark": ENTITY.encode("utf-16-le"),
    "in UTF-16, big end first": b"\xfe\xff" + ENTITY.encode("utf-16-be"),
    "in UTF-32": ENTITY.encode("utf-32"),
    "far down in UTF-16": f"<!-- {'x' * 5000} -->{ENTITY}".encode("utf-16"),
    "an entity without one": b'<!ENTITY a "b"><Order/>',
}


@pytest.mark.parametrize("content", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_a_doctype_is_refused_wherever_it_hides(content: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content, LABEL)
    assert [finding.code for finding in caught.value.findings] == ["xml.doctype"]


@pytest.mark.parametrize("encoding", ["UTF-7", "EBCDIC-CP-US", "HZ-GB-2312", "ISO-2022-JP", "x-unknown"])
def test_an_encoding_that_could_hide_one_is_refused_before_anything_is_parsed(encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?>+ADwAIQ-DOCTYPE a+AD4-<a/>'.encode()
    with pytest.raises(Unreadable, match=f"the encoding `{encoding}` is not taken; use UTF-8"):
        read(content, LABEL)


@pytest.mark.parametrize("encoding", ["iso-8859-15", "windows-1252", "iso-8859-2", "us-ascii"])
def test_the_encodings_of_real_systems_are_read(encoding: str) -> None:
    told = ORDER.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"', 1)
    content = told.encode("ascii", "xmlcharrefreplace")
    assert read(content, identify(content[:4096], None)).documents == read(ORDER, LABEL).documents


def test_the_word_is_only_text_inside_the_document() -> None:
    note = b"<cbc:Note><![CDATA[<!DOCTYPE html><!ENTITY a>]]></cbc:Note><!-- <!DOCTYPE a> --><cbc:IssueTime>"
    content = ORDER.replace(b"<cbc:IssueTime>", note, 1)
    assert "<!DOCTYPE html><!ENTITY a>" in [note.text for note in read(content, LABEL).documents[0].object.notes]


NOT_FOLLOWED = {
    "XInclude": b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
    "a schema location": b'<x xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="u http://127.0.0.1:9/"/>',
    "a base": b'<x xml:base="http://127.0.0.1:9/"/>',
}


@pytest.mark.parametrize("inside", NOT_FOLLOWED.values(), ids=NOT_FOLLOWED.keys())
def test_nothing_is_followed(inside: bytes) -> None:
    content = ORDER.replace(b"<cbc:IssueTime>", inside + b"<cbc:IssueTime>", 1)
    assert read(content, LABEL).documents == read(ORDER, LABEL).documents
    assert read(b'<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>' + ROOT_LESS, LABEL).documents


ROOT_LESS = ORDER.partition(b"?>")[2].lstrip()

FLOODS = {
    "attributes": b"<a " + b" ".join(b'a%d=""' % number for number in range(600_000)) + b"/>",
    "declared prefixes": b"<a " + b" ".join(b'xmlns:a%d="u"' % number for number in range(20_000)) + b"/>",
    "open elements": b"<a>" * 2_000_000,
    "elements": ROOT % (b"<x/>" * 600_000),
    "a text": ROOT % (b"<x>" + b"y" * 9_900_000 + b"</x>"),
    "a name": b"<" + b"a" * 5_000_000 + b"/>",
    "an attribute": b'<a b="' + b"c" * 9_900_000 + b'"/>',
    "comments": ROOT % (b"<!--x-->" * 900_000),
    "instructions before the root": b"<?a?>" * 1_000_000,
    "character references": ROOT % (b"<x>" + b"&#65;" * 1_800_000 + b"</x>"),
    "CDATA sections": ROOT % (b"<x>" + b"<![CDATA[y]]>" * 600_000 + b"</x>"),
    "an open comment": b"<!--" + b"-" * 3_000_000,
    "an open instruction": b"<?x " + b"?" * 3_000_000,
    "brackets": b"<" * 3_000_000,
}


@pytest.mark.parametrize("content", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_ends_soon(content: bytes) -> None:
    start = time.process_time()
    with contextlib.suppress(Unreadable):
        identify(content[:4096], None)
    with pytest.raises(Unreadable):
        read(content, LABEL)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("inside", "sentence"),
    [
        (b"\x00", "not well-formed: invalid character: Char 0x0 out of allowed range"),
        (b"&#0;", "not well-formed: xmlParseCharRef: invalid xmlChar value 0"),
        (b"&#xD800;", "not well-formed: xmlParseCharRef: invalid xmlChar value 55296"),
        (b"& b", "not well-formed: xmlParseEntityRef: no name"),
        (b"<x:a/>", "not well-formed: namespace prefix x on a is not defined"),
        (b'<a b="1" b="2"/>', "not well-formed: attribute b redefined"),
    ],
)
def test_what_no_parser_may_take_is_told_with_its_place(inside: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(b"<a>\n" + inside + b"</a>", LABEL)
    (finding,) = caught.value.findings
    assert (finding.code, finding.text, finding.place.line) == ("xml.syntax", sentence, 2)
    assert finding.place.column


MAIN = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" xmlns:c="urn:c"
  elementFormDefault="qualified"><xs:import namespace="urn:c" schemaLocation="../common/c.xsd"/><xs:element name="t">
  <xs:complexType><xs:sequence><xs:element ref="c:n"/></xs:sequence></xs:complexType></xs:element></xs:schema>"""
COMMON = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:c">
  <xs:element name="n" type="xs:int"/></xs:schema>"""


def test_schemas_may_lie_in_folders_as_oasis_publishes_them(tmp_path: Path) -> None:
    for name, text in {"maindoc/t.xsd": MAIN, "common/c.xsd": COMMON}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    schema = XmlSchema(tmp_path / "maindoc" / "t.xsd")
    assert schema.findings(b'<t xmlns="urn:t"><n xmlns="urn:c">1</n></t>') == ()
    (finding,) = schema.findings(b'<t xmlns="urn:t">\n  <n xmlns="urn:c">x</n></t>')
    assert (finding.place.line, finding.place.column) == (2, 3)
    assert [each.code for each in schema.findings(b'<t xmlns="urn:t"><n>1</n></t>')] == ["xml.schema"]
