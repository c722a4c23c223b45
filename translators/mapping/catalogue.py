"""The maps that ship, by what they say in their first lines; a map is compiled when somebody asks for it."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

_HEAD = 4096
_WORD = re.compile(r"^(extends|format|message|version|root|document|reads_only): +\"?([^\s\"#]+)\"?", re.MULTILINE)


class Entry(Struct, frozen=True, kw_only=True):
    """One shipped map. `root` is the name of an XML document's root element in Clark's notation."""

    name: str
    format: str
    message: str
    version: str
    document: str
    root: str
    reads_only: bool
    path: Path


@cache
def entries() -> tuple[Entry, ...]:
    """All of them, in the order of their names. Only their heads are read, so a wrong map does not stop the others."""
    folder = Path(str(files("translators") / "maps"))
    heads = {path.stem: _words(path) for path in sorted(folder.glob("*.yaml"))}
    found = []
    for name in heads:
        words = _inherited(name, heads)
        if {"format", "message", "version", "document"} <= words.keys():
            root = f"{{{words['root']}}}{words['message']}" if "root" in words else words["message"]
            path = folder / f"{name}.yaml"
            chosen = {key: words[key] for key in ("format", "message", "version", "document")}
            found.append(Entry(name=name, root=root, reads_only="reads_only" in words, path=path, **chosen))
    return tuple(found)


def _words(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8") as stream:
        return dict(_WORD.findall(stream.read(_HEAD)))


def _inherited(name: str, heads: dict[str, dict[str, str]], depth: int = 8) -> dict[str, str]:
    words = heads.get(name, {})
    base = words.get("extends")
    if base is None or not depth:
        return words
    return {**_inherited(base, heads, depth - 1), **words}
