"""`python -m policies.editorschemas` writes `rules/*.schema.json` anew; a test keeps them current."""

from pathlib import Path

from policies.loading import KINDS
from policies.testing import TESTS, TestsFile
from translators.editorschemas import editor_schema, write_schemas

RULES = Path(__file__).parent / "rules"


def editor_schemas() -> dict[Path, bytes]:
    """One schema per kind of file, by where it belongs."""
    schemas = {RULES / f"{kind}.schema.json": editor_schema(file, f"{kind}.yaml") for kind, file in KINDS.items()}
    return schemas | {RULES / TESTS / "tests.schema.json": editor_schema(TestsFile, "tests/*.yaml")}


if __name__ == "__main__":
    write_schemas(editor_schemas())
