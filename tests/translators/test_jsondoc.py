"""Canonical JSON: what is taken, and the exact sentence and place of what is not."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.canonical.documents import decode, encode
from translators.canonical.schema import json_schema
from translators.examples import example
from translators.findings import Finding, Unreadable
from translators.identify import identify
from translators.reading import Limits, Reading, read

ORDER = example("order.json")
CONFIRMATION = example("production-confirmation.json")


def read_json(content: bytes, limits: Limits | None = None) -> Reading:
    return read(content, identify(content[:4096], "application/json"), limits or Limits())


def refusals(content: bytes) -> list[tuple[str, str, int | None, int | None, str | None]]:
    with pytest.raises(Unreadable) as refused:
        read_json(content)
    return [_plain(finding) for finding in refused.value.findings]


def _plain(finding: Finding) -> tuple[str, str, int | None, int | None, str | None]:
    return finding.code, finding.text, finding.place.line, finding.place.column, finding.place.path


def changed(old: str, new: str | bytes, content: bytes = ORDER) -> bytes:
    replaced = content.replace(old.encode(), new if isinstance(new, bytes) else new.encode(), 1)
    assert replaced != content
    return replaced


def test_an_order_becomes_one_document_with_its_key_and_its_destination() -> None:
    (document,) = read_json(ORDER).documents
    assert (document.type, document.version, document.number) == ("purchase_order", "1", "PO-4711")
    assert document.business_key == "4012345000009|PO-4711|0"
    assert (document.lines, document.ship_to, document.site, document.test) == (3, "4012345000016", None, False)


def test_a_production_confirmation_names_its_site() -> None:
    (document,) = read_json(CONFIRMATION).documents
    assert document.business_key == "salzungen|WH/MO/00042|10|7"
    assert document.site == "salzungen"


@pytest.mark.parametrize("content", [ORDER, CONFIRMATION])
def test_the_body_is_a_fixed_point(content: bytes) -> None:
    (document,) = read_json(content).documents
    assert read_json(document.body).documents[0].body == document.body
    assert decode(document.body) == document.object
    assert encode(document.object) == document.body


def test_trailing_zeros_and_explicit_nulls_do_not_change_the_body() -> None:
    plain = read_json(ORDER).documents[0].body
    assert read_json(changed('"118.5"', '"118.500"')).documents[0].body == plain
    assert (
        read_json(changed('"currency": "EUR",', '"currency": "EUR", "ext": null, "allowances": [],')).documents[0].body
        == plain
    )


def test_a_key_part_with_a_bar_cannot_imitate_another_key() -> None:
    (document,) = read_json(changed("PO-4711", "PO|4711%")).documents
    assert document.business_key == "4012345000009|PO%7C4711%25|0"


def test_a_byte_order_mark_is_skipped_and_told() -> None:
    reading = read_json(b"\xef\xbb\xbf" + ORDER)
    assert [finding.code for finding in reading.findings] == ["json.bom"]


NOT_EXACT = 'a decimal is written as text, as in "12.5"; JSON numbers are not exact'
CASES = [
    (changed('"118.5"', "118.5"), ("document.value", NOT_EXACT, 50, 32, "/lines/0/unit_price/amount")),
    (
        changed('"118.5"', "1" + "0" * 5000),
        ("document.value", NOT_EXACT, 50, 32, "/lines/0/unit_price/amount"),
    ),
    (
        changed('"118.5"', '"1e5"'),
        (
            "document.value",
            '`1e5` is not a decimal; write digits and at most one point, as in "12.5"',
            50,
            32,
            "/lines/0/unit_price/amount",
        ),
    ),
    (
        changed('"118.5"', '"1.1234567"'),
        ("document.value", "`1.1234567` has more than 6 decimals", 50, 32, "/lines/0/unit_price/amount"),
    ),
    (
        changed('"118.5"', '"1234567890123456789"'),
        (
            "document.value",
            "`1234567890123456789` has more than 18 digits before the decimal point",
            50,
            32,
            "/lines/0/unit_price/amount",
        ),
    ),
    (
        changed('"118.5"', '"0118.5"'),
        ("document.value", "`0118.5` has leading zeros", 50, 32, "/lines/0/unit_price/amount"),
    ),
    (
        changed('"C62"', '"PCE"'),
        (
            "document.value",
            "unknown unit `PCE`; use UN/ECE Recommendation 20, as in C62 or KGM",
            49,
            43,
            "/lines/0/quantity/unit",
        ),
    ),
    (
        changed('"4012345000009"', '"4012345000008"'),
        (
            "document.value",
            "`4012345000008` is not a GLN: its check digit should be 9",
            10,
            34,
            "/buyer/identifiers/0/value",
        ),
    ),
    (
        changed('"4260001230103"', '"42600012301"'),
        (
            "document.value",
            "`42600012301` is not a GTIN: 8, 12, 13 or 14 digits are expected",
            44,
            37,
            "/lines/0/product/0/value",
        ),
    ),
    (
        changed("2026-11-20", "2026-13-20"),
        ("document.value", "`2026-13-20` is not a date; write it as in 2026-11-23", 6, 16, "/issued_on"),
    ),
    (
        changed("09:30:00", "09:30:00Z"),
        ("document.value", "`09:30:00Z` is not a time without zone; write it as in 10:15:00", 7, 18, "/issued_time"),
    ),
    (changed('"PO-4711"', '"\\ud800"'), (
        "json.character", "half of a surrogate pair is not a character", 3, 14, "/number",
    )),
    (changed("PO-4711", b"\xff"), ("json.encoding", "byte 45 is not valid UTF-8", 3, 14, None)),
    (
        changed('"number": "PO-4711"', '"number": "PO-4711", "number": "PO-4712"'),
        ("json.duplicate", "the field `number` occurs twice", 3, 24, "/number"),
    ),
    (
        changed('"number": "PO-4711"', '"number": "PO-4711", "n\\u0075mber": "PO-4712"'),
        ("json.duplicate", "the field `number` occurs twice", 3, 24, "/number"),
    ),
    (changed('"currency": "EUR"', '"currency": NaN'), ("json.syntax", "`NaN` is not JSON", 28, 15, "/currency")),
    (changed('"currency": "EUR"', '"currency": "EUR",'), (
        "json.syntax", "a field name in quotes is expected", 28, 21, "/currency",
    )),
    (ORDER + b"{}", ("json.syntax", "something follows after the document", 84, 1, "")),
    (ORDER.rstrip()[:-1], ("json.truncated", "the text ends before the document does", 83, 1, "/totals")),
    (
        changed('"version": "0",', '"version": "0", "quark": [],'),
        ("document.unknown", "unknown field `quark`", 4, 28, "/quark"),
    ),
    (changed('"issued_on": "2026-11-20",', ""), ("document.missing", "the field `issued_on` is missing", 1, 1, "")),
    (changed('"type": "220"', '"type": "380"'), (
        "document.value", "`380` is not one of 105, 220, 221, 222, 224, 225, 226, 227, 228", 5, 11, "/type",
    )),
    (changed('"currency": "EUR"', '"currency": ["EUR"]'), (
        "document.value", "text is expected, not a list", 28, 15, "/currency",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("content", "finding"), CASES, ids=[case[1][1][:60] for case in CASES])
def test_a_mistake_is_told_with_its_place(content: bytes, finding: tuple[object, ...]) -> None:
    assert refusals(content) == [finding]


def test_all_mistakes_are_told_at_once() -> None:
    content = changed('"118.5"', "118.5", changed("2026-11-20", "yesterday", changed('"KGM"', '"kilo"')))
    assert [refusal[4] for refusal in refusals(content)] == [
        "/issued_on",
        "/lines/0/unit_price/amount",
        "/lines/1/quantity/unit",
    ]


@pytest.mark.parametrize("ending", [b"", b"]" * 50_000 + b"}"])
def test_nesting_of_fifty_thousand_levels_is_refused(ending: bytes) -> None:
    content = b'{"kind":"purchase_order/1","ext":' + b"[" * 50_000 + ending
    ((code, text, line, column, _),) = refusals(content)
    assert (code, text, line, column) == ("json.depth", "nested deeper than 64 levels", 1, 97)


def test_two_lines_may_not_share_a_number() -> None:
    content = ORDER.replace(b'"number": "3",', b'"number": "1",')
    assert [refusal[1] for refusal in refusals(content)] == ["two lines have the number `1`"]


def test_a_document_that_is_too_large_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Unreadable, match="the document has 3577 bytes; at most 1000 are taken"):
        read_json(ORDER, Limits(max_bytes=1000))


def test_a_local_time_zone_is_not_an_instant() -> None:
    content = changed("13:05:12Z", "14:05:12+01:00", CONFIRMATION)
    assert [refusal[1] for refusal in refusals(content)] == ["an instant is written in UTC, as in 2026-11-23T10:15:00Z"]


def test_a_negative_delta_names_what_it_reverses() -> None:
    content = CONFIRMATION.replace(b'"delta": {"good": {"value": "24"', b'"delta": {"good": {"value": "-24"')
    sentence = "a negative delta is a reversal; name the confirmation it reverses in `reverses`"
    assert [refusal[1] for refusal in refusals(content)] == [sentence]
    assert read_json(content.replace(b'"final"', b'"reverses": "6", "final"')).documents[0].number == "7"


@given(st.binary(max_size=200), st.integers(0, len(ORDER)))
def test_no_bytes_make_reading_raise_anything_but_unreadable(noise: bytes, at: int) -> None:
    content = ORDER[:at] + noise + ORDER[at + len(noise) :]
    with contextlib.suppress(Unreadable):
        assert read_json(content).documents


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(
    st.dictionaries(st.sampled_from(["number", "lines", "buyer", "type", "issued_on", "quantity", "x"]), json_values)
)
def test_any_json_in_an_order_ends_in_findings(fields: dict[str, object]) -> None:
    content = json.dumps({"kind": "purchase_order/1", **fields}).encode()
    assert refusals(content)


def test_the_schema_accepts_the_body_and_refuses_numbers() -> None:
    import jsonschema_rs  # noqa: PLC0415 - a heavy import one test needs

    validator = jsonschema_rs.validator_for(json_schema("purchase_order"))
    body = json.loads(read_json(ORDER).documents[0].body)
    assert validator.is_valid(body)
    body["lines"][0]["quantity"]["value"] = 48
    assert not validator.is_valid(body)


def test_an_object_made_in_python_needs_its_fields() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"kind":"purchase_order/1"}', type=type(read_json(ORDER).documents[0].object))
