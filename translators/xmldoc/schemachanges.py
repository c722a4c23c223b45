"""What a newer XSD takes no more: its named types and elements compared one by one.

The comparison reads the schema documents, with those they include and import beside them. Substitution groups, keys and
derivation by restriction of another file's types are not followed.
"""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree
from msgspec import Struct

from translators.changes import Change

_XS = "{http://www.w3.org/2001/XMLSchema}"
_MOST = ("maxLength", "totalDigits", "fractionDigits", "maxInclusive", "maxExclusive")
_LEAST = ("minLength", "minInclusive", "minExclusive")


class _Child(Struct, frozen=True):
    """An element or attribute in a type. `most` None: unbounded."""

    least: int
    most: int | None
    type: str


class _Component(Struct, frozen=True):
    """A named type or element: what stands in it, the values it takes, the bounds of its text."""

    children: dict[str, _Child]
    values: tuple[str, ...]
    facets: dict[str, str]
    open: bool


def xsd_changes(older: Path, newer: Path) -> list[Change]:
    """Raises ValueError for a file that is no XML."""
    before, after = _components(older), _components(newer)
    changes: list[Change] = []
    for name, component in before.items():
        if name not in after:
            if name.startswith("element "):
                changes.append(Change(name, "there is no such element any more"))
            continue
        changes += _stricter(name, component, after[name])
    return changes


def _stricter(name: str, older: _Component, newer: _Component) -> Iterator[Change]:
    yield from _children_changes(name, older, newer)
    yield from _text_changes(name, older, newer)


def _children_changes(name: str, older: _Component, newer: _Component) -> Iterator[Change]:
    for child, now in newer.children.items():
        before = older.children.get(child, _Child(0, None if older.open else 0, ""))
        at = f"{name}/{child}"
        if now.least > before.least:
            yield Change(at, "it is required now" if before.least == 0 else f"at least {now.least} now")
        if child not in older.children:
            continue
        if now.most is not None and (before.most is None or now.most < before.most):
            yield Change(at, f"at most {now.most} now")
        if now.type != before.type:
            text = f"its type is `{now.type or 'its own'}` instead of `{before.type or 'its own'}`"
            yield Change(at, text, certain=False)
    for child in older.children:
        if child not in newer.children and not newer.open:
            yield Change(f"{name}/{child}", "it is not taken any more")


def _text_changes(name: str, older: _Component, newer: _Component) -> Iterator[Change]:
    if newer.values and set(older.values) - set(newer.values):
        gone = sorted(set(older.values) - set(newer.values))
        yield Change(name, f"{', '.join(f'`{value}`' for value in gone[:5])} not taken any more")
    elif newer.values and not older.values:
        yield Change(name, "only certain values are taken now")
    for facet, value in newer.facets.items():
        was = older.facets.get(facet)
        if was == value:
            continue
        if facet in _MOST + _LEAST and was is not None and (float(value) > float(was)) is (facet in _MOST):
            continue
        certain = facet in _MOST + _LEAST or facet == "length"
        yield Change(
            name, f"`{facet}` is {value} now{f' instead of {was}' if was is not None else ''}", certain=certain
        )


def _components(path: Path) -> dict[str, _Component]:
    found: dict[str, _Component] = {}
    waiting, seen = [path], set[Path]()
    while waiting:
        here = waiting.pop().resolve()
        if here in seen or not here.is_file():
            continue
        seen.add(here)
        root = _root(here)
        for reference in root.iter(f"{_XS}include", f"{_XS}import", f"{_XS}redefine"):
            location = reference.get("schemaLocation")
            if location and "://" not in location:
                waiting.append(here.parent / location)
        for node in root:
            kind = etree.QName(node).localname
            if kind in ("complexType", "simpleType", "element", "group", "attributeGroup") and node.get("name"):
                word = "element" if kind == "element" else "type" if kind.endswith("Type") else kind
                found[f"{word} {node.get('name')}"] = _component(node)
    return found


def _root(path: Path) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"`{path.name}` is not XML: {str(error)[:150]}") from None


def _component(node: etree._Element) -> _Component:
    children = dict(_children(node, 1, 1))
    facets = {}
    values = []
    for restriction in node.iter(f"{_XS}restriction"):
        for facet in restriction:
            if facet.get("value") is not None:
                name, value = etree.QName(facet).localname, str(facet.get("value"))
                if name == "enumeration":
                    values.append(value)
                elif name != "whiteSpace":
                    facets[name] = value
    is_open = next(node.iter(f"{_XS}any"), None) is not None
    return _Component(children, tuple(values), facets, is_open)


def _children(node: etree._Element, least: int, most: int | None) -> Iterator[tuple[str, _Child]]:
    """What may stand in a type, by name; inside a choice nothing is required."""
    for one in node:
        kind = etree.QName(one).localname
        own_least = int(one.get("minOccurs", "1"))
        own_most = None if one.get("maxOccurs") == "unbounded" else int(one.get("maxOccurs", "1"))
        together = None if own_most is None or most is None else own_most * most
        name = one.get("name") or (one.get("ref") or "").rpartition(":")[2]
        if kind == "element" and name:
            yield name, _Child(own_least * least, together, (one.get("type") or "").rpartition(":")[2])
        elif kind == "attribute" and name:
            required = 1 if one.get("use") == "required" else 0
            yield f"@{name}", _Child(required, 1, (one.get("type") or "").rpartition(":")[2])
        elif kind in ("sequence", "all", "choice"):
            yield from _children(one, 0 if kind == "choice" else own_least * least, together)
        elif kind in ("complexType", "complexContent", "simpleContent", "extension", "restriction"):
            yield from _children(one, least, most)
