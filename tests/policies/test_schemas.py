"""Schemas on the bytes as received: what matches, what does not, and where."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import translators
from policies.facts import DocumentFacts, RequestFacts
from policies.jsonschemas import MOST_FINDINGS, JsonSchema
from policies.loading import load
from policies.schemas import SchemaRule
from translators.findings import Finding, Place

PARTNER = RequestFacts(
    sender_kind="partner",
    sender="nordlicht",
    client="nordlicht-edi",
    plan="standard",
    at=datetime(2026, 11, 23, tzinfo=UTC),
)
ORDER = DocumentFacts(
    request=PARTNER,
    format="json",
    name="purchase_order",
    version="1",
    document_type="purchase_order",
    size=1_000,
)


def order(**changes: Any) -> bytes:
    party = {"identifiers": [{"scheme": "gln", "value": "4012345000009"}]}
    line = {
        "number": "1",
        "product": [{"scheme": "gtin", "value": "4260001230103"}],
        "quantity": {"value": "48", "unit": "C62"},
    }
    whole = {
        "kind": "purchase_order/1",
        "number": "PO-1",
        "version": "0",
        "type": "220",
        "issued_on": "2026-11-20",
        "buyer": party,
        "seller": party,
        "currency": "EUR",
        "lines": [line],
    }
    return json.dumps(whole | changes).encode()


@pytest.fixture
def rule(rules: Path) -> SchemaRule:
    found = load(rules).schema_for(ORDER)
    assert found is not None
    return found


def test_an_order_as_we_want_it_matches(rule: SchemaRule) -> None:
    assert rule.check(order()) == ()
    assert rule.mode == "enforce"


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        (
            {"type": "999"},
            Finding(
                "json.schema.enum",
                'it must be one of "105", "220", "221", "224", "226"',
                Place(path="/type"),
            ),
        ),
        (
            {"number": "x" * 36},
            Finding("json.schema.max_length", f'"{"x" * 36}" is longer than 35 characters', Place(path="/number")),
        ),
        (
            {"issued_on": "2026-02-30"},
            Finding("json.schema.format", '"2026-02-30" is not a "date"', Place(path="/issued_on")),
        ),
        ({"lines": []}, Finding("json.schema.min_items", "[] has less than 1 item", Place(path="/lines"))),
        ({"currency": None}, Finding("json.schema.type", 'null is not of type "string"', Place(path="/currency"))),
    ],
    ids=["enum", "length", "format", "items", "type"],
)
def test_what_does_not_match_is_told_with_its_place(
    rule: SchemaRule, changes: dict[str, Any], finding: Finding
) -> None:
    assert rule.check(order(**changes)) == (finding,)


@pytest.mark.parametrize("value", ["0", "0.0", "-1", "01", "1e3", "1.0000001", "", 5])
def test_a_quantity_is_a_positive_exact_figure(rule: SchemaRule, value: Any) -> None:
    document = json.loads(order())
    document["lines"][0]["quantity"]["value"] = value
    (finding,) = rule.check(json.dumps(document).encode())
    assert finding.place.path == "/lines/0/quantity/value"


@pytest.mark.parametrize("value", ["1", "0.5", "0.000001", "999999999999999999.999999", "12.50"])
def test_every_positive_figure_is_a_quantity(rule: SchemaRule, value: str) -> None:
    document = json.loads(order())
    document["lines"][0]["quantity"]["value"] = value
    assert rule.check(json.dumps(document).encode()) == ()


def test_all_mistakes_are_told_together(rule: SchemaRule) -> None:
    findings = rule.check(b'{"kind": "purchase_order/1", "lines": [{"number": ""}]}')
    assert len(findings) == 10
    assert {finding.code for finding in findings} == {"json.schema.required", "json.schema.min_length"}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"a": NaN}'])
def test_bytes_that_are_no_json_are_one_finding(rule: SchemaRule, content: bytes) -> None:
    assert rule.check(content) == (Finding("json.unreadable", "the document is not JSON", Place(path="")),)


def test_a_long_value_is_not_repeated_in_a_finding(rule: SchemaRule) -> None:
    secret = "4711 " * 1_000
    (finding,) = rule.check(order(number=secret))[:1]
    assert "4711" not in finding.text
    assert len(finding.text) < 200


def test_findings_end_after_the_first_hundred(rule: SchemaRule) -> None:
    findings = rule.check(order(lines=[{}] * 500))
    assert len(findings) == MOST_FINDINGS + 1
    assert findings[-1].text == "there are more than 100 mistakes; these are the first"


def test_a_refusal_names_the_rule_and_the_revision(rules: Path) -> None:
    policy = load(rules)
    rule = policy.schema_for(ORDER)
    assert rule is not None
    refused = rule.refusal(rule.check(order(type="999")))
    assert (refused.code, refused.rule.name, refused.revision) == ("schema.not_matched", "order-json", policy.revision)
    assert refused.text == "the document does not match schema `order-json` in 1 place"


def test_a_document_no_rule_is_about_has_no_schema(rules: Path) -> None:
    policy = load(rules)
    assert policy.schema_for(replace(ORDER, version="2")) is None
    assert policy.schema_for(replace(ORDER, request=replace(PARTNER, sender_kind="plant"))) is None


def test_a_schema_for_certain_partners_comes_before_the_one_for_all(rules: Path) -> None:
    path = rules / "schemas.yaml"
    path.write_text(
        path.read_text()
        + """
- name: order-json-aurora
  why: tries the next schema before the others do
  mode: observe
  senders: [partner]
  partners: [aurora]
  accepts: {format: json, name: purchase_order, version: "1"}
  schema: schemas/purchase_order.1.json
"""
    )
    policy = load(rules)
    aurora = policy.schema_for(replace(ORDER, request=replace(PARTNER, sender="aurora")))
    other = policy.schema_for(ORDER)
    assert aurora is not None
    assert other is not None
    assert (aurora.ref.name, aurora.mode, other.ref.name) == ("order-json-aurora", "observe", "order-json")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "`s.json` is not JSON: input data was truncated"),
        ("{}", "`s.json` must say `$schema: https://json-schema.org/draft/2020-12/schema`"),
        ('{"type": 1}', "`s.json` must say `$schema: https://json-schema.org/draft/2020-12/schema`"),
    ],
)
def test_a_file_that_is_no_schema_is_told(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        JsonSchema(tmp_path / "s.json")
    assert str(caught.value) == sentence


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/x", "file:///etc/passwd", "other.json"])
def test_a_schema_never_fetches_another(tmp_path: Path, reference: str) -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": reference}
    (tmp_path / "s.json").write_text(json.dumps(schema))
    with pytest.raises(ValueError, match=r"`s\.json` is not a valid schema"):
        JsonSchema(tmp_path / "s.json")


def test_a_regular_expression_that_would_run_away_does_not(tmp_path: Path) -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "pattern": "^(a+)+$"}
    (tmp_path / "s.json").write_text(json.dumps(schema))
    assert JsonSchema(tmp_path / "s.json").findings(json.dumps("a" * 50_000 + "!").encode()) != ()


def test_the_example_order_matches_the_schema_we_ship(rule: SchemaRule) -> None:
    example = Path(translators.__file__).parent / "examples" / "order.json"
    assert rule.check(example.read_bytes()) == ()
