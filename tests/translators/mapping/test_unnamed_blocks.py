"""A block with neither `to` nor `at` fills the object around it."""

from pathlib import Path

import pytest

from translators.identify import identify
from translators.mapping.acceptance import compiled
from translators.reading import read
from translators.writing import write

ORDER = (Path(__file__).parents[2] / "samples" / "order-ubl21.in.xml").read_bytes()
MAP = """\
extends: order-ubl2
version: "2.1"
parts:
  days:
    - {to: issued_on, from: cbc:IssueDate, as: iso_date, required: true}
changes:
  - {replace: issued_on, rows: [{to: "", use: days}]}
"""


@pytest.mark.parametrize("trace", [False, True])
def test_what_an_unnamed_block_reads_goes_into_the_object_around(tmp_path: Path, trace: bool) -> None:
    (tmp_path / "own.yaml").write_text(MAP)
    own = compiled(tmp_path / "own.yaml")
    label = identify(ORDER[:4096], None)
    (document,) = read(ORDER, label, using=own, trace=trace).documents
    assert document.body == read(ORDER, label).documents[0].body
    assert read(write(document.object, "ubl:Order:2.1", using=own), label).documents[0].body == document.body
