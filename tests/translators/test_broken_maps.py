"""One broken map per mistake in tests/broken/translators, with the exact sentence its first line expects."""

from pathlib import Path

import pytest

from translators.edifact.translating import edifact_map
from translators.fileproblems import FileProblems
from translators.xmldoc.translating import xml_map

BROKEN = sorted((Path(__file__).parents[1] / "broken" / "translators").glob("map-*.yaml"))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_map_is_told_with_line_and_column(path: Path) -> None:
    lines = path.read_text().splitlines()
    expected = [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]
    with pytest.raises(FileProblems) as refused:
        (xml_map if "format: xml" in lines else edifact_map)(path)
    assert [f"{each.line}:{each.column}: {each.text}" for each in refused.value.problems] == expected


def test_there_are_broken_maps_to_try() -> None:
    assert len(BROKEN) >= 15
