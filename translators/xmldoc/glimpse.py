"""The number of an XML document that could not be read, from where its kind has it."""

from contextlib import suppress
from typing import Any
from xml.parsers import expat  # the start of a document only: lxml would build a tree of what is damaged

from translators.findings import Unreadable
from translators.xmldoc.parsing import without_doctype

_ATTRIBUTES = {
    "OrderRequestHeader": "orderID", "ConfirmationHeader": "confirmID", "ShipNoticeHeader": "shipmentID",
    "InvoiceDetailRequestHeader": "invoiceID",
}  # fmt: skip
"""Of cXML."""
_DEEPEST = 8


class _Enough(Exception):  # noqa: N818 - no error
    """The number is known."""


class _Numbers:
    """UBL: the ID below the root; CII: that of its ExchangedDocument; cXML: an attribute of its header; B2MML: the
    first ID below the DataArea."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._way: list[str] = []
        self._text: list[str] = []

    def started(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition("}")[2]
        self._way.append(local)
        self._text = []
        attribute = _ATTRIBUTES.get(local)
        if attribute is not None:
            self.found = [attributes[attribute]] if attribute in attributes else []
            raise _Enough

    def said(self, text: str) -> None:
        self._text.append(text)

    def ended(self, _name: str) -> None:
        if self._is_number():
            self.found = ["".join(self._text)]
            raise _Enough
        self._way.pop()

    def _is_number(self) -> bool:
        way = self._way
        if not way or way[-1] != "ID" or len(way) > _DEEPEST:
            return False
        return len(way) == 2 or (len(way) == 3 and way[1] == "ExchangedDocument") or "DataArea" in way


def numbers_in_xml(start: bytes) -> list[str]:
    """One at the most; none where the document breaks before it."""
    numbers = _Numbers()
    parser: Any = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = numbers.started
    parser.EndElementHandler = numbers.ended
    parser.CharacterDataHandler = numbers.said
    with suppress(_Enough, Unreadable, expat.ExpatError, LookupError, ValueError):
        parser.Parse(without_doctype(start), False)
    return numbers.found
