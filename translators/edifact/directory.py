"""The tables of a directory release, loaded once and made quick to ask: structures, segments, codes, names.

The tables are packaged, one file per release (see `directories/build.py`); codes and names are shared by all and read
when first asked for. A directory may be used by several threads: what it works out it works out the same each time.
"""

import re
import zlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

import msgspec
from msgspec import Struct

from translators.findings import Finding

_REPRESENTATION = re.compile(r"(an|a|n)(\.\.)?(\d+)")
_RELEASE = re.compile(r"[A-Z]\.\d\d[AB]")
_SYNTAX_MESSAGES = ("D.3", "4.1")
"""What CONTRL gives as its release: it belongs to the syntax (syntax version 3; ISO 9735-4), not to a directory."""

_LOADING = Lock()


class Component(Struct, frozen=True):
    """A data element where it stands: may be mandatory; characters `a`, `n` or `an`; shortest and longest length."""

    id: str
    name: str
    mandatory: bool
    kind: str
    shortest: int
    longest: int


class ElementRule(Struct, frozen=True):
    """A simple or composite element of a segment; a simple one has one component, itself.

    `repeats` counts repetitions of syntax version 4, not the places a segment may name an element at.
    """

    id: str
    mandatory: bool
    repeats: int
    components: tuple[Component, ...]
    is_composite: bool
    name: str = ""


class Step(Struct, kw_only=True, eq=False):
    """A place in a message's structure: a segment, or a group with its own steps, the first being its trigger."""

    tag: str
    group: int | None
    mandatory: bool
    repeats: int
    steps: "tuple[Step, ...]" = ()

    @property
    def name(self) -> str:
        """`SG25` for a group, the tag for a segment."""
        return f"SG{self.group}" if self.group is not None else self.tag


class Directory:
    """One release with the service segments and CONTRL of one syntax version."""

    def __init__(self, table: dict[str, Any], service: dict[str, Any]) -> None:
        self.release: str = table["release"]
        self._elements = {**table["elements"], **service["elements"]}
        self._composites = {**table["composites"], **service["composites"]}
        self._segments = {**table["segments"], **service["segments"]}
        self._own_messages = tuple(table["messages"] or service["messages"])
        self._messages = {**table["messages"], **service["messages"]}
        self._service_codes = {name: frozenset(codes) for name, codes in service["codes"].items()}
        self._service_code_names = service["codes"]
        self._rules: dict[str, tuple[ElementRule, ...] | None] = {}
        self._structures: dict[str, Step] = {}
        self._codes: dict[str, frozenset[str] | None] = {}

    @property
    def messages(self) -> tuple[str, ...]:
        """The messages this release describes. CONTRL is of the syntax, and has a structure in every release."""
        return self._own_messages

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments of those messages, and the service segments."""
        return tuple(sorted(self._segments))

    def segment(self, tag: str) -> tuple[ElementRule, ...] | None:
        """The elements of a segment, or None for a tag the release does not have."""
        if tag not in self._rules:
            rows = self._segments.get(tag)
            if rows is None:
                return None  # not kept: a hostile sender has many tags
            self._rules.setdefault(tag, tuple(self._element(*row) for row in rows))
        return self._rules[tag]

    def structure(self, message: str) -> Step | None:
        """The root of a message's structure, or None for a message the release does not have."""
        if message not in self._messages:
            return None
        if message not in self._structures:
            steps = tuple(_step(row) for row in self._messages[message])
            root = Step(tag="UNH", group=0, mandatory=True, repeats=1, steps=steps)
            self._structures.setdefault(message, root)
        return self._structures[message]

    def codes(self, element: str) -> frozenset[str] | None:
        """The codes of a coded element in this release; None where the directory lists none (units, currencies …)."""
        if element in self._service_codes:
            return self._service_codes[element]
        if element not in self._elements:
            return None
        if element not in self._codes:
            codes = frozenset(self.code_names(element))
            self._codes.setdefault(element, (codes | KEPT_ELSEWHERE.get(element, frozenset())) if codes else None)
        return self._codes[element]

    def code_names(self, element: str) -> dict[str, str]:
        """The codes of an element with the names they have in this release; empty where there is no list."""
        if element in self._service_code_names:
            return dict(self._service_code_names[element])
        if element not in self._elements:
            return {}
        return _codes_in(element, self.release)

    def name(self, what: str) -> str:
        """The short name of a message, segment, composite or element in the UN's latest words; empty if unknown."""
        return _names().get(what, "")

    def _element(self, name: str, status: str, repeats: int) -> ElementRule:
        rows = self._composites.get(name)
        components = [self._component(*row) for row in rows] if rows else [self._component(name, status, 1)]
        return ElementRule(name, status == "M", repeats, tuple(components), rows is not None, self.name(name))

    def _component(self, name: str, status: str, _: int) -> Component:
        representation = self._elements[name]
        match = _REPRESENTATION.fullmatch(representation)
        if match is None:
            raise ValueError(f"{self.release}: element {name} has the representation `{representation}`")
        longest = int(match[3])
        return Component(name, self.name(name), status == "M", match[1], 1 if match[2] else longest, longest)


INCOTERMS = (
    "EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP", "DAF", "DES", "DEQ", "DDU", "DDP", "DAT", "DAP", "DPU",
)  # fmt: skip
"""Those of 1990 to 2020 (ICC), since old contracts name old ones."""

KEPT_ELSEWHERE = {"4053": frozenset(INCOTERMS)}
"""Codes an element takes beside its list, because another body keeps them: the list of 4053 has two of its own."""


def directory(release: str, syntax_version: str = "3") -> Directory | None:
    """The directory of a release such as `D.96A`, or None when we have no table of it.

    `D.3` and `4.1`, which CONTRL gives for its release, have the service segments and CONTRL alone.
    """
    if release not in _SYNTAX_MESSAGES and release not in releases():
        return None
    with _LOADING:  # so that all threads have the same one
        return _directory(release, _syntax(syntax_version))


@cache
def releases() -> tuple[str, ...]:
    """The releases we have tables of, in the order of time."""
    return tuple(sorted(_index(), key=_when))


def nearest_release(release: str, message: str | None = None) -> str | None:
    """The release nearest in time that we have, with `message` where one is given; of two as near the later.

    Directories grow, so a later one takes more of what the sender wrote. None for what is no release of a directory.
    """
    if _RELEASE.fullmatch(release) is None:
        return None
    return nearest_of(release, [name for name, those in _index().items() if message is None or message in those])


def nearest_of(release: str, candidates: Iterable[str], *, within: int | None = None) -> str | None:
    """The candidate nearest in time, of two as near the later; `within` half years. `release` is one of a directory."""
    wanted = _when(release)
    near = [each for each in candidates if within is None or abs(_when(each) - wanted) <= within]
    return min(near, key=lambda each: (abs(_when(each) - wanted), -_when(each)), default=None)


def unknown_message(message: str, release: str) -> Finding | None:
    """Why a message cannot be checked: no table of its release, or none of it there. None when there is one."""
    tables = directory(release)
    if tables is not None and tables.structure(message) is not None:
        return None
    if tables is None:
        text = f"there is no directory table of release `{release[:10]}`"
    else:
        text = f"there is no table of message `{message[:6]}` in release {release}"
    nearest = nearest_release(release, message)
    text += f"; the nearest release with {message[:6]} is {nearest}" if nearest is not None else ""
    meant = f"D.{release.rpartition('.')[2]}"
    if tables is None and nearest is None and meant in releases():
        text += f"; there is one of {meant}"
    return Finding("edifact.message.unknown", text, syntax_code="17")


@cache
def _directory(release: str, syntax: str) -> Directory:
    service = _read("service.json.z")[syntax]
    if release in _SYNTAX_MESSAGES:
        table = {"release": release, "elements": {}, "composites": {}, "segments": {}, "messages": {}}
    else:
        table = _read(release.replace(".", "").lower() + ".json.z")
    return Directory(table, service)


def _syntax(version: str) -> str:
    return version if version in ("1", "2", "3") else "4" if version >= "4" else "3"


def _when(release: str) -> int:
    """Half years since 1900; two-digit years from 80 on are of the last century."""
    year = int(release[2:4])
    return 2 * (year if year >= 80 else year + 100) + (release[4] == "B")


def _step(row: list[Any]) -> Step:
    if len(row) == 4:
        steps = tuple(_step(each) for each in row[3])
        return Step(tag=steps[0].tag, group=row[0], mandatory=row[1] == "M", repeats=row[2], steps=steps)
    return Step(tag=row[0], group=None, mandatory=row[1] == "M", repeats=row[2])


def _codes_in(element: str, release: str) -> dict[str, str]:
    lists = _code_lists()
    if release not in lists["releases"]:
        return {}
    at = lists["releases"].index(release)
    found: dict[str, str] = {}
    for span, codes in lists["lists"].get(element, {}).items():
        first, _, last = span.partition("-")
        if int(first) <= at <= int(last):
            found.update(codes)
    return found


@cache
def _index() -> dict[str, list[str]]:
    return _read("index.json.z")


@cache
def _code_lists() -> dict[str, Any]:
    return _read("codes.json.z")


@cache
def _names() -> dict[str, str]:
    """One table for all kinds, since their keys differ: `ORDERS`, `LIN`, `C212`, `7140`."""
    return {key: name for names in _read("names.json.z").values() for key, name in names.items()}


def _read(name: str) -> dict[str, Any]:
    table: dict[str, Any] = msgspec.json.decode(zlib.decompress(_folder().joinpath(name).read_bytes()))
    return table


def _folder() -> Any:
    return files(__package__).joinpath("directories")
