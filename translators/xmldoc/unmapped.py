"""What is told of an XML document nobody has a map for: which vocabulary it is of, and what of that is read."""

import re
from collections.abc import Iterable

from translators.findings import Finding

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CII = "urn:un:unece:uncefact:data:standard:"
_B2MML = re.compile(r"http://www\.(?:mesa|wbf)\.org/xml/b2mml(?:-(?P<release>V[0-9]+))?\Z", re.IGNORECASE)

_SPECIAL = {
    "CrossIndustryDocument": (
        "ZUGFeRD 1.0 (CrossIndustryDocument) is not read; "
        "send ZUGFeRD 2 or Factur-X, whose root is CrossIndustryInvoice"
    ),
    "SCRDMCCBDACIOMessageStructure": (
        "Order-X (SCRDMCCBDACIOMessageStructure) is not read; send the order as UBL, cXML or EDIFACT"
    ),
    "StandardBusinessDocument": (
        "an SBDH envelope (StandardBusinessDocument) is not opened; send the document in it by itself"
    ),
    "Envelope": "a SOAP envelope is not opened; send the document in it by itself",
}
"""Roots of documents which are known well enough to be called by their names."""


def unmapped(tag: str, maps: Iterable[str]) -> Finding:
    """Why a document with this root element is not read; `maps` are the roots there are maps for.

    Names are in Clark's notation, cXML with the way to what is inside.
    """
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    read = sorted(set(maps))
    sentence = _SPECIAL.get(name)
    if sentence is None:
        sentence = _of_its_family(namespace, name, read) or _unknown(tag, name, read)
    return Finding("xml.root", sentence)


def _of_its_family(namespace: str, name: str, read: list[str]) -> str | None:
    if name.partition("/")[0] == "cXML" and not namespace:
        return f"`{_short(name)}` is not read; of cXML we read {_names(read, 'cXML/')}"
    if namespace.startswith(_UBL):
        return _ubl(namespace, name, read)
    if namespace.startswith(_CII):
        return f"`{_short(name)}` of `{_short(namespace)}` is not read; of UN/CEFACT CII we read {_full(read, _CII)}"
    of_b2mml = _B2MML.match(namespace)
    if of_b2mml is not None:
        return _b2mml(of_b2mml["release"], name, read)
    return None


def _ubl(namespace: str, name: str, read: list[str]) -> str:
    of, _, version = namespace.removeprefix(_UBL).partition("-")
    if version != "2":
        return f"`{_short(name)}` of UBL {_short(version)} is not read; we read UBL 2 (2.0 to 2.4)"
    if of != name:
        return f"the root element `{_short(name)}` does not belong to its namespace, which is that of `{_short(of)}`"
    return f"`{_short(name)}` of UBL 2 is not read; of UBL 2 we read {_names(read, '{' + _UBL)}"


def _b2mml(release: str | None, name: str, read: list[str]) -> str:
    by_release: dict[str, list[str]] = {}
    for each in read:
        namespace, _, root = each.removeprefix("{").rpartition("}")
        of_b2mml = _B2MML.match(namespace)
        if of_b2mml is not None:
            by_release.setdefault(of_b2mml["release"] or "V0701", []).append(root)
    there = "; ".join(f"{each} {', '.join(roots)}" for each, roots in sorted(by_release.items()))
    return f"`{_short(name)}` of B2MML {release or 'V0701'} is not read; of B2MML we read {there}"


def _unknown(tag: str, name: str, read: list[str]) -> str:
    """A root of a vocabulary that we do not know, or one that we know without or with another namespace."""
    alike = [each for each in read if each.rpartition("}")[2] == name]
    if alike:
        where = " or ".join(f"`{each[1:].rpartition('}')[0]}`" for each in alike)
        return f"documents `{_short(tag)}` are not read; `{_short(name)}` is read where its namespace is {where}"
    families = {
        "UBL 2": _names(read, "{" + _UBL),
        "UN/CEFACT CII": _names(read, "{" + _CII),
        "cXML": _names(read, "cXML/"),
        "B2MML": _names((each for each in read if _B2MML.match(each[1:].rpartition("}")[0])), ""),
    }
    known = "; ".join(f"of {family} {names}" for family, names in families.items())
    return f"documents `{_short(tag)}` are not read; we read {known}"


def _names(read: Iterable[str], beginning: str) -> str:
    """The names of what begins so, each once and in the order of the alphabet."""
    return ", ".join(sorted({re.split(r"[}/]", each)[-1] for each in read if each.startswith(beginning)}))


def _full(read: list[str], beginning: str) -> str:
    roots = (each[1:].rpartition("}") for each in read if each.startswith("{" + beginning))
    return ", ".join(f"{name} of `{namespace}`" for namespace, _, name in roots)


def _short(text: str) -> str:
    return text[:120]
