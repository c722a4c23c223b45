"""Derives `ubl21.json.z` from OASIS's schemas of UBL 2.1: `python build_ubl.py FOLDER|JAR`.

A folder has `common` and `maindoc` as OASIS publishes them; a jar is that of the Maven artifact
`com.helger.ubl:ph-ubl21`,
which carries the published files. Only facts are taken: the names of elements and types, the order of children, whether
a child may be repeated. A child that is a basic component is written with a dot before its name.
"""

import hashlib
import json
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

from lxml import etree

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_AGGREGATES = "common/UBL-CommonAggregateComponents-2.1.xsd"


def schemas_in(source: Path) -> dict[str, bytes]:
    """The schemas the table comes from: `maindoc/UBL-Order-2.1.xsd` -> its bytes. ValueError if there are none."""
    if source.is_dir():
        held = {path.as_posix(): path.read_bytes() for path in source.rglob("*.xsd")}
    else:
        with zipfile.ZipFile(source) as jar:
            held = {name: jar.read(name) for name in jar.namelist() if name.endswith(".xsd")}
    named = {"/".join(name.split("/")[-2:]): content for name, content in held.items()}
    found = {name: named[name] for name in sorted(named) if name == _AGGREGATES or name.startswith("maindoc/UBL-")}
    if _AGGREGATES not in found:
        raise ValueError(f"{source} holds no {_AGGREGATES}")
    return found


def table_of(schemas: dict[str, bytes]) -> dict[str, Any]:
    """Everything of one version: the types the documents need, the type of each element, a digest of the source."""
    types, elements = _read(schemas[_AGGREGATES])
    documents = []
    for path, content in schemas.items():
        if path != _AGGREGATES:
            name = path.split("-")[1]
            types[name] = next(iter(_read(content)[0].values()))
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
        "source": hashlib.sha256(b"".join(schemas.values())).hexdigest(),
        "documents": documents,
        "elements": {name: kind for name, kind in sorted(elements.items()) if kind in needed},
        "types": {name: types[name] for name in sorted(needed)},
    }


def packed(table: dict[str, Any]) -> bytes:
    """The table as it is kept."""
    return zlib.compress(json.dumps(table, separators=(",", ":"), sort_keys=True).encode(), 9)


def _read(content: bytes) -> tuple[dict[str, list[list[Any]]], dict[str, str]]:
    root = etree.fromstring(content)
    types = {str(each.get("name")): _children(each) for each in root.findall(_XSD + "complexType")}
    elements = {str(each.get("name")): str(each.get("type")) for each in root.findall(_XSD + "element")}
    return types, elements


def _children(kind: Any) -> list[list[Any]]:
    found: list[list[Any]] = []
    for element in kind.iter(_XSD + "element"):
        prefix, _, name = element.get("ref").partition(":")
        if prefix in ("cbc", "cac"):
            most = 0 if element.get("maxOccurs") == "unbounded" else 1
            found.append([("." if prefix == "cbc" else "") + name, most])
    return found


def main() -> None:
    table = table_of(schemas_in(Path(sys.argv[1])))
    content = packed(table)
    target = Path(__file__).with_name("ubl21.json.z")
    target.write_bytes(content)
    counts = {name: len(each) for name, each in table.items() if name != "source"}
    sys.stdout.write(f"{target.name}: {len(content)} bytes, {counts}\n")


if __name__ == "__main__":
    main()
