"""What a newer schema takes no more. Held against documents where there are some: what it calls certain does break."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from policies.compatibility import breaking_changes
from policies.jsonschemachanges import json_schema_changes
from policies.jsonschemas import JsonSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE: dict[str, Any] = {
    "type": "object",
    "required": ["number"],
    "properties": {
        "number": {"type": "string", "maxLength": 35},
        "currency": {"enum": ["EUR", "CHF", "USD"]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    },
    "$defs": {"line": {"type": "object", "properties": {"quantity": {"type": ["number", "string"]}}}},
}


def written(folder: Path, name: str, schema: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text(json.dumps({"$schema": DIALECT, **schema}))
    return path


def changed(folder: Path, **changes: Any) -> list[str]:
    newer = json.loads(json.dumps(BASE))
    for place, value in changes.items():
        target = newer
        *steps, last = place.split("__")
        for step in steps:
            target = target[step]
        if value is None:
            del target[last]
        else:
            target[last] = value
    return [str(one) for one in breaking_changes(written(folder, "a.json", BASE), written(folder, "b.json", newer))]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"required": ["number", "currency"]}, ["/currency: it is required now"]),
        ({"required": []}, []),
        ({"properties__currency__enum": ["EUR"]}, ['/currency: "CHF", "USD" are not taken any more']),
        ({"properties__currency__enum": ["EUR", "CHF", "USD", "GBP"]}, []),
        ({"properties__number__maxLength": 20}, ["/number: at most 20 characters now instead of 35"]),
        ({"properties__number__maxLength": 70}, []),
        ({"properties__number__minLength": 3}, ["/number: at least 3 characters now"]),
        ({"properties__number__pattern": "^A"}, ['/number: `pattern` is new: "^A" (may break)']),
        ({"$defs__line__properties__quantity__type": "number"},
         ["/lines/*/quantity: `string` is not taken any more, only number"]),
        ({"$defs__line__required": ["quantity"]}, ["/lines/*/quantity: it is required now"]),
        ({"properties__lines__minItems": 1}, ["/lines: at least 1 entries now"]),
        ({"additionalProperties": False}, ["/: fields that the schema does not name are not taken any more"]),
        ({"properties__currency": None, "additionalProperties": False},
         ["/: fields that the schema does not name are not taken any more",
          "/currency: there is no such field any more"]),
        ({"properties__note": {"type": "string"}}, ["/note: anything else is not taken any more, only string"]),
        ({"properties__number": False}, ["/number: it is not taken any more"]),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
         ["/: it must match one of several alternatives now (`anyOf`)"]),
    ],
)  # fmt: skip
def test_each_change_of_a_json_schema(tmp_path: Path, changes: dict[str, Any], told: list[str]) -> None:
    assert changed(tmp_path, **changes) == told


values = some.sampled_from(["EUR", "CHF", "", "A" * 40, 1, 1.5, None, True, [], {}])
documents = some.dictionaries(
    some.sampled_from(["number", "currency", "lines", "other"]),
    values | some.lists(some.dictionaries(some.just("quantity"), values, max_size=1), max_size=2),
)
small = some.fixed_dictionaries(
    {},
    optional={
        "type": some.sampled_from(["string", "number", ["string", "null"]]),
        "enum": some.lists(values.filter(lambda one: not isinstance(one, list | dict)), min_size=1, max_size=3),
        "maxLength": some.integers(0, 40),
        "minLength": some.integers(0, 3),
    },
)
schemas = some.fixed_dictionaries(
    {"type": some.just("object")},
    optional={
        "required": some.lists(some.sampled_from(["number", "currency"]), unique=True),
        "additionalProperties": some.booleans(),
        "properties": some.dictionaries(some.sampled_from(["number", "currency"]), small, max_size=2),
    },
)


@settings(max_examples=400, deadline=None)
@given(schemas, schemas, some.lists(documents, max_size=12))
def test_what_is_called_compatible_takes_whatever_the_older_took(
    tmp_path_factory: pytest.TempPathFactory, older: Any, newer: Any, sent: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("schemas")
    before, after = written(folder, "a.json", older), written(folder, "b.json", newer)
    if json_schema_changes(before, after):
        return
    takes_before, takes_after = JsonSchema(before), JsonSchema(after)
    for document in sent:
        content = json.dumps(document).encode()
        if not takes_before.findings(content):
            assert not takes_after.findings(content), document


XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<!-- an order -->
<xs:element name="Order" type="OrderType"/>
<xs:complexType name="OrderType"><xs:sequence>
  <xs:element name="ID" type="xs:string"/>
  <xs:element name="Note" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
</xs:sequence><xs:attribute name="lang" type="xs:string"/></xs:complexType>
<xs:simpleType name="Unit"><xs:restriction base="xs:string">
  <xs:enumeration value="C62"/><xs:enumeration value="KGM"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Text"><xs:restriction base="xs:string"><xs:maxLength value="35"/></xs:restriction></xs:simpleType>
</xs:schema>"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "", []),
        ('name="Note" type="xs:string" minOccurs="0"', 'name="Note" type="xs:string"',
         ["type OrderType/Note: it is required now"]),
        ('maxOccurs="unbounded"', 'maxOccurs="3"', ["type OrderType/Note: at most 3 now"]),
        ('<xs:element name="Note" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>', "",
         ["type OrderType/Note: it is not taken any more"]),
        ('name="lang" type="xs:string"', 'name="lang" type="xs:string" use="required"',
         ["type OrderType/@lang: it is required now"]),
        ('<xs:enumeration value="KGM"/>', "", ["type Unit: `KGM` not taken any more"]),
        ('<xs:enumeration value="KGM"/>', '<xs:enumeration value="KGM"/><xs:enumeration value="LTR"/>', []),
        ('maxLength value="35"', 'maxLength value="20"', ["type Text: `maxLength` is 20 now instead of 35"]),
        ('maxLength value="35"', 'maxLength value="70"', []),
        ('name="ID" type="xs:string"', 'name="ID" type="xs:token"',
         ["type OrderType/ID: its type is `token` instead of `string` (may break)"]),
        ('<xs:element name="Order" type="OrderType"/>', "", ["element Order: there is no such element any more"]),
        ('<xs:element name="ID" type="xs:string"/>',
         '<xs:element name="ID" type="xs:string"/><xs:element name="Date"/>',
         ["type OrderType/Date: it is required now"]),
    ],
)  # fmt: skip
def test_each_change_of_an_xsd(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    older, newer = tmp_path / "a.xsd", tmp_path / "b.xsd"
    older.write_text(XSD)
    assert old in XSD
    newer.write_text(XSD.replace(old, new, 1))
    assert [str(one) for one in breaking_changes(older, newer)] == told


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{at: SG25/PIA, most: 3}", []),
        ("{at: SG25/PIA, required: true, most: 3}", ["SG25/PIA: it is required now"]),
        ("{at: SG25/PIA, most: 1}", ["SG25/PIA: at most 1 now instead of 3"]),
        ('{at: SG25/PIA, most: 3}\n- {at: BGM/1004, longest: 17}', ["BGM/1004: at most 17 characters now"]),
        ('{at: SG25/PIA, most: 3}\n- {at: BGM/1225, codes: ["9"]}',
         ["BGM/1225: anything else than certain codes is not taken any more"]),
        ("{at: SG25/PIA, most: 3}\n- {at: BGM/1004, required: true, severity: warning}", []),
    ],
)  # fmt: skip
def test_each_change_of_a_guideline(tmp_path: Path, rule: str, told: list[str]) -> None:
    head = "name: Acme\nmessage: ORDERS\nrelease: D.96A\nrules:\n- "
    older, newer = tmp_path / "a.yaml", tmp_path / "b.yaml"
    older.write_text(f"{head}{{at: SG25/PIA, most: 3}}\n")
    newer.write_text(f"{head}{rule}\n")
    assert [str(one) for one in breaking_changes(older, newer)] == told


def test_files_of_two_kinds_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"`a.json` and `b.xsd` are not of one kind"):
        breaking_changes(tmp_path / "a.json", tmp_path / "b.xsd")
