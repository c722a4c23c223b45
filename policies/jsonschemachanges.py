"""What a newer JSON Schema takes no more: the changes that break whoever sends what the older one took."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from translators.changes import Change

_TYPES = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
_LEAST = {
    "minLength": "characters", "minItems": "entries", "minProperties": "fields", "minimum": "", "exclusiveMinimum": "",
    "minContains": "entries",
}  # fmt: skip
_MOST = {
    "maxLength": "characters", "maxItems": "entries", "maxProperties": "fields", "maximum": "", "exclusiveMaximum": "",
    "maxContains": "entries",
}  # fmt: skip
_INCOMPARABLE = (
    "pattern", "format", "multipleOf", "not", "if", "then", "else", "contains", "propertyNames", "dependentRequired",
    "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "const",
)  # fmt: skip
"""Where a schema says something else than before, nobody can tell which documents fit both."""
_DEEPEST = 40

Schema = dict[str, Any]


def json_schema_changes(older: Path, newer: Path) -> list[Change]:
    """Raises ValueError when one is no JSON object."""
    return list(_Comparison(_read(older), _read(newer)).walk())


def _read(path: Path) -> Schema:
    schema = json.loads(path.read_bytes())
    if not isinstance(schema, dict):
        raise ValueError(f"`{path.name}` is no schema")  # noqa: TRY004 - a sentence for whoever named the file
    return schema


class _Comparison:
    def __init__(self, older: Schema, newer: Schema) -> None:
        self._older = older
        self._newer = newer
        self._seen: set[tuple[int, int]] = set()

    def walk(self) -> Iterator[Change]:
        yield from self._compare(self._older, self._newer, "", 0)

    def _compare(self, older: Any, newer: Any, at: str, depth: int) -> Iterator[Change]:
        older, newer = _resolved(older, self._older), _resolved(newer, self._newer)
        if newer is False and older is not False:
            yield Change(at, "it is not taken any more")
        if not isinstance(newer, dict) or older is False:
            return
        older = older if isinstance(older, dict) else {}
        if (id(older), id(newer)) in self._seen or depth > _DEEPEST:
            return
        self._seen.add((id(older), id(newer)))
        yield from _types(older, newer, at)
        yield from _values(older, newer, at)
        yield from _bounds(older, newer, at)
        yield from self._fields(older, newer, at, depth)
        if "items" in newer:
            yield from self._compare(older.get("items", True), newer["items"], f"{at}/*", depth + 1)
        for number, entry in enumerate(newer.get("prefixItems", ())):
            before = dict(enumerate(older.get("prefixItems", ()))).get(number, older.get("items", True))
            yield from self._compare(before, entry, f"{at}/{number}", depth + 1)
        yield from self._combined(older, newer, at, depth)

    def _fields(self, older: Schema, newer: Schema, at: str, depth: int) -> Iterator[Change]:
        added = [name for name in newer.get("required", ()) if name not in older.get("required", ())]
        for name in added:
            yield Change(f"{at}/{name}", "it is required now")
        before, after = older.get("properties", {}), newer.get("properties", {})
        others_before, others_after = older.get("additionalProperties", True), newer.get("additionalProperties", True)
        if others_before is not False and others_after is False:
            yield Change(at, "fields that the schema does not name are not taken any more")
        for name in before:
            if name not in after and others_after is False:
                yield Change(f"{at}/{name}", "there is no such field any more")
        for name, schema in after.items():
            yield from self._compare(before.get(name, others_before), schema, f"{at}/{name}", depth + 1)
        if isinstance(others_after, dict):
            yield from self._compare(others_before, others_after, f"{at}/*", depth + 1)

    def _combined(self, older: Schema, newer: Schema, at: str, depth: int) -> Iterator[Change]:
        """Alternatives are compared place by place; a condition more, or an alternative less, breaks."""
        for word in ("allOf", "anyOf", "oneOf"):
            before, after = older.get(word, []), newer.get(word, [])
            if word != "allOf" and not before and after:
                yield Change(at, f"it must match one of several alternatives now (`{word}`)")
            if word != "allOf" and len(after) < len(before):
                yield Change(at, f"one of the alternatives is gone (`{word}`)")
            for number, schema in enumerate(after):
                if number < len(before):
                    yield from self._compare(before[number], schema, at, depth + 1)
                elif word == "allOf":
                    yield from self._compare(True, schema, at, depth + 1)


def _resolved(schema: Any, root: Schema) -> Any:
    """With local references followed; what stands beside a reference holds too."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, dict) or not str(schema.get("$ref", "")).startswith("#/"):
            return schema
        target: Any = root
        for step in str(schema["$ref"])[2:].split("/"):
            target = target.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, dict) else {}
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        schema = {**target, **beside} if beside and isinstance(target, dict) else target
    return schema


def _types(older: Schema, newer: Schema, at: str) -> Iterator[Change]:
    gone = _kinds(older) - _kinds(newer)
    if "number" in _kinds(newer):
        gone -= {"integer"}
    if gone:
        named = " or ".join(f"`{kind}`" for kind in sorted(gone)) if "type" in older else "anything else"
        yield Change(at, f"{named} is not taken any more, only {' or '.join(sorted(_kinds(newer)))}")


def _kinds(schema: Schema) -> frozenset[str]:
    said = schema.get("type")
    return _TYPES if said is None else frozenset([said] if isinstance(said, str) else said)


def _values(older: Schema, newer: Schema, at: str) -> Iterator[Change]:
    if "enum" in newer:
        if "enum" not in older and "const" not in older:
            yield Change(at, f"only certain values are taken now: {_listed(newer['enum'])}")
        else:
            gone = [one for one in older.get("enum", [older.get("const")]) if one not in newer["enum"]]
            if gone:
                yield Change(at, f"{_listed(gone)} {'is' if len(gone) == 1 else 'are'} not taken any more")
    for word in _INCOMPARABLE:
        if word in newer and newer[word] != older.get(word):
            how = "other than before" if word in older else "new"
            yield Change(at, f"`{word}` is {how}: {json.dumps(newer[word], ensure_ascii=False)[:80]}", certain=False)
    if newer.get("uniqueItems") is True and older.get("uniqueItems") is not True:
        yield Change(at, "no entry may come twice now")


def _bounds(older: Schema, newer: Schema, at: str) -> Iterator[Change]:
    for word, unit in {**_LEAST, **_MOST}.items():
        after, before = newer.get(word), older.get(word)
        if after is None or (word in ("minLength", "minItems", "minProperties") and after == 0):
            continue
        tighter = before is None or (after > before if word in _LEAST else after < before)
        if tighter:
            limit = "at least" if word in _LEAST else "at most"
            was = f" instead of {before}" if before is not None else ""
            yield Change(at, f"{limit} {after}{f' {unit}' if unit else ''} now{was}")


def _listed(values: list[Any]) -> str:
    shown = ", ".join(json.dumps(value, ensure_ascii=False) for value in values[:5])
    return shown if len(values) <= 5 else f"{shown} and {len(values) - 5} more"
