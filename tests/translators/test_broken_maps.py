"""One broken map per mistake in tests/broken/translators, with the exact sentence its first line expects."""

from pathlib import Path

import pytest

from translators.edifact.translating import edifact_map
from translators.fileproblems import FileProblems
from translators.vda.translating import vda_map
from translators.x12.translating import x12_map
from translators.xmldoc.translating import xml_map

COMPILERS = {"edifact": edifact_map, "x12": x12_map, "vda": vda_map, "xml": xml_map}
BROKEN = sorted((Path(__file__).parents[1] / "broken" / "translators").glob("map-*.yaml"))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_map_is_told_with_line_and_column(path: Path) -> None:
    lines = path.read_text().splitlines()
    expected = [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]
    format_named = next((line.removeprefix("format: ") for line in lines if line.startswith("format: ")), "edifact")
    with pytest.raises(FileProblems) as refused:
        COMPILERS.get(format_named, edifact_map)(path)
    assert [f"{each.line}:{each.column}: {each.text}" for each in refused.value.problems] == expected


def test_there_are_broken_maps_to_try() -> None:
    assert len(BROKEN) >= 15
