"""XML bytes to a canonical document and back: parse, map, and say with path, line and column what does not fit."""

import re
from contextlib import suppress
from datetime import datetime
from functools import cache
from itertools import filterfalse
from pathlib import Path
from typing import Any, cast
from xml.parsers import expat

from lxml import etree
from msgspec import Struct

from translators.canonical.documents import Kind
from translators.findings import Finding, Place, Unreadable
from translators.mapping.catalogue import entries
from translators.mapping.files import MapFile, load
from translators.mapping.running import Map
from translators.mapping.runs import Trouble
from translators.xmldoc.b2mml import is_b2mml, stamp
from translators.xmldoc.cii import CROSS_INDUSTRY_INVOICE, name_apart
from translators.xmldoc.cxml import CxmlHeader, gather_descriptions, header_of
from translators.xmldoc.order import listed, ubl
from translators.xmldoc.parsing import XmlLimits, XmlTree, parse, place_of, places_of, without_doctype
from translators.xmldoc.paths import XmlSource, element_of
from translators.xmldoc.sweeping import compile_sweep
from translators.xmldoc.unmapped import unmapped

MAPS = {each.root: each.name for each in entries() if each.format == "xml"}
"""The name of a document's root element -> the map that ships for it."""
_INSIDE = {
    root.partition("/")[0]: [name for name in MAPS if name.startswith(root.partition("/")[0])]
    for root in MAPS
    if "/" in root.rpartition("}")[2]
}

_MOST_RESIDUE = 100
_DTD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&*+,;=%-]+")
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_count_said = etree.XPath("count(/descendant::*/@*) + count(//text())")
_count_attributes = etree.XPath("count(/descendant::*/@*)")
_UNSAID = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://www.w3.org/XML/1998/namespace}")
"""Attributes of XML itself, such as `xml:lang`: they are about the document, not about the business."""


class XmlOutcome(Struct, frozen=True, kw_only=True):
    """What became of a document. `trace`: canonical pointer -> place, when it was asked for.

    `tree` is the document as parsed, for who has more to ask of it. `header` says who sends it to whom; cXML only.
    """

    tree: XmlTree
    kind: Kind
    canonical: Any
    findings: tuple[Finding, ...]
    trace: dict[str, Place] | None = None
    header: CxmlHeader | None = None


def translate(content: bytes, limits: XmlLimits, max_findings: int) -> tuple[Kind, Any, tuple[Finding, ...]]:
    """(kind, canonical object, information). Raises Unreadable with every error."""
    outcome = translated(content, limits, max_findings)
    return outcome.kind, outcome.canonical, outcome.findings


def translated(
    content: bytes, limits: XmlLimits, max_findings: int, using: Map | None = None, *, trace: bool = False
) -> XmlOutcome:
    """As `translate`; `using` is the map to take instead of the one that ships. Raises Unreadable with every error."""
    root = parse(content, limits)
    if root.tag == "cXML":
        gather_descriptions(root)
    elif root.tag == CROSS_INDUSTRY_INVOICE:
        name_apart(root)
    elements = list(root.iter())  # what lives anyway is walked faster
    compiled = using or map_for(kind_of_root(root))
    if compiled is None:
        raise Unreadable((unknown_root(root.tag),))
    done = compiled.translate(root, trace=trace)
    if done.canonical is None:
        told = done.troubles[:max_findings]
        raise Unreadable(tuple(_finding(trouble, content, root, compiled) for trouble in told))
    held = tuple(_finding(trouble, content, root, compiled, is_held=True) for trouble in done.troubles[:max_findings])
    findings = (*held, *_residue(elements, content, compiled, cast(Any, done.used)))
    places = compiled.places(done.trace, root) if done.trace is not None else None
    return XmlOutcome(
        tree=XmlTree(content, root),
        kind=compiled.kind,
        canonical=done.canonical,
        findings=findings,
        trace=places,
        header=header_of(root),
    )


def written(root: Any, compiled: Map, prepared: datetime | None = None) -> bytes:
    """The bytes of a document a map has filled, in the order of its schema, with its prefixes.

    `prepared` is when it is made, for formats whose header says so.
    """
    source = cast(XmlSource, compiled.source)
    if prepared is not None and is_b2mml(compiled.spec.root):
        stamp(root, prepared)
    source.order.sort(root)
    prefixes = {prefix or None: uri for prefix, uri in compiled.spec.namespaces.items()}
    if compiled.spec.root and compiled.spec.root not in prefixes.values():
        prefixes[None] = compiled.spec.root
    made = etree.Element(root.tag, nsmap=cast(Any, prefixes))
    _copy(root, made)
    etree.indent(made)
    etree.cleanup_namespaces(made)
    if not compiled.spec.doctype:
        return etree.tostring(made, xml_declaration=True, encoding="UTF-8") + b"\n"
    doctype = f'<!DOCTYPE {made.tag} SYSTEM "{compiled.spec.doctype}">'
    return etree.tostring(made, xml_declaration=True, encoding="UTF-8", doctype=doctype) + b"\n"


def _copy(element: Any, into: Any) -> None:
    into.text = element.text
    for name, value in element.items():
        into.set(name, value)
    for child in element:
        _copy(child, etree.SubElement(into, child.tag))


def kind_of_root(root: Any) -> str:
    """What `map_for` wants: the root element, with the way to what is inside where that makes the difference (cXML)."""
    tag = str(root.tag)
    return next((name for name in _INSIDE.get(tag, ()) if root.find(name.partition("/")[2]) is not None), tag)


@cache
def map_for(tag: str) -> Map | None:
    """The shipped map for a root element (in Clark's notation, cXML with what is in it), compiled, or None."""
    entry = next((each for each in entries() if each.format == "xml" and each.root == tag), None)
    return xml_map(entry.path) if entry is not None else None


def xml_map(path: Path) -> Map:
    """The map in a file, compiled. Raises FileProblems with file, line and column."""
    return compiled_xml(load(path))


def compiled_xml(file: MapFile) -> Map:
    """A loaded map, compiled. Raises FileProblems with file, line and column."""
    spec = file.spec
    if spec.format != "xml":
        raise file.problems([("$.format", "this is no XML map")])
    if spec.doctype and (spec.root or _DTD.fullmatch(spec.doctype) is None):
        problem = "a DTD is named by its address, without quotes and blanks, and where the root has no namespace"
        raise file.problems([("$.doctype", problem)])
    root = f"{{{spec.root}}}{spec.message}" if spec.root else spec.message.partition("/")[0]
    source = XmlSource(spec.namespaces, root, ubl() if spec.root.startswith(_UBL) else None)
    if spec.order:
        try:
            source.order = listed(spec.order, source.clark)
        except ValueError as error:
            raise file.problems([("$.order", str(error))]) from None
    return Map(file, source, lambda: compile_sweep(file, source))


def unknown_root(tag: str) -> Finding:
    """What to say of a document nobody has a map for."""
    return unmapped(tag, MAPS)


def _finding(trouble: Trouble, content: bytes, root: Any, compiled: Map, *, is_held: bool = False) -> Finding:
    line, column = place_of(content, root, element_of(trouble.spot))
    place = Place(line=line, column=column, path=compiled.source.place(trouble.spot, root).path)
    if trouble.policy == "park":  # our own table lacks something; the sender is right
        return Finding(trouble.code, trouble.text, place, "warning" if is_held else "error", act="operator")
    return Finding(trouble.code, trouble.text, place)


def _residue(elements: list[Any], content: bytes, compiled: Map, used: set[Any]) -> tuple[Finding, ...]:
    """What the document said and the map did not use."""
    root = elements[0]
    unsaid = sum(name.startswith(_UNSAID) for name in root.keys())  # noqa: SIM118 - an element is no dictionary
    if len(used) == cast(float, _count_said(root)) - unsaid:
        return ()  # whatever is used is a text or an attribute, so these are all there are
    attributes = cast(float, _count_attributes(root)) - unsaid
    unused = [*filterfalse(used.__contains__, elements)]
    left: list[tuple[Any, str | None]] = [
        (element, None) for element in unused if (text := element.text) and not text.isspace()
    ]
    behind = {element.getparent() for element in elements if (text := element.tail) and not text.isspace()}
    left += [(element, None) for element in behind.difference(element for element, _ in left)]
    if len(used) - (len(elements) - len(unused)) != attributes:
        left += [
            (element, name)
            for element in elements
            for name in element.keys()  # noqa: SIM118 - an element is no dictionary
            if (element, name) not in used and not name.startswith(_UNSAID)
        ]
    if not left:
        return ()
    numbers = {element: number for number, element in enumerate(elements)}
    return _told_residue([(numbers[element], element, name) for element, name in left], root, content, compiled)


def _told_residue(left: list[Any], root: Any, content: bytes, compiled: Map) -> tuple[Finding, ...]:
    source = cast(XmlSource, compiled.source)
    waived = {waiver.path for waiver in compiled.spec.waived if waiver.path is not None}
    left = [each for each in left if not _is_waived(each[1], each[2], root, source, waived)]
    left = sorted(left, key=lambda each: each[0])[:_MOST_RESIDUE]
    places = places_of(content, {number for number, _, _ in left}) if left else {}
    name = compiled.kind.document_type.replace("_", " ")
    findings = []
    for number, element, attribute in left:
        line, column = places.get(number, (element.sourceline, None))
        path = source.path_of(element, root) + (f"/@{attribute}" if attribute else "")
        what = "the text beside what stands in this" if attribute is None and len(element) else "this"
        text = f"{what} has no place in {'an' if name[0] in 'aeiou' else 'a'} {name}"
        findings.append(Finding("xml.residue", text, Place(line=line, column=column, path=path), "information"))
    return tuple(findings)


def _is_waived(element: Any, attribute: str | None, root: Any, source: XmlSource, waived: set[str]) -> bool:
    """Whether the path of the element, of one around it, or of its attribute is waived, or the attribute everywhere."""
    if attribute is not None and f"//@{attribute}" in waived:
        return True
    steps: list[str] = []
    while element is not root:
        steps.append(source.name_of(element.tag))
        element = element.getparent()
    names = list(reversed(steps))
    paths = {"/".join(names[:size]) for size in range(1, len(names) + 1)}
    return bool(paths & waived) or (attribute is not None and "/".join([*names, f"@{attribute}"]) in waived)


def root_of(head: bytes) -> tuple[str, str | None]:
    """(what `map_for` wants, UBLVersionID if it stands near the start) from the first bytes of a document.

    Raises Unreadable for a DOCTYPE that is not taken, and for what is not XML.
    """
    head = without_doctype(head)
    found = _Start()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = found.started
    parser.EndElementHandler = found.ended
    parser.CharacterDataHandler = found.said
    with suppress(_Enough, expat.ExpatError, LookupError, ValueError):
        parser.Parse(head, False)
    if found.root is None:
        raise _without_a_root(head)
    return found.root, found.version


class _Enough(Exception):  # noqa: N818 - no error
    """The start of a document has said all there is to know."""


class _Start:
    """Listens to the start of a document until its map and version are known."""

    def __init__(self) -> None:
        self.root: str | None = None
        self.version: str | None = None
        self._way: list[str] = []
        self._text: list[str] = []

    def started(self, name: str, _attributes: Any) -> None:
        self._way.append("{" + name if "}" in name else name)
        self._text = []
        way = "/".join(self._way)
        if self.root is None:
            self.root = way
        elif way in MAPS or (len(self._way) == 3 and self._way[0] in _INSIDE and self._way[1] != "Header"):
            self.root = way
            raise _Enough
        elif len(self._way) == 2 and name.endswith(("}ID", "}IssueDate")):  # the version would have come before
            raise _Enough

    def said(self, text: str) -> None:
        self._text.append(text)

    def ended(self, name: str) -> None:
        self._way.pop()
        if name.endswith("}UBLVersionID"):
            self.version = "".join(self._text).strip()
            raise _Enough


def _without_a_root(head: bytes) -> Unreadable:
    """Why there is none, in the words of the parser that says it best."""
    parser: Any = etree.XMLPullParser(("start",), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        parser.feed(head)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        text = "not well-formed: the document has no root element near its start"
        return Unreadable((Finding("xml.syntax", text, Place(line=line or None, column=column or None)),))
    return Unreadable((Finding("xml.syntax", "there is no root element near the start"),))
