"""The order of an element's children, and how many of a kind there may be, as a schema asks for them."""

import json
import zlib
from functools import cache
from importlib.resources import files
from typing import Any

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC, _CBC = f"{{{_UBL}CommonAggregateComponents-2}}", f"{{{_UBL}CommonBasicComponents-2}}"


class Order:
    """Children by the name of their parent: `[(name, most)]`, where `most` 0 is any number."""

    def __init__(self, children: dict[str, list[tuple[str, int]]]) -> None:
        self._ranks = {
            parent: {name: (rank, most) for rank, (name, most) in enumerate(rows)} for parent, rows in children.items()
        }

    def most(self, parent: str, child: str) -> int | None:
        """How many of `child` may stand in `parent`, 0 for any number; None where nothing is known."""
        known = self._ranks.get(parent)
        return known[child][1] if known is not None and child in known else None

    def children(self, parent: str) -> list[tuple[str, int]]:
        """`[(name, most)]` of the children of an element, in order."""
        return [(name, most) for name, (_, most) in self._ranks.get(parent, {}).items()]

    def sort(self, element: Any) -> None:
        """Put the children of an element, and theirs, in order. What is not known keeps its place after the rest."""
        ranks = self._ranks.get(element.tag)
        if ranks is not None:
            last = (len(ranks), 0)
            element[:] = sorted(element, key=lambda child: ranks.get(child.tag, last)[0])
        for child in element:
            self.sort(child)


def listed(order: dict[str, tuple[str, ...]], clark: Any) -> Order:
    """The order a map lists by itself, with its prefixes; how many there may be stays unknown."""
    return Order({clark(parent): [(clark(name), 0) for name in names] for parent, names in order.items()})


@cache
def ubl() -> Order:
    """UBL 2.1, from OASIS's schemas; later versions of UBL 2 only add."""
    packed = files(__package__).joinpath("ubl21.json.z").read_bytes()
    table = json.loads(zlib.decompress(packed))
    types = {
        name: [((_CBC if child[:1] == "." else _CAC) + child.lstrip("."), most) for child, most in rows]
        for name, rows in table["types"].items()
    }
    children = {_CAC + name: types[kind] for name, kind in table["elements"].items()}
    roots = {f"{{{_UBL}{name}-2}}{name}": types[name] for name in table["documents"]}
    return Order({**children, **roots})
