"""JSON Schema 2020-12, compiled once; the only user of jsonschema-rs."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec

from translators.findings import Finding, Place

MOST_FINDINGS = 100
"""Findings told about one document; the rest is counted in the last."""

_MASK = "the value"
"""Stands for a value that is too long to repeat in a finding."""
_LONGEST_VALUE = 60


class JsonSchema:
    """A compiled schema. Regular expressions run in linear time and references stay inside the file."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError with a sentence when the file is not a valid schema."""
        try:
            schema = msgspec.json.decode(path.read_bytes())
        except msgspec.DecodeError as error:
            raise ValueError(f"`{path.name}` is not JSON: {str(error).lower()}") from None
        dialect = schema.get("$schema") if isinstance(schema, dict) else None
        if dialect != "https://json-schema.org/draft/2020-12/schema":
            raise ValueError(f"`{path.name}` must say `$schema: https://json-schema.org/draft/2020-12/schema`")
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                schema,
                validate_formats=True,
                ignore_unknown_formats=False,
                offline=True,
                pattern_options=jsonschema_rs.RegexOptions(),
            )
        except jsonschema_rs.ValidationError as error:
            where = "/".join(str(step) for step in error.instance_path)
            raise ValueError(f"`{path.name}` is not a valid schema at `/{where}`: {error.message}") from None
        except ValueError as error:
            raise ValueError(f"`{path.name}` is not a valid schema: {error}") from None
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)

    def findings(self, content: bytes) -> tuple[Finding, ...]:
        """What in the document does not match; a document that is not JSON is one finding."""
        try:
            document = self._decoder.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return (Finding("json.unreadable", "the document is not JSON", Place(path="")),)
        if self._validator.is_valid(document):
            return ()
        return tuple(self._every(document))

    def _every(self, document: Any) -> Iterator[Finding]:
        for number, error in enumerate(self._validator.iter_errors(document)):
            if number == MOST_FINDINGS:
                yield Finding("json.schema.more", f"there are more than {MOST_FINDINGS} mistakes; these are the first")
                return
            pointer = "".join(f"/{_escaped(str(step))}" for step in error.instance_path)
            keyword = str(error.schema_path[-1]) if error.schema_path else "schema"
            yield Finding(f"json.schema.{_snake(keyword)}", _sentence(error), Place(path=pointer))


def _sentence(error: jsonschema_rs.ValidationError) -> str:
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Enum):
        choices = ", ".join(msgspec.json.encode(option).decode() for option in error.kind.options)
        return f"it must be one of {choices}"
    text = error.message
    written = msgspec.json.encode(error.instance).decode()
    if len(written) > _LONGEST_VALUE:
        text = text.replace(written, _MASK) if written in text else str(error.verbose_message).split("\n", 1)[0]
        text = text if len(text) <= 3 * _LONGEST_VALUE else f"{_MASK} does not match `{error.schema_path[-1]}`"
    return text[:1].lower() + text[1:].rstrip(".") if text[:1].isalpha() else text.rstrip(".")


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _snake(keyword: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in keyword)
