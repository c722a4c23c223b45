"""Reads the second source, XML that others made from the directories, into the same neutral form, faults and all.

It has no names worth keeping (`addressPurpose,Coded`): they are taken where no text has the element.
"""

import re
from pathlib import Path
from typing import Any

from translators.edifact.directories.release import Names, Part, Release, Row
from translators.xmldoc.parsing import XmlLimits, parse

_LIMITS = XmlLimits(max_elements=1_000_000)


def read_xml(folder: Path, name: str) -> Release:
    """One release or one syntax version out of `segments.xml`, `codes.xml` and `messages/*.xml`."""
    release = Release(name, names=Names())
    for path in sorted((folder / "messages").glob("*.xml")):
        release.messages[path.stem.upper()] = _rows(_root(path))
    for segment in _root(folder / "segments.xml"):
        tag = segment.get("id")
        if tag.startswith("UN") and not name.startswith("syntax"):
            continue  # D95B repeats the service segments, with elements of its own numbering
        release.segments[tag] = [_part(child, release) for child in segment]
        release.names.segments[tag] = words(segment.get("name"))
    if (folder / "codes.xml").is_file():
        release.codes = read_codes(folder / "codes.xml")
    return release


def read_codes(path: Path) -> dict[str, dict[str, str]]:
    """Element -> code -> short name. D.96A gives lists up to four times; the form that most of them have is the list.

    (One block of 9421 runs on into the codes of the element before; a code that stands twice has its first name.)
    """
    blocks: dict[str, list[dict[str, str]]] = {}
    for element in _root(path):
        codes: dict[str, str] = {}
        for code in element:
            codes.setdefault(code.get("id"), code.get("title") or code.get("desc"))
        blocks.setdefault(element.get("id"), []).append(codes)
    return {element: max(forms, key=forms.count) for element, forms in blocks.items()}


def words(name: str) -> str:
    """`addressPurpose,Coded` as `Address purpose, coded`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace(",", ", "))
    return " ".join(spaced.split()).capitalize()


def _root(path: Path) -> Any:
    """Some files start with a blank line, which XML does not allow."""
    return parse(path.read_bytes().lstrip(), _LIMITS)


def _rows(parent: Any) -> list[Row]:
    found = []
    for child in parent:
        if child.tag == "defaults":
            continue
        mandatory, repeats = child.get("required") == "true", int(child.get("maxrepeat"))
        if child.tag == "group":
            row = Row("", mandatory, repeats, int(child.get("id").removeprefix("SG")), _rows(child))
        else:
            row = Row(child.get("id"), mandatory, repeats)
        found.append(row)
    return found


def _part(node: Any, release: Release) -> Part:
    """A part of a segment; its composite or element is noted in the release."""
    name = node.get("id")
    if node.tag == "data_element":
        _note_element(node, release)
    else:
        components = [_part(child, release) for child in node]
        if release.composites.setdefault(name, components) != components:
            raise SystemExit(f"{release.name}: {name} stands in two forms")
        release.names.composites.setdefault(name, words(node.get("name")))
    return Part(name, node.get("required") == "true")


def _note_element(node: Any, release: Release) -> None:
    length, fixed = node.get("maxlength"), node.get("length")
    representation = f"{node.get('type')}{fixed}" if fixed else f"{node.get('type')}..{length}" if length else ""
    name = node.get("id")
    if release.elements.get(name) in (None, ""):
        release.elements[name] = representation
        release.names.elements[name] = words(node.get("name"))
    elif representation and representation != release.elements[name]:
        raise SystemExit(f"{release.name}: {name} is {release.elements[name]} and {representation}")
