"""Schemas say the same whatever Python made them."""

from translators.descriptions import with_descriptions


def test_a_docstring_with_and_without_its_indentation_becomes_the_same_lines() -> None:
    kept = "First line.\n\n    A paragraph\n    of two lines.\n    "
    dropped = "First line.\n\nA paragraph\nof two lines.\n"
    told = {"description": "First line.\n\nA paragraph of two lines."}
    assert with_descriptions({"description": kept}) == with_descriptions({"description": dropped}) == told


def test_a_property_of_that_name_and_everything_else_stay_as_they_are() -> None:
    schema = {"properties": {"description": {"type": "string", "default": "a  b"}}, "enum": ["x  y", 1, None]}
    assert with_descriptions(schema) == schema
