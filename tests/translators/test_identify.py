"""The first bytes tell what a submission is."""

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
    ],
)
def test_an_unknown_document_is_refused_with_a_sentence(head: bytes, media_type: str | None, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        identify(head, media_type)
    assert refused.value.findings[0].text == sentence
