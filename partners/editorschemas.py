"""`python -m partners.editorschemas` writes the schemas beside the profiles anew; a test keeps them current."""

from pathlib import Path

from partners.codetables import CodesFile
from partners.profile import Partner, Plant
from translators.editorschemas import editor_schema, write_schemas

HERE = Path(__file__).parent


def editor_schemas() -> dict[Path, bytes]:
    """One schema per folder of files, by where it belongs."""
    return {
        HERE / "profiles" / "profile.schema.json": editor_schema(Partner, "a partner"),
        HERE / "crossrefs" / "crossrefs.schema.json": editor_schema(CodesFile, "the cross-references of a partner"),
        HERE / "plants" / "plant.schema.json": editor_schema(Plant, "a plant"),
    }


if __name__ == "__main__":
    write_schemas(editor_schemas())
