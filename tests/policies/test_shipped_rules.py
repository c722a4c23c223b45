"""What ships is current and complete: editor schemas, and every rule read by the loader."""

import json

import jsonschema_rs
import pytest

from policies.editorschemas import RULES, editor_schemas
from policies.loading import KINDS, load
from translators.yamlfiles import load as load_yaml


def test_the_shipped_rules_have_no_problem() -> None:
    assert load(RULES).revision.startswith("sha256:")


def test_the_schemas_for_editors_are_current() -> None:
    stale = [path.name for path, content in editor_schemas().items() if path.read_bytes() != content]
    assert stale == [], "run python -m policies.editorschemas"


@pytest.mark.parametrize("kind", KINDS)
def test_an_editor_finds_nothing_wrong_with_what_ships(kind: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(json.loads((RULES / f"{kind}.schema.json").read_bytes()))
    assert list(validator.iter_errors(load_yaml(RULES / f"{kind}.yaml").data)) == []
    assert (RULES / f"{kind}.yaml").read_text().startswith(f"# yaml-language-server: $schema={kind}.schema.json\n")


def test_an_editor_shows_what_the_loader_refuses() -> None:
    validator = jsonschema_rs.Draft202012Validator(json.loads((RULES / "limits.schema.json").read_bytes()))
    rule = {"name": "a", "why": "b", "mode": "enforce", "senders": ["partner"], "rate": "5 per 1s"}
    assert validator.is_valid({"kind": "limits", "rules": [rule]})
    for mistake in (
        {"rate": "5"},
        {"rate": 5},
        {"mode": "enforced"},
        {"bursts": 5},
        {"name": "A b"},
        {"until": "1.3.2027"},
    ):
        assert not validator.is_valid({"kind": "limits", "rules": [rule | mistake]}), mistake
