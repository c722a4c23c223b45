"""The published JSON Schemas of the canonical objects: one file per type and major version, and it stays."""

import json
from importlib.resources import files
from typing import Any

from translators.canonical.documents import KINDS

_FOLDER = files("translators.canonical").joinpath("schemas")


def json_schema(document_type: str, version: str | None = None) -> dict[str, Any]:
    """The JSON Schema (2020-12) of `document_type`, as in `purchase_order`; of its newest major unless one is named.

    Self-contained: everything it refers to is under `$defs`. Raises KeyError for a type or version there never was.
    """
    if version is None:
        version = next((kind.version for kind in KINDS.values() if kind.document_type == document_type), "")
    schema: dict[str, Any] = json.loads(published(document_type, version))
    return schema


def published(document_type: str, version: str) -> bytes:
    """The file as it is handed to partners. Raises KeyError for a type or version there never was."""
    if f"{document_type}.{version}.json" not in {each.name for each in _FOLDER.iterdir()}:
        raise KeyError(f"{document_type}/{version}")
    return _FOLDER.joinpath(f"{document_type}.{version}.json").read_bytes()
