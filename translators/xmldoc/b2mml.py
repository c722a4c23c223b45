"""The application area of a B2MML document that is written: when it was made, which its schema wants and no map knows.

Source: B2MML V0701, TransApplicationAreaType: CreationDateTime is mandatory, Sender and Receiver are not.
"""

from datetime import UTC, datetime
from typing import Any

from lxml import etree

_ROOTS = ("http://www.mesa.org/xml/B2MML", "http://www.wbf.org/xml/B2MML-V0401")


def is_b2mml(namespace: str) -> bool:
    """Whether documents with a root of this namespace are B2MML."""
    return namespace in _ROOTS


def stamp(root: Any, prepared: datetime) -> None:
    """Say that the document was made at `prepared`, unless its map has said a moment already."""
    space = f"{{{etree.QName(root).namespace}}}"
    area = root.find(f"{space}ApplicationArea")
    if area is None:
        area = etree.Element(f"{space}ApplicationArea")
        root.insert(0, area)
    if area.find(f"{space}CreationDateTime") is None:
        moment = prepared.astimezone(UTC).replace(tzinfo=None) if prepared.tzinfo is not None else prepared
        zone = "Z" if prepared.tzinfo is not None else ""
        etree.SubElement(area, f"{space}CreationDateTime").text = moment.isoformat(timespec="seconds") + zone
