"""One broken profile per mistake in tests/broken/partners, each with the exact sentences its first lines expect.

It becomes `profiles/acme.yaml` beside the shipped profiles. To add a case, add a file.
"""

import re
import shutil
from pathlib import Path

import pytest

from partners.directory import load
from translators.yamlfiles import FileProblems

BROKEN = sorted((Path(__file__).parent.parent / "broken" / "partners").glob("*.yaml"))
EXPECTATION = re.compile(r"^# expect: (.*)$", re.MULTILINE)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_a_broken_profile_is_refused_with_exactly_its_sentences(broken: Path, folder: Path) -> None:
    here = Path(shutil.copy(broken, folder / "profiles" / "acme.yaml"))
    with pytest.raises(FileProblems) as caught:
        load(folder)
    told = [str(problem).removeprefix(f"{here}:").removeprefix(f"{folder}/") for problem in caught.value.problems]
    assert told == EXPECTATION.findall(broken.read_text())


def test_there_are_broken_profiles() -> None:
    assert len(BROKEN) > 80
