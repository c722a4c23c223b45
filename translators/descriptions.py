"""Descriptions in JSON Schemas that are made of docstrings: the same from every Python, and without its line breaks."""

import re
from typing import Any

_PARAGRAPHS = re.compile(r"\n\s*\n")


def with_descriptions(schema: Any) -> Any:
    """A schema, or part of one, whose descriptions are paragraphs of one line each. Python keeps the indentation of a
    docstring up to 3.12 and drops it from 3.13 on."""
    if isinstance(schema, dict):
        return {
            key: _in_lines(value) if key == "description" and isinstance(value, str) else with_descriptions(value)
            for key, value in schema.items()
        }
    return [with_descriptions(each) for each in schema] if isinstance(schema, list) else schema


def _in_lines(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in _PARAGRAPHS.split(text.strip()))
