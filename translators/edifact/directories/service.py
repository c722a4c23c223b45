"""The service segments and CONTRL of syntax versions 1 to 4, with the service code lists.

Interactive and security segments are left out: interactive interchanges and packages are refused, security is not
read. Lists are the union over all releases: they shrink from D.03A on for reasons nobody stated, and partners send
codes of both generations.
"""

import re
from pathlib import Path

from translators.edifact.directories.codelists import clean
from translators.edifact.directories.release import Names, Part, Release
from translators.edifact.directories.repairs import SERVICE_REPEATS
from translators.edifact.directories.texts import codes_of
from translators.edifact.directories.xmlfiles import read_codes, read_xml

VERSIONS = ("1", "2", "3", "4")

_KEPT = (
    "UNB", "UNG", "UNH", "UNS", "UNT", "UNE", "UNZ", "UGH", "UGT", "UNO", "UNP", "UCI", "UCM", "UCS", "UCD", "UCF",
)  # fmt: skip
_SWAPPED = "D07A"  # its two files of service codes stand under each other's name
_STALE = ("0052", "0054", "0057", "0065")  # lists of message types and releases that end where the list was printed
_NAMES = {
    # Where the XML ran words together or lost a sign between them.
    "UCM": "Message/package response",
    "UGH": "Anti-collision segment group header",
    "UGT": "Anti-collision segment group trailer",
    "S005": "Recipient reference/password details",
    "S300": "Date and/or time of initiation",
    "0022": "Recipient reference/password",
    "0025": "Recipient reference/password qualifier",
    "0042": "Interchange sender internal sub-identification",
    "0046": "Interchange recipient internal sub-identification",
    "0074": "Number of segments in a message",
    "0087": "Anti-collision segment group identification",
    "0113": "Message type sub-function identification",
}
_S017_NAMES = {
    "S017": "Message implementation guideline identification",
    "0121": "Message implementation guideline identification",
    "0122": "Message implementation guideline version number",
    "0124": "Message implementation guideline release number",
}
_S017 = {"0121": "an..14", "0122": "an..3", "0124": "an..3"}


def read_service(folder: Path) -> dict[str, Release]:
    """Syntax version -> its segments and CONTRL, out of the folder that holds `edifact-mapping` and `unece`."""
    found = {}
    mapping = folder / "edifact-mapping"
    for version in VERSIONS:
        release = read_xml(mapping / f"Service_V{version}", f"syntax {version}")
        release.messages = {"CONTRL": release.messages["CONTRL"]}
        release.names.messages = {"CONTRL": "Syntax and service report"}
        _repair(release, version)
        _keep_used(release)
        lists = _lists_of(mapping, version)
        if version != "4":
            _merge(lists, codes_of((folder / "unece" / "97A" / "UNSL.97A").read_text("utf-8")))
        release.codes = {
            name: codes for name, codes in sorted(lists.items()) if name in release.elements and name not in _STALE
        }
        found[version] = release
    return found


def _repair(release: Release, version: str) -> None:
    for (tag, name), repeats in SERVICE_REPEATS.items():
        for part in release.segments.get(tag, ()):
            if part.id == name:
                part.repeats = repeats
    if version == "1":
        # Version 1 (ISO 9735:1988) has n..3 here, from before the directories had letters. Partners state version 1
        # with D.96A to this day, and a directory that refuses its own name helps nobody.
        release.elements["0052"] = release.elements["0054"] = "an..3"
    if version == "4":
        # ISO 9735-1 has S016, S017 (message implementation guideline) and S018 in UNH; S017 is lost.
        header = release.segments["UNH"]
        header.insert([part.id for part in header].index("S018"), Part("S017", mandatory=False))
        release.composites["S017"] = [Part(name, mandatory=name == "0121") for name in (*_S017, "0051")]
        release.elements.update(_S017)


def _keep_used(release: Release) -> None:
    release.segments = {tag: parts for tag, parts in release.segments.items() if tag in _KEPT}
    used = {part.id for parts in release.segments.values() for part in parts}
    release.composites = {name: parts for name, parts in release.composites.items() if name in used}
    used |= {part.id for parts in release.composites.values() for part in parts}
    release.elements = {name: kind for name, kind in release.elements.items() if name in used}


def _lists_of(mapping: Path, version: str) -> dict[str, dict[str, str]]:
    lists: dict[str, dict[str, str]] = {}
    for folder in sorted(mapping.glob("D*")):
        is_new = (version == "4") is not (folder.name == _SWAPPED)
        path = folder / f"service_codes_v{'4' if is_new else '3'}.xml"
        if path.is_file():
            _merge(lists, read_codes(path))
    return lists


def _merge(lists: dict[str, dict[str, str]], more: dict[str, dict[str, str]]) -> None:
    for element, codes in more.items():
        known = lists.setdefault(element, {})
        for code, title in codes.items():
            known.setdefault(code, clean(title))


def service_names(found: dict[str, Release]) -> Names:
    """The names of all versions; those of the latest win."""
    names = Names()
    for version in VERSIONS:
        release = found[version]
        names.messages.update(release.names.messages)
        names.segments.update({tag: name for tag, name in release.names.segments.items() if tag in release.segments})
        for kind in ("composites", "elements"):
            known = getattr(release, kind)
            names_of_kind = getattr(names, kind)
            names_of_kind.update({key: name for key, name in getattr(release.names, kind).items() if key in known})
    for names_of_kind in (names.segments, names.composites, names.elements):
        names_of_kind.update({key: re.sub(r" coded$", ", coded", name) for key, name in names_of_kind.items()})
        names_of_kind.update({key: name for key, name in _NAMES.items() if key in names_of_kind})
    names.composites["S017"] = _S017_NAMES["S017"]
    names.elements.update({key: name for key, name in _S017_NAMES.items() if key.isdigit()})
    return names
