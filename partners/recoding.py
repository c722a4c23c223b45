"""A partner's cross-references applied to canonical documents: their codes to ours as they come in, ours to theirs as
they go out."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from partners.codetables import CodeTable
from translators.canonical.documents import decode, encode, kind_named
from translators.canonical.upcasting import tag_of
from translators.findings import Finding, Place
from translators.mapping.crossrefs import CrossReference
from translators.mapping.lookups import LookUp, Unknown, as_it_is

Direction = Literal["in", "out"]
ITEMS = ("product", "substitute", "replaced_by")
"""The fields of canonical documents that hold the numbers of an item."""


class Recoded(Struct, frozen=True):
    """`body` with every code that was found. `findings`: those that were not, unless they pass; errors for tables that
    refuse, warnings for those that park. The path is that of the value in the document."""

    body: bytes
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.severity == "error")

    @property
    def sentence(self) -> str:
        """The first findings, for whoever completes the tables."""
        told = [f"{one.place.path}: {one.text}" for one in self.findings[:3]]
        return "; ".join(told) + (f"; and {len(self.findings) - 3} more" if len(self.findings) > 3 else "")


class _Table:
    """One table in one direction."""

    def __init__(self, table: CodeTable, direction: Direction) -> None:
        self.about = table.about
        self.covers = table.covers
        self.fields = tuple(field.split("/")[1:] for field in table.fields)
        self.given, self.added = (table.theirs, table.ours) if direction == "in" else (table.ours, table.theirs)
        self.direction = direction
        self.passes = table.others == "pass"
        entries = table.codes
        if direction == "out":  # the last of those for one code counts: the first written, or what is marked
            turned = [replace(one, from_=one.to, to=one.from_) for one in reversed(entries)]
            entries = tuple(sorted(turned, key=lambda one: one.write))
        others = "refuse" if self.passes else table.others
        self._look_up = LookUp(CrossReference(table.table, others, entries), as_it_is)

    def found(self, code: str, day: date | None, path: str, findings: list[Finding]) -> str | None:
        """The code in the other language; None, with a finding unless it passes, where there is none."""
        try:
            return self._look_up.on(day)(code, "")
        except Unknown as unknown:
            place = Place(path=path)
            findings.append(Finding("map.code", str(unknown), place, severity="warning", act="receiver"))
        except ValueError as unknown:
            if not self.passes:
                findings.append(Finding("map.code", str(unknown), Place(path=path)))
        return None


class PartnerCodes:
    """All tables of one partner."""

    def __init__(self, tables: tuple[CodeTable, ...] = ()) -> None:
        self._tables: dict[Direction, list[_Table]] = {
            "in": [_Table(one, "in") for one in tables],
            "out": [_Table(one, "out") for one in tables],
        }

    def __bool__(self) -> bool:
        return bool(self._tables["in"])

    def recode(self, body: bytes, direction: Direction, *, items_only: bool = False) -> Recoded:
        """`items_only`: a document that was recoded before and may lack what a table has by now; units and codes are
        not looked up twice."""
        document = msgspec.json.decode(body)
        kind = kind_named(tag_of(body))
        assert kind is not None, "documents that are kept have a kind"
        day = _day_of(document)
        findings: list[Finding] = []
        for table in self._tables[direction]:
            if table.covers(kind.document_type) and (table.about == "items" or not items_only):
                _STEPS[table.about](table, document, day, findings)
        try:
            return Recoded(encode(decode(msgspec.json.encode(document))), tuple(findings))
        except (msgspec.ValidationError, ValueError) as wrong:
            text = f"with the codes of the cross-references this is no {kind.document_type}: {wrong}"
            return Recoded(body, (*findings, Finding("map.code", text)))


NO_CODES = PartnerCodes()


def _items(table: _Table, document: Any, day: date | None, findings: list[Finding]) -> None:
    for holder, path in _dicts(document, ""):
        for name in ITEMS:
            numbers = holder.get(name)
            if not isinstance(numbers, list) or not numbers:
                continue
            given = next((one["value"] for one in numbers if one["scheme"] == table.given), None)
            if given is None or any(one["scheme"] == table.added for one in numbers):
                continue
            found = table.found(given, day, f"{path}/{name}", findings)
            if found is not None:
                numbers.append({"scheme": table.added, "value": found})


def _units(table: _Table, document: Any, day: date | None, findings: list[Finding]) -> None:
    for holder, path in _dicts(document, ""):
        if "unit" not in holder or "value" not in holder:
            continue
        written = holder["unit"]
        found = table.found(written, day, f"{path}/unit", findings)
        if found is None or found == written:
            continue
        holder["unit"] = found
        if table.direction == "in":
            holder.setdefault("source_unit", written)


def _codes(table: _Table, document: Any, day: date | None, findings: list[Finding]) -> None:
    for field in table.fields:
        for holder, key, path in _at(document, field, ""):
            found = table.found(holder[key], day, path, findings)
            if found is not None:
                holder[key] = found


_STEPS: dict[str, Callable[[_Table, Any, date | None, list[Finding]], None]] = {
    "items": _items, "units": _units, "codes": _codes,
}  # fmt: skip


def _dicts(value: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object in the document with its JSON pointer."""
    if isinstance(value, dict):
        yield value, path
        for name, one in value.items():
            yield from _dicts(one, f"{path}/{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _dicts(one, f"{path}/{number}")


def _at(value: Any, field: list[str], path: str) -> Iterator[tuple[Any, Any, str]]:
    """Every text to which the pointer leads: what holds it, its key, its own pointer."""
    step, rest = field[0], field[1:]
    if isinstance(value, list):
        keys: list[Any] = list(range(len(value))) if step == "*" else []
    elif isinstance(value, dict):
        keys = list(value) if step == "*" else [step] if step in value else []
    else:
        return
    for key in keys:
        if rest:
            yield from _at(value[key], rest, f"{path}/{key}")
        elif isinstance(value[key], str):
            yield value, key, f"{path}/{key}"


def _day_of(document: dict[str, Any]) -> date | None:
    """The day that chooses among dated entries: that of the document."""
    issued = document.get("issued_on")
    return date.fromisoformat(issued) if isinstance(issued, str) else None
