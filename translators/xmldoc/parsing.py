"""Parses XML from strangers: no DOCTYPE, no entities, no network, bounded depth, attributes and elements.

A document type declaration is refused outright, because without one there is nothing to expand or fetch; lxml's own
switches are set as well. What is plainly UTF-8 is parsed by expat into the elements of `xml.etree`, which are faster to
walk; everything else, and everything that is wrong, goes through lxml.
"""

import re
import xml.etree.ElementTree as ElementTree
from contextlib import suppress
from typing import Any, cast
from xml.parsers import expat

from lxml import etree
from msgspec import Struct

from translators.findings import Finding, Place, Unreadable

_ENCODINGS = ("UTF-8", "UTF-16", "ISO-8859-1", "ISO-8859-15", "US-ASCII", "ASCII", "WINDOWS-1252")


class XmlLimits(Struct, frozen=True, kw_only=True):
    """What is taken of one document."""

    max_depth: int = 64
    max_attributes: int = 256
    max_elements: int = 500_000


_BOM = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")


def read_tree(content: bytes, limits: XmlLimits) -> ElementTree.Element:
    """The root as an element of `xml.etree`, without comments. Raises Unreadable with line and column, as `parse`."""
    if not _is_plain(content):
        return ElementTree.fromstring(etree.tostring(parse(content, limits), encoding="unicode"))  # noqa: S314 - parsed before
    if content.count(b"=") > 2 * limits.max_elements:
        raise _unreadable("xml.attributes", f"the document has more than {2 * limits.max_elements} attributes")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - there is no DOCTYPE, so nothing can expand
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        return ElementTree.fromstring(etree.tostring(parse(content, limits), encoding="unicode"))  # noqa: S314 - parsed before
    _check_tree(root, content, limits)
    return root


def _is_plain(content: bytes) -> bool:
    """Whether expat may read it: UTF-8 as far as the document says, and no declaration of anything."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\x00" in content:
        return False
    declared = _DECLARATION.match(content.removeprefix(_BOM)[:200])
    return declared is None or declared[1].upper() == b"UTF-8"


def _check_tree(root: ElementTree.Element, content: bytes, limits: XmlLimits) -> None:
    if content.count(b"<") > limits.max_elements:
        count = sum(1 for _ in root.iter())
        if count > limits.max_elements:
            text = f"the document has {count} elements; at most {limits.max_elements} are taken"
            raise _unreadable("xml.elements", text)
    if content.count(b"=") > limits.max_attributes and any(
        len(each.attrib) > limits.max_attributes for each in root.iter()
    ):
        text = f"an element has more than {limits.max_attributes} attributes"
        raise _unreadable("xml.attributes", text)
    depth, level = 0, [root]
    while level:
        depth += 1
        if depth > limits.max_depth:
            raise _unreadable("xml.depth", f"nested deeper than {limits.max_depth} levels")
        level = [inner for each in level for inner in each]


def parse(content: bytes, limits: XmlLimits) -> Any:
    """The root element. Raises Unreadable with line and column."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _refused_doctype(content)
    if content.count(b"=") > 2 * limits.max_elements:
        raise _unreadable("xml.attributes", f"the document has more than {2 * limits.max_elements} attributes")
    try:
        root = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as error:
        raise _broken(error, content) from None
    except ValueError as error:  # an encoding lxml does not know
        raise _unreadable("xml.encoding", f"not readable: {str(error)[:80]}") from None
    _check(root, limits)
    return root


def _parser() -> etree.XMLParser:
    """A fresh parser each time: parsers keep errors of earlier documents."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


_TOO_MANY_ATTRIBUTES = "boolean(//*[count(@*) > $most])"
_too_many = etree.XPath(_TOO_MANY_ATTRIBUTES)
_count = etree.XPath("count(//*)")


def _check(root: Any, limits: XmlLimits) -> None:
    document = root.getroottree().docinfo
    if document.doctype or document.internalDTD is not None:
        raise _unreadable("xml.doctype", "a document type declaration (DOCTYPE) is not taken")
    encoding = (document.encoding or "UTF-8").upper()
    if encoding not in _ENCODINGS:
        raise _unreadable("xml.encoding", f"the encoding `{encoding[:20]}` is not taken; use UTF-8")
    count = int(cast(float, _count(root)))
    if count > limits.max_elements:
        text = f"the document has {count} elements; at most {limits.max_elements} are taken"
        raise _unreadable("xml.elements", text)
    if _too_many(root, most=limits.max_attributes):
        text = f"an element has more than {limits.max_attributes} attributes"
        raise _unreadable("xml.attributes", text)
    if _depth_exceeds(root, limits.max_depth):
        raise _unreadable("xml.depth", f"nested deeper than {limits.max_depth} levels")


def _depth_exceeds(root: Any, most: int) -> bool:
    """Level by level, so that a deep document costs no more than a flat one."""
    level = "/*" + "/*" * most
    return bool(root.xpath(f"boolean({level})"))


def _refused_doctype(content: bytes) -> Unreadable:
    at = content.find(b"<!DOCTYPE")
    at = at if at >= 0 else content.find(b"<!ENTITY")
    line, column = content.count(b"\n", 0, at) + 1, at - content.rfind(b"\n", 0, at)
    place = Place(line=line, column=column, offset=at)
    text = "a document type declaration (DOCTYPE) is not taken"
    if content.startswith(b"<!DOCTYPE cXML", at):
        text += "; leave it out: nothing else in a cXML document changes"
    return Unreadable((Finding("xml.doctype", text, place),))


def _broken(error: etree.XMLSyntaxError, content: bytes) -> Unreadable:
    line, column = error.position
    message = (error.msg or "not well-formed").split(", line ")[0].split("\n")[0]
    if "encoding" in message.lower() or "not proper utf-8" in message.lower():
        code, text = "xml.encoding", "the bytes are not valid in the declared encoding"
    elif "depth" in message.lower():
        code, text = "xml.depth", "nested too deep"
    elif not content.strip():
        code, text = "document.empty", "the document is empty"
    else:
        code, text = "xml.syntax", f"not well-formed: {message[:1].lower()}{message[1:120]}"
    return Unreadable((Finding(code, text, Place(line=line or None, column=column or None)),))


def place_of(content: bytes, root: Any, element: Any) -> tuple[int | None, int | None]:
    """Line and column of an element's start tag, counted by expat, since the elements do not keep them."""
    wanted = next((number for number, each in enumerate(root.iter()) if each is element), None)
    return places_of(content, {wanted}).get(wanted, (None, None)) if wanted is not None else (None, None)


def places_of(content: bytes, wanted: set[int]) -> dict[int, tuple[int | None, int | None]]:
    """Line and column of the start tags of elements, given by their number in the order of the document, from 0."""
    found: dict[int, tuple[int | None, int | None]] = {}
    parser = expat.ParserCreate()
    number = -1

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal number
        number += 1
        if number in wanted:
            found[number] = (parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    parser.StartElementHandler = start
    with suppress(expat.ExpatError):  # an encoding expat does not know; the places found so far are right
        parser.Parse(content, True)
    return found


def _unreadable(code: str, text: str) -> Unreadable:
    return Unreadable((Finding(code, text),))
