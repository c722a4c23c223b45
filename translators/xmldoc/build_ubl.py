"""Derives `ubl21.json.z` from OASIS's schemas of UBL 2.1: `python build_ubl.py FOLDER` (with `common`, `maindoc`).

Only facts are taken: the names of elements and types, the order of children, whether a child may be repeated.
A child that is a basic component is written with a dot before its name.
"""

import json
import sys
import zlib
from pathlib import Path
from typing import Any

from lxml import etree

_XSD = "{http://www.w3.org/2001/XMLSchema}"


def table_of(folder: Path) -> dict[str, Any]:
    """Everything of one version: the types the documents need, the type of each element."""
    types, elements = _read(folder / "common" / "UBL-CommonAggregateComponents-2.1.xsd")
    documents = []
    for path in sorted((folder / "maindoc").glob("UBL-*.xsd")):
        name = path.name.split("-")[1]
        types[name] = next(iter(_read(path)[0].values()))
        documents.append(name)
    needed = set(documents)
    waiting = list(documents)
    while waiting:
        for child, _ in types[waiting.pop()]:
            kind = elements.get(child)
            if kind is not None and kind not in needed:
                needed.add(kind)
                waiting.append(kind)
    return {
        "documents": documents,
        "elements": {name: kind for name, kind in sorted(elements.items()) if kind in needed},
        "types": {name: types[name] for name in sorted(needed)},
    }


def _read(path: Path) -> tuple[dict[str, list[tuple[str, int]]], dict[str, str]]:
    root = etree.fromstring(path.read_bytes())
    types = {str(each.get("name")): _children(each) for each in root.findall(_XSD + "complexType")}
    elements = {str(each.get("name")): str(each.get("type")) for each in root.findall(_XSD + "element")}
    return types, elements


def _children(kind: Any) -> list[tuple[str, int]]:
    found = []
    for element in kind.iter(_XSD + "element"):
        prefix, _, name = element.get("ref").partition(":")
        if prefix in ("cbc", "cac"):
            most = 0 if element.get("maxOccurs") == "unbounded" else 1
            found.append((("." if prefix == "cbc" else "") + name, most))
    return found


def main() -> None:
    table = table_of(Path(sys.argv[1]))
    packed = zlib.compress(json.dumps(table, separators=(",", ":"), sort_keys=True).encode(), 9)
    target = Path(__file__).with_name("ubl21.json.z")
    target.write_bytes(packed)
    counts = {name: len(each) for name, each in table.items()}
    sys.stdout.write(f"{target.name}: {len(packed)} bytes, {counts}\n")


if __name__ == "__main__":
    main()
