"""One broken file per mistake in tests/broken/policies, each with the exact sentences its first lines expect.

A file takes the place of the shipped one of its kind. `# expect: 4:9: sentence` is a problem in that file,
`# expect: versions.yaml:4:9: sentence`
one in another file. To add a case, add a file.
"""

import re
import shutil
from pathlib import Path

import pytest

from policies.loading import KINDS, load
from translators.yamlfiles import FileProblems

BROKEN = sorted((Path(__file__).parent.parent / "broken" / "policies").glob("*.yaml"))
EXPECTATION = re.compile(r"^# expect: (.*)$", re.MULTILINE)


def put(broken: Path, rules: Path) -> Path:
    """Puts a broken file where the rule file of its kind was; a file of no kind takes the place of the limits."""
    kind = re.search(r"^-? ?kind: (\w+)$", broken.read_text(), re.MULTILINE)
    name = kind[1] if kind and kind[1] in KINDS and broken.stem != "kind-taken" else "limits"
    return Path(shutil.copy(broken, rules / f"{name}.yaml"))


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_with_exactly_its_sentences(broken: Path, rules: Path) -> None:
    (rules / "schemas" / "broken.json").write_text(
        '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "objekt"}'
    )
    (rules / "schemas" / "broken.xsd").write_text(
        '<schema xmlns="http://www.w3.org/2001/XMLSchema"><element/></schema>'
    )
    here = put(broken, rules)
    with pytest.raises(FileProblems) as caught:
        load(rules)
    told = [
        str(problem).removeprefix(f"{here}:").removeprefix(f"{rules}/").strip() for problem in caught.value.problems
    ]
    assert told == EXPECTATION.findall(broken.read_text())


def test_every_kind_of_rule_has_broken_files() -> None:
    texts = [path.read_text() for path in BROKEN]
    assert {kind for kind in KINDS if any(f"\nkind: {kind}\n" in text for text in texts)} == set(KINDS)
