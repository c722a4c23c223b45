"""JSON Schemas of the canonical objects, generated from the types so that they cannot lie."""

from typing import Any

import msgspec

from translators.canonical.documents import KINDS
from translators.canonical.figures import FIGURE_PATTERN, Figure


def json_schema(document_type: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of `document_type`, as in `purchase_order`; the latest major version of it.

    Self-contained: everything it refers to is under `$defs`. Raises KeyError for an unknown type.
    """
    kind = next((kind for kind in reversed(KINDS.values()) if kind.document_type == document_type), None)
    if kind is None:
        raise KeyError(document_type)
    schema = msgspec.json.schema(kind.struct, schema_hook=_figure_schema)
    definitions = schema.pop("$defs")
    root = definitions.pop(kind.struct.__name__)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:partner-gateway:schema:{kind.tag}"}
    return {**head, **root, "$defs": definitions}


def _figure_schema(wanted: type[Any]) -> dict[str, Any]:
    if wanted is not Figure:
        raise NotImplementedError(f"no schema for {wanted}")
    return {
        "type": "string",
        "pattern": FIGURE_PATTERN,
        "description": "an exact decimal written as text: at most 18 digits before and 6 after the point",
        "examples": ["12.5"],
    }
