"""`python -m translators.canonical.publishing` writes the JSON Schemas anew, from the types, so that they cannot lie.

A schema inside a major version may only grow: `shrinks` says what a new one would refuse that the published one takes.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from translators.canonical.documents import KINDS
from translators.canonical.figures import FIGURE_PATTERN, Figure
from translators.canonical.meanings import meanings
from translators.canonical.upcasting import STEPS
from translators.descriptions import with_descriptions

SCHEMAS = Path(__file__).parent / "schemas"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"


def schema_of(struct: type[Any]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a canonical object's struct, with the meanings of its fields."""
    schema = with_descriptions(msgspec.json.schema(struct, schema_hook=_figure_schema))
    definitions: dict[str, Any] = schema.pop("$defs")
    for each in structs_in(struct):
        for name, meaning in meanings(each).items():
            definitions[each.__name__]["properties"][name]["description"] = meaning
    _tell_times(definitions)
    root = definitions.pop(struct.__name__)
    tag = struct.__struct_config__.tag
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:partner-gateway:schema:{tag}"}
    return {**head, **root, "$defs": definitions}


def structs_in(struct: type[Any]) -> list[type[Any]]:
    """The struct and all it is made of, each once, in the order of first use."""
    found: dict[type[Any], None] = {}

    def look(kind: inspect.Type) -> None:
        if isinstance(kind, inspect.StructType):
            if kind.cls not in found:
                found[kind.cls] = None
                for field in kind.fields:
                    look(field.type)
        elif isinstance(kind, inspect.Metadata):
            look(kind.type)
        elif isinstance(kind, inspect.UnionType):
            for each in kind.types:
                look(each)
        elif isinstance(kind, inspect.VarTupleType):
            look(kind.item_type)

    look(inspect.type_info(struct))
    return list(found)


def files() -> dict[Path, bytes]:
    """Every schema that is published of a type we read, older majors included, by the file it stands in."""
    structs = [kind.struct for kind in KINDS.values()] + [step.struct for step in STEPS.values()]
    written = {}
    for struct in structs:
        name = str(struct.__struct_config__.tag).replace("/", ".") + ".json"
        written[SCHEMAS / name] = json.dumps(schema_of(struct), indent=2, ensure_ascii=False).encode() + b"\n"
    return written


def shrinks(published: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What documents of the published schema may hold or leave out and those of the `new` one may not; as paths."""
    found: list[str] = []
    parts = [("", published, new)]
    parts += [(name, part, new["$defs"].get(name, {})) for name, part in published["$defs"].items()]
    for name, before, now in parts:
        if name and not now:
            continue  # nothing refers to it any more; then a field is missing elsewhere
        had, has = before.get("properties", {}), now.get("properties", {})
        found += [f"{name}.{field} is gone" for field in had if field not in has]
        found += [f"{name}.{field} is required" for field in now.get("required", ()) if field not in before["required"]]
        found += [f"{name}.{field} takes less" for field in had if field in has and _narrower(had[field], has[field])]
    return found


def _narrower(before: Any, now: Any) -> bool:
    """Of a field: another form, or a code less."""
    if isinstance(before, dict) and isinstance(now, dict):
        codes: list[str] = before.get("enum", [])
        lost = set(codes) - set(now.get("enum", codes))
        kept = {key for key in before if key not in ("enum", "description", "default", "title", "examples")}
        return bool(lost) or any(_narrower(before[key], now.get(key)) for key in kept) or _bounds(before) < _bounds(now)
    if isinstance(before, list) and isinstance(now, list):
        return len(before) != len(now) or any(map(_narrower, before, now))
    return bool(before != now)


def _bounds(part: dict[str, Any]) -> set[str]:
    return set(part) & {"minItems", "minLength", "pattern", "maxItems", "maxLength", "format"}


def _tell_times(part: Any) -> None:
    """JSON Schema knows no local times, and an instant is UTC."""
    if isinstance(part, dict):
        if part.get("format") == "partial-time":
            del part["format"]
            part["pattern"] = f"^{_CLOCK}$"
        elif part.get("format") == "date-time":
            part["pattern"] = "(Z|\\+00:00)$"
        for each in part.values():
            _tell_times(each)
    elif isinstance(part, list):
        for each in part:
            _tell_times(each)


def _figure_schema(wanted: type[Any]) -> dict[str, Any]:
    if wanted is not Figure:
        raise NotImplementedError(f"no schema for {wanted}")
    return {
        "type": "string",
        "pattern": FIGURE_PATTERN,
        "description": "an exact decimal written as text: at most 18 digits before and 6 after the point",
        "examples": ["12.5"],
    }


def main() -> int:
    """Writes what differs; refuses to make a published schema narrower."""
    for path, content in files().items():
        if path.is_file() and (lost := shrinks(json.loads(path.read_bytes()), json.loads(content))):
            sys.stderr.write(f"{path.name}: {'; '.join(lost)}; that needs the next major version\n")
            return 1
    for path, content in files().items():
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
            sys.stdout.write(f"{path.name} written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
