"""Multiparts are split where the raw bytes say so, and the bytes of each part are exactly those that were sent."""

from base64 import encodebytes
from email.message import Message
from email.utils import collapse_rfc2231_value

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.as2 import mime, windows
from gateway.channels.as2.mime import Header, decoded, outermost, read_entity, split, split_signed
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.windows import Spools, held

SIGNED = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="--=_b 1"'
PART = b"Content-Type: application/edifact\r\n\r\nUNB+UNOA:2'\r\n"
PIECES = [b"\r\n", b"\n", b"\r", b"--", b"----=_b 1", b"----=_b", b"x", b"----=_b 12\r\n", b"\0"]
SIGNATURE = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\n0\x82\x01\n\r\n"


def an_entity(body: bytes, content_type: str = SIGNED, **fields: str) -> mime.Entity:
    more = [(name.replace("_", "-"), text) for name, text in fields.items()]
    return outermost([("content-type", content_type), *more], held(body))


def a_multipart(*parts: bytes, end: bytes = b"\r\n", before: bytes = b"", after: bytes = b"") -> bytes:
    delimiter = b"----=_b 1"
    body = b"".join(delimiter + end + part + end for part in parts)
    return before + body + delimiter + b"--" + after


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("before", [b"", b"\r\n", b"This is an S/MIME message\r\n\r\n"])
@pytest.mark.parametrize("after", [b"", b"\r\n", b"\n\n", b"  \r\n"])
def test_the_signed_part_is_what_stands_between_the_delimiters(end: bytes, before: bytes, after: bytes):
    signed, signature = split_signed(an_entity(a_multipart(PART, SIGNATURE, end=end, before=before, after=after)))

    assert signed.content.read() == PART
    assert signed.body.read() == b"UNB+UNOA:2'\r\n"
    assert signed.header.media_type == "application/edifact"
    assert signature.content.read() == SIGNATURE


@given(
    content=st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join),
    chunk=st.integers(1, 40),
)
def test_a_part_comes_back_byte_for_byte_however_the_file_is_read(content: bytes, chunk: int):
    part = b"Content-Type: text/plain\r\n\r\n" + content
    lines = [line.rstrip(b" \t\r") for line in content.split(b"\n")]
    if any(line in (b"----=_b 1", b"----=_b 1--") for line in lines):  # no writer would choose this boundary
        return
    before = windows.CHUNK
    windows.CHUNK = chunk
    try:
        found = split(an_entity(a_multipart(part, SIGNATURE))).parts
    finally:
        windows.CHUNK = before

    assert [one.read() for one in found] == [part, SIGNATURE]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (a_multipart(PART), "has 1 parts and must have two"),
        (a_multipart(PART, SIGNATURE, PART), "has 3 parts and must have two"),
        (a_multipart(), "has 0 parts and must have two"),
        (a_multipart(PART, SIGNATURE, after=b"\r\nmore"), "follows the closing boundary"),
        (a_multipart(PART, SIGNATURE, after=b"\r\n" + b" " * 2000), "follows the closing boundary"),
        (a_multipart(PART, SIGNATURE)[:-2], "not closed"),
        (a_multipart(PART, PART), "is no application/pkcs7-signature"),
        (b"", "not closed"),
        (a_multipart(*([PART] * 101)), "more than 100 parts"),
        (a_multipart(b"no field here\r\n\r\nx", SIGNATURE), "is no field"),
        (a_multipart(b"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\nx", SIGNATURE), "`content-type` twice"),
        (a_multipart(b"X: y\r\n" * 101 + b"\r\nx", SIGNATURE), "more than 100 header fields"),
        (a_multipart(b"X: " + b"y" * 70_000 + b"\r\n\r\nx", SIGNATURE), "does not end within 65536 bytes"),
    ],
)
def test_anything_else_is_no_signed_message(body: bytes, why: str):
    with pytest.raises(Unacceptable, match=why) as refused:
        split_signed(an_entity(body))
    assert refused.value.code == "as2.malformed"


def test_a_multipart_without_a_boundary_is_refused():
    with pytest.raises(Unacceptable, match="no boundary"):
        split(an_entity(b"x", "multipart/signed"))


def test_a_part_without_a_header_is_all_body():
    part = read_entity(held(b"\r\nUNB+"))

    assert part.header.fields == {}
    assert part.body.read() == b"UNB+"


def test_folded_fields_and_odd_spaces_are_read():
    head = b'CONTENT-TYPE : Application/EDIFACT;\r\n\tname="a b.edi"\nContent-Disposition:attachment\n\n'
    part = read_entity(held(head + b"x"))

    assert part.header.media_type == "application/edifact"
    assert part.header.parameter("name") == "a b.edi"
    assert part.body.read() == b"x"


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("base64", b"VU5CK1VO\r\nT0E6Mg==\r\n", b"UNB+UNOA:2"),
        ("BASE64", b"VU5CK1VOT0E6Mg==", b"UNB+UNOA:2"),
        ("quoted-printable", b"UNB=2BUNOA=\r\n:2", b"UNB+UNOA:2"),
        ("binary", b"\0\r\n", b"\0\r\n"),
        ("7bit", b"UNB\n", b"UNB\n"),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, body: bytes, content: bytes):
    with Spools() as spools:
        entity = an_entity(body, "application/edifact", content_transfer_encoding=encoding)
        assert decoded(entity, spools).read() == content


@pytest.mark.parametrize(("encoding", "body"), [("base64", b"VU5C*"), ("base64", b"VU5CK"), ("uuencode", b"x")])
def test_a_transfer_encoding_that_is_not_what_it_says_is_refused(encoding: str, body: bytes):
    with Spools() as spools, pytest.raises(Unacceptable):
        decoded(an_entity(body, "application/edifact", content_transfer_encoding=encoding), spools)


def test_large_base64_is_decoded_in_pieces():
    content = bytes(range(256)) * 1500

    with Spools() as spools:
        entity = an_entity(encodebytes(content), "application/edifact", content_transfer_encoding="base64")
        assert decoded(entity, spools).read() == content


def test_a_parameter_in_a_charset_nobody_knows_is_taken_as_it_stands() -> None:
    header = Header({"content-type": "application/edifact; name*=no-such-charset''a%20b.edi"})
    assert header.parameter("name") == "a b.edi"


PARAMETER_PIECES = [
    "a/b",
    ";",
    "; ",
    "name",
    "NAME",
    "=",
    '"',
    "a b",
    "\\",
    "*",
    "*0",
    "%41",
    "utf-8''",
    "\t",
    ",",
    "(c)",
]


@given(st.lists(st.sampled_from(PARAMETER_PIECES), max_size=14).map("".join), st.booleans())
def test_the_short_way_to_a_parameter_reads_what_the_email_package_reads(tail: str, begins: bool):
    text = ("a/b; name=" if begins else "") + tail
    message = Message()
    message["content-type"] = " ".join(text.split())
    value = message.get_param("name", None)
    expected = collapse_rfc2231_value(value) if isinstance(value, tuple) else value

    assert Header({"content-type": text}).parameter("name") == expected
