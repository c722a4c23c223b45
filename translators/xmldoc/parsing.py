"""Parses XML from strangers: no DOCTYPE, no entities, no network, bounded depth, attributes and elements.

A document type declaration is refused outright, because without one there is nothing to expand or fetch; lxml's own
switches are set as well. The one exception is that of cXML, which has to have one: where it only names a DTD it is
blanked out before anything is parsed. Everybody works on the one tree that is made here: schemas, maps, findings.
"""

import re
import threading
from contextlib import suppress
from functools import cache
from typing import Any, cast
from xml.parsers import expat

from lxml import etree
from msgspec import Struct

from translators.findings import Finding, Place, Unreadable

_ENCODING = re.compile(
    r"(UTF-?(8|16(-?[LB]E)?)|ISO-8859-\d{1,2}|LATIN-?1|(US-)?ASCII|(WINDOWS|CP)-?125\d)\Z", re.ASCII | re.IGNORECASE
)
"""What is taken: with zero bytes left out, `<!DOCTYPE` is the same bytes in all of them, so nothing can hide one."""


class XmlLimits(Struct, frozen=True, kw_only=True):
    """What is taken of one document."""

    max_depth: int = 64
    max_attributes: int = 256
    max_elements: int = 500_000


class XmlTree(Struct, frozen=True, eq=False):
    """A document that was parsed and is within its limits: the bytes, for places, and the root element."""

    content: bytes
    root: Any


_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_PLAIN = re.compile(
    rb"(?:<\?xml\s+version=(?:\"1\.0\"|'1\.0')(?:\s+encoding=(?:\"(?i:UTF-8)\"|'(?i:UTF-8)'))?\s*\?>)?\s*<[A-Za-z_]"
)
"""How nearly every document starts: UTF-8, and the root element next; there is no place for a DOCTYPE any more."""
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
"""What may stand before the root element or a DOCTYPE; after it, the word can only be text."""
_NAMED_DTD = re.compile(
    rb"<!DOCTYPE\s+cXML(?:\s+(?:SYSTEM|PUBLIC\s+(?:\"[^\"<>]{0,200}\"|'[^'<>]{0,200}'))"
    rb"\s+(?:\"[^\"<>]{0,500}\"|'[^'<>]{0,500}'))?\s*>"
)
"""The declaration of a cXML document that names its DTD and declares nothing itself."""


def parse(content: bytes, limits: XmlLimits) -> Any:
    """The root element, without comments and blank text. Raises Unreadable with line and column."""
    content = without_doctype(content)
    most = 2 * limits.max_elements
    if len(content) > _SHORTEST_ATTRIBUTE * most and content.count(b"=") > most:
        raise _unreadable("xml.attributes", f"the document has more than {most} attributes")
    try:
        root = etree.fromstring(content, _kept.parser)
    except etree.XMLSyntaxError as error:
        _kept.parser = _parser()
        raise _broken(error, content) from None
    except (ValueError, LookupError) as error:  # an encoding lxml does not know
        _kept.parser = _parser()
        raise _unreadable("xml.encoding", f"not readable: {str(error)[:80]}") from None
    _check(root, content, limits)
    return root


def without_doctype(content: bytes) -> bytes:
    """`content` with the DOCTYPE of cXML blanked out, so that no place in it moves; other content as it is.

    Raises Unreadable for any other DOCTYPE, or an encoding that could hide one, at the start of a document.
    """
    if _PLAIN.match(content) is not None and b"\x00" not in content[:200]:
        return content
    declared = _DECLARATION.match(content[:200])
    if declared is not None and _ENCODING.match(declared[1].decode("latin-1")) is None:
        raise _refused_encoding(declared[1].decode("latin-1"), Place(line=1, column=declared.start(1) + 1))
    if b"\x00" in content[:200]:
        if b"<!DOCTYPE" in content.replace(b"\x00", b""):
            raise _unreadable("xml.doctype", _NO_DOCTYPE)
        return content
    at = cast(re.Match[bytes], _PROLOG.match(content)).end()
    if not content.startswith((b"<!DOCTYPE", b"<!ENTITY"), at):
        return content
    named = _NAMED_DTD.match(content, at)
    if named is None or content.startswith(b"<!", cast(re.Match[bytes], _PROLOG.match(content, named.end())).end()):
        raise _refused_doctype(content, at)
    return content[:at] + _NO_BREAK.sub(b" ", named[0]) + content[named.end() :]


def _parser() -> etree.XMLParser:
    """The parser of documents; one that has met a mistake is not asked again, as parsers keep errors."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        collect_ids=False,
        remove_blank_text=True,
        remove_comments=True,
        remove_pis=True,
    )


class _Kept(threading.local):
    """The parser of a thread: a new one for every document costs a tenth of the parse."""

    def __init__(self) -> None:
        self.parser = _parser()


_kept = _Kept()
_too_many = etree.XPath("(//*[count(@*) > $most])[1]")
_count = etree.XPath("count(//*)")
_SHORTEST_ATTRIBUTE = len(' a=""')


@cache
def _deeper_than(most: int) -> etree.XPath:
    """Level by level, so that a deep document costs no more than a flat one."""
    return etree.XPath(f"(/*{'/*' * most})[1]")


def _check(root: Any, content: bytes, limits: XmlLimits) -> None:
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.doctype:
        raise _unreadable("xml.doctype", _NO_DOCTYPE)
    if document.encoding != "UTF-8" and _ENCODING.match(document.encoding or "UTF-8") is None:
        raise _refused_encoding(document.encoding, Place())
    if len(content) > len("<a/>") * limits.max_elements:
        count = int(cast(float, _count(root)))
        if count > limits.max_elements:
            text = f"the document has {count} elements; at most {limits.max_elements} are taken"
            raise _unreadable("xml.elements", text)
    if _may_have_many_attributes(content, limits.max_attributes):
        for element in cast(list[Any], _too_many(root, most=limits.max_attributes)):
            text = f"an element has more than {limits.max_attributes} attributes"
            raise _unreadable_at("xml.attributes", text, content, root, element)
    for element in cast(list[Any], _deeper_than(limits.max_depth)(root)):
        raise _unreadable_at("xml.depth", f"nested deeper than {limits.max_depth} levels", content, root, element)


def _may_have_many_attributes(content: bytes, most: int) -> bool:
    """Whether it is worth asking the tree: there are so many, and a start tag is long enough for them."""
    if len(content) <= most * _SHORTEST_ATTRIBUTE or content.count(b"=") <= most:
        return False
    return b"\x00" in content or max(map(len, content.split(b"<"))) > most * _SHORTEST_ATTRIBUTE


_NO_DOCTYPE = "a document type declaration (DOCTYPE) is not taken"
_OF_CXML = re.compile(rb"<!DOCTYPE\s+cXML\b(?![-.:])")
_NO_BREAK = re.compile(rb"[^\r\n]")


def _refused_encoding(name: str, place: Place) -> Unreadable:
    return Unreadable((Finding("xml.encoding", f"the encoding `{name[:20]}` is not taken; use UTF-8", place),))


def _refused_doctype(content: bytes, at: int) -> Unreadable:
    line, column = content.count(b"\n", 0, at) + 1, at - content.rfind(b"\n", 0, at)
    place = Place(line=line, column=column, offset=at)
    text = _NO_DOCTYPE
    if _OF_CXML.match(content, at):
        text = "a DOCTYPE of cXML is taken where it only names a DTD; declare nothing in it"
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
        small = message if message[:2].isupper() else message[:1].lower() + message[1:]
        code, text = "xml.syntax", f"not well-formed: {small[:120]}"
    return Unreadable((Finding(code, text, Place(line=line or None, column=column or None)),))


def place_of(content: bytes, root: Any, element: Any) -> tuple[int | None, int | None]:
    """Line and column of an element's start tag, counted by expat, since the elements keep no column."""
    wanted = next((number for number, each in enumerate(root.iter()) if each is element), None)
    if wanted is None:
        return None, None
    return places_of(content, {wanted}).get(wanted, (element.sourceline, None))


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
    with suppress(
        expat.ExpatError, LookupError, ValueError
    ):  # an encoding expat does not know; the places found so far are right
        parser.Parse(content, True)
    return found


def _unreadable(code: str, text: str) -> Unreadable:
    return Unreadable((Finding(code, text),))


def _unreadable_at(code: str, text: str, content: bytes, root: Any, element: Any) -> Unreadable:
    line, column = place_of(content, root, element)
    return Unreadable((Finding(code, text, Place(line=line, column=column)),))
