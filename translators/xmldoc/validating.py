"""XML Schema: does a document fit an XSD? Schemas come from files we are given, never from what a document names."""

from pathlib import Path
from typing import Any

from lxml import etree

from translators.findings import Finding, Place, Unreadable
from translators.xmldoc.parsing import XmlLimits, XmlTree, parse, places_of

MOST_FINDINGS = 100
"""Places told about one document."""


class XmlSchema:
    """A compiled XSD. Imports and includes inside it may lead to files beside it, never to the network."""

    def __init__(self, path: Path, limits: XmlLimits = XmlLimits()) -> None:  # noqa: B008 - frozen
        """Raises ValueError with a sentence when the file is no usable schema, OSError when it cannot be read."""
        self.limits = limits
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        parser.resolvers.add(_OnlyBeside(path.parent))
        try:
            self._schema = etree.XMLSchema(etree.fromstring(path.read_bytes(), parser, base_url=str(path.resolve())))
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise ValueError(f"{path} is not a usable schema: {str(error).splitlines()[0][:200]}") from None

    def findings(self, content: bytes, tree: XmlTree | None = None) -> tuple[Finding, ...]:
        """Everything that does not fit, or why the document could not be parsed; empty when it fits.

        `tree` spares parsing: what a reading has made of the same bytes.
        """
        if tree is None:
            try:
                tree = XmlTree(content, parse(content, self.limits))
            except Unreadable as unreadable:
                return unreadable.findings
        if self._schema.validate(tree.root):
            return ()
        errors = list(self._schema.error_log)[:MOST_FINDINGS]  # type: ignore[call-overload]  # not in the stubs
        elements = [_element_at(entry.path, tree.root) for entry in errors]
        numbers = {each: number for number, each in enumerate(tree.root.iter())}
        places = places_of(tree.content, {numbers[each] for each in elements if each is not None})
        return tuple(
            _finding(entry, places.get(numbers.get(element, -1), (entry.line or None, None)))
            for entry, element in zip(errors, elements, strict=True)
        )


def _element_at(path: str | None, root: Any) -> Any:
    """The element libxml2 names by its XPath, prefixes as in the document."""
    prefixes = {prefix: uri for each in root.iter() for prefix, uri in each.nsmap.items() if prefix}
    try:
        found = root.getroottree().xpath(path or "", namespaces=prefixes)
    except etree.XPathError:
        return None
    element: Any = found[0] if isinstance(found, list) and found else None
    return element.getparent() if hasattr(element, "is_attribute") else element


class _OnlyBeside(etree.Resolver):
    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def resolve(self, system_url: str, *_: Any) -> Any:
        if "://" in system_url and not system_url.startswith("file://"):
            raise ValueError(f"the schema refers to `{system_url[:120]}`, which is not fetched")
        return None


def _finding(entry: Any, place: tuple[int | None, int | None]) -> Finding:
    message = entry.message
    for prefix in ("Element ", "The attribute ", "Attribute "):
        if message.startswith(prefix):
            message = message[:1].lower() + message[1:]
    text = _without_namespaces(message).rstrip(".")
    return Finding("xml.schema", text[:400], Place(line=place[0], column=place[1], path=entry.path))


def _without_namespaces(text: str) -> str:
    parts = text.split("{")
    return parts[0] + "".join(part.partition("}")[2] if "}" in part else "{" + part for part in parts[1:])
