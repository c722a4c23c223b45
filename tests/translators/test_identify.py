"""The first bytes tell what a submission is."""

import base64

import pytest

from translators.examples import example
from translators.findings import Unreadable
from translators.formats import Label
from translators.identify import identify


@pytest.mark.parametrize(
    ("name", "media_type", "label"),
    [
        ("order.json", "application/json", Label("json", "purchase_order", "1", "purchase_order")),
        ("order.json", None, Label("json", "purchase_order", "1", "purchase_order")),
        (
            "production-confirmation.json",
            "application/json; charset=utf-8",
            Label("json", "production_confirmation", "1", "production_confirmation"),
        ),
    ],
)
def test_a_document_is_known_by_its_first_bytes(name: str, media_type: str | None, label: Label) -> None:
    assert identify(example(name)[:4096], media_type) == label


@pytest.mark.parametrize(
    "says_nothing",
    ["", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded", "application/edi-consent",
     "application/vnd.example.order+json", "binary/octet-stream"],
)  # fmt: skip
def test_a_label_that_says_nothing_contradicts_nothing(says_nothing: str) -> None:
    """curl adds one of a form to whatever it posts, and AS2 has names for what both sides know."""
    assert identify(example("order.json")[:4096], says_nothing).document_type == "purchase_order"


@pytest.mark.parametrize("labelled", ["application/EDIFACT", "application/edi-x12", "application/xml", "text/xml"])
def test_the_usual_labels_are_taken_for_their_formats(labelled: str) -> None:
    by_name = {"edifact": "order.edi", "xml": "order.ubl.xml"}
    for format_, name in by_name.items():
        if format_ in labelled.lower():
            assert identify(example(name)[:4096], labelled).format == format_
        else:
            with pytest.raises(Unreadable, match="the media type is"):
                identify(example(name)[:4096], labelled)


@pytest.mark.parametrize(
    ("head", "media_type", "sentence"),
    [
        (b"", None, "the document is empty"),
        (b" \n\t", None, "the document is empty"),
        (b"hello", None, "neither EDIFACT, X12, VDA, XML nor JSON: the first bytes are not known"),
        (b" [1]", None, "a list of JSON: each document is an object, sent by itself"),
        (b'{"a": 1}', None, "the field `kind` is missing near the start; put it first, as in purchase_order/1"),
        (
            b'{"kind": "invoice/9"}',
            None,
            "unknown kind `invoice/9`; did you mean `invoice/1`?",
        ),
        (
            b'{"kind": "purchase_order/1"}',
            "application/xml",
            "the media type is `application/xml`, but the content is JSON",
        ),
        (
            b'{"kind": "purchase_order/1"}',
            "text/html; charset=utf-8",
            "the media type is `text/html`, but the content is JSON",
        ),
        (b'{"kind": "purchase_order/1"}', "image/png", "the media type is `image/png`, but the content is JSON"),
        (b'{"kind": "purchase_order/1"}', "text/csv", "the media type is `text/csv`, but the content is JSON"),
        (b"%PDF-1.7\n", None, "neither EDIFACT, X12, VDA, XML nor JSON: it is a PDF"),
        (b"PK\x03\x04\x14", None, "neither EDIFACT, X12, VDA, XML nor JSON: it is a ZIP archive, as spreadsheets are"),
        (b"\x1f\x8b\x08", None, "neither EDIFACT, X12, VDA, XML nor JSON: it is compressed with gzip"),
        (
            b"<!DOCTYPE html><html><body>503</body></html>",
            "text/html",
            "neither EDIFACT, X12, VDA, XML nor JSON: it is an HTML page, as of a log-in or of an error",
        ),
        (
            b'--x1y\r\nContent-Disposition: form-data; name="file"\r\n\r\nUNB+UNOA',
            "multipart/form-data; boundary=x1y",
            "neither EDIFACT, X12, VDA, XML nor JSON: it is a form (multipart/form-data)",
        ),
        (
            base64.b64encode(b'{"kind": "purchase_order/1", "number": "PO-4711", "issued_on": "2026-11-30"}'),
            "application/json",
            "neither EDIFACT, X12, VDA, XML nor JSON: it is base64",
        ),
        (
            b"ISA*00*          *00*          *ZZ*4012345000009  *ZZ*081234567      "
            b"*261127*0915*U*00401*000000007*0*P*>~TA1*000000850*261126*1000*A*000~IEA*0*000000007~",
            None,
            "the interchange acknowledges another (TA1) and holds no transaction set: there is nothing to translate",
        ),
    ],
)
def test_an_unknown_document_is_refused_with_a_sentence(head: bytes, media_type: str | None, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        identify(head, media_type)
    assert refused.value.findings[0].text == sentence
