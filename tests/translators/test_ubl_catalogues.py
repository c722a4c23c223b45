"""Catalogues as Peppol has them: replaced or taken back as a whole, and quantities counted as they are ordered."""

import re
from pathlib import Path

import pytest

from translators.canonical.price_catalogue import PriceCatalogue
from translators.findings import Finding
from translators.identify import identify
from translators.reading import read

SAMPLES = Path(__file__).parents[1] / "samples"
CATALOGUE = (SAMPLES / "catalogue-ubl21.in.xml").read_text()
LINE_ACTION = re.compile(r"(<cac:CatalogueLine>\s*<cbc:ID>[^<]*</cbc:ID>\s*)<cbc:ActionCode>[^<]*</cbc:ActionCode>")
TAXED = sorted(path for path in SAMPLES.glob("*ubl2*.in.xml") if b"<cac:PartyTaxScheme>" in path.read_bytes())


def told(text: str) -> tuple[PriceCatalogue, tuple[Finding, ...]]:
    content = text.encode()
    reading = read(content, identify(content[:4096], None))
    found = reading.documents[0].object
    assert isinstance(found, PriceCatalogue)
    return found, reading.findings


def acting(code: str) -> str:
    text = re.sub(r"<cbc:ActionCode>[^<]*<", f"<cbc:ActionCode>{code}<", CATALOGUE, count=1)
    assert CATALOGUE.index("<cbc:ActionCode>") < CATALOGUE.index("<cac:CatalogueLine>")
    return text


@pytest.mark.parametrize(
    ("code", "extent"), [("Add", "whole"), ("Replace", "whole"), ("Update", "changes"), ("Delete", "changes")]
)
def test_a_catalogue_says_how_much_of_it_is_there(code: str, extent: str) -> None:
    assert told(acting(code))[0].extent == extent


def test_a_catalogue_that_is_taken_back_takes_back_its_lines() -> None:
    silent = LINE_ACTION.sub(r"\1", acting("Delete"))
    assert silent != acting("Delete")
    assert "delete" in {line.action for line in told(silent)[0].lines}
    assert "delete" not in {line.action for line in told(LINE_ACTION.sub(r"\1", acting("Add")))[0].lines}


def test_the_least_to_be_ordered_is_counted_as_it_is_ordered_where_no_unit_is_given() -> None:
    text = re.sub(r'<cbc:MinimumOrderQuantity unitCode="[^"]*">', "<cbc:MinimumOrderQuantity>", CATALOGUE, count=1)
    assert text != CATALOGUE
    line = next(line for line in told(text)[0].lines if line.minimum_order is not None)
    assert line.minimum_order is not None
    assert line.minimum_order.unit == line.order_unit


def test_what_one_unit_holds_is_left_out_without_its_unit() -> None:
    text = re.sub(r'<cbc:ContentUnitQuantity unitCode="[^"]*">', "<cbc:ContentUnitQuantity>", CATALOGUE, count=1)
    assert text != CATALOGUE
    catalogue, findings = told(text)
    assert catalogue.lines[0].contents is None
    assert "@unitCode is missing, so `contents` is left out: what one unit holds is counted in something" in [
        finding.text for finding in findings
    ]


@pytest.mark.parametrize("path", TAXED, ids=lambda path: path.name)
def test_a_party_may_be_under_a_tax_without_a_number(path: Path) -> None:
    content = re.sub(rb"(<cac:PartyTaxScheme>\s*)<cbc:CompanyID>[^<]*</cbc:CompanyID>", rb"\1", path.read_bytes())
    assert content != path.read_bytes()
    document = read(content, identify(content[:4096], None)).documents[0]
    assert b'"vat"' not in document.body
