"""The schemas and pages that are published are what the types say now, and a published schema never shrinks."""

import importlib.util
import json
from copy import deepcopy
from pathlib import Path
from types import ModuleType

import pytest

from translators.canonical.documents import KINDS
from translators.canonical.meanings import meanings, sentences, usual_meanings
from translators.canonical.publishing import SCHEMAS, files, schema_of, shrinks, structs_in
from translators.canonical.purchase_order import PurchaseOrder
from translators.canonical.receipt import Receipt
from translators.canonical.schema import json_schema, published

PAGES = Path(__file__).parents[3] / "docs/reference/canonical"


def generating() -> ModuleType:
    spec = importlib.util.spec_from_file_location("canonical_pages", PAGES / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("path", "content"), files().items(), ids=lambda each: getattr(each, "name", ""))
def test_a_published_schema_is_what_the_types_say(path: Path, content: bytes) -> None:
    assert path.read_bytes() == content, "run `python -m translators.canonical.publishing`"


def test_every_kind_is_published_and_an_older_major_stays() -> None:
    assert {f"{tag.replace('/', '.')}.json" for tag in KINDS} <= {path.name for path in SCHEMAS.iterdir()}
    for path in SCHEMAS.iterdir():
        document_type, version, _ = path.name.split(".")
        assert json.loads(published(document_type, version))["$id"].endswith(f":{document_type}/{version}")


def test_a_schema_of_a_type_or_version_there_never_was_is_not_found() -> None:
    with pytest.raises(KeyError, match="invoice/7"):
        json_schema("invoice", "7")
    with pytest.raises(KeyError, match="letter/"):
        json_schema("letter")


def test_a_published_schema_may_grow_but_not_shrink() -> None:
    before = schema_of(Receipt)
    now = deepcopy(before)
    now["properties"]["weather"] = {"type": "string"}
    now["properties"]["number"]["description"] = "said better"
    now["$defs"]["Ref"]["properties"]["kind"]["enum"].append("letter")
    assert shrinks(before, now) == []


def test_each_way_of_shrinking_is_told() -> None:
    before = schema_of(Receipt)
    now = deepcopy(before)
    del now["properties"]["reason"]
    now["required"].append("carrier")
    now["$defs"]["Ref"]["properties"]["kind"]["enum"].remove("order")
    now["$defs"]["Quantity"]["properties"]["unit"]["minLength"] = 2
    now["$defs"]["ReceiptLine"]["properties"]["number"]["type"] = "integer"
    assert shrinks(before, now) == [
        ".reason is gone",
        ".carrier is required",
        *sorted(["Ref.kind takes less", "Quantity.unit takes less", "ReceiptLine.number takes less"],
                key=lambda path: list(before["$defs"]).index(path.partition(".")[0])),
    ]  # fmt: skip


def test_local_times_and_instants_are_told_in_words_schemas_know() -> None:
    whole = b"".join(path.read_bytes() for path in SCHEMAS.iterdir())
    assert b"partial-time" not in whole
    assert json_schema("inventory_movement")["properties"]["occurred_at"]["pattern"] == "(Z|\\+00:00)$"


def test_the_meaning_of_a_field_is_in_its_schema() -> None:
    assert json_schema("receipt")["properties"]["reverses"]["description"] == meanings(Receipt)["reverses"]


@pytest.mark.parametrize("tag", KINDS)
def test_every_field_says_what_it_means(tag: str) -> None:
    silent = [
        f"{each.__name__}.{field}"
        for each in structs_in(KINDS[tag].struct)
        for field in each.__struct_fields__
        if not meanings(each).get(field)
    ]
    assert silent == []


def test_every_usual_meaning_is_of_a_field_there_is() -> None:
    structs = [each for kind in KINDS.values() for each in structs_in(kind.struct)]
    fields = {
        name for each in structs for field in each.__struct_fields__ for name in (field, f"{each.__name__}.{field}")
    }
    assert usual_meanings().keys() <= fields


def test_the_sentences_of_a_module_are_found_in_whatever_way_they_are_written() -> None:
    module = __import__("translators.canonical.receipt", fromlist=["Receipt"])
    assert "`accepted` and `rejected` sum to …, `received` says …" in sentences(module)
    assert "`received` differs from `despatched` by …, short and over say …" in sentences(module)
    assert "`short` and `over` are both given; a line is one or the other" in sentences(module)


def test_a_struct_is_looked_at_once_with_all_it_is_made_of() -> None:
    found = [each.__name__ for each in structs_in(PurchaseOrder)]
    assert found[0] == "PurchaseOrder"
    assert len(found) == len(set(found))
    assert {"Party", "OrderLine", "Quantity", "Schedule", "Tax"} <= set(found)


def test_the_pages_are_what_the_code_says() -> None:
    pages = generating().pages()
    stale = [path.name for path, text in pages.items() if not path.is_file() or path.read_text("utf-8") != text]
    assert stale == [], "run `python docs/reference/canonical/generate.py`"
    assert {path.name for path in PAGES.glob("*.md")} == {path.name for path in pages}


@pytest.mark.parametrize("tag", KINDS)
def test_a_page_names_every_field_and_every_refusal_of_its_object(tag: str) -> None:
    page = (PAGES / f"{tag.partition('/')[0]}.md").read_text("utf-8")
    kind = KINDS[tag]
    assert all(f"| `{field}` |" in page for field in kind.struct.__struct_fields__)
    module = __import__(kind.struct.__module__, fromlist=["x"])
    assert all(f"- {sentence}" in page for sentence in sentences(module))
