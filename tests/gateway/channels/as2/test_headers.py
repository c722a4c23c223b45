"""The header fields of AS2, as products of every age write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.as2.headers import (
    ReceiptRequest,
    bare_message_id,
    quoted_name,
    read_headers,
    unquoted_name,
)
from gateway.channels.as2.refusing import Unacceptable


def some_fields(**changes: str | None) -> list[tuple[bytes, bytes]]:
    given: dict[str, Any] = {"as2-from": "Nordwind", "as2-to": "WERK", "message-id": "<1@nordwind.example>", **changes}
    said = {name.replace("_", "-"): text for name, text in given.items() if text is not None}
    return [(name.encode(), text.encode("latin-1")) for name, text in said.items()]


def test_names_are_taken_without_their_quotes_and_case_counts():
    read = read_headers(some_fields(**{"as2-from": '"Nord \\"Wind\\" \\\\ AG"', "as2-to": "Werk-1"}))

    assert (read.sender, read.receiver) == ('Nord "Wind" \\ AG', "Werk-1")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=128))
def test_a_name_comes_back_as_it_was_written(name: str):
    written = quoted_name(name)

    assert unquoted_name(written, "AS2-From") == name
    assert written.isascii()
    assert "\n" not in written


@pytest.mark.parametrize("text", ["", '"', '"a', 'a"b"', '"a\\x"', "ä", "x" * 129, '"a"b"', "a\tb"])
def test_a_name_that_is_none_is_refused(text: str):
    if text == 'a"b"':  # an atom with quotes inside is what it says
        assert unquoted_name(text, "AS2-From") == text
        return
    with pytest.raises(Unacceptable) as refused:
        unquoted_name(text, "AS2-From")
    assert refused.value.code == "as2.malformed"


@pytest.mark.parametrize("value", ["a\rX: y", "a\nX: y", "a\0b", "a\x7fb", "a\x1bb"])
def test_control_characters_in_a_field_are_refused_wherever_they_stand(value: str):
    with pytest.raises(Unacceptable, match="control characters"):
        read_headers(some_fields(subject=value))


def test_a_field_that_counts_must_not_come_twice():
    with pytest.raises(Unacceptable, match="`as2-to` comes twice"):
        read_headers([*some_fields(), (b"AS2-To", b"OTHER")])


@pytest.mark.parametrize(
    ("text", "version"), [(None, (1, 0)), ("1.0", (1, 0)), ("1.2", (1, 2)), ("1.3", (1, 3)), ("1.17", (1, 17))]
)
def test_every_version_1_is_spoken(text: str | None, version: tuple[int, int]):
    assert read_headers(some_fields(as2_version=text)).version == version


def test_another_major_version_is_refused():
    with pytest.raises(Unacceptable, match=r"AS2-Version is not 1\.0"):
        read_headers(some_fields(as2_version="2.0"))


def test_features_are_a_list_whose_unknown_words_do_no_harm():
    read = read_headers(some_fields(ediint_features="multiple-attachments, CEM,AS2-Reliability , , Nonsense"))

    assert read.features == {"multiple-attachments", "cem", "as2-reliability", "nonsense"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256, sha1",
         ReceiptRequest(signed=True, algorithms=("sha-256", "sha1"))),
        ("signed-receipt-protocol=optional,pkcs7-signature;signed-receipt-micalg=optional,SHA256",
         ReceiptRequest(signed=True, algorithms=("SHA256",))),
        ("signed-receipt-protocol=optional,\r\n pkcs7-signature;\r\n\tsigned-receipt-micalg=required,sha-512",
         ReceiptRequest(signed=True, algorithms=("sha-512",))),
        ("Signed-Receipt-Protocol = required , x-pkcs7-signature ; Signed-Receipt-MICalg = sha-256",
         ReceiptRequest(signed=True, algorithms=("sha-256",))),
        ("signed-receipt-protocol=optional, pkcs7-signature", ReceiptRequest()),
        ("signed-receipt-micalg=optional, sha1", ReceiptRequest()),
        ("signed-receipt-protocol=required, pgp-signature; signed-receipt-micalg=optional, sha1",
         ReceiptRequest(unknown_protocol="pgp-signature")),
        ("signed-receipt-protocol=optional, pgp-signature; signed-receipt-micalg=optional, sha1", ReceiptRequest()),
        ("", ReceiptRequest()),
    ],
)  # fmt: skip
def test_the_receipt_that_is_asked_for(options: str, expected: ReceiptRequest):
    fields = some_fields(disposition_notification_to="anybody", disposition_notification_options=options)

    assert read_headers(fields).receipt == expected


def test_options_alone_ask_for_nothing():
    options = "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha1"

    assert read_headers(some_fields(disposition_notification_options=options)).receipt is None


def test_where_an_asynchronous_receipt_is_to_go_is_kept_as_written():
    fields = some_fields(disposition_notification_to="x", receipt_delivery_option="http://as2.nordwind.example/mdn")

    assert read_headers(fields).receipt == ReceiptRequest(address="http://as2.nordwind.example/mdn")


@pytest.mark.parametrize("text", ["<1@x>", "1@x", "<no-at-sign>"])
def test_a_message_id_may_lack_its_brackets(text: str):
    assert bare_message_id(text) == text.strip("<>")


@pytest.mark.parametrize("text", ["", "<>", "<a b@x>", "<a\t@x>", "<a@x", "a<@x", "<" + "a" * 997 + ">", "<é@x>"])
def test_a_message_id_that_is_none_is_refused(text: str):
    with pytest.raises(Unacceptable) as refused:
        bare_message_id(text)
    assert refused.value.code == "as2.message_id"
