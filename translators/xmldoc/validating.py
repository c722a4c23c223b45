"""XML Schema: does a document fit an XSD? Schemas come from files we are given, never from what a document names."""

from pathlib import Path
from typing import Any

from lxml import etree

from translators.findings import Finding, Place, Unreadable
from translators.xmldoc.parsing import XmlLimits, parse


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

    def findings(self, content: bytes) -> tuple[Finding, ...]:
        """Everything that does not fit, or why the document could not be parsed; empty when it fits."""
        try:
            root = parse(content, self.limits)
        except Unreadable as unreadable:
            return unreadable.findings
        if self._schema.validate(root):
            return ()
        return tuple(_finding(entry) for entry in self._schema.error_log)  # type: ignore[attr-defined]  # not in the stubs


class _OnlyBeside(etree.Resolver):
    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def resolve(self, system_url: str, *_: Any) -> Any:
        if "://" in system_url and not system_url.startswith("file://"):
            raise ValueError(f"the schema refers to `{system_url[:120]}`, which is not fetched")
        return None


def _finding(entry: Any) -> Finding:
    message = entry.message
    for prefix in ("Element ", "The attribute ", "Attribute "):
        if message.startswith(prefix):
            message = message[:1].lower() + message[1:]
    text = _without_namespaces(message).rstrip(".")
    return Finding(
        "xml.schema", text[:400], Place(line=entry.line or None, column=entry.column or None, path=entry.path)
    )


def _without_namespaces(text: str) -> str:
    parts = text.split("{")
    return parts[0] + "".join(part.partition("}")[2] if "}" in part else "{" + part for part in parts[1:])
