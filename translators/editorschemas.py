"""JSON Schemas that help whoever edits our YAML files, made from the very types the files are read into."""

import json
from pathlib import Path
from typing import Any

import msgspec

from translators.descriptions import with_descriptions


def editor_schema(type: type[Any], title: str) -> bytes:  # noqa: A002 - the word msgspec uses
    """The schema as a file's content. Types read from text give their regular expression in `SCHEMA`."""
    schema = with_descriptions(msgspec.json.schema(type, schema_hook=_from_text))
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}
    return json.dumps(whole, indent=2, ensure_ascii=False).encode() + b"\n"


def write_schemas(schemas: dict[Path, bytes]) -> list[Path]:
    """Writes those that differ from what is on disk, and names them."""
    stale = [path for path, content in schemas.items() if not path.is_file() or path.read_bytes() != content]
    for path in stale:
        path.write_bytes(schemas[path])
    return stale


def _from_text(type: type[Any]) -> dict[str, Any]:  # noqa: A002 - the word msgspec uses
    pattern = getattr(type, "SCHEMA", None)
    if pattern is None:
        raise NotImplementedError(f"{type} needs SCHEMA, a regular expression for editors")
    text = " ".join((type.__doc__ or "").split())
    # A rate without its unit is a number to an editor and a mistake to us; both are told by the pattern.
    return {"type": "string", "pattern": pattern, "description": text}
