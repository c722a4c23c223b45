"""XML bytes to a canonical document: parse, map, and say with path, line and column what does not fit."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from lxml import etree

from translators.canonical.documents import Kind
from translators.findings import Finding, Place, Unreadable
from translators.mapping.compiling import Trouble
from translators.mapping.running import Map
from translators.mapping.specs import load, shipped
from translators.xmldoc.parsing import XmlLimits, parse, place_of
from translators.xmldoc.paths import XmlNode, XmlSource, XmlSpot

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
MAPS = {
    f"{{{_UBL}Order-2}}Order": "order-ubl2",
    f"{{{_UBL}DespatchAdvice-2}}DespatchAdvice": "despatch-advice-ubl2",
}
"""The name of a document's root element -> the map that ships for it."""

_MOST_RESIDUE = 100


def translate(content: bytes, limits: XmlLimits, max_findings: int) -> tuple[Kind, Any, tuple[Finding, ...]]:
    """(kind, canonical object, information). Raises Unreadable with every error."""
    root = parse(content, limits)
    compiled = map_for(root.tag)
    if compiled is None:
        raise Unreadable((unknown_root(root.tag),))
    tree = XmlNode(root, None)
    translated = compiled.translate(tree)
    if translated.canonical is None:
        told = translated.troubles[:max_findings]
        raise Unreadable(tuple(_finding(trouble, content, root, compiled) for trouble in told))
    return compiled.kind, translated.canonical, tuple(_residue(tree, compiled, cast(Any, translated.used)))


@cache
def map_for(tag: str) -> Map | None:
    """The shipped map for a root element (in Clark's notation), compiled, or None."""
    if tag not in MAPS:
        return None
    return xml_map(shipped(MAPS[tag]))


def xml_map(path: Path) -> Map:
    """The map in a file, compiled. Raises FileProblems with file, line and column."""
    file = load(path)
    if file.spec.format != "xml":
        raise file.problems([("$.format", "this is no XML map")])
    return Map(file, XmlSource(file.spec.namespaces))


def unknown_root(tag: str) -> Finding:
    """What to say of a document nobody has a map for."""
    known = ", ".join(each.rpartition("}")[2] + " (UBL 2)" for each in MAPS)
    return Finding("xml.root", f"documents `{tag[:120]}` are not supported; known are {known}")


def _finding(trouble: Trouble, content: bytes, root: Any, compiled: Map) -> Finding:
    node, _ = cast(XmlSpot, trouble.spot)
    line, column = place_of(content, root, node.element)
    place = Place(line=line, column=column, path=compiled.source.place(trouble.spot).path)
    return Finding(trouble.code, trouble.text, place)


def _residue(tree: XmlNode, compiled: Map, used: frozenset[XmlSpot]) -> Iterator[Finding]:
    """What the document said and the map did not use."""
    waived = {waiver.path for waiver in compiled.spec.waived}
    name = compiled.kind.document_type.replace("_", " ")
    source = cast(XmlSource, compiled.source)
    told = 0
    for node, path in _walk(tree, source, "", waived):
        spots = [(node, None)] if node.text and not node.children else []
        for spot in (*spots, *((node, attribute) for attribute in node.attributes)):
            if spot in used or (spot[1] is not None and f"{path}/@{spot[1]}" in waived) or _is_schema_hint(spot[1]):
                continue
            told += 1
            if told > _MOST_RESIDUE:
                return
            place = Place(line=node.element.sourceline, path=source.place(spot).path)
            yield Finding("xml.residue", f"this has no place in a {name}", place, severity="information")


def _walk(node: XmlNode, source: XmlSource, above: str, waived: set[str]) -> Iterator[tuple[XmlNode, str]]:
    for tag, children in node.children.items():
        path = f"{above}/{source.name_of(tag)}".removeprefix("/")
        if path in waived:
            continue
        for child in children:
            yield child, path
            yield from _walk(child, source, path, waived)


def _is_schema_hint(attribute: str | None) -> bool:
    return attribute is not None and attribute.startswith("{http://www.w3.org/2001/XMLSchema-instance}")


def root_of(head: bytes) -> tuple[str, str | None]:
    """(name of the root element, UBLVersionID if it stands near the start) from the first bytes of a document.

    Raises Unreadable for a DOCTYPE and for what is not XML.
    """
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        parse(head, XmlLimits())
    parser: Any = etree.XMLPullParser(("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    root: str | None = None
    version: str | None = None
    try:
        parser.feed(head)
        for event, element in parser.read_events():
            if root is None and event == "start":
                root = str(element.tag)
            elif event == "end" and str(element.tag).endswith("}UBLVersionID"):
                version = (element.text or "").strip()
    except etree.XMLSyntaxError as error:
        if root is None:
            line, column = error.position
            text = "not well-formed: the document has no root element near its start"
            raise Unreadable((Finding("xml.syntax", text, Place(line=line or None, column=column or None)),)) from None
    if root is None:
        raise Unreadable((Finding("xml.syntax", "there is no root element near the start"),))
    return root, version
