"""The canonical forms, each recognised by the digest of whoever signed it."""

import hashlib

import pytest

from gateway.channels.as2 import windows
from gateway.channels.as2.canonical import FORMS, NO_EPILOGUE, digest, forms_of
from gateway.channels.as2.mime import read_entity
from gateway.channels.as2.windows import held

HEAD = b"Content-Type: application/edifact\nContent-Transfer-Encoding: 8bit\n\n"
BODY = b"UNB+UNOA:2+A+B'\nUNZ+0+1'\r\nx\r"
WANTED = {
    "as received": HEAD + BODY,
    "all CRLF": (HEAD + b"UNB+UNOA:2+A+B'\nUNZ+0+1'\nx\r").replace(b"\n", b"\r\n"),
    "header CRLF": HEAD.replace(b"\n", b"\r\n") + BODY,
    "header CRLF, body LF": HEAD.replace(b"\n", b"\r\n") + b"UNB+UNOA:2+A+B'\nUNZ+0+1'\nx\r",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_a_form_is_what_its_name_says(form: str, chunk: int, algorithm: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(windows, "CHUNK", chunk)

    assert digest(read_entity(held(HEAD + BODY)), form, [algorithm]) == {
        algorithm: hashlib.new(algorithm, WANTED[form]).digest()
    }


@pytest.mark.parametrize(
    ("head", "body", "forms"),
    [
        (b"Content-Type: application/edifact\r\n", b"UNB", 4),
        (b"Content-Type: application/edi-x12\r\nContent-Transfer-Encoding: 7bit\r\n", b"ISA", 4),
        (b"Content-Type: application/xml\r\nContent-Transfer-Encoding: binary\r\n", b"<a/>", 2),
        (b"Content-Type: application/edifact\r\n", b"UN\0B", 2),
        (b"Content-Type: application/pdf\r\n", b"%PDF", 2),
        (b"Content-Type: multipart/report; boundary=x\r\n", b"--x--\r\n", 5),
        (b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n", b"AAAA", 2),
    ],
)
def test_line_ends_of_a_body_are_touched_only_where_it_is_text(head: bytes, body: bytes, forms: int):
    assert len(forms_of(read_entity(held(head + b"\r\n" + body)))) == forms


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b""])
def test_a_multipart_may_be_signed_up_to_its_closing_boundary(ending: bytes):
    content = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--"
    found = digest(read_entity(held(content + ending)), NO_EPILOGUE, ["sha256"])
    assert found == {"sha256": hashlib.sha256(content).digest()}
