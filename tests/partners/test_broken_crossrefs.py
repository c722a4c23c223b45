"""One broken file of cross-references per mistake in tests/broken/crossrefs, with the exact sentences it expects.

It becomes `crossrefs/nordlicht.yaml` beside the shipped profiles. To add a case, add a file.
"""

import re
import shutil
from pathlib import Path

import pytest

from partners.directory import load
from translators.yamlfiles import FileProblems

BROKEN = sorted((Path(__file__).parent.parent / "broken" / "crossrefs").glob("*.yaml"))
EXPECTATION = re.compile(r"^# expect: (.*)$", re.MULTILINE)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_broken_cross_references_are_refused_with_exactly_their_sentences(broken: Path, folder: Path) -> None:
    (folder / "crossrefs").mkdir()
    here = Path(shutil.copy(broken, folder / "crossrefs" / "nordlicht.yaml"))
    with pytest.raises(FileProblems) as caught:
        load(folder)
    told = [str(problem).removeprefix(f"{here}:") for problem in caught.value.problems]
    assert told == EXPECTATION.findall(broken.read_text())


def test_there_are_broken_cross_references() -> None:
    assert len(BROKEN) > 20


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nordlich.yaml", "the file is named after a partner, and there is no `nordlich`; did you mean `nordlicht`?"),
        ("nordlicht.yml", "cross-references end in `.yaml`; this file would be overlooked"),
    ],
)
def test_a_file_that_would_be_nobodys_is_told(folder: Path, name: str, told: str) -> None:
    (folder / "crossrefs").mkdir()
    (folder / "crossrefs" / name).write_text("tables: []\n")
    with pytest.raises(FileProblems) as caught:
        load(folder)
    assert [problem.text for problem in caught.value.problems] == [told]
