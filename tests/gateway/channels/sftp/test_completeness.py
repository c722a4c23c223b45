"""Whether a file's own bytes prove that all of it is there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.serving import an_order

from gateway.channels.sftp.completeness import UNKNOWN, lacking
from translators.examples import example

UNB = b"UNB+UNOC:3+4012345000009:14+4260001230004:14+261123:0800+REF1'"
MESSAGE = b"UNH+1+ORDERS:D:96A:UN'BGM+220+PO-77+9'UNT+3+1'"
ISA = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261123*0800*U*00401*000000001*0*P*>~"
    b"GS*PO*SENDER*RECEIVER*20261123*0800*1*X*004010~ST*850*0001~SE*2*0001~GE*1*1~"
)
XML = b'<?xml version="1.0"?><!-- a --><Order xmlns="urn:x"><Line>1</Line></Order>'


@pytest.mark.parametrize(
    "content",
    [
        UNB + MESSAGE + b"UNZ+1+REF1'",
        b"UNA:+.? '" + UNB + MESSAGE + MESSAGE + b"UNZ+2+REF1'\r\n",
        UNB + MESSAGE + b"UNZ+1+REF1'" + UNB + MESSAGE + b"UNZ+1+REF1'",
        ISA + b"IEA*1*000000001~",
        ISA + b"IEA*1*000000001~\r\n",
        XML,
        XML + b"\n<!-- the end -->\n",
        b"\xef\xbb\xbf" + XML,
        XML.decode().encode("utf-16"),
        b"<Order/>",
        b'<?xml version="1.0"?><Order a="1"/>\n',
        b'{"kind": "purchase_order/1"}',
        b' {"a": "}"} ',
        b'{"a": 1,}',  # wrong, not cut off: the reader says so
        (b"[" * 1000).join([b'{"a":', b"}"]),
    ],
)
def test_this_is_all_there(content: bytes) -> None:
    assert lacking(content) is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (b" \r\n", "it is empty"),
        (UNB + MESSAGE, "its UNZ has not come"),
        (UNB + MESSAGE + b"UNZ+1+REF1", "its UNZ has not come"),
        (UNB + MESSAGE + b"UNZ+2+REF1'", "its UNZ counts 2 where 1 are there"),
        (UNB + MESSAGE + b"UNZ++REF1'", "its UNZ counts nothing where 1 are there"),
        (UNB + MESSAGE + b"UNZ+1+REF2'", "its UNZ has another reference than its header"),
        (UNB + MESSAGE + UNB + MESSAGE + b"UNZ+1+REF1'", "another interchange begins before its UNZ has come"),
        (b"UNA:+.? '", "its UNB has not come"),
        (ISA, "its IEA has not come"),
        (ISA + b"IEA*2*000000001~", "its IEA counts 2 where 1 are there"),
        (ISA + b"IEA*1*000000002~", "its IEA has another reference than its header"),
        (ISA[:50], "its ISA has not come"),
        (XML[:-1], "its last end tag has not come"),
        (XML[:-8], "its last end tag has not come"),
        (XML + b"<!-- half", "its last end tag has not come"),
        (b'<?xml version="1.0"?>', "its root element has not come"),
        (b"<Order", "its root element has not come"),
        (b'{"a": {"b": 1}', "its last brace has not come"),
        (b"511020000000004", UNKNOWN),
        (b"a;b;c\n", UNKNOWN),
        (b"\x00\x01\x02", UNKNOWN),
    ],
)
def test_this_is_not(content: bytes, says: str) -> None:
    assert lacking(content) == says


def vda(*records: bytes) -> bytes:
    return b"\r\n".join(record.ljust(128) for record in records) + b"\r\n"


def test_a_transmission_of_vda_ends_with_its_trailer_record() -> None:
    head, trailer = b"51102" + b"0" * 29, b"51901" + b"0" * 20
    assert lacking(vda(head, b"51201", trailer)) is None
    assert lacking(vda(head, b"51201")) == "its trailer record has not come"
    assert lacking(vda(head, b"51201", trailer)[:-110]) == "its trailer record has not come"


WHOLE = [
    json.dumps(an_order()).encode(), UNB + MESSAGE + b"UNZ+1+REF1'", ISA + b"IEA*1*000000001~", XML,
]  # fmt: skip


@given(st.sampled_from(WHOLE), st.data())
def test_no_beginning_of_a_whole_file_is_whole(content: bytes, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(content) - 1))
    but_for_a_terminator = content.startswith(b"ISA") and end == len(content) - 1  # then its reference was whole
    assert lacking(content[:end]) is not None or but_for_a_terminator


@given(st.binary(max_size=400))
def test_whatever_comes_it_is_answered(content: bytes) -> None:
    lacking(content)
    lacking(b"UNA" + content)
    lacking(b"ISA" + content)
    lacking(b"<" + content)
    lacking(b"{" + content)


def test_the_examples_that_ship_are_whole() -> None:
    assert lacking(example("order.json")) is None
