"""`python docs/reference/canonical/generate.py` writes the pages of this folder anew; a test says when that is due.

Everything on them comes from the types in `translators/canonical/`, the sentences those raise, and the examples.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec import inspect

from translators.canonical import (
    counters,
    identifiers,
    invoice_sums,
    parties,
    payments,
    quantities,
    reasons,
    references,
    rules,
    stock,
    terms,
    times,
)
from translators.canonical.documents import KINDS, Kind
from translators.canonical.figures import Figure
from translators.canonical.meanings import meanings, sentences
from translators.canonical.publishing import structs_in
from translators.examples import example

FOLDER = Path(__file__).parent
MAKE = "`python docs/reference/canonical/generate.py`"
SHARED = (identifiers, quantities, times, parties, references, terms, payments, reasons, counters, stock, rules)
EXAMPLES = {"purchase_order": "order.json"}


def pages() -> dict[Path, str]:
    """Every page of the folder by its path."""
    written = {FOLDER / f"{kind.document_type}.md": object_page(kind) for kind in KINDS.values()}
    return {**written, FOLDER / "README.md": first_page(), FOLDER / "shared.md": shared_page()}


def first_page() -> str:
    """The list of all objects."""
    rows = [
        f"| [`{kind.tag}`]({kind.document_type}.md) | {_opening(_module(kind.struct))} |" for kind in KINDS.values()
    ]
    return "\n".join(
        [
            "# Canonical objects",
            "",
            "*For partner developers and EDI analysts: every business object, field by field.*",
            "",
            "Every format is translated to and from these objects. As JSON they are also a format of their own: the",
            'field `kind` comes first and names the object and its major version. Figures are text (`"12.5"`), never',
            "JSON numbers; unknown fields are refused; a line's number is its key. What all objects are made of stands",
            "on [one page](shared.md).",
            "",
            "| object | what it is |",
            "|---|---|",
            *rows,
            "",
            "The JSON Schemas lie in `translators/canonical/schemas/`, one per object and major version. Inside a",
            "major version they only grow; an older major is read as long as its step is registered",
            "(`translators/canonical/upcasting.py`).",
            "",
            f"These pages are made from the code: {MAKE} writes them anew.",
            "",
        ]
    )


def object_page(kind: Kind) -> str:
    """One object: what it is, its fields, what it is made of, what is refused, an example."""
    module = _module(kind.struct)
    own = [each for each in structs_in(kind.struct) if _module(each) not in SHARED]
    refused = [*sentences(module), *(sentences(invoice_sums) if module.__name__.endswith(".invoice") else [])]
    file = EXAMPLES.get(kind.document_type, kind.document_type.replace("_", "-") + ".json")
    parts = [
        f"# {kind.document_type}",
        f"*For partner developers and EDI analysts: the fields of `{kind.tag}`.*",
        _prose(module.__doc__),
        f"JSON Schema: `translators/canonical/schemas/{kind.document_type}.{kind.version}.json` · "
        "[all objects](README.md) · [what they are made of](shared.md)",
        "## Fields",
        _prose(kind.struct.__doc__),
        _table(kind.struct, own, tag=kind.tag),
        *(text for each in own[1:] for text in (f"### {each.__name__}", _prose(each.__doc__), _table(each, own))),
    ]
    if refused:
        parts += ["## What is refused", "Beside a field that is missing, unknown or of another form:"]
        parts += ["\n".join(f"- {sentence}" for sentence in refused)]
    parts += ["## Example", f"```json\n{example(file).decode()}```"]
    return "\n\n".join(parts) + "\n"


def shared_page() -> str:
    """What several objects use."""
    shared: dict[type[Any], None] = {}
    for kind in KINDS.values():
        shared |= dict.fromkeys(each for each in structs_in(kind.struct) if _module(each) in SHARED)
    parts = [
        "# What the objects are made of",
        "*For partner developers and EDI analysts: quantities, money, dates, parties and what else they share.*",
        "[All objects](README.md)",
        "## Text forms",
        "\n".join(
            [
                "| form | written as |",
                "|---|---|",
                '| decimal | `"12.5"`: up to 18 digits before and 6 after the point; no exponent, no JSON number |',
                '| date | `"2026-11-23"` |',
                '| local time | `"10:15:00"`, at the place it is about; nobody named a zone |',
                '| instant | `"2026-11-23T10:15:00Z"`, always UTC |',
            ]
        ),
    ]
    for each in shared:
        parts += [f"## {each.__name__}", _prose(each.__doc__), _table(each, list(shared))]
    parts += ["## What is refused", "\n".join(f"- {text}" for module in SHARED for text in sentences(module))]
    return "\n\n".join(parts) + "\n"


def _table(struct: type[Any], own: list[type[Any]], tag: str | None = None) -> str:
    said = meanings(struct)
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    rows = [f"| `kind` | `{tag}` | yes | stands first |"] if tag is not None else []
    for field in info.fields:
        meaning = said.get(field.name, "")
        must = "yes" if field.required else ""
        rows.append(f"| `{field.name}` | {_form(field.type, own)} | {must} | {meaning.replace('|', '∣')} |")
    return "\n".join(["| field | form | must | meaning |", "|---|---|---|---|", *rows])


_FORMS = {
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.DateType: "date",
    inspect.TimeType: "local time",
    inspect.DateTimeType: "instant",
    inspect.DictType: "names with texts",
}


def _form(kind: inspect.Type, own: list[type[Any]]) -> str:
    if isinstance(kind, inspect.Metadata):
        return _form(kind.type, own)
    if isinstance(kind, inspect.UnionType):
        return _form(next(each for each in kind.types if not isinstance(each, inspect.NoneType)), own)
    if isinstance(kind, inspect.VarTupleType):
        return f"list of {_form(kind.item_type, own)}"
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(f"`{value}`" for value in kind.values)
    if isinstance(kind, inspect.StructType):
        page = "" if kind.cls in own else "shared.md"
        return f"[{kind.cls.__name__}]({page}#{kind.cls.__name__.lower()})"
    if isinstance(kind, inspect.CustomType):
        assert kind.cls is Figure
        return "decimal"
    return _FORMS[type(kind)]


def _opening(module: ModuleType) -> str:
    """The first sentence a module says of itself."""
    return _prose(module.__doc__).partition("\n\n")[0].partition(". Key: ")[0].rstrip(".")


def _prose(text: str | None) -> str:
    paragraphs: Iterable[str] = (text or "").strip().split("\n\n")
    return "\n\n".join(re.sub(r"\s+", " ", paragraph).strip() for paragraph in paragraphs)


def _module(struct: type[Any]) -> ModuleType:
    return sys.modules[struct.__module__]


def main() -> int:
    """Writes what differs."""
    for path, text in pages().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.name} written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
