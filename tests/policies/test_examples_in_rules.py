"""The commented examples in the shipped rules are right once somebody takes the `# ` away."""

import re
from pathlib import Path

import pytest

from policies.loading import load

WITH_EXAMPLES = ["versions.yaml", "schemas.yaml", "routing.yaml"]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_an_example_is_taken_as_it_stands(rules: Path, name: str) -> None:
    file = rules / name
    text = file.read_text()
    head, mark, examples = text.partition("take the leading `# ` away ----\n")
    assert mark
    file.write_text(head + mark + re.sub(r"^# ", "", examples, flags=re.MULTILINE))
    before = load(rules.parent / "rules").revision
    assert before.startswith("sha256:")
    assert file.read_text() != text
