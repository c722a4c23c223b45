"""The table of UBL's element order: facts of the published schemas, rebuilt from them where they are at hand.

`mvn dependency:get -Dartifact=com.helger.ubl:ph-ubl21:9.0.2` puts them there.
"""

import json
import os
import zlib
from pathlib import Path
from typing import Any

import pytest

from translators.mapping.catalogue import entries
from translators.xmldoc import build_ubl
from translators.xmldoc.order import ubl

TABLE = Path(build_ubl.__file__).with_name("ubl21.json.z")
JARS = Path(os.environ.get("MAVEN_REPOSITORY", Path.home() / ".m2" / "repository")) / "com/helger/ubl/ph-ubl21"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CAC, CBC = f"{{{UBL}CommonAggregateComponents-2}}", f"{{{UBL}CommonBasicComponents-2}}"


def kept() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(zlib.decompress(TABLE.read_bytes()))
    return table


def test_the_table_is_the_one_derived_from_the_published_schemas() -> None:
    assert kept()["source"] == "9baa26ff00ea43b7c23f395e4e7557e202a8a047e9367548ff0deebd71466da1"
    assert len(kept()["documents"]) == 65


def test_the_table_is_rebuilt_to_the_byte() -> None:
    jars = sorted(JARS.glob("*/ph-ubl21-*.jar"))
    if not jars:
        pytest.skip("the published schemas of UBL 2.1 are not at hand")
    assert build_ubl.table_of(build_ubl.schemas_in(jars[-1])) == kept()


def test_every_ubl_document_that_is_mapped_is_in_it() -> None:
    mapped = {entry.message for entry in entries() if UBL in (entry.root or "")}
    assert mapped <= set(kept()["documents"])


@pytest.mark.parametrize(
    ("parent", "child", "most"),
    [
        (f"{{{UBL}Order-2}}Order", f"{CAC}DeliveryTerms", 0),
        (f"{{{UBL}Order-2}}Order", f"{CBC}Note", 0),
        (f"{{{UBL}Order-2}}Order", f"{CBC}SalesOrderID", 1),
        (f"{{{UBL}OrderResponse-2}}OrderResponse", f"{CAC}OrderReference", 0),
        (f"{{{UBL}OrderResponse-2}}OrderResponse", f"{CAC}OrderChangeDocumentReference", None),
        (f"{{{UBL}Invoice-2}}Invoice", f"{CAC}TaxTotal", 0),
        (f"{CAC}Item", f"{CBC}Name", 1),
        (f"{CAC}Item", f"{CBC}Description", 0),
    ],
)
def test_how_many_there_may_be(parent: str, child: str, most: int | None) -> None:
    assert ubl().most(parent, child) == most


def test_a_folder_without_the_schemas_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no common/UBL-CommonAggregateComponents"):
        build_ubl.schemas_in(tmp_path)
